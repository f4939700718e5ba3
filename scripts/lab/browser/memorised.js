// Memorised: training images with the noise that the network saw in every epoch, and with other noise.

import { runNetwork } from "./classifiers.js";
import { element, find, percent, scaleText, showImage } from "./elements.js";
import { votesCard } from "./votes.js";

/** The network on the page that this one of the data is, if it is there. */
function networkOnPage(lab, chosen) {
  return lab.networks.find((one) => ["network", "draw", "scale"].every((key) => one[key] === chosen[key]));
}

/** The image, the same with both noises, and the votes of the chosen network. */
function memorisedView({ lab, index, seed }, chosen, images) {
  const clean = lab.imageOf(lab.memorised.clean, index);
  const stored = lab.imageOf(images.stored, index);
  const network = networkOnPage(lab, chosen);
  find("memorised-again").hidden = !network;
  if (!network) {
    const votes = [chosen.stored_votes, chosen.other_votes].map((list) => lab.unpackVotes(list[index]));
    return { clean, stored, other: lab.imageOf(images.other, index), votes };
  }
  const other = lab.addNoise(clean, chosen.scale, seed);
  return { clean, stored, other, votes: [stored, other].map((image) => runNetwork(network.layers, image)) };
}

/** How many images the network recognises with either noise. */
function memorisedText(name, { scale, correct_stored: stored, correct_other: other, n }) {
  const points = ((100 * (stored - other)) / n).toFixed(1);
  const learned = ` It has learned the difference of ${points} points by heart.`;
  return (
    `Of ${n} training images with noise of scale ${scaleText(scale)}, ${name} recognises ` +
    `${percent(stored / n)} with the stored noise, and ${percent(other / n)} with other noise.` +
    `${stored > other ? learned : ""}`
  );
}

function showMemorised(state) {
  const { lab, index } = state;
  const { shape, classes, noun } = lab.images;
  const images = lab.memorised.scales[Number(find("memorised-scale").value)];
  const name = find("memorised-network").value;
  const chosen = lab.memorised.networks.find((one) => one.network === name && one.scale === images.scale);
  const truth = lab.memorised.labels[index];
  const { clean, stored, other, votes } = memorisedView(state, chosen, images);
  showImage(find("memorised-clean"), clean, shape, "A training image without noise");
  showImage(find("memorised-stored"), stored, shape, "The image with the stored noise");
  showImage(find("memorised-other"), other, shape, "The image with other noise of the same scale");
  find("memorised-truth").textContent = `${noun}: ${classes[truth]}`;
  const names = ["with the stored noise", "with other noise"];
  const cards = names.map((name, number) => votesCard(lab, { name, votes: votes[number] }, truth));
  find("memorised-votes").replaceChildren(...cards);
  find("memorised-count").textContent = memorisedText(lab.names.length > 1 ? name : "the network", chosen);
}

export function startMemorised(lab) {
  const { scales, networks, labels } = lab.memorised;
  const chooser = find("memorised-scale");
  const names = [...new Set(networks.map(({ network }) => network))];
  const state = { lab, index: 0, seed: 1 };
  find("memorised-network").append(...names.map((name) => element("option", { value: name }, name)));
  find("memorised-network").parentElement.hidden = names.length === 1;
  chooser.append(...scales.map(({ scale }, index) => element("option", { value: index }, scaleText(scale))));
  chooser.value = scales.length - 1 - Math.floor((scales.length - 1) / 2);
  find("memorised-panel").hidden = false;
  for (const select of [chooser, find("memorised-network")]) {
    select.addEventListener("change", () => showMemorised(state));
  }
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
