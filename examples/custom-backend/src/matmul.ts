import { elementOffsets, elementWriter, type HostKernel, isFloating } from "@dl/tensor/core";

/** output[..., i, j] = Σ_p a[..., i, p] · b[..., p, j], a row at a time. */
export const matmul: HostKernel<"matmul"> = (a, b, output) => {
  const [m, n] = output.shape.slice(-2);
  const [k] = a.shape.slice(-1);
  const [aRow, aStep] = a.strides.slice(-2);
  const [bRow, bStep] = b.strides.slice(-2);
  const dims = [...output.shape.keys()].slice(0, -2);
  const [aStarts, bStarts] = [a, b].map((v) => elementOffsets(v, { dims }));
  const write = elementWriter(output);
  const isFloat = isFloating(a.dtype);
  // Integers wrap, in every product and when a sum is stored.
  const times = isFloat ? (x: number, y: number) => x * y : Math.imul;
  const total = isFloat ? new Float64Array(n) : new Int32Array(n);
  for (let s = 0; s < aStarts.length; s++) {
    for (let i = 0; i < m; i++) {
      total.fill(0);
      for (let p = 0; p < k; p++) {
        const x = a.data[aStarts[s] + i * aRow + p * aStep];
        const row = bStarts[s] + p * bRow;
        for (let j = 0; j < n; j++) total[j] += times(x, b.data[row + j * bStep]);
      }
      write(total, (s * m + i) * n, n);
    }
  }
};
