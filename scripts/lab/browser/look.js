// Look: an image with noise, and which class each classifier names.

import { argmax, bayesWithOriginals, nearestCentroid, runNetwork } from "./classifiers.js";
import { normalise } from "./drawing.js";
import { element, find, percent, scaleText, showImage } from "./elements.js";
import { drawingPad } from "./pad.js";

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

/** The classifiers' {name, note, votes} of the noisy image at this scale. */
export function classifiersOf(lab, image, scale) {
  const { classes } = lab.images;
  const near = lab.nearestScale(scale);
  const classifiers = [];
  for (const { draw, scale: trained, layers } of lab.networksNear(near)) {
    classifiers.push({ name: lab.networkName(draw, trained), votes: runNetwork(layers, image) });
  }
  if (lab.centroids) {
    const votes = nearestCentroid(lab.centroids.get(near), image, classes.length);
    classifiers.push({
      name: lab.constants.baseline,
      note: `of images with noise of scale ${scaleText(near)}`,
      sure: true,
      votes,
    });
  }
  if (lab.originals) {
    const { labels, of } = lab.originals;
    const votes = bayesWithOriginals(lab.originals, image, scale, lab.noise, classes.length);
    classifiers.push({
      name: "lower bound of the ceiling",
      note: `knows the noise and ${labels.length} of the ${of} training images`,
      votes,
    });
  }
  return classifiers;
}

/** Where networks run on the page: the image, the noise drawn on it, and the votes of every classifier. */
function liveView({ lab, slider, index, seed, own }) {
  const scale = lab.largest * (slider.value / slider.max) ** 2; // on a square-root axis, as in the plot
  const clean = own ?? lab.testImage(index);
  const noisy = lab.addNoise(clean, scale, seed);
  const truth = own ? null : lab.images.test.labels[index];
  return { scale, clean, noisy, truth, classifiers: classifiersOf(lab, noisy, scale) };
}

/** The same where the page has stored votes instead, at each of some scales. */
function storedView({ lab, slider, index }) {
  const { scale, noisy, networks } = lab.stored.scales[Number(slider.value)];
  const classifiers = networks.map(({ draw, scale: trained, votes }) => ({
    name: lab.networkName(draw, trained),
    votes: lab.unpackVotes(votes[index]),
  }));
  const truth = lab.stored.labels[index];
  return { scale, clean: lab.testImage(index), noisy: lab.imageOf(noisy, index), truth, classifiers };
}

/** A screen reader speaks when the slider rests. */
function speakLater(look, scale, classifiers) {
  clearTimeout(look.speaking);
  look.speaking = setTimeout(() => {
    const { classes } = look.lab.images;
    const answers = classifiers.map(({ name, votes }) => `${name}: ${classes[argmax(votes)]}`);
    find("spoken").textContent = `Scale ${scaleText(scale)}. ${answers.join(". ")}.`;
  }, 600);
}

function showLook(look) {
  const { lab, slider } = look;
  const { shape, classes, noun } = lab.images;
  const { scale, clean, noisy, truth, classifiers } = look.live ? liveView(look) : storedView(look);
  slider.setAttribute("aria-valuetext", `scale ${scaleText(scale)}`);
  find("scale-value").textContent = scaleText(scale);
  showImage(find("clean"), clean, shape, "The image without noise");
  showImage(find("noisy"), noisy, shape, `The same image with noise of scale ${scaleText(scale)}`);
  find("truth").textContent = truth === null ? "your drawing" : `${noun}: ${classes[truth]}`;
  find("classifiers").replaceChildren(...classifiers.map((one) => votesCard(lab, one, truth)));
  look.onScale(scale);
  speakLater(look, scale, classifiers);
}

/** Show the image with this index; after the last one comes the first. */
function showImageAt(look, index) {
  look.index = (index + look.labels.length) % look.labels.length;
  look.own = null;
  showLook(look);
}

function showNextOfClass(look) {
  const wanted = Number(find("class").value);
  for (let step = 1; step <= look.labels.length; step++) {
    const index = (look.index + step) % look.labels.length;
    if (look.labels[index] === wanted) {
      showImageAt(look, index);
      return;
    }
  }
  find("truth").textContent = `There is no ${look.lab.images.classes[wanted]} among the images on this page.`;
}

function listenToImages(look) {
  const { classes, noun } = look.lab.images;
  find("next").addEventListener("click", () => showImageAt(look, look.index + 1));
  find("previous").addEventListener("click", () => showImageAt(look, look.index - 1));
  find("of-class").textContent = `Show this ${noun}`;
  find("class").append(...classes.map((name, index) => element("option", { value: index }, name)));
  find("of-class").addEventListener("click", () => showNextOfClass(look));
}

/** What needs networks on the page: other noise, and drawing. */
function listenToLive(look) {
  const drawAgain = () => {
    look.seed += 1;
    showLook(look);
  };
  look.slider.addEventListener("input", () => (find("hold").checked ? showLook(look) : drawAgain()));
  find("again").addEventListener("click", drawAgain);
  const pad = drawingPad(find("pad"), (ink) => {
    look.own = normalise(ink, find("pad").width, look.lab.images.shape);
    showLook(look);
  });
  find("clear").addEventListener("click", () => {
    pad.clear();
    showImageAt(look, look.index);
  });
}

function listenToStored(look) {
  const { slider } = look;
  slider.max = look.lab.stored.scales.length - 1;
  slider.value = Math.min(1, slider.max);
  for (const control of document.querySelectorAll(".live")) control.hidden = true;
  slider.addEventListener("input", () => showLook(look));
}

/** onScale is called with the scale of the slider. */
export function startLook(lab, onScale) {
  const live = lab.networks.length > 0;
  const labels = live ? lab.images.test.labels : lab.stored.labels;
  const look = { lab, live, labels, onScale, slider: find("scale"), index: 0, seed: 1, own: null };
  listenToImages(look);
  if (live) listenToLive(look);
  else listenToStored(look);
  showLook(look);
}
