/** Eigenvalues of symmetric matrices, and singular values: by Jacobi's rotations. */
import { dispatch, dispatchAll, type Op } from "../../dispatch.ts";
import type { DType } from "../../dtype.ts";
import type { Tensor } from "../../tensor.ts";
import { diagEmbed, diagonal } from "../diagonal.ts";
import { type Matrix, onHost, requireMatrices, requireSquare } from "./host.ts";
import { householder } from "./qr.ts";

const SWEEPS = 60;

/** Rotation that makes two numbers' coupling vanish: [cosine, sine]. */
function rotation(p: number, q: number, coupling: number): [c: number, s: number] {
  const tau = (q - p) / (2 * coupling);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  return [c, t * c];
}
function rotateColumns(x: Matrix, n: number, i: number, j: number, c: number, s: number): void {
  for (let row = 0; row < x.length; row += n) {
    const [a, b] = [x[row + i], x[row + j]];
    x[row + i] = c * a - s * b;
    x[row + j] = s * a + c * b;
  }
}
function unit(n: number): Matrix {
  const x = new Float64Array(n * n);
  for (let i = 0; i < n; i++) x[i * n + i] = 1;
  return x;
}
/** Each eigenvector has its largest entry positive, so that equal matrices give equal ones. */
function orient(x: Matrix, rows: number, n: number, j: number): 1 | -1 {
  let largest = 0;
  for (let i = 0; i < rows; i++)
    if (Math.abs(x[i * n + j]) > Math.abs(largest) * (1 + 1e-9)) largest = x[i * n + j];
  return largest < 0 ? -1 : 1;
}

/** a, symmetric, is used up: its diagonal becomes the eigenvalues. Returns the eigenvectors as columns. */
function symmetricJacobi(a: Matrix, n: number): Matrix {
  const v = unit(n);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let isDone = true;
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        const coupling = a[i * n + j];
        const [p, q] = [a[i * n + i], a[j * n + j]];
        if (Math.abs(coupling) <= 1e-17 * Math.sqrt(Math.abs(p * q)) || coupling === 0) continue;
        if (Math.abs(coupling) < 1e-300) continue;
        isDone = false;
        const [c, s] = rotation(p, q, coupling);
        rotateColumns(a, n, i, j, c, s);
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[i * n + k], a[j * n + k]];
          a[i * n + k] = c * x - s * y;
          a[j * n + k] = s * x + c * y;
        }
        a[i * n + j] = a[j * n + i] = 0;
        rotateColumns(v, n, i, j, c, s);
      }
    if (isDone) break;
  }
  return v;
}

const eighOp: Op<undefined> = {
  name: "linalg.eigh",
  forward([a]) {
    const n = a.shape.at(-1)!;
    return onHost("linalg.eigh", [a], [[n], [n, n]], ([m], [values, vectors]) => {
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) m[i * n + j] = m[j * n + i];
      const v = symmetricJacobi(m, n);
      const order = Array.from({ length: n }, (_, i) => i);
      order.sort((i, j) => m[i * n + i] - m[j * n + j]);
      order.forEach((from, to) => {
        values[to] = m[from * n + from];
        const sign = orient(v, n, n, from);
        for (let i = 0; i < n; i++) vectors[i * n + to] = sign * v[i * n + from];
      });
    });
  },
  saves: () => ({ outputs: [0, 1] }),
  // V (diag g_L + (Vᵀ g_V) / E) Vᵀ with E_ij = L_j − L_i
  gradient([gl, gv], { output }) {
    const [values, v] = [output(0), output(1)];
    const onDiagonal = gl && diagEmbed(gl);
    let inner = onDiagonal;
    if (gv) {
      const gaps = values.unsqueeze(-2).sub(values.unsqueeze(-1));
      const turned = v.mT.matmul(gv).div(withOnes(gaps));
      const off = turned.sub(diagEmbed(diagonal(turned, { dim1: -2, dim2: -1 })));
      inner = inner ? off.add(inner) : off;
    }
    return [v.matmul(inner!).matmul(v.mT)];
  },
};
/** The diagonal set to 1, before a division. */
const withOnes = (x: Tensor): Tensor => x.add(diagEmbed(x.newFull(x.shape.slice(0, -1), 1)));

/**
 * Eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices, of which the lower triangle is looked at
 * (`UPLO: "U"`: the upper). Batched. Waits for the device. A vector's sign is arbitrary, here its largest entry is
 * positive; the gradient of vectors needs different eigenvalues.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.eigh.html
 *
 * @example
 * linalg.eigh(tensor([[2, 1], [1, 2]])).eigenvalues // => [1, 3]
 */
