// What becomes of a drawing: an image like those that the networks learned.

const SHARE = 20 / 28; // of the shorter side, into which MNIST's digits were scaled (LeCun et al. 1998, p. 2294)
const INK = 0.4; // a pixel with more than this belongs to the drawing
// Pixels from the middle of the image to the centre of mass, right and down: the mean of MNIST's test digits.
const OFFSET = 0.5;

/** Sums of ink: sums[y][x] is all ink above and left of there. */
function sumsOf(ink, rows, width) {
  const sums = Array.from({ length: rows + 1 }, () => new Float64Array(width + 1));
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      sums[y + 1][x + 1] = ink[y * width + x] + sums[y][x + 1] + sums[y + 1][x] - sums[y][x];
    }
  }
  return sums;
}

/** The sum of ink above and left of a point between pixels. */
function sumTo(sums, y, x) {
  const [rows, width] = [sums.length - 1, sums[0].length - 1];
  const [inY, inX] = [Math.min(Math.max(y, 0), rows), Math.min(Math.max(x, 0), width)];
  const [y0, x0] = [Math.min(Math.floor(inY), rows - 1), Math.min(Math.floor(inX), width - 1)];
  const [v, u] = [inY - y0, inX - x0];
  return (
    (1 - v) * ((1 - u) * sums[y0][x0] + u * sums[y0][x0 + 1]) +
    v * ((1 - u) * sums[y0 + 1][x0] + u * sums[y0 + 1][x0 + 1])
  );
}

/** The longer side of the drawing and its centre of mass, in pixels; size 0: it is empty. */
function measure(ink, rows, width) {
  let [top, bottom, left, right] = [rows, -1, width, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x];
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
      if (value > INK) {
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
        [left, right] = [Math.min(left, x), Math.max(right, x)];
      }
    }
  }
  const size = bottom < 0 ? 0 : Math.max(bottom - top, right - left) + 1;
  return { size, x: massX / mass, y: massY / mass };
}

/**
 * The drawing as an image of this shape: scaled, and placed by its centre of mass.
 *
 * ink: numbers from 0 to 1, rows first, `width` of them per row. Gives a Float32Array; of colour images all
 * channels are equal. An empty drawing gives an empty image.
 */
export function normalise(ink, width, [height, columns, channels = 1]) {
  const rows = ink.length / width;
  const image = new Float32Array(height * columns * channels);
  const centre = measure(ink, rows, width);
  if (centre.size === 0) return image;
  const sums = sumsOf(ink, rows, width);
  const factor = centre.size / (SHARE * Math.min(height, columns)); // pixels of the drawing per pixel of the image
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      const y0 = centre.y + (y - height / 2 - OFFSET) * factor;
      const x0 = centre.x + (x - columns / 2 - OFFSET) * factor;
      const [y1, x1] = [y0 + factor, x0 + factor];
      const ends = sumTo(sums, y1, x1) - sumTo(sums, y0, x1) - sumTo(sums, y1, x0) + sumTo(sums, y0, x0);
      const pixel = (y * columns + x) * channels;
      image.fill(Math.min(Math.max(ends / factor ** 2, 0), 1), pixel, pixel + channels);
    }
  }
  return image;
}
