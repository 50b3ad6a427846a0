import { blockUntilReady, type Array as JaxArray, jit, numpy as np } from "@jax-js/jax";
import { checksum, values } from "../../child/data.ts";
import type { Runnable } from "../../child/serve.ts";

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
