/** Kernels of our own for composite ops, by the op's name. What they decline decomposes. */
import type { CompositeKernel, ConvAttrs, PoolAttrs, View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import { convolution } from "./convolution.ts";
import { layerNorm, layerNormGradient } from "./layerNorm.ts";
import { pool } from "./pool.ts";
import { crossEntropy, crossEntropyGradient, softmax, softmaxGradient } from "./softmax.ts";

type Views = readonly View[];
interface Along {
  readonly axis: number;
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
  return new Map<string, CompositeKernel>([
    ["convolution", convolve("forward")],
    ["convolutionInputGradient", convolve("inputGradient")],
    ["convolutionWeightGradient", convolve("weightGradient")],
    ["maxPool2d", pooled("max")],
    ["maxPool2dInputGradient", pooled("maxGradient")],
    ["avgPool2d", pooled("average")],
    ["avgPool2dInputGradient", pooled("averageGradient")],
    ["softmax", soft(false)],
    ["softmaxInputGradient", softGradient(false)],
    ["logSoftmax", soft(true)],
    ["logSoftmaxInputGradient", softGradient(true)],
    ["crossEntropy", (x, [losses]) => crossEntropy(engine, x, losses)],
    ["crossEntropyInputGradient", (x, [gx]) => crossEntropyGradient(engine, x, gx)],
    ["layerNorm", (x, y, { eps }: { readonly eps: number }) => layerNorm(engine, x, y, eps)],
    ["layerNormInputGradient", (x, [gx]) => layerNormGradient(engine, x, gx)],
  ]);
}
