// Small helpers for the page. Words are set as text, so that none is read as markup.

const SVG = "http://www.w3.org/2000/svg";

export function find(id) {
  return document.getElementById(id);
}

/** Hide a part of the page, and what leads to it. */
export function hidePart(id) {
  for (const one of document.querySelectorAll(`#${id}, a[href="#${id}"]`)) one.hidden = true;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** An HTML element: element("p", {class: "small"}, "text", child). Attributes that begin with `on` listen. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for a part of a drawing. */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** 0.9234 as "92.3 %". */
export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** A scale for people: at most three digits. */
export function scaleText(scale) {
  return String(Number(scale.toPrecision(3)));
}

/** "1 image", "2 images". */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** "95 % interval 89.1 % to 93.2 %". */
export function intervalText(low, high, confidence) {
  return `${Math.round(100 * confidence)} % interval ${percent(low)} to ${percent(high)}`;
}

/** Wilson's interval (1927, JASA 22, p. 209) of `correct` out of `n`: [low, high]. z: 1.96 for 95 %. */
export function wilson(correct, n, z) {
  const share = correct / n;
  const centre = share + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n * n));
  const [low, high] = [centre - spread, centre + spread].map((bound) => bound / (1 + z ** 2 / n));
  return [correct === 0 ? 0 : low, correct === n ? 1 : high];
}

/** Show an image on a canvas. image: numbers from 0 to 1; those beyond are shown as the nearest of these. */
export function showImage(canvas, image, [height, width, channels = 1], label) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      picture.data[4 * pixel + colour] = 255 * image[pixel * channels + (colour % channels)];
    }
    picture.data[4 * pixel + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  canvas.setAttribute("aria-label", label);
}
