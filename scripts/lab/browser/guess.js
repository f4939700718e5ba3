// Guess first: a curve that people draw, and then the measured one over it.

import { element, find, percent, scaleText } from "./elements.js";
import { accuracyPlot, drawPlot, pointerAt, xOf } from "./plot.js";

const MAX_HANDLES = 10;
const NEAR_HANDLE = 24; // pixels from the pointer to a handle that follows it

/** At most so many points after the first: from the last one backwards, so that the largest is always there. */
function askedPoints(points) {
  const step = Math.max(1, Math.ceil((points.length - 1) / MAX_HANDLES));
  return points.filter((_, index) => index === 0 || (points.length - 1 - index) % step === 0);
}

/** A slider for a point of the guess: {scale, set}. */
function guessHandle(guess, point) {
  const value = element("output");
  const handle = element("input", { type: "range", min: 0, max: 100, step: 1 });
  const set = (accuracy) => {
    point.accuracy = accuracy;
    handle.value = Math.round(100 * accuracy);
    handle.setAttribute("aria-valuetext", percent(accuracy));
    value.textContent = percent(accuracy);
  };
  handle.addEventListener("input", () => {
    set(handle.value / 100);
    showGuess(guess);
  });
  set(point.accuracy);
  const label = element("label", { class: "handle" }, `scale ${scaleText(point.scale)} `, handle, value);
  find("guess-handles").append(label);
  return { scale: point.scale, set };
}

/** Every handle between the last position of the pointer and this one follows it. */
function follow(guess, event) {
  const here = pointerAt(guess.plot, event);
  const before = guess.last ?? here;
  for (const { scale, set } of guess.handles) {
    const x = xOf(guess.plot, scale);
    const [left, right] = [Math.min(before.x, here.x), Math.max(before.x, here.x)];
    if (x < left - NEAR_HANDLE || x > right + NEAR_HANDLE) continue;
    const share = here.x === before.x ? 1 : Math.min(Math.max((x - before.x) / (here.x - before.x), 0), 1);
    set(before.accuracy + share * (here.accuracy - before.accuracy));
  }
  guess.last = here;
  showGuess(guess);
}

/** Draw the guess; once the measured curve is shown, say how far it is. */
function showGuess(guess) {
  drawPlot(guess.plot);
  if (!guess.answer.shown) return;
  const distances = guess.curve.points
    .slice(1)
    .map((point, index) => Math.abs(point.accuracy - guess.asked[index + 1].accuracy));
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  find("guess-result").textContent =
    `Your guess is ${(100 * mean).toFixed(1)} points from the measured curve (${guess.answer.name}), ` +
    `on average over ${distances.length === 1 ? "one scale" : `${distances.length} scales`}.`;
}

function guessByPointer(guess) {
  const { svg } = guess.plot;
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    guess.last = null;
    follow(guess, event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) follow(guess, event);
  });
}

function uncover() {
  find("after-guess").hidden = false;
  find("guess-skip").hidden = true;
}

/** A link may lead to what is covered. */
function followHash() {
  const target = location.hash && find(location.hash.slice(1));
  if (!target || !find("after-guess").hidden || !find("after-guess").contains(target)) return;
  uncover();
  target.scrollIntoView();
}

/** Cover the answer until a visitor has guessed, asks for it, or follows a link to it. */
function coverAnswer() {
  find("after-guess").hidden = true;
  find("guess-show").addEventListener("click", uncover);
  find("guess-skip").addEventListener("click", () => {
    uncover();
    find("answer-title").focus();
  });
  window.addEventListener("hashchange", followHash);
  followHash();
}

/** lab: its curves, constants, and names of networks and draws, of which the first ones are guessed. */
export function startGuess(lab) {
  const measured = lab.curves.find(
    ({ network, draw, training }) =>
      network === lab.names[0] && [lab.draws[0], ""].includes(draw) && !training,
  );
  const asked = askedPoints(measured.points);
  const answer = { ...measured, shown: false };
  const curve = {
    ...{ name: "your guess", style: "guess", marker: "plus", dash: "6 4", shown: true },
    points: asked.map(({ scale }) => ({ scale, accuracy: asked[0].accuracy, low: null, high: null })),
  };
  const scales = asked.map(({ scale }) => scale);
  const plot = accuracyPlot(find("guess-plot"), {
    curves: [answer, curve],
    scales,
    constants: lab.constants,
  });
  const guess = { plot, curve, answer, asked, handles: [], last: null };
  guess.handles = curve.points.slice(1).map((point) => guessHandle(guess, point));
  guessByPointer(guess);
  find("guess-show").addEventListener("click", () => {
    answer.shown = true;
    showGuess(guess);
  });
  coverAnswer();
}
