/** What optimizers share: parameter groups, state, and the order of a step. */
import {
  allocate,
  DlError,
  denseLike,
  formatShape,
  type HookHandle,
  type HookOptions,
  Hooks,
  isTensor,
  type Shape,
  sameShape,
  Tensor,
  unscoped,
  state as world,
} from "@dl/tensor/core";
import { fillView } from "./fill.ts";

/** Fields that every group has, beside the hyperparameters of its optimizer. */
export type Group<H> = H & { params: Tensor[]; initialLr?: number };
/** Parameters, or groups of them with hyperparameters of their own. */
export type ParamsArgument<H> =
  | Iterable<Tensor>
  | Iterable<Partial<H> & { params: Iterable<Tensor> | Tensor }>;
/** By PyTorch's names: tensors, numbers such as `step`, and for LBFGS its history, which is lists of either. */
export type ParameterState = Record<string, StateEntry>;
export type StateEntry = Tensor | number | null | readonly (Tensor | number | null)[];

export interface OptimizerStateDict {
  state: Record<number, ParameterState>;
  param_groups: ({ params: number[] } & Record<string, unknown>)[];
}

/** A parameter and its gradient. */
export type WithGradient = readonly [p: Tensor, grad: Tensor];

/** The arguments of `step`: none, or the closure. May return others, as an array. */
export type StepPreHook = (optimizer: any, args: unknown[]) => unknown[] | null | undefined | void;
export type StepPostHook = (optimizer: any, args: unknown[]) => void;
/** May return another dictionary. */
export type OptimizerStateDictHook = (
  optimizer: any,
  dict: OptimizerStateDict,
) => OptimizerStateDict | null | undefined | void;
export type OptimizerHook = (optimizer: any) => void;

