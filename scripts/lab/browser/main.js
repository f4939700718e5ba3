// The page: unpacks what the workflow has put into it, and starts every part.

import { argmax, runNetwork, unpack, unpackHalves, unpackNetwork } from "./classifiers.js";
import { normalise } from "./drawing.js";
import { element, find, hidePart, scaleText } from "./elements.js";
import { startFiltered } from "./filtered.js";
import { startGuess } from "./guess.js";
import { inspectPlot } from "./inspect.js";
import { startLook } from "./look.js";
import { startMemorised } from "./memorised.js";
import { addNoise } from "./noise.js";
import { accuracyPlot, setCursor } from "./plot.js";
import { startQuiz } from "./quiz.js";
import { startStored } from "./stored.js";

/** Unpack what is not there on every page. */
async function unpackParts(lab, data) {
  if (data.centroids) {
    lab.centroids = new Map();
    for (const { scale, numbers } of data.centroids) lab.centroids.set(scale, await unpackHalves(numbers));
  }
  if (data.originals) lab.originals.images = await unpack(data.originals.pixels);
  for (const stored of data.stored?.scales ?? []) stored.noisy = await unpackHalves(stored.noisy);
  for (const one of data.filtered?.scales ?? []) one.images = await Promise.all(one.images.map(unpack));
  if (!data.memorised) return;
  lab.memorised.clean = await unpackHalves(data.memorised.clean);
  for (const images of data.memorised.scales) {
    images.stored = await unpackHalves(images.stored);
    if (images.other) images.other = await unpackHalves(images.other);
  }
}

/** The scale of a network on this page that is nearest on the plot; never that without noise. */
function nearestScale(scales, scale) {
  const distance = (other) => Math.abs(Math.sqrt(other) - Math.sqrt(scale));
  return scales.reduce((best, other) => (distance(other) < distance(best) ? other : best), scales[0] ?? 0);
}

/** The data of the page, unpacked, with what several parts ask of it. */
async function openLab(data) {
  const { images, constants } = data;
  const { min_shot, negligible } = constants;
  const noise = { ...data.noise, min_shot, negligible };
  const pixels = images.shape.reduce((product, side) => product * side, 1);
  const bytes = await unpack(images.test.pixels);
  const networks = [];
  for (const { numbers, steps, biases, ...one } of data.networks) {
    const layers = await unpackNetwork(data.layers[one.network], { numbers, steps, biases });
    networks.push({ ...one, layers });
  }
  const noisyScales = data.page_scales.filter((scale) => scale > 0);
  const lab = {
    ...data,
    networks,
    noise,
    largest: data.scales.at(-1),
    imageOf: (all, index) => all.slice(index * pixels, (index + 1) * pixels),
    testImage: (index) =>
      Float32Array.from(bytes.subarray(index * pixels, (index + 1) * pixels), (level) => level / 255),
    addNoise: (clean, scale, seed) => addNoise(clean, noise, scale, images.shape, seed),
    networksNear: (scale) => networks.filter((one) => one.everywhere || one.scale === scale),
    nearestScale: (scale) => nearestScale(noisyScales, scale),
    unpackVotes(pairs) {
      const votes = new Float64Array(images.classes.length);
      for (const [index, share] of pairs) votes[index] = share;
      return votes;
    },
  };
  await unpackParts(lab, data);
  return lab;
}

/** The curves as the plot takes them: points by name, and the two bounds of the ceiling around a band. */
function curvesOf(data) {
  const points = (rows) => rows.map(([scale, accuracy, low, high]) => ({ scale, accuracy, low, high }));
  return data.curves.map(({ rows, band, ...curve }) => ({
    ...curve,
    points: points(rows ?? []),
    ...(band ? { band: band.map(points) } : {}),
  }));
}

function numbersTable(curves) {
  const row = (name, texts, attributes) =>
    element("tr", {}, ...texts.map((text) => element(name, attributes, text)));
  const number = (share) => (share === null ? "–" : (100 * share).toFixed(2));
  const rows = curves.flatMap(({ name, points }) =>
    points.map(({ scale, accuracy, low, high }) =>
      row("td", [name, scaleText(scale), ...[accuracy, low, high].map(number)]),
    ),
  );
  const head = row("th", ["curve", "scale", "accuracy, %", "from", "to"], { scope: "col" });
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

async function start() {
  const data = JSON.parse(find("data").textContent);
  data.curves = curvesOf(data);
  const { scales, constants } = data;
  if (scales.length > 1) startGuess(data);
  else hidePart("guess");
  document.body.dataset.started = "yes";
  const plot = accuracyPlot(find("plot"), { curves: data.curves, scales, constants });
  inspectPlot(plot, "Accuracy against scale");
  find("numbers").append(numbersTable(data.curves));
  const lab = await openLab(data);
  const markScale = (scale) => setCursor(plot, scale);
  if (lab.stored) startStored(lab, markScale);
  else hidePart("stored");
  if (lab.networks.length) startLook(lab, markScale);
  else hidePart("look");
  startQuiz(lab);
  if (data.memorised) startMemorised(lab);
  if (data.filtered) startFiltered(lab);
  else hidePart("filtered");
  window.lab = { ...lab, argmax, normalise, runNetwork }; // for the console, and for tests
  document.body.dataset.ready = "yes";
}

start();
