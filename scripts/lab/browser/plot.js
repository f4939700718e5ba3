// The plot of accuracy against scale: curves with intervals, a band, a cursor; read by mouse or keyboard.

import { element, percent, scaleText, shape } from "./elements.js";

const MARGIN = { top: 12, right: 16, bottom: 44, left: 48 };
const MAX_MARKERS = 30; // on one curve
const MARKERS = {
  circle: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  square: "M-3.5,-3.5h7v7h-7z",
  diamond: "M0,-5L5,0L0,5L-5,0z",
  up: "M0,-5L5,4H-5z",
  down: "M0,5L5,-4H-5z",
  cross: "M-4,-4L4,4M-4,4L4,-4",
  plus: "M0,-5V5M-5,0H5",
};

function marker(curve, attributes = {}) {
  return shape("path", { d: MARKERS[curve.marker], class: "marker", ...attributes });
}

/** A piece of the curve, as in the plot, for a legend. */
function swatch(curve) {
  return shape(
    "svg",
    { class: `swatch ${curve.style}`, viewBox: "0 0 34 14", "aria-hidden": "true" },
    shape("line", { x1: 0, x2: 34, y1: 7, y2: 7, class: "line", "stroke-dasharray": curve.dash }),
    ...(curve.marker ? [marker(curve, { transform: "translate(17,7)" })] : []),
  );
}

/** What a point says, in words. */
function pointText(curve, { scale, accuracy, low, high }) {
  const interval = low === null ? "" : ` (95 % interval ${percent(low)} to ${percent(high)})`;
  return `${curve.name}, scale ${scaleText(scale)}: ${percent(accuracy)}${interval}`;
}

/**
 * A plot within `container`, which it fills, whatever its width.
 *
 * curves: {name, style (a class of the style sheet), marker (or null), dash, shown, points: [{scale, accuracy,
 * low, high}]}; low and high may be null. A curve with `band`, a list of two curves' points, is an area.
 * scales: for the ticks. name: of the plot, for screen readers. inspect: whether points can be asked and curves
 * switched. Gives {svg, draw, x, toAccuracy, setCursor, size}.
 */
