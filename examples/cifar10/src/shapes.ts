import { ImageDataset, type Normalization } from "@dl/data";
import { Generator } from "@dl/tensor";

export const SHAPES = [
  "disc",
  "ring",
  "square",
  "frame",
  "triangle",
  "cross",
  "stripes across",
  "stripes down",
  "stripes aslant",
  "chequers",
];

/** Whether a place belongs to a shape; from −1 to 1 across it. */
const inside: ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.abs(Math.hypot(x, y) - 0.75) < 0.25,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  (x, y) => Math.abs(Math.max(Math.abs(x), Math.abs(y)) - 0.75) < 0.2,
  (x, y) => y < 0.8 && y > -0.9 && Math.abs(x) < (y + 0.9) / 1.8,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.28 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  (_, y) => Math.sin(9 * y) > 0,
  (x) => Math.sin(9 * x) > 0,
  (x, y) => Math.sin(6.5 * (x + y)) > 0,
  (x, y) => Math.sin(7 * x) * Math.sin(7 * y) > 0,
];

/** Coloured shapes in noise, 32×32, in ten classes: something to look at where there are no photographs. */
export function drawShapes(
  count: number,
  { seed = 0, normalize }: { seed?: number; normalize?: Normalization } = {},
): ImageDataset {
  const random = new Generator(seed);
  const between = (from: number, to: number): number => from + (to - from) * random.uniform32();
  const images = new Uint8Array(count * 3072);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = Math.floor(between(0, SHAPES.length)) % SHAPES.length;
    const [cx, cy, size] = [between(11, 21), between(11, 21), between(7, 13)];
    const [front, back] = [0, 1].map(() => [between(0, 255), between(0, 255), between(0, 255)]);
    const noise = between(10, 60);
    for (let p = 0; p < 1024; p++) {
      const [x, y] = [((p % 32) - cx) / size, (Math.floor(p / 32) - cy) / size];
      const colour = inside[labels[i]](x, y) ? front : back;
      for (let c = 0; c < 3; c++)
        images[i * 3072 + c * 1024 + p] = Math.max(
          0,
          Math.min(255, colour[c] + between(-noise, noise)),
        );
    }
  }
  return new ImageDataset(images, labels, [3, 32, 32], { normalize, classes: SHAPES });
}
