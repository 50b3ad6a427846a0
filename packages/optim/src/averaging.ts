/** Averages of a model's weights over the steps of its training. */
import {
  assignEach,
  type Backend,
  DlError,
  expr as E,
  formatShape,
  isFloating,
  isTensor,
  program,
  sameShape,
  scope,
  type Tensor,
  tensor,
  state as world,
} from "@dl/tensor/core";

/** What is asked of a model; modules of @dl/nn have it. */
export interface AveragedModule {
  (...args: any[]): unknown;
  /** Another one like it. */
  deepcopy(): unknown;
  parameters(): Iterable<Tensor>;
  buffers(): Iterable<Tensor>;
  modules(): Iterable<object>;
  stateDict(): Record<string, Tensor>;
  /** Changes nothing if the dictionary does not fit. */
  loadStateDict(dict: any): unknown;
  readonly training: boolean;
  train(mode?: boolean): unknown;
}

/** The next average from the last one, the model's value, and how many were averaged. Runs unrecorded. */
export type AvgFn = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;
/** The same for many tensors of one dtype and backend at once: it writes into the first list. */
export type MultiAvgFn = (
  averaged: readonly Tensor[],
  current: readonly Tensor[],
  numAveraged: number,
) => void;

export interface AveragedModelOptions {
  /** The backend on which averages are kept, and then calls run. Default: the model's. */
  device?: Backend;
  /** How values are averaged; all equally by default. */
  avgFn?: AvgFn | null;
  /** The same for many tensors at once. Only one of the two. */
  multiAvgFn?: MultiAvgFn | null;
  /** Average buffers, such as running means, instead of copying the model's. Default false. */
  useBuffers?: boolean;
}

/**
 * Exponential moving average: `decay · averaged + (1 − decay) · current`.
 *
 * @param decay within 0 … 1. Default 0.999.
 * @see https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * @example
 * getEmaAvgFn(0.9)(tensor([1]), tensor([2]), 3) // => [1.1]
 */
export function getEmaAvgFn(decay = 0.999): AvgFn {
  checkDecay("getEmaAvgFn", decay);
  return (averaged, current) => scope(() => averaged.mul(decay).add(current, { alpha: 1 - decay }));
}

/**
 * Every value counts the same: `averaged + (current − averaged) / (numAveraged + 1)`.
 *
 * @see https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * @example
 * getSwaAvgFn()(tensor([1]), tensor([2]), 3) // => [1.25]
 */
export function getSwaAvgFn(): AvgFn {
  return (averaged, current, numAveraged) =>
    scope(() => averaged.add(current.sub(averaged).div(numAveraged + 1)));
}

/**
 * `getEmaAvgFn` for all tensors at once.
 *
 * @param decay within 0 … 1. Default 0.999.
 * @see https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 */
export function getEmaMultiAvgFn(decay = 0.999): MultiAvgFn {
  checkDecay("getEmaMultiAvgFn", decay);
  return (averaged, current) => moveTowards(averaged, current, 1 - decay);
}

/**
 * `getSwaAvgFn` for all tensors at once: what an AveragedModel does by default.
 *
 * @see https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 */
export function getSwaMultiAvgFn(): MultiAvgFn {
  return (averaged, current, numAveraged) => moveTowards(averaged, current, 1 / (numAveraged + 1));
}

function checkDecay(name: string, decay: number): void {
  if (!(decay >= 0 && decay <= 1))
    throw new DlError("value", `${name}: decay is ${decay}, it has to lie within 0 … 1`);
}

const [a, b] = [E.input(0), E.input(1)];
const MOVE = program([E.add(a, E.mul(E.scalar(0), E.sub(b, a)))], 2, 1);
/** Whole numbers would compute in whole numbers: via float32, cut off as PyTorch does. */
function moveTowards(averaged: readonly Tensor[], current: readonly Tensor[], share: number): void {
  if (averaged.length > 0 && !isFloating(averaged[0].dtype)) {
    averaged.forEach((x, i) =>
      scope(() => x.copy_(x.mul(1 - share).add(current[i], { alpha: share }))),
    );
    return;
  }
  assignEach(
    MOVE,
    averaged.map(({ memory }, i) => ({
      targets: [memory],
      operands: [memory, current[i].memory],
      scalars: [share],
    })),
  );
}

/** A function whose prototype is the class, as modules are. */
class Callable {
  constructor() {
    const self = ((...args: unknown[]) =>
      (self as unknown as { forward(...args: unknown[]): unknown }).forward(...args)) as unknown;
    delete (self as { name?: string }).name;
    delete (self as { length?: number }).length;
    // biome-ignore lint/correctness/noConstructorReturn: this is how a class makes functions
    return Object.setPrototypeOf(self, new.target.prototype);
  }
}

export interface AveragedModel<M extends AveragedModule> {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  (...args: Parameters<M>): ReturnType<M>;
}