export function eigh(
  a: Tensor,
  { UPLO = "L" }: { UPLO?: "L" | "U" } = {},
): { eigenvalues: Tensor; eigenvectors: Tensor } {
  requireSquare("linalg.eigh", a);
  const [eigenvalues, eigenvectors] = dispatchAll(eighOp, [UPLO === "U" ? a.mT : a], undefined);
  return { eigenvalues, eigenvectors };
}
/**
 * The eigenvalues of `linalg.eigh`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.eigvalsh.html
 *
 * @example
 * linalg.eigvalsh(tensor([[2, 1], [1, 2]])) // => [1, 3]
 */
export const eigvalsh = (a: Tensor, options: { UPLO?: "L" | "U" } = {}): Tensor =>
  eigh(a, options).eigenvalues;

// ---- singular values -------------------------------------------------------------------------------------------------

/** Of m × n with m ≥ n: columns are rotated until they are orthogonal; their lengths are the singular values. */
function tallSvd(a: Matrix, m: number, n: number): { u: Matrix; s: number[]; v: Matrix } {
  const v = unit(n);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let isDone = true;
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        let [p, q, coupling] = [0, 0, 0];
        for (let row = 0; row < m * n; row += n) {
          p += a[row + i] ** 2;
          q += a[row + j] ** 2;
          coupling += a[row + i] * a[row + j];
        }
        if (Math.abs(coupling) <= 1e-16 * Math.sqrt(p * q) || Math.abs(coupling) < 1e-300) continue;
        isDone = false;
        const [c, s] = rotation(p, q, coupling);
        rotateColumns(a, n, i, j, c, s);
        rotateColumns(v, n, i, j, c, s);
      }
    if (isDone) break;
  }
  const lengths = Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let row = 0; row < m * n; row += n) sum += a[row + j] ** 2;
    return Math.sqrt(sum);
  });
  const order = lengths.map((_, j) => j).sort((i, j) => lengths[j] - lengths[i]);
  const s = order.map((j) => lengths[j]);
  const scaled = new Float64Array(m * n);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    const sign = orient(v, n, n, from);
    for (let i = 0; i < m; i++) scaled[i * n + to] = sign * a[i * n + from];
    for (let i = 0; i < n; i++) sorted[i * n + to] = sign * v[i * n + from];
  });
  return { u: orthonormal(scaled, s, m, n), s, v: sorted };
}
/**
 * m × m: the columns over their lengths, and what completes them. Columns without a length are replaced: reflections
 * of the others give a basis of all.
 */
function orthonormal(columns: Matrix, lengths: readonly number[], m: number, n: number): Matrix {
  const least = (lengths[0] ?? 0) * 1e-14;
  const known = lengths.filter((s) => s > least).length;
  const some = new Float64Array(m * known);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < known; j++) some[i * known + j] = columns[i * n + j] / lengths[j];
  const q = new Float64Array(m * m);
  householder(some, m, known, m, q);
  for (let i = 0; i < m; i++) for (let j = 0; j < known; j++) q[i * m + j] = some[i * known + j];
  return q;
}

const svdOp: Op<{ readonly full: boolean }> = {
  name: "linalg.svd",
  forward([a], { full }) {
    const [m, n] = a.shape.slice(-2);
    const k = Math.min(m, n);
    const [left, right] = full ? [m, n] : [k, k];
    return onHost("linalg.svd", [a], [[m, left], [k], [right, n]], ([x], [U, S, Vh]) => {
      // A wide matrix by its transpose.
      const isTall = m >= n;
      const [rows, columns] = isTall ? [m, n] : [n, m];
      const tall = isTall ? x : transposed(x, m, n);
      const { u, s, v } = tallSvd(tall, rows, columns);
      S.set(s);
      const [first, second] = isTall ? [u, v] : [v, u];
      for (let i = 0; i < m; i++) for (let j = 0; j < left; j++) U[i * left + j] = first[i * m + j];
      for (let i = 0; i < right; i++) for (let j = 0; j < n; j++) Vh[i * n + j] = second[j * n + i];
    });
  },
  saves: () => ({ outputs: [0, 1, 2] }),
  /**
   * U [(skew(Uᵀ gU) / E) S + S (skew(V gVᵀ) / E) + diag gS] Vᵀ, and what lies outside of the two bases, with
   * E_ij = S_j² − S_i²
   */
  gradient([gu, gs, gv], { output, shape }) {
    const [m, n] = shape(0).slice(-2);
    const k = Math.min(m, n);
    const s = output(1);
    const [u, vh] = [output(0).narrow(-1, 0, k), output(2).narrow(-2, 0, k)];
    if (!gu && !gv) return [u.mul(gs!.unsqueeze(-2)).matmul(vh)];
    // Vectors beyond the first k are arbitrary, and so are taken for constants.
    const du = gu?.narrow(-1, 0, k);
    const dv = gv?.narrow(-2, 0, k);
    const squares = s.square();
    const gaps = withOnes(squares.unsqueeze(-2).sub(squares.unsqueeze(-1)));
    const skew = (x: Tensor) => x.sub(x.mT).div(gaps);
    const [row, column] = [s.unsqueeze(-2), s.unsqueeze(-1)];
    const parts: Tensor[] = [];
    if (gs) parts.push(diagEmbed(gs));
    if (du) parts.push(skew(u.mT.matmul(du)).mul(row));
    if (dv) parts.push(column.mul(skew(vh.matmul(dv.mT))));
    let out = u.matmul(parts.reduce((a, b) => a.add(b))).matmul(vh);
    if (du && m > k) {
      const outside = du.sub(u.matmul(u.mT.matmul(du)));
      out = out.add(outside.div(row).matmul(vh));
    }
    if (dv && n > k) {
      const outside = dv.sub(dv.matmul(vh.mT).matmul(vh));
      out = out.add(u.matmul(outside.div(column)));
    }
    return [out];
  },
};
function transposed(x: Matrix, m: number, n: number): Matrix {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = x[i * n + j];
  return out;
}

