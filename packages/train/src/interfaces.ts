/** What training asks of models, optimizers and the rest: anything that has it will do. */
import type { Tensor } from "@dl/tensor/core";

/** Maybe later. */
export type Awaitable<T> = T | Promise<T>;

/** A function of the input. A module of @dl/nn is one, and so is an arrow function. */
export interface Predictor {
  (...inputs: any[]): any;
  /** Whether it is in training mode; with `train`, so that evaluation can change it and put it back. */
  readonly training?: boolean;
  train?(mode?: boolean): unknown;
  /** Itself and what is inside: their modes are put back one by one. */
  modules?(): Iterable<object>;
}

/** A model that can be trained. */
export interface Model extends Predictor {
  parameters(): Iterable<Tensor>;
  /** With names messages can say which parameter they mean. */
  namedParameters?(): Iterable<readonly [name: string, parameter: Tensor]>;
  /** For checkpoints, and to go back to the best weights. */
  stateDict?(): Record<string, Tensor>;
  loadStateDict?(dict: any): unknown;
}

export interface OptimizerLike {
  step(...args: any[]): unknown;
  zeroGrad(): unknown;
  /** For learning rates. */
  readonly paramGroups?: readonly { lr: number }[];
  /** For checkpoints. */
  stateDict?(): any;
  loadStateDict?(dict: any): unknown;
}

export interface SchedulerLike {
  /** One that has `patience` is given the number it watches, as ReduceLROnPlateau is. */
  step(...args: any[]): unknown;
  stateDict?(): any;
  loadStateDict?(dict: any): unknown;
}

export interface MetricLike<T = unknown> {
  update(output: any, target: any): unknown;
  compute(): Awaitable<T>;
  reset(): unknown;
}
export type Metrics = Readonly<Record<string, MetricLike>>;
/** What metrics have computed. */
export type MetricValues<M extends Metrics> = {
  [K in keyof M]: Awaited<ReturnType<M[K]["compute"]>>;
};

export type LossFunction = (output: any, target: any) => Tensor;

/** Batches of one epoch: an array, a loader. */
export type Batches<B> = Iterable<B | Promise<B>> | AsyncIterable<B>;
/** The same, or a function that gives them anew for every epoch: a generator function. */
export type BatchSource<B> = Batches<B> | (() => Batches<B>);

/** What comes of one batch. */
export interface StepResult {
  /** One number, which gradients are computed of. */
  readonly loss: Tensor;
  /** What metrics are given. */
  readonly output?: unknown;
  readonly target?: unknown;
  /** How many examples it was, by which the loss counts in the mean. Default: the first dimension of the batch. */
  readonly size?: number;
}
/** How the loss of a batch comes about, for batches that are not `[input, target]`. */
export type StepFunction<B> = (model: any, batch: B) => Awaitable<Tensor | StepResult>;
