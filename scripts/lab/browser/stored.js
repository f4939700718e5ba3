// Stored answers: noisy images of the page with the votes of the networks that do not run here, beside the others.

import { find } from "./elements.js";
import { classifiersOf } from "./look.js";
import { showVotes, votesViewer } from "./votes.js";

function storedView({ lab, index }) {
  const { scale, noisy, networks } = lab.stored.scales[Number(find("stored-scale").value)];
  const image = lab.imageOf(noisy, index);
  const stored = networks.map(({ name, votes }) => ({ name, votes: lab.unpackVotes(votes[index]) }));
  return {
    ...{ scale, noisy: image, clean: lab.testImage(index), truth: lab.stored.labels[index] },
    classifiers: [...stored, ...classifiersOf(lab, image, scale)],
  };
}

/** onScale is called with the scale of the slider. */
export function startStored(lab, onScale) {
  const { scales, labels } = lab.stored;
  const slider = find("stored-scale");
  const viewer = votesViewer(lab, { prefix: "stored-", labels, view: storedView, onScale });
  slider.max = scales.length - 1;
  slider.value = Math.min(1, slider.max);
  slider.addEventListener("input", () => showVotes(viewer));
  showVotes(viewer);
}
