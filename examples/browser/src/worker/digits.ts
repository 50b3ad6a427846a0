import { drawDigits, ImageDataset, Subset } from "@dl/data";
import { macrotask, type Tensor } from "@dl/tensor";
import { DRAWN, type Sample } from "../protocol.ts";

/** MNIST's mean and standard deviation. */
export const normalize = { mean: 0.1307, std: 0.3081 };
export const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** What there is to train and to test on. */
export interface Digits {
  readonly name: string;
  /** May be another one, with more in it, from one epoch to the next. */
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** Evenly spread over a data set. */
export const spread = (data: ImageDataset, count: number): number[] => {
  const n = Math.min(count, data.length);
  return Array.from({ length: n }, (_, i) => Math.floor((i * data.length) / n));
};

export function samplesOf(data: ImageDataset, count: number): Sample[] {
  return spread(data, count).map((i) => ({
    pixels: data.images.slice(i * PIXELS, (i + 1) * PIXELS),
    label: data.labels[i],
  }));
}

/** One image of bytes as the network takes it. */
export function imageOf(pixels: Uint8Array): Tensor {
  const [images] = new ImageDataset(pixels, [0], [1, SIDE, SIDE], { normalize }).getBatch([0]);
  return images;
}

export const subset = (data: ImageDataset, count: number): Subset<[Tensor, Tensor]> =>
  new Subset(data, spread(data, count));

const TRAIN = 10_000;
const TEST = 500;
const PART = 250;

/**
 * Digits that the program draws, part by part: training need not wait for the last one. Each epoch takes what is there.
 */
export class DrawnDigits implements Digits {
  readonly name = DRAWN;
  readonly test: ImageDataset = drawDigits(TEST, { seed: 0, normalize });
  readonly #images = new Uint8Array(TRAIN * PIXELS);
  readonly #labels = new Int32Array(TRAIN);
  #drawn = 0;

  constructor() {
    while (this.#drawn < 2 * PART) this.#drawPart();
    void this.#drawRest();
  }
  get train(): ImageDataset {
    const n = this.#drawn;
    return new ImageDataset(
      this.#images.subarray(0, n * PIXELS),
      this.#labels.subarray(0, n),
      [1, SIDE, SIDE],
      { normalize },
    );
  }
  #drawPart(): void {
    const part = drawDigits(PART, { seed: 1 + this.#drawn / PART });
    this.#images.set(part.images, this.#drawn * PIXELS);
    this.#labels.set(part.labels, this.#drawn);
    this.#drawn += PART;
  }
  async #drawRest(): Promise<void> {
    while (this.#drawn < TRAIN) {
      await macrotask();
      this.#drawPart();
    }
  }
}
