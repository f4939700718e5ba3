// The classifiers of a noisy image: the networks, the nearest centroid, and the lower bound of the ceiling.

/** The bytes of a text in base64 that gzip has made smaller. */
export async function unpack(text) {
  const packed = atob(text);
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index++) bytes[index] = packed.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The value of every 16-bit float (IEEE 754, binary16), by its bits. */
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
});

/** Packed numbers of 16 bits: first the high bytes of all, then the low ones. */
async function unpackWords(text) {
  const bytes = await unpack(text);
  const length = bytes.length / 2;
  return Uint16Array.from({ length }, (_, index) => (bytes[index] << 8) | bytes[length + index]);
}

/** Packed 16-bit floats, as a Float32Array. */
export async function unpackHalves(text) {
  return Float32Array.from(await unpackWords(text), (bits) => HALVES[bits]);
}

/**
 * The layers of a packed network, as runNetwork takes them.
 *
 * shapes: {inputs, units, activation} of each layer. numbers: the weights of all layers, as whole numbers of
 * steps. steps and biases: of all units.
 */
export async function unpackNetwork(shapes, { numbers, steps, biases }) {
  const weights = new Int16Array((await unpackWords(numbers)).buffer);
  const [step, bias] = [
    new Float32Array((await unpack(steps)).buffer),
    new Float32Array((await unpack(biases)).buffer),
  ];
  let [weight, unit] = [0, 0];
  return shapes.map(({ inputs, units, activation }) => {
    const layer = { inputs, units, activation, bias: bias.subarray(unit, unit + units) };
    layer.weights = new Float32Array(inputs * units);
    for (let row = 0; row < inputs * units; row += units) {
      for (let at = 0; at < units; at++)
        layer.weights[row + at] = weights[weight + row + at] * step[unit + at];
    }
    weight += inputs * units;
    unit += units;
    return layer;
  });
}

export function softmax(values) {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(values, (value) => Math.exp(value - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

const ACTIVATIONS = {
  linear: (values) => values,
  relu: (values) => values.map((value) => Math.max(value, 0)),
  sigmoid: (values) => values.map((value) => 1 / (1 + Math.exp(-value))),
  softmax,
  tanh: (values) => values.map(Math.tanh),
};

/** The index of the largest value; of equal ones the first. */
export function argmax(values) {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
}

/** Probabilities of the classes, from a network of dense layers: {inputs, units, activation, weights, bias}. */
export function runNetwork(layers, image) {
  let values = image;
  for (const { inputs, units, activation, weights, bias } of layers) {
    const sums = Float64Array.from(bias);
    for (let input = 0; input < inputs; input++) {
      const value = values[input];
      if (value === 0) continue;
      const row = input * units;
      for (let unit = 0; unit < units; unit++) sums[unit] += value * weights[row + unit];
    }
    values = ACTIVATIONS[activation](sums);
  }
  return values;
}

/** 1 for the class whose mean image (centroid) is nearest, 0 for the others. centroids: a Float32Array of all of them. */
export function nearestCentroid(centroids, image, classes) {
  const distances = new Float64Array(classes);
  for (let kind = 0; kind < classes; kind++) {
    for (let pixel = 0; pixel < image.length; pixel++) {
      distances[kind] -= (image[pixel] - centroids[kind * image.length + pixel]) ** 2;
    }
  }
  const votes = new Float64Array(classes);
  votes[argmax(distances)] = 1;
  return votes;
}

/** log Phi(z), in both tails: Press et al. 1992, Numerical Recipes in C, section 6.2 (erfcc), as a logarithm. */
export function logNormalCdf(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const series = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
    1.00002368, -1.26551223,
  ];
  const logTail = Math.log(t / 2) - x * x + series.reduce((sum, term) => sum * t + term, 0);
  return z < 0 ? logTail : Math.log1p(-Math.exp(logTail));
}

/**
 * Probabilities of the classes by Bayes' rule, for a classifier that knows these originals and Gaussian noise.
 *
 * originals: {images, labels}; images is a Uint8Array of all, labels their classes. Noise below `negligible` counts as none. The mathematics stands in
 * scripts/experiment/ceiling.py.
 */
export function bayesWithOriginals(originals, image, scale, { clip, negligible }, classes) {
  const pixels = image.length;
  const variance = Math.max(scale, negligible) ** 2;
  const deviation = Math.sqrt(variance);
  const cut = clip && scale >= negligible;
  const at0 = [];
  const at1 = [];
  const between = [];
  image.forEach((y, pixel) => {
    if (cut && y === 0) at0.push(pixel);
    else if (cut && y === 1) at1.push(pixel);
    else between.push(pixel);
  });
  const logAt0 = Float64Array.from({ length: 256 }, (_, level) => logNormalCdf(-level / 255 / deviation));
  const logAt1 = Float64Array.from({ length: 256 }, (_, level) =>
    logNormalCdf((level / 255 - 1) / deviation),
  );
  const evidence = Array.from({ length: classes }, () => []);
  for (let original = 0; original < originals.labels.length; original++) {
    const start = original * pixels;
    let likelihood = 0;
    for (const pixel of at0) likelihood += logAt0[originals.images[start + pixel]];
    for (const pixel of at1) likelihood += logAt1[originals.images[start + pixel]];
    for (const pixel of between) {
      likelihood -= (image[pixel] - originals.images[start + pixel] / 255) ** 2 / (2 * variance);
    }
    evidence[originals.labels[original]].push(likelihood);
  }
  return softmax(
    evidence.map((terms) => {
      const largest = terms.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      if (largest === Number.NEGATIVE_INFINITY) return largest;
      return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
    }),
  );
}