export function accuracyPlot(container, { curves, scales, name, inspect = true }) {
  const svg = shape("svg", { class: "plot", "aria-hidden": "true" });
  const readout = element("p", { class: "readout", "aria-live": "off" });
  const frame = element("div", { class: "frame" }, svg);
  const largest = scales.at(-1) || 1;
  let [width, height] = [720, 400];
  let cursor = null;
  let chosen = null; // [curve, index of its point]
  container.append(frame);

  const x = (scale) =>
    MARGIN.left + Math.sqrt(Math.max(scale, 0) / largest) * (width - MARGIN.left - MARGIN.right - 8) + 4;
  const y = (accuracy) => height - MARGIN.bottom - accuracy * (height - MARGIN.top - MARGIN.bottom);
  const toAccuracy = (py) =>
    Math.min(Math.max((height - MARGIN.bottom - py) / (height - MARGIN.top - MARGIN.bottom), 0), 1);
  const shown = () => curves.filter((curve) => curve.shown && !curve.band && curve.points.length);

  function path(points) {
    return points
      .map(({ scale, accuracy }, index) => `${index ? "L" : "M"}${x(scale)},${y(accuracy)}`)
      .join("");
  }

  function axes() {
    const parts = [];
    for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      parts.push(
        shape("line", {
          class: "grid",
          x1: MARGIN.left,
          x2: width - MARGIN.right,
          y1: y(share),
          y2: y(share),
        }),
      );
      const text = shape(
        "text",
        { x: MARGIN.left - 6, y: y(share) + 4, class: "tick end" },
        `${100 * share} %`,
      );
      parts.push(text);
    }
    let last = Number.NEGATIVE_INFINITY;
    for (const scale of scales) {
      const label = scaleText(scale);
      const room = 4 + 3.6 * label.length;
      if (x(scale) - room < last) continue;
      last = x(scale) + room + 6;
      parts.push(shape("line", { class: "axis", x1: x(scale), x2: x(scale), y1: y(0), y2: y(0) + 5 }));
      parts.push(shape("text", { x: x(scale), y: y(0) + 18, class: "tick middle" }, label));
    }
    parts.push(
      shape("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(0), y2: y(0) }),
    );
    parts.push(
      shape(
        "text",
        { x: (width + MARGIN.left) / 2, y: height - 6, class: "tick middle" },
        "noise scale (square-root axis)",
      ),
    );
    return parts;
  }

  function drawn(curve) {
    const group = shape("g", { class: curve.style });
    if (curve.band) {
      const [lower, upper] = curve.band;
      group.append(
        shape("path", { class: "area", d: `${path(upper)}${path([...lower].reverse()).replace("M", "L")}z` }),
      );
      return group;
    }
    group.append(shape("path", { class: "line", d: path(curve.points), "stroke-dasharray": curve.dash }));
    if (!curve.marker || curve.points.length > MAX_MARKERS) return group;
    for (const { scale, accuracy, low, high } of curve.points) {
      if (low !== null) {
        group.append(
          shape("line", { class: "interval", x1: x(scale), x2: x(scale), y1: y(low), y2: y(high) }),
        );
      }
      group.append(marker(curve, { transform: `translate(${x(scale)},${y(accuracy)})` }));
    }
    return group;
  }

  function draw() {
    width = Math.max(280, Math.min(frame.clientWidth || 720, 1100));
    height = Math.round(Math.min(Math.max(width * 0.55, 260), 460));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const parts = axes();
    for (const curve of curves)
      if (curve.shown && curve.points.length + (curve.band?.length ?? 0)) parts.push(drawn(curve));
    if (cursor !== null) {
      parts.push(shape("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: y(1), y2: y(0) }));
    }
    if (chosen) {
      const { scale, accuracy } = chosen[0].points[chosen[1]];
      parts.push(shape("circle", { class: "ring", cx: x(scale), cy: y(accuracy), r: 9 }));
    }
    svg.replaceChildren(...parts);
  }

  function choose(curve, index) {
    chosen = curve && [curve, index];
    const text = curve ? pointText(curve, curve.points[index]) : "";
    readout.textContent = text || readout.dataset.hint;
    frame.setAttribute("aria-valuetext", text || "no point");
    frame.setAttribute("aria-valuenow", curve ? index + 1 : 0);
    draw();
  }

  function chooseNearest(event) {
    const box = svg.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top].map(
      (at) => (at * width) / box.width,
    );
    let best = [null, 0, 40];
    for (const curve of shown()) {
      curve.points.forEach(({ scale, accuracy }, index) => {
        const distance = Math.hypot(x(scale) - px, y(accuracy) - py);
        if (distance < best[2]) best = [curve, index, distance];
      });
    }
    if (best[0]) choose(best[0], best[1]);
  }

  function moveChoice(event) {
    const list = shown();
    const [along, down] =
      {
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowUp: [0, -1],
        ArrowDown: [0, 1],
        Home: [Number.NEGATIVE_INFINITY, 0],
        End: [Number.POSITIVE_INFINITY, 0],
      }[event.key] ?? [];
    if (along === undefined || !list.length) return;
    event.preventDefault();
    const at = chosen ? list.indexOf(chosen[0]) : -1;
    const curve = at < 0 ? list[0] : list[(at + down + list.length) % list.length];
    const index = at < 0 ? 0 : chosen[1] + along;
    choose(curve, Math.min(Math.max(index, 0), curve.points.length - 1));
  }

  if (inspect) {
    readout.dataset.hint = "Point at a curve, or press Tab and the arrow keys, for its numbers.";
    readout.textContent = readout.dataset.hint;
    const max = Math.max(...curves.map((curve) => curve.points.length), 1);
    const attributes = {
      role: "slider",
      tabindex: 0,
      "aria-label": `${name}: points of the curves`,
      "aria-valuemin": 0,
    };
    attributes["aria-valuemax"] = max;
    attributes["aria-valuenow"] = 0;
    attributes["aria-valuetext"] = "no point";
    for (const [key, value] of Object.entries(attributes)) frame.setAttribute(key, value);
    svg.addEventListener("pointermove", chooseNearest);
    svg.addEventListener("pointerdown", chooseNearest);
    svg.addEventListener("pointerleave", () => choose(null));
    frame.addEventListener("keydown", moveChoice);
    const boxes = curves
      .filter((curve) => !curve.partner)
      .map((curve) => {
        const toggle = (event) => {
          for (const one of curves)
            if (one === curve || one.partner === curve.style) one.shown = event.target.checked;
          if (chosen && !chosen[0].shown) choose(null);
          draw();
        };
        const box = element("input", { type: "checkbox", checked: curve.shown, onchange: toggle });
        return element("label", { class: "key" }, box, swatch(curve), curve.label ?? curve.name);
      });
    container.append(
      readout,
      element("fieldset", { class: "keys" }, element("legend", {}, "Curves"), ...boxes),
    );
  }
  new ResizeObserver(draw).observe(frame);
  draw();
  return {
    svg,
    draw,
    x,
    toAccuracy,
    setCursor(scale) {
      cursor = scale;
      draw();
    },
    size: () => ({ width, height }),
  };
}
