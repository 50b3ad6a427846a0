import { arange, pad, randint, randperm, type Tensor } from "@dl/tensor";
import type { Digits8 } from "../../shared/src/digits8.ts";

export interface Parts {
  readonly train: Digits8;
  /** The training part, and twice as many again. */
  readonly more: Digits8;
  /** To decide when to stop. */
  readonly validation: Digits8;
  readonly test: Digits8;
}

/** A small part to train on. A fifth of the labels to train on become wrong, so that there is something to over-fit to. */
export function parts({ x, y }: Digits8, { train = 300, wrong = 0.2 } = {}): Parts {
  const order = randperm(y.numel);
  const take = (from: number, count: number): Digits8 => {
    const rows = order.narrow(0, from, count);
    return { x: x.indexSelect(0, rows), y: y.indexSelect(0, rows) };
  };
  const noisy = take(0, 3 * train);
  // The same share in the small part and in the rest: of every hundred samples the first ones.
  const isWrong = arange(3 * train)
    .remainder(100)
    .lt(100 * wrong)
    .to("int32");
  const shift = randint(1, 10, [3 * train]).to("int32");
  const labels = noisy.y.add(isWrong.mul(shift)).remainder(10).to("int32");
  return {
    train: { x: noisy.x.narrow(0, 0, train), y: labels.narrow(0, 0, train) },
    more: { x: noisy.x, y: labels },
    validation: take(3 * train, train),
    test: take(4 * train, y.numel - 4 * train),
  };
}

/** Every image moved by up to one pixel in each direction, and what comes in is background. */
export function shifted(x: Tensor): Tensor {
  const n = x.shape[0];
  // The corner of every image is background.
  const images = x.sub(x.narrow(1, 0, 1)).reshape([n, 8, 8]);
  const padded = pad(images, [1, 1, 1, 1])
    .reshape([n, 100])
    .add(x.narrow(1, 0, 1));
  const down = randint(0, 3, [n, 1]).mul(10);
  const across = randint(0, 3, [n, 1]);
  const pixels = arange(8).unsqueeze(1).mul(10).add(arange(8)).reshape([1, 64]);
  return padded.gather(1, pixels.add(down).add(across).to("int32"));
}
