/** A = P L U, with a permutation and two triangles, as matrices and packed into one. */
import { dispatchAll, type Op } from "../../dispatch.ts";
import { DlError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { cat } from "../join.ts";
import { tril, triu } from "../triangle.ts";
import { identityLike, type Matrix, onHost, requireMatrices } from "./host.ts";
import { broadcastSystem } from "./lu.ts";
import { solveTriangular } from "./triangular.ts";

/**
 * In place; of every column the largest element below becomes the pivot. Writes rows that were exchanged, counted from
 * 1, and returns the number of the first pivot that is 0, or 0.
 */
function eliminate(
  a: Matrix,
  m: number,
  n: number,
  exchanged: Matrix,
  isPivoting: boolean,
): number {
  let zero = 0;
  for (let k = 0; k < Math.min(m, n); k++) {
    let best = k;
    if (isPivoting)
      for (let i = k + 1; i < m; i++)
        if (Math.abs(a[i * n + k]) > Math.abs(a[best * n + k])) best = i;
    exchanged[k] = best + 1;
    if (best !== k)
      for (let j = 0; j < n; j++) [a[k * n + j], a[best * n + j]] = [a[best * n + j], a[k * n + j]];
    const pivot = a[k * n + k];
    if (pivot === 0) {
      zero ||= k + 1;
      continue;
    }
    for (let i = k + 1; i < m; i++) {
      const f = a[i * n + k] / pivot;
      a[i * n + k] = f;
      if (f !== 0) for (let j = k + 1; j < n; j++) a[i * n + j] -= f * a[k * n + j];
    }
  }
  return zero;
}
/** The m × m permutation with P L U = A, from exchanges of rows. */
function permute(exchanged: ArrayLike<number>, m: number, p: Matrix): void {
  const order = Array.from({ length: m }, (_, i) => i);
  for (let k = 0; k < exchanged.length; k++) {
    const other = exchanged[k] - 1;
    [order[k], order[other]] = [order[other], order[k]];
  }
  order.forEach((from, to) => {
    p[from * m + to] = 1;
  });
}

interface LuAttrs {
  readonly name: string;
  readonly isPivoting: boolean;
  readonly isChecked: boolean;
}
/** LU packed, pivots, which pivot is 0, P */
const luOp: Op<LuAttrs> = {
  name: "linalg.luFactor",
  forward([a], { name, isPivoting, isChecked }) {
    const [m, n] = a.shape.slice(-2);
    const k = Math.min(m, n);
    return onHost(name, [a], [[m, n], [k], [], [m, m]], ([x], [lu, pivots, info, p], at) => {
      lu.set(x);
      info[0] = eliminate(lu, m, n, pivots, isPivoting);
      if (isChecked && info[0] > 0)
        throw new DlError(
          "value",
          `${name}: ${at} is singular: its pivot ${info[0]} of ${k} is 0, and luSolve would divide by it. linalg.lu takes such`,
        );
      permute(pivots, m, p);
    });
  },
  saves: () => ({ outputs: [0, 3] }),
  /**
   * P [L₁⁻ᵀ S U₁⁻ᵀ | L₁⁻ᵀ gU₂] for wide matrices, P [L₁⁻ᵀ S U₁⁻ᵀ ; gL₂ U₁⁻ᵀ] for tall ones, where L₁ and U₁ are the
   * square triangles and S = lower(L₁ᵀ gL₁ − gU₂ U₂ᵀ) + upper(gU₁ U₁ᵀ − L₂ᵀ gL₂)
   */
  gradient([g], { output, shape }) {
    const [m, n] = shape(0).slice(-2);
    const k = Math.min(m, n);
    const [packed, p] = [output(0), output(3)];
    const square = (x: Tensor) => x.narrow(-2, 0, k).narrow(-1, 0, k);
    const [l, u] = [tril(square(packed), { diagonal: -1 }), triu(square(packed))];
    const [gl, gu] = [tril(square(g!), { diagonal: -1 }), triu(square(g!))];
    const byL = (x: Tensor) => solveTriangular(l.mT, x, { upper: true, unitriangular: true });
    const byU = (x: Tensor) => solveTriangular(u.mT, x, { upper: false, left: false });
    let fromL = l.mT.matmul(gl).add(gl);
    let fromU = gu.matmul(u.mT);
    let rest: Tensor | undefined;
    if (n > m) {
      const [u2, gu2] = [packed.narrow(-1, k, n - k), g!.narrow(-1, k, n - k)];
      fromL = fromL.sub(gu2.matmul(u2.mT));
      rest = byL(gu2);
    } else if (m > n) {
      const [l2, gl2] = [packed.narrow(-2, k, m - k), g!.narrow(-2, k, m - k)];
      fromU = fromU.sub(l2.mT.matmul(gl2));
      rest = byU(gl2);
    }
    const inner = byU(byL(tril(fromL, { diagonal: -1 }).add(triu(fromU))));
    return [p.matmul(rest ? cat([inner, rest], n > m ? -1 : -2) : inner)];
  },
};
/** With `isChecked` a pivot of 0 is an error. */
export function factor(name: string, a: Tensor, isPivoting: boolean, isChecked: boolean) {
  requireMatrices(name, a);
  const [LU, pivots, info, P] = dispatchAll(luOp, [a], { name, isPivoting, isChecked });
  return {
    LU,
    pivots: pivots.detach().to("int32"),
    infos: info.detach().to("int32"),
    P: P.detach(),
  };
}

export interface PivotOptions {
  /** Exchange rows, so that of each column the largest element divides. Default true. */
  pivot?: boolean;
}
/** [..., m, n] and [..., min(m, n)] */
export interface LuFactors {
  /** U, and below its diagonal L, whose diagonal of ones is not written. */
  LU: Tensor;
  /** int32: with which row, counted from 1, each row was exchanged, one after the other. */
  pivots: Tensor;
}
/**
 * A = P L U packed, for `linalg.luSolve` and `luUnpack`. Batched. Waits for the device.
 *
 * @throws DlError "value" for a singular matrix.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu_factor.html
 *
 * @example
 * linalg.luFactor(tensor([[1, 2], [4, 4]])).LU // => [[4, 4], [0.25, 1]]
 */
export function luFactor(a: Tensor, { pivot = true }: PivotOptions = {}): LuFactors {
  const { LU, pivots } = factor("linalg.luFactor", a, pivot, true);
  return { LU, pivots };
}
/**
 * A = P L U with a permutation P [..., m, m], a lower triangle L [..., m, k] with ones on its diagonal, and an upper
 * triangle U [..., k, n], k = min(m, n). Batched. Waits for the device.
 *
 * @param options.pivot false: no exchanges, and P is empty. Default true.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu.html
 *
 * @example
 * linalg.lu(tensor([[1, 2], [4, 4]])).U // => [[4, 4], [0, 1]]
 */
export function lu(
  a: Tensor,
  { pivot = true }: PivotOptions = {},
): { P: Tensor; L: Tensor; U: Tensor } {
  const { LU, P } = factor("linalg.lu", a, pivot, false);
  const { L, U } = triangles(LU);
  return { P: pivot ? P : a.newZeros([0]), L, U };
}
function triangles(packed: Tensor): { L: Tensor; U: Tensor } {
  const [m, n] = packed.shape.slice(-2);
  const k = Math.min(m, n);
  const ones = identityLike(packed, m).narrow(-1, 0, k);
  const L = tril(packed.narrow(-1, 0, k), { diagonal: -1 }).add(ones);
  return { L, U: triu(packed.narrow(-2, 0, k)) };
}

export interface LuUnpackOptions {
  /** Give L and U; without, they are empty. Default true. */
  unpackData?: boolean;
  /** Give P; without, it is empty. Default true. */
  unpackPivots?: boolean;
}
/**
 * P, L and U of what `linalg.luFactor` gives. Reads the pivots, and so waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.lu_unpack.html
 *
 * @example
 * const { LU, pivots } = linalg.luFactor(tensor([[1, 2], [4, 4]]));
 * luUnpack(LU, pivots).L // => [[1, 0], [0.25, 1]]
 */
export function luUnpack(
  packed: Tensor,
  pivots: Tensor,
  { unpackData = true, unpackPivots = true }: LuUnpackOptions = {},
): { P: Tensor; L: Tensor; U: Tensor } {
  const [m] = requireMatrices("luUnpack", packed);
  const empty = () => packed.newZeros([0]);
  const P = unpackPivots ? permutation("luUnpack", pivots, m, packed) : empty();
  return { P, ...(unpackData ? triangles(packed) : { L: empty(), U: empty() }) };
}
function permutation(name: string, pivots: Tensor, m: number, like: Tensor): Tensor {
  const column = pivots.detach().to(like.dtype).unsqueeze(-1);
  const [p] = onHost(name, [column], [[m, m]], ([exchanged], [out]) => permute(exchanged, m, out));
  return p;
}

export interface LuSolveOptions {
  /** A X = B (default true) or X A = B. */
  left?: boolean;
  /** With Aᵀ in the place of A. Default false. */
  adjoint?: boolean;
}
/**
 * The solution X of A X = B, from A's factors by `linalg.luFactor`. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu_solve.html
 *
 * @example
 * const { LU, pivots } = linalg.luFactor(tensor([[1, 2], [4, 4]]));
 * linalg.luSolve(LU, pivots, tensor([[3], [8]])) // => [[1], [1]]
 */
export function luSolve(
  packed: Tensor,
  pivots: Tensor,
  b: Tensor,
  { left = true, adjoint = false }: LuSolveOptions = {},
): Tensor {
  if (!left) return luSolve(packed, pivots, b.mT, { adjoint: !adjoint }).mT;
  const [f, right] = broadcastSystem("linalg.luSolve", packed, b, true);
  const p = permutation("linalg.luSolve", pivots, f.shape.at(-1)!, packed);
  const byL = (x: Tensor, t: Tensor) =>
    solveTriangular(t, x, { upper: adjoint, unitriangular: true });
  const byU = (x: Tensor, t: Tensor) => solveTriangular(t, x, { upper: !adjoint });
  return adjoint ? p.matmul(byL(byU(right, f.mT), f.mT)) : byU(byL(p.mT.matmul(right), f), f);
}
