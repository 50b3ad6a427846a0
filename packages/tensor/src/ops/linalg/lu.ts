/** What Gauss's elimination gives: inverses, solutions, determinants. */
import { dispatch, dispatchAll, type Op } from "../../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../../errors.ts";
import { broadcastShapes, sameShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { type Matrix, onHost, requireSquare } from "./host.ts";

// ---- elimination -----------------------------------------------------------------------------------------------------

interface Factors {
  /** Both triangles in one matrix; the diagonal of L is 1. */
  readonly lu: Matrix;
  /** Row i of the product is row order[i] of the matrix. */
  readonly order: readonly number[];
  /** Of the permutation. */
  readonly sign: 1 | -1;
}
/** With the largest of a column as its pivot. */
function factor(a: Matrix, n: number): Factors {
  const lu = a.slice();
  const order = Array.from({ length: n }, (_, i) => i);
  let sign: 1 | -1 = 1;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++)
      if (Math.abs(lu[i * n + k]) > Math.abs(lu[best * n + k])) best = i;
    if (best !== k) {
      for (let j = 0; j < n; j++)
        [lu[k * n + j], lu[best * n + j]] = [lu[best * n + j], lu[k * n + j]];
      [order[k], order[best]] = [order[best], order[k]];
      sign = sign === 1 ? -1 : 1;
    }
    const pivot = lu[k * n + k];
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const f = lu[i * n + k] / pivot;
      lu[i * n + k] = f;
      if (f !== 0) for (let j = k + 1; j < n; j++) lu[i * n + j] -= f * lu[k * n + j];
    }
  }
  return { lu, order, sign };
}
/** x ← A⁻¹ b for b of m columns. */
function substitute({ lu, order }: Factors, n: number, b: Matrix, m: number, x: Matrix): void {
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < m; c++) x[i * m + c] = b[order[i] * m + c];
    for (let k = 0; k < i; k++) {
      const f = lu[i * n + k];
      if (f !== 0) for (let c = 0; c < m; c++) x[i * m + c] -= f * x[k * m + c];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      const f = lu[i * n + k];
      if (f !== 0) for (let c = 0; c < m; c++) x[i * m + c] -= f * x[k * m + c];
    }
    for (let c = 0; c < m; c++) x[i * m + c] /= lu[i * n + i];
  }
}
function pivots({ lu }: Factors, n: number): number[] {
  return Array.from({ length: n }, (_, i) => lu[i * n + i]);
}
function identity(n: number): Matrix {
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) m[i * n + i] = 1;
  return m;
}
function requireRegular(name: string, f: Factors, n: number, at: string): void {
  const zero = pivots(f, n).indexOf(0);
  if (zero >= 0)
    throw new DlError(
      "value",
      `${name}: ${at} is singular (pivot ${zero + 1} of ${n} is 0), so it has no inverse: linalg.lstsq and linalg.pinv take such`,
    );
}

// ---- inverse and solution --------------------------------------------------------------------------------------------

interface InverseAttrs {
  readonly name: string;
  /** What a singular matrix does: an error, infinities and NaN, or infinities alone. */
  readonly singular: "throws" | "divides by 0" | "is infinite";
}
const inverseOp: Op<InverseAttrs> = {
  name: "linalg.inv",
  forward([a], { name, singular }) {
    const n = a.shape.at(-1)!;
    return onHost(name, [a], [[n, n]], ([m], [out], at) => {
      const f = factor(m, n);
      if (singular === "throws") requireRegular(name, f, n, at);
      if (singular === "is infinite" && pivots(f, n).includes(0)) out.fill(Infinity);
      else substitute(f, n, identity(n), n, out);
    });
  },
  saves: () => ({ outputs: [0] }),
  // −Yᵀ g Yᵀ
  gradient([g], { output }) {
    const y = output().mT;
    return [y.matmul(g!).matmul(y).neg()];
  },
};

/**
 * The inverse of square matrices. Batched. Waits for the device.
 *
 * @throws DlError "value" for a singular matrix.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.inv.html
 *
 * @example
 * linalg.inv(tensor([[2, 0], [0, 4]])) // => [[0.5, 0], [0, 0.25]]
 */
export function inv(a: Tensor): Tensor {
  requireSquare("linalg.inv", a);
  return dispatch(inverseOp, [a], { name: "linalg.inv", singular: "throws" });
}

const solveOp: Op<undefined> = {
  name: "linalg.solve",
  forward([a, b]) {
    const [n, m] = b.shape.slice(-2);
    return onHost("linalg.solve", [a, b], [[n, m]], ([left, right], [out], at) => {
      const f = factor(left, n);
      requireRegular("linalg.solve", f, n, at);
      substitute(f, n, right, m, out);
    });
  },
  saves: () => ({ inputs: [0], outputs: [0] }),
  // A⁻ᵀ g, and −(A⁻ᵀ g) Xᵀ
  gradient([g], { input, output, needs }) {
    const toB: Tensor = dispatch(solveOp, [input(0).mT, g!]);
    return [needs[0] ? toB.matmul(output().mT).neg() : null, needs[1] ? toB : null];
  },
};

/** Both with the same batch; a vector on the right as a column. */
export function broadcastSystem(
  name: string,
  a: Tensor,
  b: Tensor,
  left: boolean,
): [a: Tensor, b: Tensor] {
  const n = requireSquare(name, a);
  if (b.rank < 2 || b.shape.at(left ? -2 : -1) !== n)
    throw new ShapeError(
      `${name}: ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit: the ${left ? "rows" : "columns"} of the second have to be as many as those of the first, ${n}`,
    );
  const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)], name);
  return [a.expand([...batch, n, n]), b.expand([...batch, ...b.shape.slice(-2)])];
}

