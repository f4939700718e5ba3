// The kinds of noise, as scripts/experiment/noise.py defines them. Tests compare the two.

import { randomNumbers } from "./random.js";

/** The nearest whole number; a half goes to the even one, as in Python. */
function roundHalfToEven(x) {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** One pass of the blur: along rows or columns, with the border continued. `step` is from pixel to pixel. */
function blurLines(values, lines, weights) {
  const radius = (weights.length - 1) / 2;
  const blurred = new Float32Array(values.length);
  for (const { start, step, length } of lines) {
    for (let index = 0; index < length; index++) {
      let sum = 0;
      for (let offset = -radius; offset <= radius; offset++) {
        const near = Math.min(Math.max(index + offset, 0), length - 1);
        sum += weights[offset + radius] * values[start + near * step];
      }
      blurred[start + index * step] = sum;
    }
  }
  return blurred;
}

function gaussianBlur(clean, scale, _random, [height, width, channels = 1]) {
  const radius = Math.floor(4 * scale + 0.5); // as scipy.ndimage.gaussian_filter cuts it
  if (radius === 0) return Float32Array.from(clean);
  const weights = [];
  for (let x = -radius; x <= radius; x++) weights.push(Math.exp((-x * x) / (2 * scale * scale)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const columns = [];
  const rows = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let x = 0; x < width; x++) {
      columns.push({ start: x * channels + channel, step: width * channels, length: height });
    }
    for (let y = 0; y < height; y++) {
      rows.push({ start: y * width * channels + channel, step: channels, length: width });
    }
  }
  return blurLines(blurLines(clean, columns, shares), rows, shares);
}

function occlusion(clean, scale, random, [height, width, channels = 1]) {
  const side = roundHalfToEven(scale * Math.min(height, width));
  const top = Math.floor(random.uniform() * (height - side + 1));
  const left = Math.floor(random.uniform() * (width - side + 1));
  const noisy = Float32Array.from(clean);
  for (let y = top; y < top + side; y++) {
    noisy.fill(0.5, (y * width + left) * channels, (y * width + left + side) * channels);
  }
  return noisy;
}

function saltAndPepper(clean, scale, random) {
  return Float32Array.from(clean, (x) => {
    const drawn = random.uniform();
    if (drawn < scale / 2) return 0;
    return drawn >= 1 - scale / 2 ? 1 : x;
  });
}

function shot(clean, scale, random, _shape, noise) {
  if (scale < noise.min_shot) return Float32Array.from(clean);
  const photons = 1 / scale ** 2;
  return Float32Array.from(clean, (x) => random.poisson(x * photons) / photons);
}

const KINDS = {
  gaussian: (clean, scale, random) => Float32Array.from(clean, (x) => x + scale * random.normal()),
  uniform: (clean, scale, random) =>
    Float32Array.from(clean, (x) => x + (random.uniform() - 0.5) * 2 * Math.sqrt(3) * scale),
  salt_and_pepper: saltAndPepper,
  speckle: (clean, scale, random) => Float32Array.from(clean, (x) => x + x * scale * random.normal()),
  shot,
  gaussian_blur: gaussianBlur,
  occlusion,
};

/**
 * The noisy copy of one image, a new Float32Array.
 *
 * clean: its pixels from 0 to 1, rows first, then columns, then colours. noise: {kind, clip, min_shot}. shape: [height,
 * width] or [height, width, 3]. seed: a whole number; the same one draws the same noise at every scale.
 */
export function addNoise(clean, noise, scale, shape, seed) {
  const noisy = KINDS[noise.kind](clean, scale, randomNumbers(seed), shape, noise);
  return noise.clip ? noisy.map((x) => Math.min(Math.max(x, 0), 1)) : noisy;
}
