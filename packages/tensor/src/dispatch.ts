/**
 * Where an op runs: layers on top of one another (a tracer, a profiler, autograd), and the backend at the bottom. Each
 * layer sees the op, its inputs and attributes, and calls the next.
 */
import type { DType } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What a gradient rule may look at. Reading what `saves` did not name is an error. */
export interface GradientContext<A> {
  readonly attrs: A;
  /** Which inputs want a gradient. */
  readonly needs: readonly boolean[];
  input(i: number): Tensor;
  output(i?: number): Tensor;
  /** Of input i, which need not be saved. */
  shape(i: number): Shape;
  dtype(i: number): DType;
}

export interface Op<A = any> {
  readonly name: string;
  forward(inputs: readonly Tensor[], attrs: A): Tensor[];
  /** Which inputs and outputs the gradient rule reads. Default: none. */
  saves?(
    needs: readonly boolean[],
    attrs: A,
  ): { inputs?: readonly number[]; outputs?: readonly number[] };
  /**
   * Gradients of the inputs, from those of the outputs (null where an output did not matter). Written in tensor ops, so
   * that it has a gradient itself. An op without a rule is a constant to the backward pass.
   */
  gradient?(
    grads: readonly (Tensor | null)[],
    context: GradientContext<A>,
  ): readonly (Tensor | null)[];
}

export type Run = (op: Op, inputs: readonly Tensor[], attrs: unknown) => Tensor[];
export type Layer = (op: Op, inputs: readonly Tensor[], attrs: unknown, next: Run) => Tensor[];

const bottom: Run = (op, inputs, attrs) => op.forward(inputs, attrs);
const layers: Layer[] = [];
let top: Run = bottom;

function rebuild(): void {
  top = layers.reduce<Run>(
    (next, layer) => (op, inputs, attrs) => layer(op, inputs, attrs, next),
    bottom,
  );
}

/** Puts a layer on top of those that are there. Returns a function that takes it out again. */
export function installLayer(layer: Layer): () => void {
  layers.push(layer);
  rebuild();
  return () => {
    const i = layers.indexOf(layer);
    if (i >= 0) layers.splice(i, 1);
    rebuild();
  };
}

/** Runs an op with several results through the layers. */
export const dispatchAll: Run = (op, inputs, attrs) => top(op, inputs, attrs);

/** Runs an op through the layers; its first result. */
export const dispatch = (op: Op, inputs: readonly Tensor[], attrs: unknown = undefined): Tensor =>
  top(op, inputs, attrs)[0];
