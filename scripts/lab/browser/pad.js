// A pad to draw on with mouse, finger, pen or keyboard.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function paintStrokes({ canvas, context, strokes }) {
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
}

/** Where the pen of the keyboard is, and whether it is down. */
function paintPen({ context, pen }) {
  context.beginPath();
  context.arc(pen.x, pen.y, 7, 0, 2 * Math.PI);
  context.lineWidth = 3;
  context.strokeStyle = pen.down ? "#f0a000" : "#60b0ff";
  context.stroke();
}

function tell(pad) {
  const { canvas, context } = pad;
  paintStrokes(pad);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const ink = Float32Array.from({ length: data.length / 4 }, (_, index) => data[4 * index] / 255);
  if (document.activeElement === canvas && canvas.matches(":focus-visible")) paintPen(pad);
  pad.changed(ink);
}

function pointOf({ canvas }, event) {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

function movePen({ canvas, pen, strokes }, [x, y]) {
  const step = canvas.width / 40;
  pen.x = Math.min(Math.max(pen.x + x * step, 0), canvas.width);
  pen.y = Math.min(Math.max(pen.y + y * step, 0), canvas.height);
  if (pen.down) strokes.at(-1).push({ ...pen });
}

function drawByKey(pad, event) {
  const { pen, strokes } = pad;
  if (event.key === " ") {
    pen.down = !pen.down;
    if (pen.down) strokes.push([{ ...pen }]);
  } else if (event.key in ARROWS) movePen(pad, ARROWS[event.key]);
  else return;
  event.preventDefault();
  tell(pad);
}

function drawByPointer(pad) {
  const { canvas } = pad;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pad.strokes.push([pointOf(pad, event)]);
    tell(pad);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    pad.strokes.at(-1).push(pointOf(pad, event));
    tell(pad);
  });
}

/**
 * Let people draw on a canvas with mouse, finger or pen; or with the keyboard: arrows move the pen, the space
 * bar puts it down or lifts it. `changed` is called with the ink after every stroke: numbers from 0 to 1, rows
 * first. Gives {clear}.
 */
export function drawingPad(canvas, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pen = { x: canvas.width / 2, y: canvas.height / 2, down: false };
  const pad = { canvas, context, changed, pen, strokes: [] };
  drawByPointer(pad);
  canvas.addEventListener("keydown", (event) => drawByKey(pad, event));
  for (const name of ["focus", "blur"]) {
    canvas.addEventListener(name, () => {
      pen.down = false;
      paintStrokes(pad);
      if (name === "focus" && canvas.matches(":focus-visible")) paintPen(pad);
    });
  }
  paintStrokes(pad);
  return {
    clear() {
      pad.strokes = [];
      pen.down = false;
      tell(pad);
    },
  };
}
