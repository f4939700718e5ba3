// Votes: an image, the same with noise, and which class each classifier names, in one of two parts of the page.

import { argmax } from "./classifiers.js";
import { element, find, percent, scaleText, showImage } from "./elements.js";

const MAX_BARS = 12; // classes: of more, only those with the most votes

/**
 * A classifier's card: its name, its answer, and its votes as bars. Correct and wrong are told in words too.
 * sure: it gives an answer without probabilities.
 */
export function votesCard(lab, { name, note, votes, sure }, truth) {
  const { classes } = lab.images;
  const answer = argmax(votes);
  let order = [...votes.keys()];
  if (classes.length > MAX_BARS)
    order = order.sort((a, b) => votes[b] - votes[a]).slice(0, lab.constants.top_votes);
  const correct = truth === null ? null : answer === truth;
  const verdict = { true: "✓ correct", false: "✗ wrong", null: "" }[correct];
  const bars = order.map((index) => {
    const fill = element("span");
    fill.style.width = percent(votes[index]).replace(" ", "");
    return element(
      "li",
      { class: index === answer ? "vote answer" : "vote" },
      element("span", { class: "class" }, classes[index]),
      element("span", { class: "bar" }, fill),
      element("span", { class: "share" }, sure ? "" : percent(votes[index])),
    );
  });
  return element(
    "article",
    { class: `classifier ${correct === null ? "" : correct ? "correct" : "wrong"}` },
    element("h3", {}, name),
    element("p", { class: "says" }, element("strong", {}, classes[answer]), " ", verdict),
    note ? element("p", { class: "note" }, note) : "",
    element("ul", { class: "votes", "aria-label": `Votes of: ${name}` }, ...bars),
  );
}

/** A screen reader speaks when the slider rests. */
function speakLater(viewer, scale, classifiers) {
  clearTimeout(viewer.speaking);
  viewer.speaking = setTimeout(() => {
    const { classes } = viewer.lab.images;
    const answers = classifiers.map(({ name, votes }) => `${name}: ${classes[argmax(votes)]}`);
    viewer.find("spoken").textContent = `Scale ${scaleText(scale)}. ${answers.join(". ")}.`;
  }, 600);
}

export function showVotes(viewer) {
  const { lab } = viewer;
  const { shape, classes, noun } = lab.images;
  const { scale, clean, noisy, truth, classifiers } = viewer.view(viewer);
  viewer.find("scale").setAttribute("aria-valuetext", `scale ${scaleText(scale)}`);
  viewer.find("scale-value").textContent = scaleText(scale);
  showImage(viewer.find("clean"), clean, shape, "The image without noise");
  showImage(viewer.find("noisy"), noisy, shape, `The same image with noise of scale ${scaleText(scale)}`);
  viewer.find("truth").textContent = truth === null ? "your drawing" : `${noun}: ${classes[truth]}`;
  viewer.find("classifiers").replaceChildren(...classifiers.map((one) => votesCard(lab, one, truth)));
  viewer.onScale(scale);
  speakLater(viewer, scale, classifiers);
}

/** Show the image with this index; after the last one comes the first. */
export function showImageAt(viewer, index) {
  viewer.index = (index + viewer.labels.length) % viewer.labels.length;
  viewer.own = null;
  showVotes(viewer);
}

function showNextOfClass(viewer) {
  const { labels, lab } = viewer;
  const wanted = Number(viewer.find("class").value);
  for (let step = 1; step <= labels.length; step++) {
    const index = (viewer.index + step) % labels.length;
    if (labels[index] === wanted) {
      showImageAt(viewer, index);
      return;
    }
  }
  viewer.find("truth").textContent =
    `There is no ${lab.images.classes[wanted]} among the images on this page.`;
}

/**
 * The state of a part of the page that shows votes, whose buttons choose the image. It is not shown yet.
 *
 * prefix: of the ids of its elements. labels: of its images. view: gives of this state {scale, clean, noisy, truth,
 * classifiers}. onScale is called with the scale of the slider.
 */
export function votesViewer(lab, { prefix, labels, view, onScale }) {
  const viewer = { lab, labels, view, onScale, index: 0, own: null, find: (id) => find(prefix + id) };
  const { classes, noun } = lab.images;
  viewer.find("next").addEventListener("click", () => showImageAt(viewer, viewer.index + 1));
  viewer.find("previous").addEventListener("click", () => showImageAt(viewer, viewer.index - 1));
  viewer.find("of-class").textContent = `Show this ${noun}`;
  viewer.find("class").append(...classes.map((name, index) => element("option", { value: index }, name)));
  viewer.find("of-class").addEventListener("click", () => showNextOfClass(viewer));
  return viewer;
}
