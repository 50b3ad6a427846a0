/**
 * What optimizers share: parameter groups, state, and the step. A step of one parameter is one kernel that writes the
 * parameter and its state in place; hyperparameters are run-time scalars, so that changing them compiles nothing.
 */
import {
  type Assignment,
  allocate,
  assignEach,
  DlError,
  denseLike,
  formatShape,
  isTensor,
  type Program,
  sameShape,
  Tensor,
  unscoped,
  state as world,
} from "@dl/tensor";
import { fillView } from "./fill.ts";

/** Fields that every group has, beside the hyperparameters of its optimizer. */
export type Group<H> = H & { params: Tensor[]; initialLr?: number };
/** Parameters, or groups of them with hyperparameters of their own. */
export type ParamsArgument<H> =
  | Iterable<Tensor>
  | Iterable<Partial<H> & { params: Iterable<Tensor> | Tensor }>;
/** By PyTorch's names: tensors, and numbers such as `step`. */
export type ParameterState = Record<string, Tensor | number>;

export interface OptimizerStateDict {
  state: Record<number, ParameterState>;
  param_groups: ({ params: number[] } & Record<string, unknown>)[];
}

/** How one parameter is updated: expressions over [parameter, gradient, ...state tensors] and scalars. */
export interface Update {
  readonly program: Program;
  /** Names of the state tensors, in the order of operands and results. */
  readonly tensors: readonly string[];
}

export abstract class Optimizer<H extends { lr: number } = any> {
  readonly defaults: H;
  readonly paramGroups: Group<H>[] = [];
  readonly state = new Map<Tensor, ParameterState>();
  /** How often `step()` has run: what schedulers look at. */
  stepCount = 0;

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

  /** The kernel for a group's hyperparameters. */
  protected abstract update(group: H): Update;
  /** What it is given at the `step`-th step of a parameter, from 1. */
  protected abstract scalars(group: H, step: number): number[];
  /** What a state tensor starts with. */
  protected initial(_name: string, _group: H): number {
    return 0;
  }
  /** Whether PyTorch keeps the number of steps in the state. */
  protected readonly countsSteps: boolean = true;
  /** Throws for impossible hyperparameters. */
  protected abstract check(group: H): void;

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
      if (!p.requiresGrad)
        throw new DlError(
          "value",
          `${this.constructor.name}: parameter ${i} ${formatShape(p.shape)} does not require a gradient: filter with (p) => p.requiresGrad`,
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
    const loss = closure?.();
    let updated = 0;
    const run = () => {
      for (const group of this.paramGroups) {
        const update = this.update(group);
        // All parameters of a group at once: a backend may run them as one kernel.
        const assignments = group.params.flatMap((p) =>
          p.grad && p.grad.released === null
            ? [this.assignment(p, p.grad, group, update.tensors)]
            : [],
        );
        assignEach(update.program, assignments);
        updated += assignments.length;
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

  /** One parameter's next step. */
  private assignment(
    p: Tensor,
    grad: Tensor,
    group: Group<H>,
    tensors: Update["tensors"],
  ): Assignment {
    let state = this.state.get(p);
    if (!state) {
      state = {};
      this.state.set(p, state);
    }
    for (const name of tensors) state[name] ??= filledLike(p, this.initial(name, group));
    const step = ((state.step as number | undefined) ?? 0) + 1;
    state.step = step;
    const targets = [p, ...tensors.map((name) => state[name] as Tensor)].map((t) => t.memory);
    return {
      targets,
      operands: [targets[0], grad.memory, ...targets.slice(1)],
      scalars: this.scalars(group, step),
    };
  }

  /** In PyTorch's structure: state by the parameter's number, counted through the groups. */
  stateDict(): OptimizerStateDict {
    const numbers = new Map(this.paramGroups.flatMap((g) => g.params).map((p, i) => [p, i]));
    const state: OptimizerStateDict["state"] = {};
    for (const [p, entries] of this.state) {
      const { step, ...rest } = entries;
      state[numbers.get(p)!] = this.countsSteps && step !== undefined ? { step, ...rest } : rest;
    }
    const param_groups = this.paramGroups.map(({ params, ...hyper }) => ({
      ...Object.fromEntries(Object.entries(hyper).map(([k, v]) => [snakeCase(k), v])),
      params: params.map((p) => numbers.get(p)!),
    }));
    return { state, param_groups };
  }

  /** Continues where a state dictionary was written; nothing has changed if it does not fit. */
  loadStateDict(dict: OptimizerStateDict): void {
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
        if (p && isTensor(value) && value.numel > 1 && !sameShape(value.shape, p.shape)) {
          problems.push(
            `${name} of parameter ${n} has shape ${formatShape(value.shape)}, the parameter ${formatShape(p.shape)}`,
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
      // Where PyTorch keeps no count, state that exists means that there was a step.
      const own: ParameterState = this.countsSteps ? {} : { step: 1 };
      for (const [name, value] of Object.entries(entries)) {
        if (!isTensor(value)) own[name] = value;
        else if (name === "step") own.step = value.itemSync();
        else own[name] = unscoped(() => filledLike(p, 0).copy_(value.detach()));
      }
      this.state.set(p, own);
    }
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

/** In the parameter's own dimension order, and out of every scope. */
function filledLike(p: Tensor, value: number): Tensor {
  return unscoped(() => {
    const view = allocate(p.device, p.dtype, p.shape, denseLike(p.shape, p.memory.strides));
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

/** Programs by what they depend on, for the choices that change the formula. */
export function programCache<K extends readonly unknown[]>(
  make: (...choices: K) => Update,
): (...choices: K) => Update {
  const made = new Map<string, Update>();
  return (...choices) => {
    const key = choices.join();
    let update = made.get(key);
    if (!update) {
      update = make(...choices);
      made.set(key, update);
    }
    return update;
  };
}
