/** What is measured, as data: every peer gets the same description and builds the workload in its own way. */

export interface Gemm {
  readonly kind: "gemm";
  /** Leave out for a product of two matrices. */
  readonly batch?: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}
export interface Elementwise {
  readonly kind: "elementwise";
  readonly op: "add" | "relu" | "exp" | "gelu";
  readonly size: number;
}
export interface Rows {
  readonly kind: "rows";
  readonly op: "softmax" | "layerNorm";
  readonly rows: number;
  readonly columns: number;
}
export interface CrossEntropy {
  readonly kind: "crossEntropy";
  readonly rows: number;
  readonly classes: number;
  readonly backward: boolean;
}
export interface Conv {
  readonly kind: "conv";
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  /** Height and width of the image. */
  readonly size: number;
  /** Height and width of the window. */
  readonly kernel: number;
  readonly padding: number;
  readonly groups: number;
  readonly backward: boolean;
}
/** What goes into a model and what trains it; the model itself, by its name, is each peer's. */
export interface Training {
  readonly kind: "training";
  readonly model: string;
  readonly batch: number;
  /** Of one example. */
  readonly shape: readonly number[];
  /** 1: a yes or no, with binary cross-entropy. */
  readonly classes: number;
  /** Learning rates are 1e-3 for Adam and 1e-2 for SGD; the momentum is 0.9. */
  readonly optimizer: "adam" | "sgd" | "momentum";
}
export const CHAIN = 100;
export interface Dispatch {
  readonly kind: "dispatch";
  /** A small sum; the same with a gradient recorded; forward and backward; and CHAIN sums, each of the one before. */
  readonly op: "add" | "addRecorded" | "addBackward" | "addChain";
  readonly size: number;
}
/** A fresh process, from its first import to the number that its first op gives. */
export interface StartUp {
  readonly kind: "startUp";
}

export type Spec = Gemm | Elementwise | Rows | CrossEntropy | Conv | Training | Dispatch | StartUp;
export type Workload = Spec & { readonly name: string };

/** Floating-point operations of one run; 0 where counting them says nothing. */
export function flops(spec: Spec): number {
  if (spec.kind === "gemm") return 2 * (spec.batch ?? 1) * spec.m * spec.k * spec.n;
  if (spec.kind !== "conv") return 0;
  const { batch, channels, filters, size, kernel, padding, groups, backward } = spec;
  const out = size + 2 * padding - kernel + 1;
  const forward = 2 * batch * filters * out * out * (channels / groups) * kernel * kernel;
  // The gradients of the input and of the weight are a product of the same size each.
  return backward ? 3 * forward : forward;
}

/** Bytes that have to be read and written at least; 0 where something else decides. */
export function bytes(spec: Spec): number {
  if (spec.kind !== "elementwise" || spec.op === "exp" || spec.op === "gelu") return 0;
  return 4 * spec.size * (spec.op === "add" ? 3 : 2);
}
