// The points of a plot, asked by mouse or keyboard, and a legend that switches its curves.

import { element, intervalText, percent, scaleText } from "./elements.js";
import { drawPlot, pointerAt, swatch, xOf, yOf } from "./plot.js";

const NEAR_POINT = 40; // pixels from the pointer to a point that it asks
const HINT = "Point at a curve for its numbers, or press Tab and then the arrow keys.";
const STEPS = {
  ArrowLeft: { along: -1, down: 0 },
  ArrowRight: { along: 1, down: 0 },
  ArrowUp: { along: 0, down: -1 },
  ArrowDown: { along: 0, down: 1 },
  Home: { along: Number.NEGATIVE_INFINITY, down: 0 },
  End: { along: Number.POSITIVE_INFINITY, down: 0 },
};

/** What a point says, in words. */
function pointText(curve, { scale, accuracy, low, high }, confidence) {
  const interval = low === null ? "" : ` (${intervalText(low, high, confidence)})`;
  return `${curve.name}, scale ${scaleText(scale)}: ${percent(accuracy)}${interval}`;
}

/** The curves whose points can be asked. */
function curvesWithPoints(plot) {
  return plot.curves.filter((curve) => curve.shown && curve.points.length);
}

/** Choose a point, or none: chosen is {curve, index} or null. */
function choose(plot, chosen) {
  plot.chosen = chosen;
  const { confidence } = plot.constants;
  const text = chosen ? pointText(chosen.curve, chosen.curve.points[chosen.index], confidence) : "";
  plot.readout.textContent = text || HINT;
  plot.frame.setAttribute("aria-valuetext", text || "no point");
  plot.frame.setAttribute("aria-valuenow", chosen ? chosen.index + 1 : 0);
  drawPlot(plot);
}

function chooseNearest(plot, event) {
  const pointer = pointerAt(plot, event);
  let [nearest, least] = [null, NEAR_POINT];
  for (const curve of curvesWithPoints(plot)) {
    curve.points.forEach(({ scale, accuracy }, index) => {
      const distance = Math.hypot(xOf(plot, scale) - pointer.x, yOf(plot, accuracy) - pointer.y);
      if (distance < least) [nearest, least] = [{ curve, index }, distance];
    });
  }
  if (nearest) choose(plot, nearest);
}

function moveChoice(plot, event) {
  const curves = curvesWithPoints(plot);
  const step = STEPS[event.key];
  if (!step || !curves.length) return;
  event.preventDefault();
  const at = plot.chosen ? curves.indexOf(plot.chosen.curve) : -1;
  if (at < 0) {
    choose(plot, { curve: curves[0], index: 0 });
    return;
  }
  const curve = curves[(at + step.down + curves.length) % curves.length];
  const index = Math.min(Math.max(plot.chosen.index + step.along, 0), curve.points.length - 1);
  choose(plot, { curve, index });
}

/** A checkbox for a curve and for those that belong to it. */
function key(plot, curve) {
  const onchange = (event) => {
    for (const one of plot.curves) {
      if (one === curve || one.partner === curve.name) one.shown = event.target.checked;
    }
    if (plot.chosen && !plot.chosen.curve.shown) choose(plot, null);
    drawPlot(plot);
  };
  const box = element("input", { type: "checkbox", checked: curve.shown, onchange });
  return element("label", { class: "key" }, box, swatch(curve), curve.label ?? curve.name);
}

/** Let people ask for points and switch curves. name: of the plot, for screen readers. */
export function inspectPlot(plot, name) {
  plot.readout = element("p", { class: "readout", "aria-live": "off" }, HINT);
  const attributes = {
    ...{ role: "slider", tabindex: 0, "aria-label": `${name}: points of the curves` },
    ...{ "aria-valuemin": 0, "aria-valuenow": 0, "aria-valuetext": "no point" },
    "aria-valuemax": Math.max(...plot.curves.map((curve) => curve.points.length), 1),
  };
  for (const [attribute, value] of Object.entries(attributes)) plot.frame.setAttribute(attribute, value);
  for (const moved of ["pointermove", "pointerdown"]) {
    plot.svg.addEventListener(moved, (event) => chooseNearest(plot, event));
  }
  plot.svg.addEventListener("pointerleave", () => choose(plot, null));
  plot.frame.addEventListener("keydown", (event) => moveChoice(plot, event));
  const keys = plot.curves.filter((curve) => !curve.partner).map((curve) => key(plot, curve));
  const legend = element("fieldset", { class: "keys" }, element("legend", {}, "Curves"), ...keys);
  plot.frame.after(plot.readout, legend);
}
