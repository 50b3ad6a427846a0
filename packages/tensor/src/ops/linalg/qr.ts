/** Orthogonal bases by Householder's reflections. */
import { dispatchAll, type Op } from "../../dispatch.ts";
import { DlError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { cat } from "../join.ts";
import { triu } from "../triangle.ts";
import { type Matrix, onHost, requireMatrices } from "./host.ts";
import { solveTriangular } from "./triangular.ts";

/**
 * Reflections that clear the columns below the diagonal, with LAPACK's signs: the diagonal of R has the sign opposite to
 * what stood there, unless there was nothing to clear. a becomes R with the reflections' vectors below the diagonal,
 * where they begin with a 1 that is not written. Returns the factors tau.
 */
export function reflections(a: Matrix, m: number, n: number): Matrix {
  const steps = Math.min(m, n);
  const tau = new Float64Array(steps);
  for (let k = 0; k < steps; k++) {
    let below = 0;
    for (let i = k + 1; i < m; i++) below += a[i * n + k] ** 2;
    if (below === 0) continue;
    const alpha = a[k * n + k];
    const beta = -(Math.sign(alpha) || 1) * Math.sqrt(alpha * alpha + below);
    tau[k] = (beta - alpha) / beta;
    const v = new Float64Array(m);
    v[k] = 1;
    for (let i = k + 1; i < m; i++) v[i] = a[i * n + k] / (alpha - beta);
    reflect(a, m, n, v, tau[k], k, k);
    for (let i = k + 1; i < m; i++) a[i * n + k] = v[i];
  }
  return tau;
}
/** The m × columns leading part of Q in q, which begins with zeros. Returns R, with other numbers below the diagonal. */
export function householder(a: Matrix, m: number, n: number, columns: number, q: Matrix): Matrix {
  const r = a.slice();
  const tau = reflections(r, m, n);
  for (let i = 0; i < Math.min(m, columns); i++) q[i * columns + i] = 1;
  for (let k = tau.length - 1; k >= 0; k--) {
    const v = new Float64Array(m);
    v[k] = 1;
    for (let i = k + 1; i < m; i++) v[i] = r[i * n + k];
    reflect(q, m, columns, v, tau[k], k);
  }
  return r;
}
/** x ← (I − tau v vᵀ) x from a column on, where v is zero before `from`. */
function reflect(
  x: Matrix,
  m: number,
  n: number,
  v: Matrix,
  tau: number,
  from: number,
  column = 0,
): void {
  for (let j = column; j < n; j++) {
    let sum = 0;
    for (let i = from; i < m; i++) sum += v[i] * x[i * n + j];
    for (let i = from; i < m; i++) x[i * n + j] -= tau * sum * v[i];
  }
}

const qrOp: Op<{ readonly complete: boolean }> = {
  name: "linalg.qr",
  forward([a], { complete }) {
    const [m, n] = a.shape.slice(-2);
    const k = complete ? m : Math.min(m, n);
    return onHost(
      "linalg.qr",
      [a],
      [
        [m, k],
        [k, n],
      ],
      ([x], [q, r]) => {
        const full = householder(x, m, n, k, q);
        for (let i = 0; i < k; i++) for (let j = i; j < n; j++) r[i * n + j] = full[i * n + j];
      },
    );
  },
  saves: () => ({ outputs: [0, 1] }),
  // [gQ + Q S] R⁻ᵀ with S the symmetric matrix that has the upper triangle of gR Rᵀ − Qᵀ gQ
  gradient([gq, gr], { output, shape }) {
    const [m, n] = shape(0).slice(-2);
    if (m > n && output(0).shape.at(-1)! > n)
      throw new DlError(
        "gradient",
        'linalg.qr: in mode "complete" the gradient of matrices with more rows than columns is not defined: use mode "reduced"',
      );
    const [q, r] = [output(0), output(1)];
    const fromR = gr?.matmul(r.mT);
    const fromQ = gq && q.mT.matmul(gq);
    const both = fromR && fromQ ? fromR.sub(fromQ) : (fromR ?? fromQ!.neg());
    const s = triu(both).add(triu(both, { diagonal: 1 }).mT);
    const inner = gq ? q.matmul(s).add(gq) : q.matmul(s);
    return [solveTriangular(r.mT, inner, { upper: false, left: false })];
  },
};

export interface QrOptions {
  /** "reduced" (default): Q [m, k], R [k, n] with k = min(m, n); "complete": Q [m, m], R [m, n]; "r": R alone. */
  mode?: "reduced" | "complete" | "r";
}
/**
 * A = Q R, with orthonormal columns in Q and an upper triangle R. Batched. Waits for the device. The gradient needs
 * linearly independent columns (the first m, where there are more).
 *
 * @returns Q, which is empty in mode "r", and R.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.qr.html
 *
 * @example
 * linalg.qr(tensor([[3, 1], [4, 2]])).R // => [[-5, -2.2], [0, 0.4]]
 */
export function qr(a: Tensor, { mode = "reduced" }: QrOptions = {}): { Q: Tensor; R: Tensor } {
  const [m, n] = requireMatrices("linalg.qr", a);
  if (mode !== "reduced" && mode !== "complete" && mode !== "r")
    throw new DlError(
      "value",
      `linalg.qr: mode "${mode}" is not one of "reduced", "complete" and "r"`,
    );
  if (m < n) {
    // The first m columns decide about Q; the others are only turned.
    const first = qr(a.narrow(-1, 0, m));
    const rest = first.Q.mT.matmul(a.narrow(-1, m, n - m));
    const R = cat([first.R, rest], -1);
    return { Q: mode === "r" ? a.newZeros([0]) : first.Q, R };
  }
  const [Q, R] = dispatchAll(qrOp, [a], { complete: mode === "complete" });
  return { Q: mode === "r" ? a.newZeros([0]) : Q, R };
}
