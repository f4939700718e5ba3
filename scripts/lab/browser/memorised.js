// Memorised: training images with the noise that the network saw in every epoch, and with other noise.

import { runNetwork } from "./classifiers.js";
import { element, find, percent, scaleText, showImage } from "./elements.js";
import { votesCard } from "./look.js";

export function startMemorised(lab) {
  const { shape, classes, noun } = lab.images;
  const { scales, labels } = lab.memorised;
  const chooser = find("memorised-scale");
  const state = { index: 0, seed: 1 };
  chooser.append(...scales.map(({ scale }, index) => element("option", { value: index }, scaleText(scale))));
  chooser.value = scales.length - 1 - Math.floor((scales.length - 1) / 2);

  function show() {
    const chosen = scales[Number(chooser.value)];
    const truth = labels[state.index];
    const clean = lab.imageOf(lab.memorised.clean, state.index);
    const stored = lab.imageOf(chosen.stored, state.index);
    const network = lab.networks.find(({ draw, scale }) => draw === "fixed" && scale === chosen.scale);
    const other = network
      ? lab.addNoise(clean, chosen.scale, state.seed)
      : lab.imageOf(chosen.other, state.index);
    const votes = network
      ? [stored, other].map((image) => runNetwork(network.layers, image))
      : [chosen.stored_votes, chosen.other_votes].map((list) => lab.unpackVotes(list[state.index]));
    find("memorised-again").hidden = !network;
    showImage(find("memorised-clean"), clean, shape, "A training image without noise");
    showImage(find("memorised-stored"), stored, shape, "The image with the stored noise");
    showImage(find("memorised-other"), other, shape, "The image with other noise of the same scale");
    find("memorised-truth").textContent = `${noun}: ${classes[truth]}`;
    const names = ["with the stored noise", "with other noise"];
    const cards = names.map((name, index) => votesCard(lab, { name, votes: votes[index] }, truth));
    find("memorised-votes").replaceChildren(...cards);
    const { correct_stored: old, correct_other: fresh, n } = chosen;
    find("memorised-count").textContent =
      `Of ${n} training images with noise of scale ${scaleText(chosen.scale)}, the network recognises ` +
      `${percent(old / n)} with the stored noise, and ${percent(fresh / n)} with other noise. ` +
      `${old > fresh ? `It learned the difference by heart: ${((100 * (old - fresh)) / n).toFixed(1)} points.` : ""}`;
  }

  find("memorised-panel").hidden = false;
  chooser.addEventListener("change", show);
  find("memorised-again").addEventListener("click", () => {
    state.seed += 1;
    show();
  });
  find("memorised-next").addEventListener("click", () => {
    state.index = (state.index + 1) % labels.length;
    show();
  });
  show();
}
