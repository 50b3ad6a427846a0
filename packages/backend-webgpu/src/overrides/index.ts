/** Kernels of our own for composite ops, by the op's name. What they decline decomposes. */
import type { CompositeKernel, ConvAttrs, PoolAttrs, View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import { joining } from "../reduce.ts";
import { inWindows } from "../windows.ts";
import { convolution } from "./convolution.ts";
import { layerNorm, layerNormGradient } from "./layerNorm.ts";
import { pool } from "./pool.ts";
import { crossEntropy, crossEntropyGradient, softmax, softmaxGradient } from "./softmax.ts";

type Views = readonly View[];
interface Along {
  readonly axis: number;
}

/**
 * A kernel that goes by samples, the first dimension of its operands, also where they are larger than a binding. `shared`
 * are the inputs that all samples have in common; a result that they have in common is a sum over them.
 */
function bySamples<A>(
  engine: Engine,
  name: string,
  run: (inputs: Views, outputs: Views, attrs: A) => boolean,
  shared: readonly number[] = [],
  resultIsShared = false,
): [string, CompositeKernel] {
  const inParts = (inputs: Views, outputs: Views, attrs: A): boolean => {
    const operands = [
      ...inputs.map((view, i) => ({ view, dims: [shared.includes(i) ? null : 0] })),
      ...outputs.map((view) => ({ view, dims: [resultIsShared ? null : 0] })),
    ];
    let accepted = true;
    const runPart = (views: Views) => {
      const [x, y] = [views.slice(0, inputs.length), views.slice(inputs.length)];
      accepted = accepted && run(x, y, attrs);
    };
    inWindows(
      engine,
      name,
      operands,
      runPart,
      resultIsShared ? joining(engine, "sum", "f32") : undefined,
    );
    return accepted;
  };
  const kernel = (inputs: Views, outputs: Views, attrs: A & Along): boolean => {
    if (!engine.memory.isTooLarge(...inputs, ...outputs)) return run(inputs, outputs, attrs);
    // Along the first dimension it cannot be divided. What it is made of else finds another.
    return attrs?.axis === 0 ? false : inParts(inputs, outputs, attrs);
  };
  return [name, kernel as CompositeKernel];
}

export function overridesOf(engine: Engine): ReadonlyMap<string, CompositeKernel> {
  const convolve =
    (which: Parameters<typeof convolution>[1]) =>
    (x: Views, [y]: Views, attrs: ConvAttrs) =>
      convolution(engine, which, x, y, attrs);
  const pooled = (kind: Parameters<typeof pool>[1]) => (x: Views, y: Views, attrs: PoolAttrs) =>
    pool(engine, kind, x, y, attrs);
  const soft =
    (isLog: boolean) =>
    ([x]: Views, [y]: Views, { axis }: Along) =>
      softmax(engine, isLog, x, y, axis);
  const softGradient =
    (isLog: boolean) =>
    (x: Views, [y]: Views, { axis }: Along) =>
      softmaxGradient(engine, isLog, x, y, axis);
  const kernel = <A>(
    name: string,
    run: (inputs: Views, outputs: Views, attrs: A) => boolean,
    shared?: readonly number[],
    resultIsShared?: boolean,
  ) => bySamples(engine, name, run, shared, resultIsShared);
  return new Map<string, CompositeKernel>([
    kernel("convolution", convolve("forward"), [1, 2]),
    kernel("convolutionInputGradient", convolve("inputGradient"), [1]),
    kernel("convolutionWeightGradient", convolve("weightGradient"), [], true),
    kernel("maxPool2d", pooled("max")),
    kernel("maxPool2dInputGradient", pooled("maxGradient")),
    kernel("avgPool2d", pooled("average")),
    kernel("avgPool2dInputGradient", pooled("averageGradient")),
    kernel("softmax", soft(false)),
    kernel("softmaxInputGradient", softGradient(false)),
    kernel("logSoftmax", soft(true)),
    kernel("logSoftmaxInputGradient", softGradient(true)),
    kernel("crossEntropy", (x, [losses]) => crossEntropy(engine, x, losses)),
    kernel("crossEntropyInputGradient", (x, [gx]) => crossEntropyGradient(engine, x, gx)),
    kernel(
      "layerNorm",
      (x, y, { eps }: { readonly eps: number }) => layerNorm(engine, x, y, eps),
      [1, 2],
    ),
    kernel("layerNormInputGradient", (x, [gx]) => layerNormGradient(engine, x, gx), [4]),
  ]);
}
