import { elementOffsets, type HostView, type TypedArray, typedArrayFor } from "@dl/tensor/core";

/** A row of the result at a time, in double precision, from b copied into rows. */
export function matmul(a: HostView, b: HostView, output: HostView): void {
  const rank = output.shape.length;
  const [m, n] = output.shape.slice(-2);
  const k = a.shape[rank - 1];
  const batch = output.shape.map((_, d) => d).slice(0, -2);
  const starts = [a, b, output].map((v) => elementOffsets(v, { dims: batch }));
  const rows = new (typedArrayFor(b.dtype))(k * n);
  const isInteger = output.dtype === "int32" || output.dtype === "uint8" || output.dtype === "bool";
  const total = isInteger ? new Int32Array(n) : new Float64Array(n);
  for (let i = 0; i < starts[0].length; i++) {
    copyRows(b, starts[1][i], k, n, rows);
    for (let row = 0; row < m; row++) {
      total.fill(0);
      const from = starts[0][i] + row * a.strides[rank - 2];
      if (isInteger)
        addRowsInteger(total as Int32Array, a.data, from, a.strides[rank - 1], rows, k, n);
      else addRows(total as Float64Array, a.data, from, a.strides[rank - 1], rows, k, n);
      const to = starts[2][i] + row * output.strides[rank - 2];
      // A bool is one or zero, however many products were.
      if (output.dtype === "bool") for (let j = 0; j < n; j++) total[j] = total[j] === 0 ? 0 : 1;
      for (let j = 0; j < n; j++) output.data[to + j * output.strides[rank - 1]] = total[j];
    }
  }
}

function copyRows(b: HostView, offset: number, k: number, n: number, rows: TypedArray): void {
  const [rowStride, columnStride] = b.strides.slice(-2);
  for (let p = 0; p < k; p++)
    for (let j = 0; j < n; j++) rows[p * n + j] = b.data[offset + p * rowStride + j * columnStride];
}

/** total += Σ a[p] · row p */
function addRows(
  total: Float64Array,
  a: TypedArray,
  from: number,
  stride: number,
  rows: TypedArray,
  k: number,
  n: number,
): void {
  for (let p = 0; p < k; p++) {
    const x = a[from + p * stride];
    const at = p * n;
    for (let j = 0; j < n; j++) total[j] += x * rows[at + j];
  }
}
function addRowsInteger(
  total: Int32Array,
  a: TypedArray,
  from: number,
  stride: number,
  rows: TypedArray,
  k: number,
  n: number,
): void {
  for (let p = 0; p < k; p++) {
    const x = a[from + p * stride];
    const at = p * n;
    for (let j = 0; j < n; j++) total[j] += Math.imul(x, rows[at + j]);
  }
}
