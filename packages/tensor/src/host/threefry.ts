import type { RandomKey } from "../backend.ts";
import type { HostView } from "./hostView.ts";
/** The first of the two words, and after it the second, of the last call; returning a pair would allocate one. */
export const words = new Uint32Array(2);

/**
 * Threefry-2x32 with 20 rounds: a counter turned into two random words by additions, rotations and exclusive-ors only, so
 * that every backend can compute any part of a stream by itself.
 *
 * @see Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (2011)
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    const rotations = group % 2 === 0 ? EVEN : ODD;
    for (let r = 0; r < 4; r++) {
      x = (x + y) | 0;
      y = ((y << rotations[r]) | (y >>> (32 - rotations[r]))) ^ x;
    }
    const [first, second] = group % 3 === 0 ? [k1, k2] : group % 3 === 1 ? [k2, k0] : [k0, k1];
    x = (x + first) | 0;
    y = (y + second + group + 1) | 0;
  }
  words[0] = x;
  words[1] = y;
}
const EVEN = [13, 15, 26, 6];
const ODD = [17, 29, 16, 24];

/**
 * The numbers that a backend's `random` has to give: element i is the top 24 bits of word (i mod 2) of Threefry-2x32-20 for
 * counter + ⌊i / 2⌋.
 *
 * @param to consecutive elements, from `offset` on
 *
 * @example
 * const data = new Float32Array(3);
 * fillRandom({ data, offset: 0, numel: 3 }, { seed: [1, 2], counter: [3, 4] });
 * data.every((x) => x >= 0 && x < 1) // => true
 */
export function fillRandom(
  { data, offset, numel }: Pick<HostView, "data" | "offset" | "numel">,
  { seed, counter }: RandomKey,
): void {
  let low = counter[0] >>> 0;
  let high = counter[1] >>> 0;
  for (let i = 0; i < numel; i += 2) {
    threefry2x32(seed[0], seed[1], low, high);
    data[offset + i] = (words[0] >>> 8) * 2 ** -24;
    if (i + 1 < numel) data[offset + i + 1] = (words[1] >>> 8) * 2 ** -24;
    low = (low + 1) >>> 0;
    if (low === 0) high = (high + 1) >>> 0;
  }
}
