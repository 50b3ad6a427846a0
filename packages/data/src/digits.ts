import { DlError, Generator } from "@dl/tensor/core";
import { GLYPHS } from "./digits/glyphs.ts";
import { Hand } from "./digits/hand.ts";
import { ImageDataset, type Normalization } from "./images.ts";

export interface DrawOptions {
  /** Another seed, other digits: one for training, one for testing. Default 0. */
  seed?: number;
  /** Width and height in pixels. Default 28, as in MNIST. */
  size?: number;
  normalize?: Normalization;
}

/**
 * Digits that look written by hand, drawn by the program: for when MNIST is not at hand. The same form as `mnist()`:
 * `[1, 28, 28]` images, white on black, and labels; ten of each class in a hundred. The same seed draws the same
 * digits, and a longer set begins as a shorter one.
 *
 * @example
 * const train = drawDigits(100, { seed: 1 });
 * train.get(0)[0].shape // => [1, 28, 28]
 */
export function drawDigits(
  count: number,
  { seed = 0, size = 28, normalize }: DrawOptions = {},
): ImageDataset {
  if (!Number.isInteger(count) || count < 0)
    throw new DlError("value", `drawDigits: how many is a whole number, got ${count}`);
  if (!Number.isInteger(size) || size < 8)
    throw new DlError("value", `drawDigits: size is a whole number of pixels from 8, got ${size}`);
  const random = new Generator(seed);
  const hand = new Hand(random);
  const images = new Uint8Array(count * size * size);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) labels.set(random.permutation(10).subarray(0, count - i), i);
    hand.write(hand.pick(GLYPHS[labels[i]]), images, i * size * size, size);
  }
  return new ImageDataset(images, labels, [1, size, size], {
    normalize,
    classes: Array.from("0123456789"),
  });
}
