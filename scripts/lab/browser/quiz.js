// You against the network: people classify noisy test images themselves.

import { argmax, runNetwork } from "./classifiers.js";
import { count, element, find, percent, scaleText, showImage, wilson } from "./elements.js";
import { accuracyPlot } from "./plot.js";

const QUESTIONS = 40;
const SECONDS = 5;
const MAX_BUTTONS = 30; // classes: of more, a list to choose from
const MAX_NAME = 40; // characters, as scripts/inputs/people.py takes them

/** The questions, shuffled: as many of each scale. random: a function like Math.random. */
export function questionsOf(scales, images, random) {
  const shuffled = (list) => {
    for (let index = list.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1));
      [list[index], list[other]] = [list[other], list[index]];
    }
    return list;
  };
  const indices = shuffled(Array.from({ length: images }, (_, index) => index));
  return shuffled(
    Array.from({ length: QUESTIONS }, (_, question) => ({
      scale: scales[question % scales.length],
      image: indices[question % images],
      seed: Math.floor(random() * 2 ** 31),
    })),
  );
}

/** Correct answers by scale: [{scale, correct, n}], in the order of the scales. */
export function scoresOf(answers) {
  const scores = new Map();
  for (const { scale, correct } of answers) {
    const score = scores.get(scale) ?? { scale, correct: 0, n: 0 };
    score.n += 1;
    score.correct += correct ? 1 : 0;
    scores.set(scale, score);
  }
  return [...scores.values()].sort((a, b) => a.scale - b.scale);
}

export function csvOf(scores) {
  return `scale,right,n\n${scores.map(({ scale, correct, n }) => `${scale},${correct},${n}\n`).join("")}`;
}

