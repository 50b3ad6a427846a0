/** Triangular systems, and Cholesky's factorisation into triangles. */
import { dispatch, type Op } from "../../dispatch.ts";
import { DlError } from "../../errors.ts";
import { scope } from "../../scope.ts";
import type { Tensor } from "../../tensor.ts";
import { tril, triu } from "../triangle.ts";
import { onHost, requireSquare } from "./host.ts";
import { broadcastSystem } from "./lu.ts";

interface TriangleAttrs {
  readonly upper: boolean;
  readonly unitriangular: boolean;
}
const solveTriangularOp: Op<TriangleAttrs> = {
  name: "linalg.solveTriangular",
  forward([a, b], { upper, unitriangular }) {
    const [n, m] = b.shape.slice(-2);
    return onHost("linalg.solveTriangular", [a, b], [[n, m]], ([t, right], [x]) => {
      x.set(right);
      for (let step = 0; step < n; step++) {
        const i = upper ? n - 1 - step : step;
        const [from, to] = upper ? [i + 1, n] : [0, i];
        for (let k = from; k < to; k++) {
          const f = t[i * n + k];
          if (f !== 0) for (let c = 0; c < m; c++) x[i * m + c] -= f * x[k * m + c];
        }
        if (!unitriangular) for (let c = 0; c < m; c++) x[i * m + c] /= t[i * n + i];
      }
    });
  },
  saves: () => ({ inputs: [0], outputs: [0] }),
  // A⁻ᵀ g, and the triangle of −(A⁻ᵀ g) Xᵀ
  gradient([g], { attrs, input, output, needs }) {
    const { upper, unitriangular } = attrs;
    const toB: Tensor = dispatch(solveTriangularOp, [input(0).mT, g!], {
      upper: !upper,
      unitriangular,
    });
    const full = needs[0] ? toB.matmul(output().mT).neg() : null;
    const edge = unitriangular ? 1 : 0;
    return [
      full && (upper ? triu(full, { diagonal: edge }) : tril(full, { diagonal: -edge })),
      needs[1] ? toB : null,
    ];
  },
};

export interface SolveTriangularOptions {
  /** Which triangle of A is looked at. */
  upper: boolean;
  /** A X = B (default true) or X A = B. */
  left?: boolean;
  /** Take the diagonal for ones. Default false. */
  unitriangular?: boolean;
}
/**
 * The solution X of A X = B with a triangular A. Batched. Waits for the device. Zeros on the diagonal give infinities.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html
 *
 * @example
 * linalg.solveTriangular(tensor([[2, 0], [1, 1]]), tensor([[2], [3]]), { upper: false }) // => [[1], [2]]
 */
export function solveTriangular(
  a: Tensor,
  b: Tensor,
  { upper, left = true, unitriangular = false }: SolveTriangularOptions,
): Tensor {
  if (!left) return solveTriangular(a.mT, b.mT, { upper: !upper, unitriangular }).mT;
  const operands = broadcastSystem("linalg.solveTriangular", a, b, true);
  return dispatch(solveTriangularOp, operands, { upper, unitriangular });
}

const choleskyOp: Op<undefined> = {
  name: "linalg.cholesky",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.cholesky", [a], [[n, n]], ([m], [l], at) => {
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          let sum = m[i * n + j];
          for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
          if (i !== j) l[i * n + j] = sum / l[j * n + j];
          else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
          else
            throw new DlError(
              "value",
              `linalg.cholesky: ${at} is not positive definite: its leading minor of order ${i + 1} is not positive`,
            );
        }
    });
  },
  saves: () => ({ outputs: [0] }),
  // ½ L⁻ᵀ (P + Pᵀ − diag P) L⁻¹ with P the lower triangle of Lᵀ g
  gradient([g], { output }) {
    const l = output();
    const p = tril(l.mT.matmul(g!));
    const symmetric = p.add(tril(p, { diagonal: -1 }).mT);
    const half = solveTriangular(l.mT, symmetric, { upper: true });
    return [solveTriangular(l, half, { upper: false, left: false }).mul(0.5)];
  },
};

/**
 * The lower triangle L with L Lᵀ = A, of symmetric positive definite matrices, of which the lower triangle is looked at;
 * with `upper` its transpose. Batched. Waits for the device.
 *
 * @param options.upper default false.
 * @throws DlError "value" for a matrix that is not positive definite.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.cholesky.html
 *
 * @example
 * linalg.cholesky(tensor([[4, 2], [2, 5]])) // => [[2, 0], [1, 2]]
 */
export function cholesky(a: Tensor, { upper = false } = {}): Tensor {
  requireSquare("linalg.cholesky", a);
  const l: Tensor = dispatch(choleskyOp, [upper ? a.mT : a]);
  return upper ? l.mT : l;
}

const choleskySolveOp: Op<{ readonly upper: boolean }> = {
  name: "choleskySolve",
  forward([b, l], { upper }) {
    const lower = upper ? l.mT : l;
    return scope(() => {
      const half = solveTriangular(lower, b, { upper: false });
      return [solveTriangular(lower.mT, half, { upper: true })];
    });
  },
  saves: () => ({ inputs: [1], outputs: [0] }),
  // −(S + Sᵀ) L with S = A⁻¹ g Xᵀ, the upper triangle too, as if L Lᵀ were computed from all of L: so does PyTorch
  gradient([g], { attrs, input, output, needs }) {
    const l = input(1);
    const toB: Tensor = dispatch(choleskySolveOp, [g!, l], attrs);
    if (!needs[1]) return [toB, null];
    const half = toB.matmul(output().mT);
    const both = half.add(half.mT);
    return [needs[0] ? toB : null, (attrs.upper ? l.matmul(both) : both.matmul(l)).neg()];
  },
};
/**
 * The solution X of A X = B, where L Lᵀ = A is known (or Lᵀ L, with `upper`). Batched. Waits for the device.
 *
 * @param options.upper default false.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cholesky_solve.html
 *
 * @example
 * choleskySolve(tensor([[4], [9]]), tensor([[2, 0], [0, 3]])) // => [[1], [1]]
 */
export function choleskySolve(b: Tensor, l: Tensor, { upper = false } = {}): Tensor {
  const [triangle, right] = broadcastSystem("choleskySolve", l, b, true);
  return dispatch(choleskySolveOp, [right, triangle], { upper });
}