/**
 * A model with averaged weights: stochastic weight averaging (SWA), or an exponential moving average (EMA) with
 * `multiAvgFn: getEmaMultiAvgFn(0.999)`. Call `updateParameters(model)` after the optimizer's steps, and the averaged
 * model like the model: `averaged(images)`.
 *
 * It starts as a copy of the model, `module`; the first update copies the weights again, and later ones average. Buffers
 * are the model's newest, or averages too with `useBuffers`. `await updateBn(loader, averaged)` gives batch norm
 * statistics that fit the averaged weights.
 *
 * @throws DlError "value" for a model that cannot be copied: one with `#private` fields has to have a `deepcopy()` of its
 *   own.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html
 * @see Izmailov et al., Averaging weights leads to wider optima and better generalization (2018)
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable provides the call signature
export class AveragedModel<M extends AveragedModule = AveragedModule> extends Callable {
  /** A copy of the model, with the averages. */
  readonly module: M;
  readonly avgFn: AvgFn | null;
  readonly multiAvgFn: MultiAvgFn | null;
  readonly useBuffers: boolean;
  /** How often `updateParameters` was called. */
  nAveraged = 0;

  constructor(
    model: M,
    { device, avgFn = null, multiAvgFn = null, useBuffers = false }: AveragedModelOptions = {},
  ) {
    super();
    if (avgFn && multiAvgFn)
      throw new DlError("value", "AveragedModel: give avgFn or multiAvgFn, not both");
    if (typeof model?.deepcopy !== "function")
      throw new DlError("value", "AveragedModel: the model has no deepcopy(), which copies it");
    this.module = model.deepcopy() as M;
    this.avgFn = avgFn;
    this.multiAvgFn = multiAvgFn;
    this.useBuffers = useBuffers;
    for (const t of [...this.parameters(), ...this.buffers()]) {
      t.grad = null;
      if (device && device !== t.device)
        unrecorded(() => scope(() => t.set_(t.detach().to(device))));
    }
  }

  get training(): boolean {
    return this.module.training;
  }
  train(mode = true): this {
    this.module.train(mode);
    return this;
  }
  eval(): this {
    return this.train(false);
  }
  /** The averages, in the order of the model's parameters. */
  parameters(): Tensor[] {
    return [...this.module.parameters()];
  }
  buffers(): Tensor[] {
    return [...this.module.buffers()];
  }
  modules(): object[] {
    return [...this.module.modules()];
  }
  /** What the model computes with the averages. */
  forward(...args: unknown[]): unknown {
    return this.module(...args);
  }

  /** Takes the weights that a model has now into the averages. */
  updateParameters(model: Pick<AveragedModule, "parameters" | "buffers">): void {
    const [params, buffers] = [[...model.parameters()], [...model.buffers()]];
    const [ownParams, ownBuffers] = [this.parameters(), this.buffers()];
    this.#checkAlike("parameters", ownParams, params);
    this.#checkAlike("buffers", ownBuffers, buffers);
    const averaged = this.useBuffers ? [...ownParams, ...ownBuffers] : ownParams;
    const current = this.useBuffers ? [...params, ...buffers] : params;
    unrecorded(() => {
      if (this.nAveraged === 0) copyAll(averaged, current);
      else scope(() => this.#average(averaged, current));
      if (!this.useBuffers) copyAll(ownBuffers, buffers);
    });
    this.nAveraged++;
  }
  #average(averaged: readonly Tensor[], current: readonly Tensor[]): void {
    const here = current.map((t, i) => t.detach().to(averaged[i].device));
    if (this.avgFn) {
      averaged.forEach((t, i) => t.copy_(this.avgFn!(t, here[i], this.nAveraged)));
      return;
    }
    const groups = new Map<Backend, Map<string, number[]>>();
    averaged.forEach(({ device, dtype }, i) => {
      const ofDevice = groups.get(device) ?? new Map<string, number[]>();
      groups.set(device, ofDevice);
      ofDevice.set(dtype, [...(ofDevice.get(dtype) ?? []), i]);
    });
    const average = this.multiAvgFn ?? getSwaMultiAvgFn();
    for (const ofDevice of groups.values())
      for (const group of ofDevice.values())
        average(
          group.map((i) => averaged[i]),
          group.map((i) => here[i]),
          this.nAveraged,
        );
  }
  #checkAlike(what: string, own: readonly Tensor[], other: readonly Tensor[]): void {
    const at = own.findIndex((t, i) => !other[i] || !sameShape(t.shape, other[i].shape));
    if (own.length === other.length && at < 0) return;
    const shapes = (list: readonly Tensor[]) => list.map((t) => formatShape(t.shape)).join(", ");
    throw new DlError(
      "value",
      `AveragedModel.updateParameters: the ${what} are ${shapes(other) || "none"}, averaged are ${shapes(own) || "none"}: pass the model that this was made from, or one like it`,
    );
  }

  /** As PyTorch's: `n_averaged`, and the averages with `module.` before their names. The functions are not in it. */
  stateDict(): Record<string, Tensor> {
    const entries = Object.entries(this.module.stateDict());
    return {
      n_averaged: tensor(this.nAveraged, { dtype: "int32" }),
      ...Object.fromEntries(entries.map(([k, t]) => [PREFIX + k, t])),
    };
  }
  /** Continues where a state dictionary was written; nothing has changed if it does not fit. */
  loadStateDict(dict: Readonly<Record<string, Tensor>>): void {
    const { n_averaged: nAveraged, ...averages } = dict;
    const strangers = Object.keys(averages).filter((k) => !k.startsWith(PREFIX));
    const problems = strangers.map((k) => `${k} is not expected`);
    if (!isTensor(nAveraged)) problems.push("n_averaged is missing");
    if (problems.length > 0)
      throw new DlError(
        "state-dict",
        `AveragedModel.loadStateDict: the dictionary does not fit:\n  ${problems.join("\n  ")}`,
      );
    const entries = Object.entries(averages).map(([k, t]) => [k.slice(PREFIX.length), t]);
    this.module.loadStateDict(Object.fromEntries(entries));
    this.nAveraged = nAveraged.itemSync();
  }
}
const PREFIX = "module.";

function unrecorded(fn: () => void): void {
  if (world.autograd) world.autograd.noGrad(fn);
  else fn();
}
function copyAll(targets: readonly Tensor[], sources: readonly Tensor[]): void {
  scope(() => targets.forEach((t, i) => t.copy_(sources[i].detach())));
}
