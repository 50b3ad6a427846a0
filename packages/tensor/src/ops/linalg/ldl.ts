/** A = L D Lᵀ of symmetric matrices that need not be positive definite, by Bunch and Kaufman's pivots. */
import { dispatch, dispatchAll, type Op } from "../../dispatch.ts";
import { DlError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { type Matrix, onHost, requireSquare } from "./host.ts";
import { broadcastSystem } from "./lu.ts";

/** A smaller pivot than this part of its column is not taken alone. */
const LEAST = (1 + Math.sqrt(17)) / 8;

function largest(
  from: number,
  to: number,
  at: (i: number) => number,
): [where: number, size: number] {
  let [where, size] = [from, 0];
  for (let i = from; i < to; i++) if (Math.abs(at(i)) > size) [where, size] = [i, Math.abs(at(i))];
  return [where, size];
}

/**
 * The lower triangle of `a` becomes L and D; where D has a block of 2 × 2, both of its pivots are negative, as LAPACK
 * writes them. Rows of the columns before k are not exchanged.
 */
function factor(a: Matrix, n: number, pivots: Matrix): void {
  const at = (i: number, j: number) => a[i * n + j];
  for (let k = 0; k < n; ) {
    const [isPair, partner] = choosePivot(a, n, k);
    const last = isPair ? k + 1 : k;
    if (partner !== last) exchange(a, n, k, last, partner, isPair);
    if (isPair) {
      const d21 = at(k + 1, k);
      const [d11, d22] = [at(k + 1, k + 1) / d21, at(k, k) / d21];
      const t = 1 / (d11 * d22 - 1) / d21;
      for (let j = k + 2; j < n; j++) {
        const first = t * (d11 * at(j, k) - at(j, k + 1));
        const second = t * (d22 * at(j, k + 1) - at(j, k));
        for (let i = j; i < n; i++) a[i * n + j] -= at(i, k) * first + at(i, k + 1) * second;
        a[j * n + k] = first;
        a[j * n + k + 1] = second;
      }
      pivots[k] = pivots[k + 1] = -(partner + 1);
      k += 2;
    } else {
      const d = at(k, k);
      if (d !== 0) {
        for (let j = k + 1; j < n; j++)
          for (let i = j; i < n; i++) a[i * n + j] -= (at(i, k) * at(j, k)) / d;
        for (let i = k + 1; i < n; i++) a[i * n + k] /= d;
      }
      pivots[k] = partner + 1;
      k++;
    }
  }
}
/** Whether the next block of D is 2 × 2, and with which row its last is exchanged. */
function choosePivot(a: Matrix, n: number, k: number): [isPair: boolean, partner: number] {
  const own = Math.abs(a[k * n + k]);
  const [row, columnSize] = largest(k + 1, n, (i) => a[i * n + k]);
  if (Math.max(own, columnSize) === 0 || own >= LEAST * columnSize) return [false, k];
  const left = largest(k, row, (j) => a[row * n + j])[1];
  const below = largest(row + 1, n, (i) => a[i * n + row])[1];
  const rowSize = Math.max(left, below);
  if (own >= LEAST * columnSize * (columnSize / rowSize)) return [false, k];
  return [Math.abs(a[row * n + row]) < LEAST * rowSize, row];
}
/** Rows and columns `from` and `to` of the lower triangle that is still to be factored. */
function exchange(
  a: Matrix,
  n: number,
  k: number,
  from: number,
  to: number,
  isPair: boolean,
): void {
  const swap = (i: number, j: number, r: number, c: number) => {
    [a[i * n + j], a[r * n + c]] = [a[r * n + c], a[i * n + j]];
  };
  for (let i = to + 1; i < n; i++) swap(i, from, i, to);
  for (let i = from + 1; i < to; i++) swap(i, from, to, i);
  swap(from, from, to, to);
  if (isPair) swap(k + 1, k, to, k);
}

const noGradient = (name: string) => (): never => {
  throw new DlError(
    "gradient",
    `${name}: it has no gradient, nor has PyTorch's: detach() its operand`,
  );
};
const ldlFactorOp: Op<undefined> = {
  name: "linalg.ldlFactor",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.ldlFactor", [a], [[n, n], [n]], ([x], [ld, pivots]) => {
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) ld[i * n + j] = x[i * n + j];
      factor(ld, n, pivots);
    });
  },
  gradient: noGradient("linalg.ldlFactor"),
};

