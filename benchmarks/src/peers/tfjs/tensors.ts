import * as tf from "@tensorflow/tfjs";
import { checksum, values } from "../../child/data.ts";
import type { Runnable } from "../../child/serve.ts";

export const input = (shape: readonly number[], seed = 0, scale = 1): tf.Tensor =>
  tf.tensor(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
      scale,
    ),
    [...shape],
  );

/** Kept in another order of dimensions than it was described in. */
export const permuted = <T extends tf.Tensor>(t: tf.Tensor, order: number[]): T =>
  tf.tidy(() => tf.transpose(t, order)) as T;

export const LAST = [0, 2, 3, 1];
export const FIRST = [0, 3, 1, 2];
/** [out, in, height, width] → [height, width, in, out], and back. */
export const FILTER = [2, 3, 1, 0];
export const FILTER_BACK = [3, 2, 0, 1];

/** @param order in which to look at the result */
export const sumOf = (t: tf.Tensor, order?: number[]): number =>
  checksum((order ? tf.transpose(t, order) : t).dataSync());

export const forward = (op: () => tf.Tensor, order?: number[]): Runnable => ({
  run: () => op().dispose(),
  check: () => tf.tidy(() => sumOf(op(), order)),
  dispose: () => tf.disposeVariables(),
});

/** Gradients by an op's inputs; `orders` as for `forward`. */
export const backward = (
  op: () => readonly tf.Tensor[],
  orders: readonly (number[] | undefined)[] = [],
): Runnable => ({
  run: () => op().forEach((t) => void t.dispose()),
  check: () => tf.tidy(() => op().reduce((sum, t, i) => sum + sumOf(t, orders[i]), 0)),
});
