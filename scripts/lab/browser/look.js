// Look: an image with noise, and which class each classifier names.

import { argmax, bayesWithOriginals, nearestCentroid, runNetwork } from "./classifiers.js";
import { drawingPad, normalise } from "./drawing.js";
import { element, find, percent, scaleText, showImage } from "./elements.js";

const MAX_BARS = 12; // classes: of more, only those with the most votes
const TOP = 5;

/**
 * A classifier's card: its name, its answer, and its votes as bars. Correct and wrong are told in words too.
 * sure: it gives an answer without probabilities.
 */
export function votesCard(lab, { name, note, votes, sure }, truth) {
  const { classes } = lab.images;
  const answer = argmax(votes);
  let order = [...votes.keys()];
  if (classes.length > MAX_BARS) order = order.sort((a, b) => votes[b] - votes[a]).slice(0, TOP);
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
      name: lab.baseline,
      note: `of images with noise of scale ${scaleText(near)}`,
      sure: true,
      votes,
    });
  }
  if (lab.originals) {
    const { labels, of } = lab.originals;
    const votes = bayesWithOriginals(lab.originals, image, scale, lab.noise.clip, classes.length);
    classifiers.push({
      name: "lower bound of the ceiling",
      note: `knows the noise and ${labels.length} of the ${of} training images`,
      votes,
    });
  }
  return classifiers;
}

export function startLook(lab, onScale) {
  const { shape, classes, noun } = lab.images;
  const slider = find("scale");
  const live = lab.networks.length > 0;
  const state = { index: 0, seed: 1, own: null };
  let speaking = 0;

  /** The scale that the slider is at: on a square-root axis, or one of the stored ones. */
  const scale = () =>
    live ? lab.largest * (slider.value / slider.max) ** 2 : lab.stored.scales[Number(slider.value)].scale;

  if (!live) {
    slider.max = lab.stored.scales.length - 1;
    slider.value = Math.min(1, slider.max);
    for (const control of document.querySelectorAll(".live")) control.hidden = true;
  }

  function show(event) {
    const at = scale();
    if (live && event?.type === "input" && !find("hold").checked) state.seed += 1;
    let [clean, noisy, truth, classifiers] = [];
    if (live) {
      clean = state.own ?? lab.testImage(state.index);
      truth = state.own ? null : lab.images.test.labels[state.index];
      noisy = lab.addNoise(clean, at, state.seed);
      classifiers = classifiersOf(lab, noisy, at);
    } else {
      const stored = lab.stored.scales[Number(slider.value)];
      clean = lab.testImage(state.index);
      noisy = lab.imageOf(stored.noisy, state.index);
      truth = lab.stored.labels[state.index];
      classifiers = stored.networks.map(({ draw, scale: trained, votes }) => ({
        name: lab.networkName(draw, trained),
        votes: lab.unpackVotes(votes[state.index]),
      }));
    }
    slider.setAttribute("aria-valuetext", `scale ${scaleText(at)}`);
    find("scale-value").textContent = scaleText(at);
    showImage(find("clean"), clean, shape, "The image without noise");
    showImage(find("noisy"), noisy, shape, `The same image with noise of scale ${scaleText(at)}`);
    find("truth").textContent = truth === null ? "your drawing" : `${noun}: ${classes[truth]}`;
    find("classifiers").replaceChildren(
      ...classifiers.map((classifier) => votesCard(lab, classifier, truth)),
    );
    onScale(at);
    clearTimeout(speaking); // a screen reader speaks when the slider rests
    speaking = setTimeout(() => {
      const said = classifiers.map(
        (classifier) => `${classifier.name}: ${classes[argmax(classifier.votes)]}`,
      );
      find("spoken").textContent = `Scale ${scaleText(at)}. ${said.join(". ")}.`;
    }, 600);
  }

  const images = live ? lab.images.test.labels : lab.stored.labels;
  function move(to) {
    state.index = (to + images.length) % images.length;
    state.own = null;
    show();
  }
  slider.addEventListener("input", show);
  find("again").addEventListener("click", () => {
    state.seed += 1;
    show();
  });
  find("next").addEventListener("click", () => move(state.index + 1));
  find("previous").addEventListener("click", () => move(state.index - 1));
  find("of-class").textContent = `Show this ${noun}`;
  find("class").append(...classes.map((name, index) => element("option", { value: index }, name)));
  find("of-class").addEventListener("click", () => {
    const wanted = Number(find("class").value);
    for (let step = 1; step <= images.length; step++) {
      const index = (state.index + step) % images.length;
      if (images[index] === wanted) {
        move(index);
        return;
      }
    }
    find("truth").textContent = `no ${classes[wanted]} among the images on this page`;
  });
  if (live) {
    const pad = drawingPad(find("pad"), (ink) => {
      state.own = normalise(ink, find("pad").width, shape);
      show();
    });
    find("clear").addEventListener("click", () => {
      pad.clear();
      move(state.index);
    });
  }
  show();
}
