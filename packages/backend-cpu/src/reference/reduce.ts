import {
  computeType,
  elementWriter,
  evaluateProgram,
  type HostView,
  identityOf,
  joinFor,
  type Program,
  type ReduceOp,
} from "@dl/tensor/core";

/** Totals are kept in double precision and rounded once, at the end; integers wrap. */
export function reduce(
  op: ReduceOp,
  program: Program,
  inputs: readonly HostView[],
  output: HostView,
  axes: readonly number[],
  scalars: readonly number[],
): void {
  const { shape } = inputs[0];
  const type = computeType(inputs, [output]);
  const totals = new Float64Array(output.numel).fill(identityOf(op, output.dtype));
  const join = joinFor(op, type);
  // Kept dimensions outside: the elements of one result follow one another.
  const kept = shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const order = [...kept, ...axes];
  const perResult = axes.reduce((n, d) => n * shape[d], 1);
  let result = 0;
  let left = perResult;
  evaluateProgram(program, { type, inputs, scalars, shape, order }, ([values], _, count) => {
    for (let i = 0; i < count; ) {
      const end = i + Math.min(left, count - i);
      left -= end - i;
      let total = totals[result];
      if (op === "sum") for (; i < end; i++) total += values[i];
      else for (; i < end; i++) total = join(total, values[i]);
      totals[result] = total;
      if (left === 0) {
        result++;
        left = perResult;
      }
    }
  });
  if (type === "int32" && output.dtype !== "bool")
    for (let i = 0; i < totals.length; i++) totals[i] |= 0;
  elementWriter(output)(totals, 0, totals.length);
}
