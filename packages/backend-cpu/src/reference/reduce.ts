import {
  type ComputeType,
  computeType,
  type DType,
  type Program,
  type ReduceOp,
} from "@dl/tensor/core";
import { evaluatorFor } from "./evaluate.ts";
import type { Operand } from "./operand.ts";
import { load, loadPositions, positionStrides, store } from "./transfer.ts";
import { allDimensions, BLOCK, plan } from "./walk.ts";

/** Joins one value to a running total. Math.max and Math.min let NaN win. */
const COMBINE: Readonly<Record<ReduceOp, (total: number, x: number) => number>> = {
  sum: (total, x) => total + x,
  prod: (total, x) => total * x,
  max: Math.max,
  min: Math.min,
};

/** What a reduction over nothing gives. */
export function identityOf(op: ReduceOp, dtype: DType): number {
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  const [least, greatest] =
    dtype === "int32"
      ? [-2147483648, 2147483647]
      : dtype === "uint8"
        ? [0, 255]
        : dtype === "bool"
          ? [0, 1]
          : [-Infinity, Infinity];
  return op === "max" ? least : greatest;
}

/** Totals are kept in double precision and rounded once, at the end; integers wrap. */
export function reduce(
  op: ReduceOp,
  program: Program,
  inputs: readonly Operand[],
  output: Operand,
  axes: readonly number[],
  scalars: readonly number[],
): void {
  const { shape } = inputs[0];
  const type = computeType(inputs, [output]);
  const evaluator = evaluatorFor(program, type);
  evaluator.setScalars(scalars);
  const totals = new Float64Array(output.numel).fill(identityOf(op, output.dtype));
  const combine: (total: number, x: number) => number =
    type === "int32" ? integerCombine(op) : COMBINE[op];
  // Kept dimensions outside: the elements of one result follow one another.
  const kept = allDimensions(shape).filter((d) => !axes.includes(d));
  const walk = plan(
    shape,
    [...kept, ...axes],
    [...inputs.map((v) => v.strides), ...positionStrides(shape.length, program.axes)],
  );
  const perResult = axes.reduce((n, d) => n * shape[d], 1);
  const [values] = evaluator.outputs;
  for (let start = 0, result = 0, left = perResult; start < walk.count; start += BLOCK) {
    const n = Math.min(BLOCK, walk.count - start);
    inputs.forEach((v, k) => load(evaluator.inputs[k], v, walk, k, start, n));
    evaluator.axes.forEach((register, k) =>
      loadPositions(register, walk, inputs.length + k, start, n),
    );
    evaluator.run(n);
    for (let i = 0; i < n; ) {
      const end = i + Math.min(left, n - i);
      left -= end - i;
      let total = totals[result];
      if (op === "sum") for (; i < end; i++) total += values[i];
      else for (; i < end; i++) total = combine(total, values[i]);
      totals[result] = total;
      if (left === 0) {
        result++;
        left = perResult;
      }
    }
  }
  writeTotals(totals, output, type);
}

const integerCombine = (op: ReduceOp): ((total: number, x: number) => number) =>
  op === "prod" ? Math.imul : COMBINE[op];

function writeTotals(totals: Float64Array, output: Operand, type: ComputeType): void {
  if (type === "int32" && output.dtype !== "bool")
    for (let i = 0; i < totals.length; i++) totals[i] |= 0;
  const walk = plan(output.shape, allDimensions(output.shape), [output.strides]);
  store(totals, output, walk, 0, 0, walk.count);
}
