import type { ComputeType, TypedArray } from "../dtype.ts";
import type { Program } from "../program.ts";
import { BLOCK, evaluatorFor } from "./evaluator.ts";
import type { HostView } from "./hostView.ts";
import { elementReader, positionReader } from "./transfer.ts";

/** What `evaluateProgram` is given beside the program. */
export interface Evaluation {
  /** What is computed in: `computeType(inputs, outputs)`. */
  readonly type: ComputeType;
  /** Of one shape; broadcast ones have strides of 0. */
  readonly inputs: readonly HostView[];
  readonly scalars: readonly number[];
  /** The inputs' shape, also where there are none. */
  readonly shape: readonly number[];
  /** In which order elements are visited: dimensions, outermost first. Default: row-major. */
  readonly order?: readonly number[];
}

/**
 * Evaluates a program's expressions at every position, some hundred elements at a time: `visit(values, start, count)` gets,
 * for each expression, an array whose first `count` elements are its values at the positions from `start` on. Intermediate
 * results are rounded to the compute type; masks are 0 or 1. The arrays are used again for the next block, which is read
 * only after `visit` returns: results may be written over operands.
 *
 * @example
 * const dtype = "float32";
 * const x = { data: Float32Array.of(1, 4, 9), dtype, shape: [3], strides: [1], offset: 0, contiguous: true, numel: 3 } as const;
 * const root = program([expr.add(expr.sqrt(expr.input(0)), expr.scalar(0))], 1, 1);
 * evaluateProgram(root, { type: dtype, inputs: [x], scalars: [0.5], shape: [3] }, ([y], _, count) => {
 *   console.log(y.slice(0, count)); // => [1.5, 2.5, 3.5]
 * });
 */
export function evaluateProgram(
  program: Program,
  { type, inputs, scalars, shape, order }: Evaluation,
  visit: (values: readonly TypedArray[], start: number, count: number) => void,
): void {
  const evaluator = evaluatorFor(program, type);
  evaluator.setScalars(scalars);
  const read = inputs.map((v) => elementReader(v, { order }));
  const positions = program.axes.map((axis) => positionReader(shape, axis, order));
  const total = shape.reduce((n, size) => n * size, 1);
  for (let start = 0; start < total; start += BLOCK) {
    const count = Math.min(BLOCK, total - start);
    read.forEach((from, k) => from(evaluator.inputs[k], start, count));
    positions.forEach((from, k) => from(evaluator.axes[k], start, count));
    evaluator.run(count);
    visit(evaluator.outputs, start, count);
  }
}
