import { computeType, type Program } from "@dl/tensor/core";
import { evaluatorFor } from "./evaluate.ts";
import type { Operand } from "./operand.ts";
import { load, loadPositions, positionStrides, store } from "./transfer.ts";
import { allDimensions, BLOCK, plan } from "./walk.ts";

/** outputs[i] = program.exprs[i](inputs, scalars), a block of elements at a time: in-place operands are read before they are written. */
export function map(
  program: Program,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  scalars: readonly number[],
): void {
  const { shape } = outputs[0];
  const evaluator = evaluatorFor(program, computeType(inputs, outputs));
  evaluator.setScalars(scalars);
  const strides = [
    ...inputs.map((v) => v.strides),
    ...positionStrides(shape.length, program.axes),
    ...outputs.map((v) => v.strides),
  ];
  const walk = plan(shape, allDimensions(shape), strides);
  const firstOutput = inputs.length + program.axes.length;
  for (let start = 0; start < walk.count; start += BLOCK) {
    const n = Math.min(BLOCK, walk.count - start);
    inputs.forEach((v, k) => load(evaluator.inputs[k], v, walk, k, start, n));
    evaluator.axes.forEach((register, k) =>
      loadPositions(register, walk, inputs.length + k, start, n),
    );
    evaluator.run(n);
    outputs.forEach((v, k) => store(evaluator.outputs[k], v, walk, firstOutput + k, start, n));
  }
}