/**
 * The solution X of A X = B, or of X A = B with `left: false`. Batched; B may be a vector, or a batch of vectors of the
 * shape of A without its last dimension. Waits for the device.
 *
 * @param options.left default true.
 * @throws DlError "value" for a singular matrix.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve.html
 *
 * @example
 * linalg.solve(tensor([[2, 0], [0, 4]]), tensor([2, 2])) // => [1, 0.5]
 */
export function solve(a: Tensor, b: Tensor, { left = true } = {}): Tensor {
  requireSquare("linalg.solve", a);
  const isVector =
    b.rank === 1 || (b.rank === a.rank - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
  if (isVector) {
    if (!left)
      throw new DlError(
        "value",
        "linalg.solve: left: false takes matrices on the right, not vectors",
      );
    return solve(a, b.unsqueeze(-1)).squeeze(-1);
  }
  if (!left) return solve(a.mT, b.mT).mT;
  return dispatch(solveOp, broadcastSystem("linalg.solve", a, b, true));
}

// ---- determinants ----------------------------------------------------------------------------------------------------

const detOp: Op<undefined> = {
  name: "linalg.det",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.det", [a], [[]], ([m], [out]) => {
      const f = factor(m, n);
      out[0] = pivots(f, n).reduce((x, y) => x * y, f.sign);
    });
  },
  saves: () => ({ inputs: [0] }),
  gradient: ([g], { input }) => [
    g!
      .unsqueeze(-1)
      .unsqueeze(-1)
      .mul(dispatch(cofactorsOp, [input(0)])),
  ],
};

/**
 * d det / d A. It is polynomial, so it exists for singular matrices too: there a pivot of 0 becomes a tiny one, whose
 * reciprocal in the inverse it cancels in the determinant. (PyTorch has this gradient when it keeps the graph, and 0 when
 * it does not.)
 */
const cofactorsOp: Op<undefined> = {
  name: "cofactors",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.det", [a], [[n, n]], ([m], [out]) => {
      const f = factor(m, n);
      const largest = m.reduce((x, y) => Math.max(x, Math.abs(y)), 0) || 1;
      for (let i = 0; i < n; i++) if (f.lu[i * n + i] === 0) f.lu[i * n + i] = largest * 1e-40;
      const det = pivots(f, n).reduce((x, y) => x * y, f.sign);
      const inverse = new Float64Array(n * n);
      substitute(f, n, identity(n), n, inverse);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) out[i * n + j] = det * inverse[j * n + i];
    });
  },
  saves: () => ({ inputs: [0] }),
  // By det(A) A⁻ᵀ, which takes regular matrices.
  gradient([g], { input }) {
    const a = input(0);
    const y = inverseOf(a).mT;
    const d = det(a).unsqueeze(-1).unsqueeze(-1);
    const inner = g!.mul(y).sum([-2, -1], { keepdim: true });
    return [d.mul(inner.mul(y).sub(y.matmul(g!.mT).matmul(y)))];
  },
};
const inverseOf = (a: Tensor): Tensor =>
  dispatch(inverseOp, [a], { name: "linalg.inv", singular: "divides by 0" });
/** The inverse, and infinities where there is none. */
export const inverseOrInfinity = (a: Tensor): Tensor =>
  dispatch(inverseOp, [a], { name: "linalg.cond", singular: "is infinite" });

/**
 * The determinant of square matrices. Batched. Waits for the device. Its gradient exists for singular matrices too.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.det.html
 *
 * @example
 * linalg.det(tensor([[1, 2], [3, 4]])) // => -2
 */
export function det(a: Tensor): Tensor {
  requireSquare("linalg.det", a);
  return dispatch(detOp, [a]);
}

const slogdetOp: Op<undefined> = {
  name: "linalg.slogdet",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.slogdet", [a], [[], []], ([m], [sign, size]) => {
      const f = factor(m, n);
      const all = pivots(f, n);
      sign[0] = all.reduce((x, y) => x * Math.sign(y), f.sign) + 0;
      size[0] = all.reduce((x, y) => x + Math.log(Math.abs(y)), 0);
    });
  },
  saves: () => ({ inputs: [0] }),
  gradient: ([, g], { input }) => [
    g &&
      g
        .unsqueeze(-1)
        .unsqueeze(-1)
        .mul(inverseOf(input(0)).mT),
  ],
};

/**
 * Sign, and logarithm of the absolute value, of the determinant, which may be too large or small for a number. Batched.
 * Waits for the device. Of a singular matrix 0 and −∞.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.slogdet.html
 *
 * @example
 * linalg.slogdet(tensor([[1, 2], [3, 4]])) // => { sign: -1, logabsdet: 0.693147 }
 */
export function slogdet(a: Tensor): { sign: Tensor; logabsdet: Tensor } {
  requireSquare("linalg.slogdet", a);
  const [sign, logabsdet] = dispatchAll(slogdetOp, [a], undefined);
  return { sign, logabsdet };
}
/**
 * The logarithm of the determinant: NaN where that is negative. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.logdet.html
 *
 * @example
 * logdet(tensor([[2, 0], [0, 4]])) // => 2.07944
 */
export function logdet(a: Tensor): Tensor {
  const { sign, logabsdet } = slogdet(a);
  return logabsdet.maskedFill(sign.lt(0), Number.NaN);
}
