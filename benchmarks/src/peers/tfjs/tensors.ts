import * as tf from "@tensorflow/tfjs";
import type { Runnable } from "../../child/answer.ts";
import { checksum, values } from "../../child/data.ts";

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

type Order = number[] | undefined;

/** The sum of the results' checksums, each looked at in its order. */
async function sumOf(op: () => readonly tf.Tensor[], orders: readonly Order[]): Promise<number> {
  const results = tf.tidy(() => op().map((t, i) => (orders[i] ? tf.transpose(t, orders[i]) : t)));
  const data = await Promise.all(results.map((t) => t.data()));
  tf.dispose(results);
  return data.reduce((sum, values) => sum + checksum(values), 0);
}

/** @param order in which to look at the result */
export const forward = (op: () => tf.Tensor, order?: number[]): Runnable => ({
  run: () => op().dispose(),
  check: () => sumOf(() => [op()], [order]),
  dispose: () => tf.disposeVariables(),
});

/** Gradients by an op's inputs; `orders` as for `forward`. */
export const backward = (
  op: () => readonly tf.Tensor[],
  orders: readonly Order[] = [],
): Runnable => ({
  run: () => op().forEach((t) => void t.dispose()),
  check: () => sumOf(op, orders),
});
