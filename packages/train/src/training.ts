/** The loop behind `fit`. */
import { breathe, DlError, state, type Tensor } from "@dl/tensor/core";
import { epochOf, lengthOf } from "./batches.ts";
import type { Callback, Run, Step } from "./callback.ts";
import { clipNorm, scaleGradients } from "./clip.ts";
import { computeAll, measure, noBatches, resetAll, updateAll } from "./evaluate.ts";
import type { FitOptions } from "./fit.ts";
import { type EpochRecord, History, type Measured } from "./history.ts";
import type { BatchSource, Metrics, Model, OptimizerLike, SchedulerLike } from "./interfaces.ts";
import { RunningMean } from "./mean.ts";
import { savedModes } from "./modes.ts";
import { type HasStateDict, partsOf, type TrainingParts } from "./parts.ts";
import { callbackStates, loadCallbackStates, type RunState, requireRunState } from "./runState.ts";
import { epochEach, rulesOf, type SchedulerRule, stepEach } from "./schedule.ts";
import { after, type Outcome, requireOneOf, runStep } from "./step.ts";

/** What was trained in an epoch. */
type Trained<M extends Metrics> = Omit<EpochRecord<M>, "epoch" | "validation" | "complete">;

export class Training<B, M extends Metrics> implements Run, HasStateDict {
  readonly model: Model;
  readonly optimizer: OptimizerLike;
  readonly history = new History<M>();
  readonly epochs: number;
  epoch = 0;
  batch = 0;
  batches: number | null = null;
  totalBatches = 0;
  steps = 0;
  accumulate: number;
  stopped: string | null = null;
  #isBetweenEpochs = true;
  readonly #options: FitOptions<B, M>;
  readonly #metrics: M;
  readonly #rules: readonly SchedulerRule[];
  readonly #callbacks: readonly Callback[];
  readonly #parameters: readonly Tensor[];
  readonly #readEvery: number;

  constructor(model: Model, options: FitOptions<B, M>) {
    this.model = model;
    this.optimizer = options.optimizer;
    this.#options = options;
    this.#parameters = check(model, options);
    this.epochs = options.epochs ?? 1;
    this.accumulate = options.accumulate ?? 1;
    this.#metrics = options.metrics ?? ({} as M);
    this.#rules = rulesOf(options.scheduler);
    this.#callbacks = options.callbacks ?? [];
    this.#readEvery = options.readEvery ?? 50;
  }

  get schedulers(): readonly SchedulerLike[] {
    return this.#rules.map(({ scheduler }) => scheduler);
  }
  stop(reason: string): void {
    this.stopped ??= reason;
  }