/**
 * A = L D Lᵀ packed, for `linalg.ldlSolve`, of symmetric matrices, of which the lower triangle is looked at: D has
 * blocks of one or two numbers on its diagonal. Batched. Waits for the device. As in PyTorch it has no gradient.
 *
 * @param options.hermitian differs only for complex numbers. Default false.
 * @returns the factors, and int32 pivots: rows that were exchanged, counted from 1, negative for blocks of two.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.ldl_factor.html
 *
 * @example
 * linalg.ldlFactor(tensor([[4, 2], [2, 5]])).LD // => [[4, 0], [0.5, 4]]
 */
export function ldlFactor(
  a: Tensor,
  _options: { hermitian?: boolean } = {},
): { LD: Tensor; pivots: Tensor } {
  requireSquare("linalg.ldlFactor", a);
  const [LD, pivots] = dispatchAll(ldlFactorOp, [a], undefined);
  return { LD, pivots: pivots.detach().to("int32") };
}

/** x becomes A⁻¹ x, of m columns. */
function substitute(ld: Matrix, pivots: Matrix, n: number, x: Matrix, m: number): void {
  const swap = (i: number, j: number) => {
    if (i !== j)
      for (let c = 0; c < m; c++) [x[i * m + c], x[j * m + c]] = [x[j * m + c], x[i * m + c]];
  };
  const subtract = (to: number, f: number, from: number) => {
    for (let c = 0; c < m; c++) x[to * m + c] -= f * x[from * m + c];
  };
  for (let k = 0; k < n; ) {
    const isPair = pivots[k] < 0;
    const size = isPair ? 2 : 1;
    swap(k + size - 1, Math.abs(pivots[k]) - 1);
    for (let i = k + size; i < n; i++)
      for (let j = k; j < k + size; j++) subtract(i, ld[i * n + j], j);
    if (isPair) {
      const [p, q, r] = [ld[k * n + k], ld[(k + 1) * n + k], ld[(k + 1) * n + k + 1]];
      const det = p * r - q * q;
      for (let c = 0; c < m; c++) {
        const [u, v] = [x[k * m + c], x[(k + 1) * m + c]];
        x[k * m + c] = (r * u - q * v) / det;
        x[(k + 1) * m + c] = (p * v - q * u) / det;
      }
    } else for (let c = 0; c < m; c++) x[k * m + c] /= ld[k * n + k];
    k += size;
  }
  for (let k = n - 1; k >= 0; ) {
    const first = pivots[k] < 0 ? k - 1 : k;
    for (let j = first; j <= k; j++) for (let i = k + 1; i < n; i++) subtract(j, ld[i * n + j], i);
    swap(k, Math.abs(pivots[k]) - 1);
    k = first - 1;
  }
}
const ldlSolveOp: Op<undefined> = {
  name: "linalg.ldlSolve",
  forward([ld, pivots, b]) {
    const [n, m] = b.shape.slice(-2);
    return onHost("linalg.ldlSolve", [ld, pivots, b], [[n, m]], ([f, exchanged, right], [x]) => {
      x.set(right);
      substitute(f, exchanged, n, x, m);
    });
  },
  saves: () => ({ inputs: [0, 1] }),
  // A is symmetric: A⁻ᵀ g is A⁻¹ g
  gradient([g], { input, needs }) {
    if (needs[0]) noGradient("linalg.ldlSolve with respect to the factors")();
    return [null, null, dispatch(ldlSolveOp, [input(0), input(1), g!])];
  },
};
/**
 * The solution X of A X = B, from A's factors by `linalg.ldlFactor`. Batched. Waits for the device. B has a gradient
 * (PyTorch has none), the factors have not.
 *
 * @param options.hermitian differs only for complex numbers. Default false.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.ldl_solve.html
 *
 * @example
 * const { LD, pivots } = linalg.ldlFactor(tensor([[4, 2], [2, 5]]));
 * linalg.ldlSolve(LD, pivots, tensor([[6], [7]])) // => [[1], [1]]
 */
export function ldlSolve(
  ld: Tensor,
  pivots: Tensor,
  b: Tensor,
  _options: { hermitian?: boolean } = {},
): Tensor {
  const [factors, right] = broadcastSystem("linalg.ldlSolve", ld, b, true);
  const column = pivots.detach().to(ld.dtype).unsqueeze(-1);
  const batch = factors.shape.slice(0, -2);
  return dispatch(ldlSolveOp, [
    factors,
    column.expand([...batch, ...column.shape.slice(-2)]),
    right,
  ]);
}