export interface SvdOptions {
  /** Square U and Vh (default true), or only their first min(m, n) vectors. */
  fullMatrices?: boolean;
}
/**
 * A = U diag(S) Vh, with orthonormal columns in U and rows in Vh, and S descending. Batched. Waits for the device.
 * Vectors come with an arbitrary common sign, here the one that makes a right (for wide matrices left) vector's largest
 * entry positive; their gradient needs different singular values.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.svd.html
 *
 * @example
 * linalg.svd(tensor([[3, 0], [0, -2]])).S // => [3, 2]
 */
export function svd(
  a: Tensor,
  { fullMatrices = true }: SvdOptions = {},
): { U: Tensor; S: Tensor; Vh: Tensor } {
  requireMatrices("linalg.svd", a);
  const [U, S, Vh] = dispatchAll(svdOp, [a], { full: fullMatrices });
  return { U, S, Vh };
}
/**
 * The singular values, descending. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.svdvals.html
 *
 * @example
 * linalg.svdvals(tensor([[3, 0], [0, -2]])) // => [3, 2]
 */
export const svdvals = (a: Tensor): Tensor => svd(a, { fullMatrices: false }).S;

const pinvOp: Op<{ readonly rtol: number }> = {
  name: "linalg.pinv",
  forward([a], { rtol }) {
    const [m, n] = a.shape.slice(-2);
    return onHost("linalg.pinv", [a], [[n, m]], ([x], [out]) => {
      const isTall = m >= n;
      const [rows, columns] = isTall ? [m, n] : [n, m];
      const { u, s, v } = tallSvd(isTall ? x : transposed(x, m, n), rows, columns);
      s.forEach((length, k) => {
        if (length <= rtol * s[0]) return;
        for (let i = 0; i < n; i++)
          for (let j = 0; j < m; j++) {
            const [a, b] = isTall ? [v[i * n + k], u[j * m + k]] : [u[i * n + k], v[j * m + k]];
            out[i * m + j] += (a * b) / length;
          }
      });
    });
  },
  saves: () => ({ inputs: [0], outputs: [0] }),
  // −Pᵀ g Pᵀ + (I − A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I − P A), for matrices whose rank does not change
  gradient([g], { input, output }) {
    const [a, p] = [input(0), output()];
    const [pt, gt] = [p.mT, g!.mT];
    const rows = gt.matmul(p).matmul(pt);
    const columns = pt.matmul(p).matmul(gt);
    return [
      rows
        .sub(a.matmul(p.matmul(rows)))
        .add(columns.sub(columns.matmul(p).matmul(a)))
        .sub(pt.matmul(g!).matmul(pt)),
    ];
  },
};
/**
 * The pseudoinverse, which exists for every matrix: singular values up to rtol times the largest count as 0. Batched.
 * Waits for the device.
 *
 * @param options.rtol default max(m, n) · ε of the dtype.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.pinv.html
 *
 * @example
 * linalg.pinv(tensor([[1], [1]])) // => [[0.5, 0.5]]
 */
export function pinv(a: Tensor, { rtol }: { rtol?: number } = {}): Tensor {
  const [m, n] = requireMatrices("linalg.pinv", a);
  return dispatch(pinvOp, [a], { rtol: rtol ?? Math.max(m, n) * epsilonOf(a.dtype) });
}
/** The distance from 1 to the next number. */
export const epsilonOf = (dtype: DType): number =>
  dtype === "float64" ? 2 ** -52 : dtype === "float16" ? 2 ** -10 : 2 ** -23;
