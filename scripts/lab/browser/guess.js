// Guess first: a curve that people draw, and then the measured one over it.

import { element, find, percent, scaleText } from "./elements.js";
import { accuracyPlot } from "./plot.js";

const MAX_HANDLES = 10;
const NEAR = 24; // pixels from the pointer to a handle that follows it

export function startGuess(lab) {
  const measured =
    lab.curves.find((curve) => curve.style === "fixed") ?? lab.curves.find((curve) => curve.draw);
  const points = measured.points;
  const step = Math.max(1, Math.ceil((points.length - 1) / MAX_HANDLES));
  // From the last scale backwards, so that the largest is always there; and the clean one.
  const asked = points.filter((_, index) => index === 0 || (points.length - 1 - index) % step === 0);
  const clean = asked[0].accuracy;
  const guess = {
    ...{ name: "your guess", style: "guess", marker: "plus", dash: "6 4", shown: true },
    points: asked.map(({ scale }) => ({ scale, accuracy: clean, low: null, high: null })),
  };
  const answer = { ...measured, shown: false };
  const plot = accuracyPlot(find("guess-plot"), {
    ...{ curves: [answer, guess], scales: asked.map(({ scale }) => scale), inspect: false },
    name: "Your guess",
  });
  const handles = guess.points.slice(1).map((point) => {
    const value = element("output", {}, percent(point.accuracy));
    const handle = element("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      value: Math.round(100 * clean),
    });
    const set = (accuracy) => {
      point.accuracy = accuracy;
      handle.value = Math.round(100 * accuracy);
      handle.setAttribute("aria-valuetext", percent(accuracy));
      value.textContent = percent(accuracy);
    };
    handle.addEventListener("input", () => {
      set(handle.value / 100);
      compare();
    });
    set(clean);
    const label = element("label", { class: "handle" }, `scale ${scaleText(point.scale)} `, handle, value);
    find("guess-handles").append(label);
    return { scale: point.scale, set };
  });

  /** Every handle between the last index of the pointer and this one follows it. */
  let last = null;
  function follow(event) {
    const box = plot.svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) * plot.size().width) / box.width;
    const here = {
      x: px,
      accuracy: plot.toAccuracy(((event.clientY - box.top) * plot.size().height) / box.height),
    };
    const before = last ?? here;
    for (const { scale, set } of handles) {
      const at = plot.x(scale);
      const within = at >= Math.min(before.x, here.x) - NEAR && at <= Math.max(before.x, here.x) + NEAR;
      const share = here.x === before.x ? 1 : Math.min(Math.max((at - before.x) / (here.x - before.x), 0), 1);
      if (within) set(before.accuracy + share * (here.accuracy - before.accuracy));
    }
    last = here;
    compare();
  }
  plot.svg.addEventListener("pointerdown", (event) => {
    plot.svg.setPointerCapture(event.pointerId);
    last = null;
    follow(event);
  });
  plot.svg.addEventListener("pointermove", (event) => {
    if (plot.svg.hasPointerCapture(event.pointerId)) follow(event);
  });
  function compare() {
    plot.draw();
    if (!answer.shown) return;
    const far = guess.points
      .slice(1)
      .map((point, index) => Math.abs(point.accuracy - asked[index + 1].accuracy));
    const mean = far.reduce((sum, value) => sum + value, 0) / far.length;
    find("guess-result").textContent =
      `Your guess is ${(100 * mean).toFixed(1)} points from the measured curve (${measured.name}), ` +
      `on average over ${far.length === 1 ? "one scale" : `${far.length} scales`}.`;
  }

  find("guess-show").addEventListener("click", () => {
    answer.shown = true;
    compare();
  });
}
