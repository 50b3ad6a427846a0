import { IDENTITY, type View } from "@dl/tensor";
import type { Memory } from "../memory.ts";
import type { Elementwise } from "./elementwise.ts";
import { hasRelaxedSimd } from "./features.ts";
import { type Gemm, type Matrix, makeGemm, SCRATCH_BYTES } from "./gemm.ts";

/** Batches of float32 products, in terms of one. */
export class Matmul {
  private readonly memory: Memory;
  private readonly shared: boolean;
  private readonly elementwise: Elementwise;
  private gemm: Gemm | null = null;

  constructor(memory: Memory, shared: boolean, elementwise: Elementwise) {
    this.memory = memory;
    this.shared = shared;
    this.elementwise = elementwise;
  }

  /** Answers false for other dtypes. */
  run(
    a: View,
    b: View,
    output: View,
    allocate: (like: View) => { view: View; free: () => void },
  ): boolean {
    if (a.dtype !== "float32" || b.dtype !== "float32" || output.dtype !== "float32") return false;
    const rank = output.shape.length;
    const [m, n] = output.shape.slice(-2);
    const [rowStride, columnStride] = output.strides.slice(-2);
    const isByRows = columnStride === 1 && (rowStride >= n || m === 1);
    const isByColumns = rowStride === 1 && (columnStride >= m || n === 1);
    if (!isByRows && !isByColumns) {
      const { view, free } = allocate(output);
      this.run(a, b, view, allocate);
      this.elementwise.map(IDENTITY, [view], [output], []);
      free();
      return true;
    }
    this.gemm ??= makeGemm(
      this.memory.wasm,
      this.shared,
      hasRelaxedSimd(),
      this.memory.reserve(SCRATCH_BYTES),
    );
    const k = a.shape[rank - 1];
    const [left, right, to] = [a, b, output].map((v) => ({
      view: v,
      address: this.memory.address(v.buffer) + 4 * v.offset,
    }));
    eachBatch(
      output.shape.slice(0, -2),
      [a, b, output].map((v) => v.strides.slice(0, -2)),
      (offsets) => {
        const matrix = ({ view, address }: typeof left, i: number): Matrix => ({
          address: address + 4 * offsets[i],
          rowStride: view.strides[rank - 2],
          columnStride: view.strides[rank - 1],
        });
        const c = to.address + 4 * offsets[2];
        const [x, y] = [matrix(left, 0), matrix(right, 1)];
        if (isByRows) this.gemm!(m, n, k, x, y, c, rowStride);
        else this.gemm!(n, m, k, transposed(y), transposed(x), c, columnStride);
      },
    );
    return true;
  }
}

const transposed = ({ address, rowStride, columnStride }: Matrix): Matrix => ({
  address,
  rowStride: columnStride,
  columnStride: rowStride,
});

function eachBatch(
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (offsets: readonly number[]) => void,
): void {
  const at = sizes.map(() => 0);
  for (;;) {
    visit(strides.map((s) => at.reduce((sum, i, d) => sum + i * s[d], 0)));
    let d = sizes.length - 1;
    while (d >= 0 && ++at[d] === sizes[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
