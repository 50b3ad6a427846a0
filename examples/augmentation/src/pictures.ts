import { drawDigits } from "@dl/data";
import { stack, type Tensor, tensor } from "@dl/tensor";

const COLOURS = [
  [0.95, 0.85, 0.3],
  [0.4, 0.8, 0.95],
  [0.95, 0.5, 0.4],
  [0.6, 0.9, 0.5],
];

/** Coloured digits on a shaded ground, [count, 3, size, size]: something whose colours can be seen to change. */
export function pictures(count: number, size: number): Tensor {
  const digits = drawDigits(count, { seed: 4, size });
  const shade = Float32Array.from({ length: size * size }, (_, i) => 0.15 + (0.5 * i) / size ** 2);
  const ground = tensor(shade, { shape: [1, size, size] }).mul(
    tensor([0.9, 0.8, 1], { shape: [3, 1, 1] }),
  );
  return stack(
    Array.from({ length: count }, (_, i) => {
      const [ink] = digits.get(i);
      const colour = tensor(COLOURS[i % COLOURS.length], { shape: [3, 1, 1] });
      return ground.add(ink.mul(colour.sub(ground)));
    }),
  );
}
