// You against the networks: people classify noisy test images themselves.

import { argmax, runNetwork } from "./classifiers.js";
import { count, element, find, intervalText, percent, scaleText, showImage, wilson } from "./elements.js";
import { inspectPlot } from "./inspect.js";
import { accuracyPlot } from "./plot.js";

const MAX_BUTTONS = 30; // classes: of more, a list to choose from

/** So many questions, shuffled: as many of each scale. random: a function like Math.random. */
export function questionsOf(questions, scales, images, random) {
  const shuffled = (list) => {
    for (let index = list.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1));
      [list[index], list[other]] = [list[other], list[index]];
    }
    return list;
  };
  const indices = shuffled(Array.from({ length: images }, (_, index) => index));
  return shuffled(
    Array.from({ length: questions }, (_, question) => ({
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

/** The file that scripts/inputs/people.py reads. columns: the names of its columns. */
export function csvOf(scores, columns) {
  return `${columns.join(",")}\n${scores.map(({ scale, correct, n }) => `${scale},${correct},${n}\n`).join("")}`;
}

/** The next question, or the result after the last one. */
function ask(quiz) {
  clearInterval(quiz.timer);
  const { lab, questions, answers } = quiz;
  if (answers.length === questions.length) {
    finish(quiz);
    return;
  }
  const question = questions[answers.length];
  const [number, scale] = [answers.length + 1, scaleText(question.scale)];
  question.noisy = lab.addNoise(lab.testImage(question.image), question.scale, question.seed);
  const label = `Noisy image ${number} of ${questions.length}, scale ${scale}`;
  showImage(find("quiz-image"), question.noisy, lab.images.shape, label);
  find("quiz-progress").value = answers.length;
  find("quiz-count").textContent = `Image ${number} of ${questions.length}. Scale ${scale}.`;
  if (find("quiz-timed").checked) startClock(quiz);
}

function startClock(quiz) {
  let left = quiz.lab.constants.seconds;
  find("quiz-time").textContent = count(left, "second");
  quiz.timer = setInterval(() => {
    left -= 1;
    find("quiz-time").textContent = count(left, "second");
    if (left === 0) answer(quiz, null);
  }, 1000);
}

/** given: the index of a class, or null: too late. */
function answer(quiz, given) {
  const { classes, test } = quiz.lab.images;
  const { scale, image } = quiz.questions[quiz.answers.length];
  const truth = test.labels[image];
  quiz.answers.push({ scale, correct: given === truth });
  find("quiz-said").textContent =
    given === truth
      ? `✓ correct: ${classes[truth]}.`
      : `✗ ${given === null ? "too late" : "wrong"}: it was ${classes[truth]}.`;
  ask(quiz);
}

function begin(quiz) {
  const { quiz_scales: scales, images, constants } = quiz.lab;
  quiz.questions = questionsOf(constants.questions, scales, images.test.labels.length, Math.random);
  quiz.answers = [];
  find("quiz-progress").max = quiz.questions.length;
  find("quiz-start").hidden = true;
  find("quiz-result").hidden = true;
  find("quiz-panel").hidden = false;
  find("quiz-said").textContent = "";
  find("quiz-time").textContent = "";
  ask(quiz);
  find("quiz-answers").querySelector("button, select").focus();
}

/** How many of the same images each network recognises: scores by its name, as scoresOf gives them. */
function scoresOfNetworks({ lab, questions }) {
  const answers = new Map();
  for (const { scale, image, noisy } of questions) {
    for (const { player, layers } of lab.networksNear(lab.nearestScale(scale))) {
      const correct = argmax(runNetwork(layers, noisy)) === lab.images.test.labels[image];
      answers.set(player, [...(answers.get(player) ?? []), { scale, correct }]);
    }
  }
  return new Map([...answers].map(([name, list]) => [name, scoresOf(list)]));
}

function totalCorrect(scores) {
  return scores.reduce((sum, { correct }) => sum + correct, 0);
}

/** The result in a sentence. others: scores of the networks by name. */
function scoreText(scores, n, others, { z, confidence }) {
  const correct = totalCorrect(scores);
  const interval = intervalText(...wilson(correct, n, z), confidence);
  const you = `You recognised ${correct} of ${n}: ${percent(correct / n)} (${interval}).`;
  const totals = [...others].map(([name, list]) => `${name} ${totalCorrect(list)}`);
  return totals.length ? `${you} On the same images: ${totals.join(", ")}.` : you;
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

/** The player's curve between those of the networks. */
function plotScores(lab, scores) {
  const points = scores.map(({ scale, correct, n }) => {
    const [low, high] = wilson(correct, n, lab.constants.z);
    return { scale, accuracy: correct / n, low, high };
  });
  const you = { name: "you", style: "you", marker: "plus", dash: "none", shown: true, points };
  find("quiz-plot").replaceChildren();
  const curves = [...lab.curves.map((curve) => ({ ...curve })), you];
  inspectPlot(
    accuracyPlot(find("quiz-plot"), { curves, scales: lab.scales, constants: lab.constants }),
    "You and the networks",
  );
}

function finish(quiz) {
  const scores = scoresOf(quiz.answers);
  const others = scoresOfNetworks(quiz);
  const { constants } = quiz.lab;
  find("quiz-panel").hidden = true;
  find("quiz-start").hidden = false;
  find("quiz-start").textContent = "Play again";
  find("quiz-result").hidden = false;
  find("quiz-score").textContent = scoreText(scores, quiz.answers.length, others, constants);
  find("quiz-scales").replaceChildren(scoresTable(new Map([["you", scores], ...others])));
  plotScores(quiz.lab, scores);
  find("quiz-save").href = URL.createObjectURL(
    new Blob([csvOf(scores, constants.people_columns)], { type: "text/csv" }),
  );
  nameFile(quiz);
  find("quiz-score").focus();
}

function nameFile({ lab }) {
  const typed = find("quiz-name").value.replace(/[^\p{L}\p{N}_-]+/gu, "_");
  const name = typed.replace(/^-+/, "").slice(0, lab.constants.max_name) || "me";
  find("quiz-save").download = `${name}.csv`;
  find("quiz-save").textContent = `Save ${name}.csv`;
}

/** A button for every class, or a list of many classes. */
function answerControls(quiz) {
  const { classes } = quiz.lab.images;
  if (classes.length <= MAX_BUTTONS) {
    return classes.map((name, index) =>
      element("button", { type: "button", onclick: () => answer(quiz, index) }, name),
    );
  }
  const options = classes.map((name, index) => element("option", { value: index }, name));
  const select = element("select", { "aria-label": "Your answer" }, ...options);
  const send = () => answer(quiz, Number(select.value));
  return [select, element("button", { type: "button", onclick: send }, "Answer")];
}

/** Where classes are single signs, such as digits, their keys answer. */
function answerByKey(quiz, event) {
  if (find("quiz-panel").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("input, select, canvas") || event.repeat) return;
  const index = quiz.lab.images.classes.indexOf(event.key);
  if (index >= 0) answer(quiz, index);
}

export function startQuiz(lab) {
  const quiz = { lab, questions: [], answers: [], timer: null };
  find("quiz-answers").append(...answerControls(quiz));
  document.addEventListener("keydown", (event) => answerByKey(quiz, event));
  find("quiz-name").addEventListener("input", () => nameFile(quiz));
  find("quiz-name").addEventListener("focus", (event) => event.target.select());
  find("quiz-start").addEventListener("click", () => begin(quiz));
}
