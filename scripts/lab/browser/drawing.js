// A pad to draw on, and what becomes of a drawing: an image like those that the networks learned.

const SHARE = 20 / 28; // of the shorter side, into which MNIST's digits were scaled (LeCun et al. 1998, p. 2294)
const INK = 0.4; // a pixel with more than this belongs to the drawing
// Pixels from the middle of the image to the centre of mass, right and down: the mean of MNIST's test digits.
const OFFSET = 0.5;

/**
 * The drawing as an image of this shape: scaled, and placed by its centre of mass.
 *
 * ink: numbers from 0 to 1, rows first, `width` of them per row. Gives a Float32Array; of colour images all
 * channels are equal. An empty drawing gives an empty image.
 */
export function normalise(ink, width, [height, columns, channels = 1]) {
  const rows = ink.length / width;
  let [top, bottom, left, right] = [rows, -1, width, -1];
  let [mass, massX, massY] = [0, 0, 0];
  // sums[y][x]: all ink above and left of there.
  const sums = Array.from({ length: rows + 1 }, () => new Float64Array(width + 1));
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x];
      sums[y + 1][x + 1] = value + sums[y][x + 1] + sums[y + 1][x] - sums[y][x];
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
      if (value > INK) {
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
        [left, right] = [Math.min(left, x), Math.max(right, x)];
      }
    }
  }
  const image = new Float32Array(height * columns * channels);
  if (bottom < 0) return image;
  const size = Math.max(bottom - top, right - left) + 1;
  const factor = size / (SHARE * Math.min(height, columns)); // pixels of the drawing per pixel of the image
  const sumTo = (y, x) => {
    const [inY, inX] = [Math.min(Math.max(y, 0), rows), Math.min(Math.max(x, 0), width)];
    const [y0, x0] = [Math.min(Math.floor(inY), rows - 1), Math.min(Math.floor(inX), width - 1)];
    const [v, u] = [inY - y0, inX - x0];
    return (
      (1 - v) * ((1 - u) * sums[y0][x0] + u * sums[y0][x0 + 1]) +
      v * ((1 - u) * sums[y0 + 1][x0] + u * sums[y0 + 1][x0 + 1])
    );
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      const y0 = massY / mass + (y - height / 2 - OFFSET) * factor;
      const x0 = massX / mass + (x - columns / 2 - OFFSET) * factor;
      const [y1, x1] = [y0 + factor, x0 + factor];
      const mean = (sumTo(y1, x1) - sumTo(y0, x1) - sumTo(y1, x0) + sumTo(y0, x0)) / factor ** 2;
      image.fill(
        Math.min(Math.max(mean, 0), 1),
        (y * columns + x) * channels,
        (y * columns + x + 1) * channels,
      );
    }
  }
  return image;
}

/**
 * Let people draw on a canvas with mouse, finger or pen; or with the keyboard: arrows move the pen, the space
 * bar puts it down or lifts it. `changed` is called with the ink after every stroke. Gives {clear}.
 */
export function drawingPad(canvas, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pen = { x: canvas.width / 2, y: canvas.height / 2, down: false };
  let strokes = [];

  function paint(withPen) {
    context.fillStyle = "black";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = "white";
    context.lineWidth = canvas.width / 13;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(stroke[0].x, stroke[0].y);
      for (const { x, y } of stroke) context.lineTo(x, y);
      context.stroke();
    }
    if (withPen) {
      context.beginPath();
      context.arc(pen.x, pen.y, 7, 0, 2 * Math.PI);
      context.lineWidth = 3;
      context.strokeStyle = pen.down ? "#f0a000" : "#60b0ff";
      context.stroke();
    }
  }

  function tell() {
    paint(false);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const ink = Float32Array.from({ length: data.length / 4 }, (_, index) => data[4 * index] / 255);
    paint(document.activeElement === canvas && canvas.matches(":focus-visible"));
    changed(ink);
  }

  function pointOf(event) {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    strokes.push([pointOf(event)]);
    tell();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).push(pointOf(event));
    tell();
  });
  canvas.addEventListener("keydown", (event) => {
    const [x, y] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) strokes.push([{ ...pen }]);
    } else if (x !== undefined) {
      const step = canvas.width / 40;
      pen.x = Math.min(Math.max(pen.x + x * step, 0), canvas.width);
      pen.y = Math.min(Math.max(pen.y + y * step, 0), canvas.height);
      if (pen.down) strokes.at(-1).push({ ...pen });
    } else return;
    event.preventDefault();
    tell();
  });
  for (const name of ["focus", "blur"]) {
    canvas.addEventListener(name, () => {
      pen.down = false;
      paint(name === "focus" && canvas.matches(":focus-visible"));
    });
  }
  paint(false);
  return {
    clear() {
      strokes = [];
      pen.down = false;
      tell();
    },
  };
}
