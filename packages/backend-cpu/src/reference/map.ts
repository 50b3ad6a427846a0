import {
  computeType,
  elementWriter,
  evaluateProgram,
  type HostView,
  type Program,
} from "@dl/tensor/core";

/** outputs[i] = program.exprs[i](inputs, scalars), a block of elements at a time: in-place operands are read before they are written. */
export function map(
  program: Program,
  inputs: readonly HostView[],
  outputs: readonly HostView[],
  scalars: readonly number[],
): void {
  const { shape } = outputs[0];
  const write = outputs.map(elementWriter);
  evaluateProgram(
    program,
    { type: computeType(inputs, outputs), inputs, scalars, shape },
    (values, start, count) => write.forEach((to, k) => to(values[k], start, count)),
  );
}
