/** exp of matrices. */
import { dispatch, type Op } from "../../dispatch.ts";
import type { Tensor } from "../../tensor.ts";
import { cat } from "../join.ts";
import { type Matrix, onHost, requireSquare } from "./host.ts";

/** So many terms of the series are exact in double precision for matrices of norm up to 1. */
const TERMS = 18;

function product(a: Matrix, b: Matrix, n: number): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const f = a[i * n + k];
      if (f !== 0) for (let j = 0; j < n; j++) out[i * n + j] += f * b[k * n + j];
    }
  return out;
}
function addIdentity(a: Matrix, n: number): void {
  for (let i = 0; i < n; i++) a[i * n + i] += 1;
}
/** The series of a / 2ˢ by Horner's rule, squared s times. */
function exponential(a: Matrix, n: number): Matrix {
  let norm = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.abs(a[i * n + j]);
    norm = Math.max(norm, sum);
  }
  if (!Number.isFinite(norm)) return new Float64Array(n * n).fill(Number.NaN);
  const squarings = Math.max(0, Math.ceil(Math.log2(norm || 1)));
  const small = a.map((x) => x / 2 ** squarings);
  let out: Matrix = small.map((x) => x / TERMS);
  addIdentity(out, n);
  for (let k = TERMS - 1; k >= 1; k--) {
    out = product(small, out, n).map((x) => x / k);
    addIdentity(out, n);
  }
  for (let s = 0; s < squarings; s++) out = product(out, out, n);
  return out;
}

const matrixExpOp: Op<undefined> = {
  name: "linalg.matrixExp",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.matrixExp", [a], [[n, n]], ([x], [out]) => out.set(exponential(x, n)));
  },
  saves: () => ({ inputs: [0] }),
  // The upper right of exp [[Aᵀ, g], [0, Aᵀ]]
  gradient([g], { input }) {
    const a = input(0).mT;
    const n = a.shape.at(-1)!;
    const zeros = a.newZeros(a.shape);
    const both = cat([cat([a, g!], -1), cat([zeros, a], -1)], -2);
    return [dispatch(matrixExpOp, [both]).narrow(-2, 0, n).narrow(-1, n, n)];
  },
};

/**
 * The exponential of square matrices, `Σ Aᵏ / k!`, by its series after scaling and by squaring. Batched. Waits for the
 * device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html
 *
 * @example
 * linalg.matrixExp(tensor([[0, 1], [0, 0]])) // => [[1, 1], [0, 1]]
 */
export function matrixExp(a: Tensor): Tensor {
  requireSquare("linalg.matrixExp", a);
  return dispatch(matrixExpOp, [a]);
}