  get parts(): TrainingParts {
    const { model, optimizer, schedulers } = this;
    return partsOf(this, { model, optimizer, schedulers, train: this.#options.train });
  }
  stateDict(): RunState {
    if (!this.#isBetweenEpochs)
      throw new DlError(
        "value",
        "fit: a checkpoint is made at the end of an epoch that was not broken off: in onEpochEnd, where record.complete is true",
      );
    const { epoch, steps, totalBatches, history } = this;
    const schedulers = this.#rules.length;
    const epochs = [...history.epochs];
    const losses = [...history.losses];
    const callbacks = callbackStates(this.#callbacks);
    return { epoch, steps, totalBatches, schedulers, epochs, losses, callbacks };
  }
  loadStateDict(state: RunState): void {
    requireRunState(state, this.#rules.length);
    loadCallbackStates(this.#callbacks, state.callbacks);
    this.epoch = state.epoch;
    this.steps = state.steps;
    this.totalBatches = state.totalBatches;
    const { epochs, losses } = this.history;
    epochs.length = losses.length = 0;
    for (const record of state.epochs) epochs.push(record);
    for (const reading of state.losses) losses.push(reading);
  }

  async run(): Promise<History<M>> {
    const restore = savedModes(this.model);
    try {
      await this.#options.resume?.(this.parts);
      await this.#call("onTrainStart", this);
      while (this.epoch < this.epochs && !this.#isOver()) await this.#epoch();
      this.history.stopped = this.stopped;
      await this.#call("onTrainEnd", this);
      return this.history;
    } catch (error) {
      await this.#call("onTrainError", this, error);
      throw error;
    } finally {
      restore();
    }
  }
  #isOver(): boolean {
    if (this.#options.signal?.aborted) this.stop("the signal was aborted");
    return this.stopped !== null;
  }

  async #epoch(): Promise<void> {
    const { validation } = this.#options;
    this.epoch++;
    this.batch = 0;
    this.#isBetweenEpochs = false;
    await this.#call("onEpochStart", this);
    if (this.stopped !== null) return;
    const trained = await this.#trainEpoch();
    let measured: Measured<M> | null = null;
    // Of an epoch that was broken off there is nothing to validate.
    if (validation !== undefined && this.stopped === null)
      measured = await this.#validate(validation);
    const complete = this.stopped === null;
    const record = { epoch: this.epoch, ...trained, validation: measured, complete };
    this.history.epochs.push(record);
    if (complete) epochEach(this.#rules, record);
    this.#isBetweenEpochs = complete;
    await this.#call("onEpochEnd", this, record);
  }

  async #validate(data: BatchSource<B>): Promise<Measured<M> | null> {
    try {
      return await measure(this.model, data, this.#options, "fit: validation");
    } catch (error) {
      // The signal, which ends training without an error.
      if (this.#isOver()) return null;
      throw error;
    }
  }

  async #trainEpoch(): Promise<Trained<M>> {
    const { train, trainMetrics = true } = this.#options;
    const metrics = trainMetrics ? this.#metrics : ({} as M);
    const mean = new RunningMean();
    const source = epochOf(train, "fit: train");
    const start = performance.now();
    this.batches = lengthOf(source);
    this.model.train?.(true);
    resetAll(metrics);
    const read = async () => {
      const [sum, { weight }] = [await mean.sum(), mean];
      if (weight === last.weight) return null;
      const loss = (sum - last.sum) / (weight - last.weight);
      this.history.losses.push({ batch: this.totalBatches, loss });
      last = { sum, weight };
      return sum / weight;
    };
    let last = { sum: 0, weight: 0 };
    /** Batches whose gradients the optimizer has not used yet, and the last of them. */
    let pending = 0;
    let lastStep: Step | null = null;
    try {
      for await (const batch of source) {
        this.batch++;
        this.totalBatches++;
        const outcome = await this.#backward(batch as B, pending === 0);
        const loss = outcome.loss!;
        if (!this.#options.closure) {
          lastStep = this.#stepOf(batch as B, outcome, null);
          if (++pending >= this.accumulate) {
            await this.#update(pending, lastStep);
            pending = 0;
          }
        }
        mean.add(loss, outcome.size);
        await updateAll(metrics, outcome);
        const meanLoss = this.totalBatches % this.#readEvery === 0 ? await read() : null;
        await this.#call("onStepEnd", this, this.#stepOf(batch as B, outcome, meanLoss));
        await breathe(loss.device);
        if (this.#isOver()) break;
      }
      if (pending > 0 && this.stopped === null) await this.#update(pending, lastStep!);
      await read();
      if (this.batch === 0) throw noBatches("fit: train", train, this.epoch);
      const loss = await mean.read();
      const seconds = (performance.now() - start) / 1000;
      return {
        loss,
        metrics: await computeAll(metrics),
        lr: this.#lrs[0] ?? null,
        lrs: this.#lrs,
        seconds,
        examples: mean.weight,
        examplesPerSecond: mean.weight / seconds,
        batches: this.batch,
      };
    } finally {
      mean.dispose();
    }
  }
  #lrs: number[] = [];

  /** Gradients of one batch, added to those that are there unless it is the first of a step. */
  async #backward(batch: B, isFirst: boolean): Promise<Outcome> {
    if (this.#options.closure) return this.#closureStep(batch);
    if (isFirst) this.optimizer.zeroGrad();
    const outcome = await this.#forward(batch);
    outcome.loss!.backward();
    return outcome;
  }
  /** A step of the optimizer for so many batches: by the mean of their gradients. */
  async #update(batches: number, last: Step): Promise<void> {
    if (batches > 1) scaleGradients(this.#parameters, 1 / batches);
    this.#clip();
    await this.#call("onGradients", this, last);
    if (this.stopped === null) await this.#optimize(() => this.optimizer.step());
  }
  /** For optimizers that ask for loss and gradients several times a step. */
  async #closureStep(batch: B): Promise<Outcome> {
    const { optimizer } = this;
    const outcomes: Outcome[] = [];
    const waiting: Promise<unknown>[] = [];
    const closure = () => {
      optimizer.zeroGrad();
      return after(this.#forward(batch), (outcome) => {
        outcomes.push(outcome);
        outcome.loss!.backward();
        this.#clip();
        const step = this.#stepOf(batch, outcome, null);
        for (const callback of this.#callbacks) {
          const done = callback.onGradients?.(this, step);
          if (done instanceof Promise) waiting.push(done);
        }
        return outcome.loss!;
      });
    };
    await this.#optimize(() => optimizer.step(closure));
    await Promise.all(waiting);
    if (outcomes.length === 0)
      throw new DlError(
        "value",
        "fit: the optimizer did not call the closure it was given: leave out closure: true",
      );
    return outcomes[0];
  }
  async #optimize(step: () => unknown): Promise<void> {
    this.#lrs = this.optimizer.paramGroups?.map(({ lr }) => lr) ?? [];
    const done = step();
    if (done instanceof Promise) await done;
    this.steps++;
    stepEach(this.#rules);
  }
  #clip(): void {
    const { clipGradNorm } = this.#options;
    if (clipGradNorm !== undefined) clipNorm(this.#parameters, clipGradNorm);
  }

  #forward(batch: B): Outcome | Promise<Outcome> {
    return after(runStep(this.model, batch, this.#options, "fit"), (outcome) => {
      if (!outcome.loss!.requiresGrad)
        throw new DlError(
          "gradient",
          "fit: the loss does not depend on anything that requires a gradient: is it computed from the model's output, without detach() and noGrad, and are the parameters not frozen?",
        );
      return outcome;
    });
  }
  #stepOf(batch: B, outcome: Outcome, meanLoss: number | null): Step {
    const again = () => runStep(this.model, batch, this.#options, "fit");
    return { ...outcome, loss: outcome.loss!, batch, meanLoss, again };
  }
  async #call<K extends keyof Callback>(
    name: K,
    ...args: Parameters<NonNullable<Callback[K]>>
  ): Promise<void> {
    for (const callback of this.#callbacks) {
      const method = callback[name] as ((...args: unknown[]) => unknown) | undefined;
      const done = method?.apply(callback, args);
      if (done instanceof Promise) await done;
    }
  }
}

function check<B>(model: Model, options: FitOptions<B, any>): Tensor[] {
  const { optimizer, loss, step, epochs = 1, accumulate = 1, readEvery = 50, closure } = options;
  const wrong = (message: string): never => {
    throw new DlError("value", `fit: ${message}`);
  };
  if (typeof model !== "function" || typeof model.parameters !== "function")
    wrong("a model is a function with a method parameters()");
  requireOneOf("fit", options);
  if (!loss && !step)
    wrong("there is no loss: give loss: (output, target) => …, or step: (model, batch) => …");
  if (typeof optimizer?.step !== "function" || typeof optimizer.zeroGrad !== "function")
    wrong(
      "an optimizer is an object with step() and zeroGrad(), for example new Adam(model.parameters())",
    );
  const parameters = [...model.parameters()];
  if (parameters.length === 0)
    wrong(
      "the model has no parameters to train: they are found in its fields, and in modules in its fields; plain arrays of modules are not looked into",
    );
  const counts = { epochs, accumulate, readEvery };
  for (const [name, value] of Object.entries(counts))
    if (!Number.isInteger(value) || value < 1)
      wrong(`${name} has to be a whole number from 1, got ${value}`);
  if (closure && accumulate > 1)
    wrong("accumulate does not go with closure: the closure computes all of a step's gradients");
  const { clipGradNorm } = options;
  if (clipGradNorm !== undefined && !(clipGradNorm > 0))
    wrong(`clipGradNorm has to be above 0, got ${clipGradNorm}`);
  if (options.train === undefined) wrong("there is nothing to train on: give train, batches");
  if (!state.autograd)
    throw new DlError(
      "no-autograd",
      'fit: there are no gradients: import "@dl/autograd" before the model is called',
    );
  return parameters;
}
