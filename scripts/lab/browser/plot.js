// The plot of accuracy against scale: axes, curves with intervals, a band and a cursor, drawn from one state.

import { element, scaleText, shape } from "./elements.js";

const MARGIN = { top: 12, right: 16, bottom: 44, left: 48 };
const PADDING = 4; // pixels from an axis to the first and the last point
const MARKERS = {
  circle: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  square: "M-3.5,-3.5h7v7h-7z",
  diamond: "M0,-5L5,0L0,5L-5,0z",
  up: "M0,-5L5,4H-5z",
  down: "M0,5L5,-4H-5z",
  cross: "M-4,-4L4,4M-4,4L4,-4",
  plus: "M0,-5V5M-5,0H5",
};

/** Where a scale is, in pixels from the left: on a square-root axis. */
export function xOf(plot, scale) {
  const inner = plot.width - MARGIN.left - MARGIN.right - 2 * PADDING;
  return MARGIN.left + PADDING + Math.sqrt(Math.max(scale, 0) / plot.largest) * inner;
}

/** Where an accuracy is, in pixels from the top. */
export function yOf(plot, accuracy) {
  return plot.height - MARGIN.bottom - accuracy * (plot.height - MARGIN.top - MARGIN.bottom);
}

/** Where a pointer is: {x, y} in the plot's pixels, and the accuracy there. */
export function pointerAt(plot, event) {
  const box = plot.svg.getBoundingClientRect();
  const x = ((event.clientX - box.left) * plot.width) / box.width;
  const y = ((event.clientY - box.top) * plot.height) / box.height;
  const share = (plot.height - MARGIN.bottom - y) / (plot.height - MARGIN.top - MARGIN.bottom);
  return { x, y, accuracy: Math.min(Math.max(share, 0), 1) };
}

function line(className, x1, x2, y1, y2, attributes = {}) {
  return shape("line", { class: className, x1, x2, y1, y2, ...attributes });
}

function label(text, x, y, align) {
  return shape("text", { x, y, class: `tick ${align}` }, text);
}

function marker(curve, x, y) {
  return shape("path", { d: MARKERS[curve.marker], class: "marker", transform: `translate(${x},${y})` });
}

function path(plot, points) {
  const steps = points.map(({ scale, accuracy }) => `${xOf(plot, scale)},${yOf(plot, accuracy)}`);
  return `M${steps.join("L")}`;
}

/** A drawing of a curve, in its colours. */
function inColour(curve, drawing) {
  if (curve.colour) {
    drawing.style.setProperty("--light", curve.colour[0]);
    drawing.style.setProperty("--dark", curve.colour[1]);
  }
  return drawing;
}

/** A piece of the curve, as in the plot, for a legend. */
export function swatch(curve) {
  const drawing = shape(
    "svg",
    { class: `swatch ${curve.style}`, viewBox: "0 0 34 14", "aria-hidden": "true" },
    line("line", 0, 34, 7, 7, { "stroke-dasharray": curve.dash }),
    ...(curve.marker ? [marker(curve, 17, 7)] : []),
  );
  return inColour(curve, drawing);
}

function accuracyAxis(plot) {
  const [left, right] = [MARGIN.left, plot.width - MARGIN.right];
  return [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => {
    const y = yOf(plot, share);
    return [line("grid", left, right, y, y), label(`${100 * share} %`, left - 6, y + 4, "end")];
  });
}

/** A tick for every scale that has room for its label. */
function scaleAxis(plot) {
  const bottom = yOf(plot, 0);
  const parts = [line("axis", MARGIN.left, plot.width - MARGIN.right, bottom, bottom)];
  let last = Number.NEGATIVE_INFINITY;
  for (const scale of plot.scales) {
    const [x, text] = [xOf(plot, scale), scaleText(scale)];
    const room = 4 + 3.6 * text.length;
    if (x - room < last) continue;
    last = x + room + 6;
    parts.push(line("axis", x, x, bottom, bottom + 5), label(text, x, bottom + 18, "middle"));
  }
  const middle = (plot.width + MARGIN.left) / 2;
  return [...parts, label("noise scale (square-root axis)", middle, plot.height - 6, "middle")];
}

function band(plot, curve) {
  const [lower, upper] = curve.band;
  const back = path(plot, [...lower].reverse()).replace("M", "L");
  return shape(
    "g",
    { class: curve.style },
    shape("path", { class: "area", d: `${path(plot, upper)}${back}z` }),
  );
}

function curveWithMarkers(plot, curve) {
  const d = path(plot, curve.points);
  const drawn = shape("path", { class: "line", d, "stroke-dasharray": curve.dash });
  const group = inColour(curve, shape("g", { class: curve.style }, drawn));
  if (!curve.marker || curve.points.length > plot.constants.max_markers) return group;
  for (const { scale, accuracy, low, high } of curve.points) {
    const x = xOf(plot, scale);
    if (low !== null) group.append(line("interval", x, x, yOf(plot, low), yOf(plot, high)));
    group.append(marker(curve, x, yOf(plot, accuracy)));
  }
  return group;
}

/** The cursor at the scale of the slider, and the ring around the chosen point. */
function marks(plot) {
  const parts = [];
  if (plot.cursor !== null) {
    const x = xOf(plot, plot.cursor);
    parts.push(line("cursor", x, x, yOf(plot, 1), yOf(plot, 0)));
  }
  if (plot.chosen) {
    const { scale, accuracy } = plot.chosen.curve.points[plot.chosen.index];
    parts.push(shape("circle", { class: "ring", cx: xOf(plot, scale), cy: yOf(plot, accuracy), r: 9 }));
  }
  return parts;
}

export function drawPlot(plot) {
  plot.width = Math.max(280, Math.min(plot.frame.clientWidth || 720, 1100));
  plot.height = Math.round(Math.min(Math.max(plot.width * 0.55, 260), 460));
  plot.svg.setAttribute("viewBox", `0 0 ${plot.width} ${plot.height}`);
  const shown = plot.curves.filter((curve) => curve.shown);
  const bands = shown.filter((curve) => curve.band?.[0].length).map((curve) => band(plot, curve));
  const curves = shown.filter((curve) => curve.points.length).map((curve) => curveWithMarkers(plot, curve));
  plot.svg.replaceChildren(...accuracyAxis(plot), ...scaleAxis(plot), ...bands, ...curves, ...marks(plot));
}

/** Mark a scale in the plot. */
export function setCursor(plot, scale) {
  plot.cursor = scale;
  drawPlot(plot);
}

/**
 * A plot within `container`, which it fills, whatever its width. Gives its state, which the other functions take.
 *
 * curves: {name, style (classes of the style sheet), colour (on a light and on a dark page, or undefined), marker
 * (or null), dash, shown, points: [{scale, accuracy, low, high}]}; low and high may be null. A curve with `band`, a list of two curves' points, is an area.
 * scales: for the ticks. constants: of the page's data.
 */
export function accuracyPlot(container, { curves, scales, constants }) {
  const svg = shape("svg", { class: "plot", "aria-hidden": "true" });
  const frame = element("div", { class: "frame" }, svg);
  const plot = {
    ...{ curves, scales, constants, svg, frame },
    ...{ largest: scales.at(-1) || 1, width: 720, height: 400 },
    cursor: null, // a scale
    chosen: null, // {curve, index of its point}
  };
  container.append(frame);
  new ResizeObserver(() => drawPlot(plot)).observe(frame);
  drawPlot(plot);
  return plot;
}
