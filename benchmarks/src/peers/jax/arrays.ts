import { blockUntilReady, type Array as JaxArray, jit, numpy as np } from "@jax-js/jax";
import type { Runnable } from "../../child/answer.ts";
import { checksum, values } from "../../child/data.ts";

export type { JaxArray };

export const array = (data: Float32Array<ArrayBuffer>, shape: readonly number[]): JaxArray =>
  np.array(data, { shape: [...shape] });

export const input = (shape: readonly number[], seed = 0, scale = 1): JaxArray =>
  array(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
      scale,
    ),
    shape,
  );

/** The sum of the results' checksums; takes them over. */
async function sumOf(results: readonly JaxArray[]): Promise<number> {
  let sum = 0;
  for (const result of results) sum += checksum(await result.data());
  return sum;
}

/** A compiled function of inputs that stay. */
export function compiled(
  inputs: readonly JaxArray[],
  fn: (...inputs: JaxArray[]) => JaxArray | JaxArray[],
): Runnable {
  const fast = jit((...args: JaxArray[]) => [fn(...args)].flat());
  // A call uses up its arguments: `ref` keeps them.
  const call = (): JaxArray[] => fast(...inputs.map((x) => x.ref));
  return {
    run: async () => {
      const results = await blockUntilReady(call());
      for (const result of results) result.dispose();
    },
    check: () => sumOf(call()),
    dispose: () => {
      for (const x of inputs) x.dispose();
      fast.dispose();
    },
  };
}

/** A compiled function that is called `times` times, by itself each time: a compiled chain would be one kernel. */
export function chained(
  [x, y]: readonly JaxArray[],
  fn: (x: JaxArray, y: JaxArray) => JaxArray,
  times: number,
): Runnable {
  const fast = jit(fn);
  const call = (): JaxArray => {
    let result = x.ref;
    for (let i = 0; i < times; i++) result = fast(result, y.ref);
    return result;
  };
  return {
    run: async () => (await blockUntilReady(call())).dispose(),
    check: () => sumOf([call()]),
    dispose: () => {
      x.dispose();
      y.dispose();
      fast.dispose();
    },
  };
}
