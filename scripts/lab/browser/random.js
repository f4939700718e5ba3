// Random numbers from a seed: the same seed gives the same noise, in every browser.

/** log n! by Stirling's series (Abramowitz & Stegun 1964, 6.1.41). n: a whole number. */
function logFactorial(n) {
  let product = 0;
  let z = n + 1;
  for (; z < 10; z++) product -= Math.log(z);
  return (
    product + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * z) - 1 / (360 * z ** 3)
  );
}

/**
 * A generator with three methods: uniform() in [0, 1), normal() with standard deviation 1, and poisson(mean).
 *
 * The bits are those of sfc32 (Doty-Humphrey, PractRand): 128 bits of state, of which the seed sets 32.
 */
export function randomNumbers(seed) {
  let a = 0;
  let b = seed | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  let spare = null;

  function uniform() {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** Two independent normal numbers from a point in the unit disc (Marsaglia & Bray 1964, SIAM Review 6). */
  function normal() {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square < 1 && square > 0) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * factor;
        return x * factor;
      }
    }
  }

  /** Small means: products of uniform numbers. Others: Hoermann 1993, Insurance 12, algorithm PTRS. */
  function poisson(mean) {
    if (mean < 10) {
      const limit = Math.exp(-mean);
      let count = -1;
      for (let product = 1; product > limit || count < 0; product *= uniform()) count++;
      return count;
    }
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverse = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
      const u = uniform() - 0.5;
      const v = 1 - uniform();
      const edge = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
      if (edge >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return count;
      if (count < 0 || (edge < 0.013 && v > edge)) continue;
      const bound = count * Math.log(mean) - mean - logFactorial(count);
      if (Math.log((v * inverse) / (a / (edge * edge) + b)) <= bound) return count;
    }
  }

  for (let round = 0; round < 15; round++) uniform(); // until the seed has reached every bit
  return { uniform, normal, poisson };
}
