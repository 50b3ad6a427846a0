import { drawDigits, type ImageDataset, Subset } from "@dl/data";
import { MissingFilesError, mnist } from "@dl/data/node";
import { type Tensor, tensor } from "@dl/tensor";

const normalize = { mean: 0.1307, std: 0.3081 };

export interface Digits {
  readonly name: string;
  readonly data: ImageDataset;
}
/** MNIST, or digits that the program draws itself. */
export async function load(): Promise<Digits> {
  try {
    return { name: "MNIST", data: await mnist({ normalize }) };
  } catch (error) {
    if (!(error instanceof MissingFilesError)) throw error;
    console.log(`${error.message}.\nDigits that the program draws itself take its place.\n`);
    return { name: "drawn digits", data: drawDigits(12_000, { seed: 7, normalize }) };
  }
}

/** The digits 0 to 4 among the first `count`: many, to learn to see by. */
export const source = (data: ImageDataset, count = 10_000): Subset<[Tensor, Tensor]> =>
  new Subset(
    data,
    rowsOf(data, 0, count, (label) => label < 5),
  );

export interface Part {
  /** `[N, 1, 20, 20]` */
  readonly x: Tensor;
  /** 0 to 4 for the digits 5 to 9. */
  readonly y: Tensor;
}
/** The digits 5 to 9 among others, cut to 20×20: a few of each to train on, and some to test on. */
export function target(
  data: ImageDataset,
  { perClass = 5, from = 10_000, count = 2000 } = {},
): { train: Part; test: Part } {
  const seen = new Array<number>(10).fill(0);
  const [train, test]: [number[], number[]] = [[], []];
  for (const i of rowsOf(data, from, from + count, (label) => label >= 5))
    (seen[data.labels[i]]++ < perClass ? train : test).push(i);
  const part = (rows: number[]): Part => {
    const [images] = data.getBatch(rows);
    const labels = Int32Array.from(rows, (i) => data.labels[i] - 5);
    // What MNIST has around a digit is a margin of four pixels.
    return { x: images.narrow(2, 4, 20).narrow(3, 4, 20), y: tensor(labels) };
  };
  return { train: part(train), test: part(test) };
}

const rowsOf = (
  { labels }: ImageDataset,
  from: number,
  to: number,
  wanted: (label: number) => boolean,
): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((i) => wanted(labels[i]));
