import { expr, IDENTITY, program, type View } from "@dl/tensor";
import type { Memory } from "../memory.ts";
import type { Elementwise } from "./elementwise.ts";
import { hasRelaxedSimd } from "./features.ts";
import { type Gemm, type Matrix, makeGemm, SCRATCH_BYTES, transposed } from "./gemm.ts";

const ZERO = program([expr.constant(0)], 0);

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
    if (output.numel === 0) return true;
    const rank = output.shape.length;
    const [row, column] = [rank - 2, rank - 1];
    const m = output.shape[row];
    const n = output.shape[column];
    const k = a.shape[column];
    if (k === 0) return this.elementwise.map(ZERO, [], [output], []);
    const rowStride = output.strides[row];
    const columnStride = output.strides[column];
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
    const gemm = this.gemm;
    const left = this.matrix(a, row);
    const right = this.matrix(b, row);
    const to = this.memory.address(output.buffer) + 4 * output.offset;
    const multiply = (x: Matrix, y: Matrix, c: number) => {
      if (isByRows) gemm(m, n, k, x, y, c, rowStride);
      else gemm(n, m, k, transposed(y), transposed(x), c, columnStride);
    };
    if (rank === 2) multiply(left, right, to);
    else
      eachBatch(output.shape.slice(0, row), [a, b, output], (atA, atB, at) =>
        multiply(moved(left, atA), moved(right, atB), to + 4 * at),
      );
    return true;
  }

  private matrix(view: View, row: number): Matrix {
    return {
      address: this.memory.address(view.buffer) + 4 * view.offset,
      rowStride: view.strides[row],
      columnStride: view.strides[row + 1],
    };
  }
}

const moved = (matrix: Matrix, elements: number): Matrix => ({
  address: matrix.address + 4 * elements,
  rowStride: matrix.rowStride,
  columnStride: matrix.columnStride,
});

/** Offsets in elements of each product's operands. */
function eachBatch(
  sizes: readonly number[],
  [a, b, output]: readonly View[],
  visit: (a: number, b: number, output: number) => void,
): void {
  const at = sizes.map(() => 0);
  const offset = (v: View) => at.reduce((sum, i, d) => sum + i * v.strides[d], 0);
  for (;;) {
    visit(offset(a), offset(b), offset(output));
    let d = sizes.length - 1;
    while (d >= 0 && ++at[d] === sizes[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