export abstract class Optimizer<H extends { lr: number } = any> {
  readonly defaults: H;
  readonly paramGroups: Group<H>[] = [];
  readonly state = new Map<Tensor, ParameterState>();
  /** How often `step()` has run: what schedulers look at. */
  stepCount = 0;
  readonly #hooks = {
    beforeStep: new Hooks<StepPreHook>(),
    afterStep: new Hooks<StepPostHook>(),
    beforeSaving: new Hooks<OptimizerHook>(),
    afterSaving: new Hooks<OptimizerStateDictHook>(),
    beforeLoading: new Hooks<OptimizerStateDictHook>(),
    afterLoading: new Hooks<OptimizerHook>(),
  };

  constructor(params: ParamsArgument<H>, defaults: H) {
    this.defaults = defaults;
    const list = [...(params as Iterable<unknown>)];
    if (list.length === 0)
      throw new DlError(
        "value",
        `${this.constructor.name}: there are no parameters: pass model.parameters()`,
      );
    if (list.every(isTensor))
      this.addParamGroup({ params: list } as Partial<H> & { params: Tensor[] });
    else
      for (const group of list)
        this.addParamGroup(group as Partial<H> & { params: Iterable<Tensor> });
  }

  /** Changes these parameters, all of them of one group, by their gradients. Runs unrecorded. */
  protected abstract stepGroup(group: Group<H>, params: readonly WithGradient[]): void;
  /** Throws for impossible hyperparameters. */
  protected abstract check(group: H): void;
  /** Whether PyTorch keeps the number of steps in the state. */
  protected readonly countsSteps: boolean = true;
  /** Entries of the state that are numbers here, where PyTorch may have tensors of one element. */
  protected readonly numbers: readonly string[] = ["step"];
  /** The shape of a tensor of the state. */
  protected stateShape(_name: string, p: Tensor): Shape {
    return p.shape;
  }

  /**
   * Parameters that join later, with hyperparameters of their own: what is left out is as the constructor was given it.
   * Those that require no gradient are passed over by `step()` until they do.
   */
  addParamGroup(group: Partial<H> & { params: Iterable<Tensor> | Tensor }): void {
    const params = isTensor(group.params) ? [group.params] : [...group.params];
    const known = new Set(this.paramGroups.flatMap((g) => g.params));
    params.forEach((p, i) => {
      if (!isTensor(p))
        throw new DlError("value", `${this.constructor.name}: parameter ${i} is not a tensor`);
      if (!p.isLeaf)
        throw new DlError(
          "value",
          `${this.constructor.name}: parameter ${i} ${formatShape(p.shape)} is the result of an op, which cannot be optimized: pass the leaf that it was made from`,
        );
      if (known.has(p))
        throw new DlError(
          "value",
          `${this.constructor.name}: parameter ${i} ${formatShape(p.shape)} is in more than one group`,
        );
      known.add(p);
    });
    const full = { ...this.defaults, ...group, params } as Group<H>;
    this.check(full);
    this.paramGroups.push(full);
  }

  /** Lets go of all gradients, before the next backward pass; or fills them with zeros. */
  zeroGrad({ setToNone = true }: { setToNone?: boolean } = {}): void {
    for (const { params } of this.paramGroups) {
      for (const p of params) {
        if (!p.grad) continue;
        if (!setToNone && p.grad.released === null) fillView(p.grad.memory, 0);
        else {
          p.grad.dispose();
          p.grad = null;
        }
      }
    }
  }

  /** Changes every parameter that has a gradient. With a closure, which computes the loss and its gradients, that first. */
  step(): void;
  step<T>(closure: () => T): T;
  step<T>(closure?: () => T): T | undefined {
    let args: unknown[] = closure ? [closure] : [];
    for (const hook of this.#hooks.beforeStep) args = hook(this, args) ?? args;
    const result = this.advance(args[0] as (() => T) | undefined);
    for (const hook of this.#hooks.afterStep) hook(this, args);
    return result;
  }
  /** `step` without its hooks. */
  protected advance<T>(closure?: () => T): T | undefined {
    const loss = closure?.();
    let updated = 0;
    const run = () => {
      for (const group of this.paramGroups) {
        const params = group.params.flatMap((p): WithGradient[] =>
          p.grad && p.grad.released === null ? [[p, p.grad]] : [],
        );
        if (params.length > 0) this.stepGroup(group, params);
        updated += params.length;
      }
    };
    if (world.autograd) world.autograd.noGrad(run);
    else run();
    if (updated === 0) {
      throw new DlError(
        "gradient",
        `${this.constructor.name}.step(): no parameter has a gradient. Call loss.backward() first, after zeroGrad(); and see that the optimizer was given the parameters of this model`,
      );
    }
    this.stepCount++;
    return loss;
  }

  /** The state of a parameter, made when it is first asked for, with its number of steps one higher. */
  protected nextState(p: Tensor): ParameterState & { step: number } {
    let state = this.state.get(p);
    if (!state) {
      state = {};
      this.state.set(p, state);
    }
    state.step = ((state.step as number | undefined) ?? 0) + 1;
    return state as ParameterState & { step: number };
  }

  /** In PyTorch's structure: state by the parameter's number, counted through the groups. */
  stateDict(): OptimizerStateDict {
    for (const hook of this.#hooks.beforeSaving) hook(this);
    let dict = this.saved();
    for (const hook of this.#hooks.afterSaving) dict = hook(this, dict) ?? dict;
    return dict;
  }
  /** `stateDict` without its hooks. */
  protected saved(): OptimizerStateDict {
    const numbers = new Map(this.paramGroups.flatMap((g) => g.params).map((p, i) => [p, i]));
    const state: OptimizerStateDict["state"] = {};
    for (const [p, entries] of this.state) {
      const { step, ...rest } = entries;
      const shown = this.countsSteps && step !== undefined ? { step, ...rest } : rest;
      if (Object.keys(shown).length > 0) state[numbers.get(p)!] = shown;
    }
    const param_groups = this.paramGroups.map(({ params, ...hyper }) => ({
      ...Object.fromEntries(Object.entries(hyper).map(([k, v]) => [snakeCase(k), v])),
      params: params.map((p) => numbers.get(p)!),
    }));
    return { state, param_groups };
  }

  /** Continues where a state dictionary was written; nothing has changed if it does not fit. */
  loadStateDict(stateDict: OptimizerStateDict): void {
    let dict = { ...stateDict };
    for (const hook of this.#hooks.beforeLoading) dict = hook(this, dict) ?? dict;
    this.#load(dict);
    for (const hook of this.#hooks.afterLoading) hook(this);
  }
  #load(dict: OptimizerStateDict): void {
    const problems: string[] = [];
    const groups = dict.param_groups ?? [];
    if (groups.length !== this.paramGroups.length)
      problems.push(
        `${groups.length} parameter groups, the optimizer has ${this.paramGroups.length}`,
      );
    const byNumber = new Map<number, Tensor>();
    groups.forEach((g, i) => {
      const own = this.paramGroups[i]?.params ?? [];
      if (own.length !== g.params.length)
        problems.push(
          `group ${i} has ${g.params.length} parameters, the optimizer's ${own.length}`,
        );
      g.params.forEach((n, k) => {
        if (own[k]) byNumber.set(n, own[k]);
      });
    });
    for (const [n, entries] of Object.entries(dict.state ?? {})) {
      const p = byNumber.get(Number(n));
      if (!p) problems.push(`state of parameter ${n}, which is in no group`);
      for (const [name, value] of Object.entries(entries)) {
        if (!p || !isTensor(value) || value.numel === 1) continue;
        const wanted = this.stateShape(name, p);
        if (!sameShape(value.shape, wanted)) {
          problems.push(
            `${name} of parameter ${n} has shape ${formatShape(value.shape)}, ${formatShape(wanted)} is wanted for the parameter ${formatShape(p.shape)}`,
          );
        }
      }
    }
    if (problems.length > 0)
      throw new DlError(
        "state-dict",
        `${this.constructor.name}.loadStateDict: the dictionary does not fit:\n  ${problems.join("\n  ")}`,
      );
    groups.forEach((g, i) => {
      for (const [k, v] of Object.entries(g))
        if (k !== "params") (this.paramGroups[i] as Record<string, unknown>)[camelCase(k)] = v;
    });
    this.state.clear();
    for (const [n, entries] of Object.entries(dict.state ?? {})) {
      const p = byNumber.get(Number(n))!;
      // Where PyTorch keeps no count, state that exists means that there was a step; old checkpoints have it as null.
      const hasStepped = !this.countsSteps && Object.values(entries).some((v) => v !== null);
      const own: ParameterState = hasStepped ? { step: 1 } : {};
      for (const [name, value] of Object.entries(entries)) {
        const loaded = this.loaded(name, value, p);
        if (loaded !== null) own[name] = loaded;
      }
      this.state.set(p, own);
    }
  }
  /** One entry of a state dictionary as this optimizer keeps it: a copy, in the parameter's dtype and on its backend. */
  protected loaded(name: string, value: StateEntry, p: Tensor): StateEntry {
    if (!isTensor(value)) return value;
    if (this.numbers.includes(name)) return value.itemSync();
    return unscoped(() => filled(p, this.stateShape(name, p), 0).copy_(value.detach()));
  }

  /**
   * Calls `hook(optimizer, args)` before every step; it may return other arguments of `step`, as an array.
   *
   * @returns what removes the hook
   * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_step_pre_hook.html
   */
  registerStepPreHook(hook: StepPreHook): HookHandle {
    return this.#hooks.beforeStep.add(hook);
  }
  /**
   * Calls `hook(optimizer, args)` after every step.
   *
   * @returns what removes the hook
   * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_step_post_hook.html
   */
  registerStepPostHook(hook: StepPostHook): HookHandle {
    return this.#hooks.afterStep.add(hook);
  }
  /**
   * Calls `hook(optimizer)` before `stateDict()` looks at anything.
   *
   * @returns what removes the hook
   * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_state_dict_pre_hook.html
   */
  registerStateDictPreHook(hook: OptimizerHook, options?: HookOptions): HookHandle {
    return this.#hooks.beforeSaving.add(hook, options);
  }
  /**
   * Calls `hook(optimizer, dict)` with what `stateDict()` is about to return; it may change it, or return another.
   *
   * @returns what removes the hook
   * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_state_dict_post_hook.html
   */
  registerStateDictPostHook(hook: OptimizerStateDictHook, options?: HookOptions): HookHandle {
    return this.#hooks.afterSaving.add(hook, options);
  }
  /**
   * Calls `hook(optimizer, dict)` before `loadStateDict` reads the dictionary, of which it is given a shallow copy; it
   * may change it, or return another.
   *
   * @returns what removes the hook
   * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_load_state_dict_pre_hook.html
   */
  registerLoadStateDictPreHook(hook: OptimizerStateDictHook, options?: HookOptions): HookHandle {
    return this.#hooks.beforeLoading.add(hook, options);
  }
  /**
   * Calls `hook(optimizer)` after `loadStateDict`.
   *
   * @returns what removes the hook
   * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_load_state_dict_post_hook.html
   */
  registerLoadStateDictPostHook(hook: OptimizerHook, options?: HookOptions): HookHandle {
    return this.#hooks.afterLoading.add(hook, options);
  }

  toString(): string {
    const groups = this.paramGroups.map(({ params, ...hyper }, i) => {
      const lines = Object.entries(hyper).map(
        ([k, v]) => `    ${snakeCase(k)}: ${Array.isArray(v) ? `(${v.join(", ")})` : v}`,
      );
      return [`Parameter Group ${i}`, ...lines.sort()].join("\n");
    });
    return `${this.constructor.name} (\n${groups.join("\n\n")}\n)`;
  }
}

/**
 * A tensor of the state: of the parameter's dtype, where it lies, and out of every scope; of its shape it is in the
 * parameter's own dimension order.
 */
export function filled(p: Tensor, shape: Shape, value: number): Tensor {
  return unscoped(() => {
    const strides = sameShape(shape, p.shape) ? denseLike(shape, p.memory.strides) : undefined;
    const view = allocate(p.device, p.dtype, shape, strides);
    fillView(view, value);
    return new Tensor(view);
  });
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

/** For `check`: every named hyperparameter has to lie on an interval. */
export function requireWithin(
  optimizer: string,
  name: string,
  value: number,
  low: number,
  below = Number.POSITIVE_INFINITY,
): void {
  if (value >= low && value < below) return;
  throw new DlError(
    "value",
    `${optimizer}: ${name} is ${value}, it has to be ${below === Number.POSITIVE_INFINITY ? `at least ${low}` : `within ${low} … ${below}, ${below} excluded`}`,
  );
}
