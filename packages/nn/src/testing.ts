/** For the tests of this package. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { getBackend, setBackend, state, type Tensor, tensor } from "@dl/tensor";
import { expect } from "vitest";
import { Parameter } from "./parameter.ts";

// wasm.test.ts chooses another one.
if (!state.backend) setBackend(cpu({ wasm: false }));

type Nested = number | boolean | readonly Nested[];

/** Equal up to rounding of float32. */
export function close(actual: Tensor | null, expected: Nested, tolerance = 1e-5): void {
  const wanted = tensor(expected as number[], { dtype: "float64" });
  expect(actual!.shape).toEqual(wanted.shape);
  const [a, b] = [actual!.dataSync(), wanted.dataSync()];
  a.forEach((x: number, i: number) => {
    const error = Math.abs(x - b[i]) / Math.max(1, Math.abs(b[i]));
    if (!(error <= tolerance)) expect(Array.from(a)).toEqual(Array.from(b));
  });
}

export const parameter = (values: Nested): Parameter => new Parameter(tensor(values as number[]));

/** The message that `fn` throws. */
export function messageOf(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

/** How many buffers are alive on the backend. */
export const buffers = (): number => getBackend().memory().buffers;