export function startQuiz(lab) {
  const { shape, classes } = lab.images;
  const canvas = find("quiz-image");
  let [questions, answers, timer] = [[], [], null];

  function ask() {
    clearInterval(timer);
    if (answers.length === questions.length) {
      finish();
      return;
    }
    const { scale, image, seed } = questions[answers.length];
    const number = answers.length + 1;
    const noisy = lab.addNoise(lab.testImage(image), scale, seed);
    questions[answers.length].noisy = noisy;
    showImage(
      canvas,
      noisy,
      shape,
      `Noisy image ${number} of ${questions.length}, scale ${scaleText(scale)}`,
    );
    find("quiz-progress").value = answers.length;
    find("quiz-count").textContent = `Image ${number} of ${questions.length}. Scale ${scaleText(scale)}.`;
    if (!find("quiz-timed").checked) return;
    let left = SECONDS;
    find("quiz-time").textContent = count(left, "second");
    timer = setInterval(() => {
      left -= 1;
      find("quiz-time").textContent = count(left, "second");
      if (left === 0) answer(null);
    }, 1000);
  }

  function answer(given) {
    const { scale, image } = questions[answers.length];
    const truth = lab.images.test.labels[image];
    answers.push({ scale, correct: given === truth });
    find("quiz-said").textContent =
      given === truth
        ? `✓ correct: ${classes[truth]}.`
        : `✗ ${given === null ? "Too late" : "wrong"}: it was ${classes[truth]}.`;
    ask();
  }

  function begin() {
    questions = questionsOf(lab.quiz_scales, lab.images.test.labels.length, Math.random);
    answers = [];
    find("quiz-progress").max = questions.length;
    find("quiz-start").hidden = true;
    find("quiz-result").hidden = true;
    find("quiz-panel").hidden = false;
    find("quiz-said").textContent = "";
    find("quiz-time").textContent = "";
    ask();
    find("quiz-answers").querySelector("button, select").focus();
  }

  /** How many of the same images each network recognises: scores by its name, as scoresOf gives them. */
  function networksOnTheSame() {
    const given = new Map();
    for (const { scale, image, noisy } of questions) {
      for (const { draw, layers } of lab.networksNear(lab.nearestScale(scale))) {
        const name =
          draw === "clean" ? "the network trained without noise" : `the networks with ${draw} noise`;
        const correct = argmax(runNetwork(layers, noisy)) === lab.images.test.labels[image];
        given.set(name, [...(given.get(name) ?? []), { scale, correct }]);
      }
    }
    return new Map([...given].map(([name, list]) => [name, scoresOf(list)]));
  }

  /** A table with a row per scale and a column for everyone who has answered. */
  function scoresTable(columns) {
    const cells = (name, texts) => element("tr", {}, ...texts.map((text) => element(name, {}, text)));
    const lists = [...columns.values()];
    const rows = lists[0].map(({ scale }, index) =>
      cells("td", [scaleText(scale), ...lists.map((list) => `${list[index].correct} of ${list[index].n}`)]),
    );
    const head = cells("th", ["scale", ...columns.keys()]);
    return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
  }

  function finish() {
    const scores = scoresOf(answers);
    const correct = scores.reduce((sum, score) => sum + score.correct, 0);
    const [low, high] = wilson(correct, answers.length);
    find("quiz-panel").hidden = true;
    find("quiz-start").hidden = false;
    find("quiz-start").textContent = "Play again";
    find("quiz-result").hidden = false;
    const others = networksOnTheSame();
    find("quiz-scales").replaceChildren(scoresTable(new Map([["you", scores], ...others])));
    const totals = [...others].map(
      ([name, list]) => `${name} ${list.reduce((sum, score) => sum + score.correct, 0)}`,
    );
    find("quiz-score").textContent =
      `You recognised ${correct} of ${answers.length}: ${percent(correct / answers.length)} (95 % interval ${percent(low)} to ` +
      `${percent(high)}).${totals.length ? ` On the same images: ${totals.join(", ")}.` : ""}`;
    const you = {
      ...{ name: "you", style: "you", marker: "plus", dash: "none", shown: true },
      points: scores.map(({ scale, correct: hits, n }) => {
        const [low, high] = wilson(hits, n);
        return { scale, accuracy: hits / n, low, high };
      }),
    };
    find("quiz-plot").replaceChildren();
    const curves = [...lab.curves.map((curve) => ({ ...curve })), you];
    accuracyPlot(find("quiz-plot"), { curves, scales: lab.scales, name: "You and the networks" });
    const file = URL.createObjectURL(new Blob([csvOf(scores)], { type: "text/csv" }));
    find("quiz-save").href = file;
    nameFile();
    find("quiz-score").focus();
  }

  function nameFile() {
    const name =
      find("quiz-name")
        .value.replace(/[^\p{L}\p{N}_-]+/gu, "_")
        .replace(/^-+/, "")
        .slice(0, MAX_NAME) || "me";
    find("quiz-save").download = `${name}.csv`;
    find("quiz-save").textContent = `Save ${name}.csv`;
  }

  if (classes.length > MAX_BUTTONS) {
    const options = classes.map((name, index) => element("option", { value: index }, name));
    const select = element("select", { "aria-label": "Your answer" }, ...options);
    const send = element("button", { type: "button", onclick: () => answer(Number(select.value)) }, "Answer");
    find("quiz-answers").append(select, send);
  } else {
    const buttons = classes.map((name, index) =>
      element("button", { type: "button", onclick: () => answer(index) }, name),
    );
    find("quiz-answers").append(...buttons);
  }
  // Where classes are single signs, such as digits, their keys answer.
  document.addEventListener("keydown", (event) => {
    if (find("quiz-panel").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches("input, select, canvas") || event.repeat) return;
    const index = classes.indexOf(event.key);
    if (index >= 0) answer(index);
  });
  find("quiz-name").addEventListener("input", nameFile);
  find("quiz-name").addEventListener("focus", (event) => event.target.select());
  find("quiz-start").addEventListener("click", begin);
}
