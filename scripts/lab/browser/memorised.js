// Memorised: training images with the noise that the network saw in every epoch, and with other noise.

import { runNetwork } from "./classifiers.js";
import { element, find, percent, scaleText, showImage } from "./elements.js";
import { votesCard } from "./look.js";

/** The image, the same with both noises, and the votes of the network of this scale. */
function memorisedView({ lab, index, seed }, chosen) {
  const clean = lab.imageOf(lab.memorised.clean, index);
  const stored = lab.imageOf(chosen.stored, index);
  const network = lab.networks.find(({ draw, scale }) => draw === chosen.draw && scale === chosen.scale);
  if (!network) {
    const votes = [chosen.stored_votes, chosen.other_votes].map((list) => lab.unpackVotes(list[index]));
    return { clean, stored, other: lab.imageOf(chosen.other, index), votes };
  }
  const other = lab.addNoise(clean, chosen.scale, seed);
  return { clean, stored, other, votes: [stored, other].map((image) => runNetwork(network.layers, image)) };
}

/** How many images the network recognises with either noise. */
function memorisedText({ scale, correct_stored: stored, correct_other: other, n }) {
  const points = ((100 * (stored - other)) / n).toFixed(1);
  const learned = ` It has learned the difference of ${points} points by heart.`;
  return (
    `Of ${n} training images with noise of scale ${scaleText(scale)}, the network recognises ` +
    `${percent(stored / n)} with the stored noise, and ${percent(other / n)} with other noise.` +
    `${stored > other ? learned : ""}`
  );
}

function showMemorised(state) {
  const { lab, index } = state;
  const { shape, classes, noun } = lab.images;
  const chosen = lab.memorised.scales[Number(find("memorised-scale").value)];
  const truth = lab.memorised.labels[index];
  const { clean, stored, other, votes } = memorisedView(state, chosen);
  showImage(find("memorised-clean"), clean, shape, "A training image without noise");
  showImage(find("memorised-stored"), stored, shape, "The image with the stored noise");
  showImage(find("memorised-other"), other, shape, "The image with other noise of the same scale");
  find("memorised-truth").textContent = `${noun}: ${classes[truth]}`;
  const names = ["with the stored noise", "with other noise"];
  const cards = names.map((name, number) => votesCard(lab, { name, votes: votes[number] }, truth));
  find("memorised-votes").replaceChildren(...cards);
  find("memorised-count").textContent = memorisedText(chosen);
}

export function startMemorised(lab) {
  const { scales, labels } = lab.memorised;
  const chooser = find("memorised-scale");
  const state = { lab, index: 0, seed: 1 };
  chooser.append(...scales.map(({ scale }, index) => element("option", { value: index }, scaleText(scale))));
  chooser.value = scales.length - 1 - Math.floor((scales.length - 1) / 2);
  find("memorised-panel").hidden = false;
  find("memorised-again").hidden = !lab.networks.length;
  chooser.addEventListener("change", () => showMemorised(state));
  find("memorised-again").addEventListener("click", () => {
    state.seed += 1;
    showMemorised(state);
  });
  find("memorised-next").addEventListener("click", () => {
    state.index = (state.index + 1) % labels.length;
    showMemorised(state);
  });
  showMemorised(state);
}
