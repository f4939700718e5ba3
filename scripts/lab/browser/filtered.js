// Filters: a noisy image, what each filter makes of it, and what a network that learned from no noise then says.

import { element, find, percent, scaleText, showImage } from "./elements.js";

/** What the network says of an image: "3 (87.0 %)". top: classes with their shares, the largest first. */
function voteText(classes, top) {
  const [index, share] = top[0];
  return `${classes[index]} (${percent(share)})`;
}

/** A picture, how it was made, and what the network says of it. */
function filteredFigure(lab, { way, image, top, truth }) {
  const { shape, classes } = lab.images;
  const canvas = element("canvas", { role: "img", class: "picture" });
  showImage(canvas, image, shape, `The image: ${way}`);
  const says = element("strong", {}, voteText(classes, top));
  const mark = top[0][0] === truth ? " ✓" : " ✗";
  return element("figure", {}, canvas, element("figcaption", {}, way, element("br"), says, mark));
}

function showFiltered({ lab, index }) {
  const { ways, scales, votes, labels } = lab.filtered;
  const number = Number(find("filtered-scale").value);
  const truth = labels[index];
  const figures = ways.map((way, at) => {
    const bytes = lab.imageOf(scales[number].images[at], index);
    const image = Float32Array.from(bytes, (level) => level / 255);
    return filteredFigure(lab, {
      way,
      image,
      top: votes[find("filtered-network").value][number][at][index],
      truth,
    });
  });
  find("filtered-truth").textContent = `${lab.images.noun}: ${lab.images.classes[truth]}`;
  find("filtered-pictures").replaceChildren(...figures);
}

export function startFiltered(lab) {
  const { scales, votes, labels } = lab.filtered;
  const state = { lab, index: 0 };
  find("filtered").hidden = false;
  const [chooser, network] = [find("filtered-scale"), find("filtered-network")];
  chooser.append(...scales.map(({ scale }, index) => element("option", { value: index }, scaleText(scale))));
  chooser.value = Math.floor(scales.length / 2);
  network.append(...Object.keys(votes).map((name) => element("option", { value: name }, name)));
  network.parentElement.hidden = network.options.length === 1;
  for (const select of [chooser, network]) select.addEventListener("change", () => showFiltered(state));
  find("filtered-next").addEventListener("click", () => {
    state.index = (state.index + 1) % labels.length;
    showFiltered(state);
  });
  showFiltered(state);
}
