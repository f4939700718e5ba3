// Look: noise drawn on an image of the page or of the visitor, and the votes of the classifiers that run here.

import { bayesWithOriginals, nearestCentroid, runNetwork } from "./classifiers.js";
import { normalise } from "./drawing.js";
import { find, scaleText } from "./elements.js";
import { drawingPad } from "./pad.js";
import { showImageAt, showVotes, votesViewer } from "./votes.js";

/** The classifiers' {name, note, votes} of the noisy image at this scale. */
export function classifiersOf(lab, image, scale) {
  const { classes } = lab.images;
  const near = lab.nearestScale(scale);
  const classifiers = [];
  for (const { name, layers } of lab.networksNear(near)) {
    classifiers.push({ name, votes: runNetwork(layers, image) });
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

function lookView({ lab, index, seed, own }) {
  const slider = find("scale");
  const scale = lab.largest * (slider.value / slider.max) ** 2; // on a square-root axis, as in the plot
  const clean = own ?? lab.testImage(index);
  const noisy = lab.addNoise(clean, scale, seed);
  const truth = own ? null : lab.images.test.labels[index];
  return { scale, clean, noisy, truth, classifiers: classifiersOf(lab, noisy, scale) };
}

/** onScale is called with the scale of the slider. */
export function startLook(lab, onScale) {
  const viewer = votesViewer(lab, { prefix: "", labels: lab.images.test.labels, view: lookView, onScale });
  viewer.seed = 1;
  const drawAgain = () => {
    viewer.seed += 1;
    showVotes(viewer);
  };
  find("scale").addEventListener("input", () => (find("hold").checked ? showVotes(viewer) : drawAgain()));
  find("again").addEventListener("click", drawAgain);
  const pad = drawingPad(find("pad"), (ink) => {
    viewer.own = normalise(ink, find("pad").width, lab.images.shape);
    showVotes(viewer);
  });
  find("clear").addEventListener("click", () => {
    pad.clear();
    showImageAt(viewer, viewer.index);
  });
  showVotes(viewer);
}
