/** From what a hand drew to what the network was trained on. */

/** A line that the pen drew, in a square from (0, 0) top left to (1, 1). */
export type Stroke = readonly Point[];
export interface Point {
  readonly x: number;
  readonly y: number;
}

const SIDE = 28;
/** MNIST's digits fit into a box of this size, and their centre of mass lies in the middle of the image. */
const BOX = 20;
/** Half of a line's width, and over how many pixels its edge fades. */
const RADIUS = 1.1;
const SOFT = 1.2;
/** What is smaller than this part of the square is not enlarged to the full size: a dot stays one. */
const LEAST = 0.12;

/**
 * Strokes as an image in MNIST's form: 28×28 bytes, white on black. Sizes and places of drawings do not matter, nor does
 * the width of the pen on the screen.
 */
export function digitOf(strokes: readonly Stroke[]): Uint8Array {
  const points = strokes.flat();
  const pixels = new Uint8Array(SIDE * SIDE);
  if (points.length === 0) return pixels;
  const range = (values: number[]) => [Math.min(...values), Math.max(...values)];
  const [left, right] = range(points.map((p) => p.x));
  const [top, bottom] = range(points.map((p) => p.y));
  const scale = (BOX - 2 * RADIUS) / Math.max(right - left, bottom - top, LEAST);
  const scaled = strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({
      x: SIDE / 2 + scale * (x - (left + right) / 2),
      y: SIDE / 2 + scale * (y - (top + bottom) / 2),
    })),
  );
  const { x, y } = centreOfMass(draw(scaled));
  const centred = scaled.map((stroke) =>
    stroke.map((p) => ({ x: p.x + SIDE / 2 - x, y: p.y + SIDE / 2 - y })),
  );
  return Uint8Array.from(draw(centred), (ink) => Math.round(255 * ink));
}

function centreOfMass(ink: Float32Array): Point {
  let [mass, x, y] = [0, 0, 0];
  ink.forEach((m, i) => {
    mass += m;
    x += m * ((i % SIDE) + 0.5);
    y += m * (Math.floor(i / SIDE) + 0.5);
  });
  return { x: x / mass, y: y / mass };
}

/** How far lines cover each pixel. */
function draw(strokes: readonly Stroke[]): Float32Array {
  const ink = new Float32Array(SIDE * SIDE);
  for (const stroke of strokes)
    for (let i = 0; i < stroke.length; i++) cover(ink, stroke[Math.max(0, i - 1)], stroke[i]);
  return ink;
}

function cover(ink: Float32Array, a: Point, b: Point): void {
  const reach = RADIUS + SOFT;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length2 = dx * dx + dy * dy || 1e-12;
  const first = (v: number) => Math.max(0, Math.floor(v - reach));
  const last = (v: number) => Math.min(SIDE - 1, Math.ceil(v + reach));
  for (let row = first(Math.min(a.y, b.y)); row <= last(Math.max(a.y, b.y)); row++) {
    for (let column = first(Math.min(a.x, b.x)); column <= last(Math.max(a.x, b.x)); column++) {
      const [px, py] = [column + 0.5 - a.x, row + 0.5 - a.y];
      const way = Math.max(0, Math.min(1, (px * dx + py * dy) / length2));
      const distance = Math.hypot(px - way * dx, py - way * dy);
      const grey = Math.max(0, Math.min(1, 0.5 + (RADIUS - distance) / SOFT));
      const i = row * SIDE + column;
      ink[i] = Math.max(ink[i], grey);
    }
  }
}
