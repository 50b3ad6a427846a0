import { defaultGenerator, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import type { GainOptions } from "./options.ts";
import { drawn } from "./write.ts";

/**
 * Saxe et al. (2013): orthonormal rows or columns, whichever are fewer, times `gain`. Trailing dimensions count as one.
 *
 * @throws ShapeError for fewer than two dimensions.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.orthogonal_
 *
 * @example
 * const q = orthogonal_(zeros(2, 5));
 * q.matmul(q.t()) // => [[1, 0], [0, 1]]
 */
export function orthogonal_<X extends Tensor>(
  t: X,
  { gain = 1, generator = defaultGenerator }: GainOptions = {},
): X {
  if (t.rank < 2)
    throw new ShapeError(
      `orthogonal_: at least 2 dimensions are wanted, got ${formatShape(t.shape)}`,
    );
  if (t.numel === 0) return t;
  const [rows] = t.shape;
  const columns = t.numel / rows;
  return drawn(t, "orthogonal_", (out) => {
    generator.fillNormal(out);
    // Orthonormal columns of the tall one of the matrix and its transpose.
    const isWide = rows < columns;
    const [m, n] = isWide ? [columns, rows] : [rows, columns];
    const at = (i: number, j: number) => (isWide ? j * m + i : i * n + j);
    const basis = Array.from({ length: n }, (_, j) =>
      Float64Array.from({ length: m }, (_, i) => out[at(i, j)]),
    );
    orthonormalize(basis);
    basis.forEach((column, j) => {
      column.forEach((x, i) => {
        out[at(i, j)] = x * gain;
      });
    });
  });
}

/** Gram–Schmidt, twice for accuracy: Q of the QR decomposition whose R has a positive diagonal. */
function orthonormalize(columns: Float64Array[]): void {
  columns.forEach((v, j) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) subtract(v, columns[k], dot(v, columns[k]));
    }
    const norm = Math.sqrt(dot(v, v));
    for (let i = 0; i < v.length; i++) v[i] /= norm;
  });
}
const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);
function subtract(a: Float64Array, b: Float64Array, scale: number): void {
  for (let i = 0; i < a.length; i++) a[i] -= scale * b[i];
}
