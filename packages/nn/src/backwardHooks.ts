/**
 * Hooks that see a module's gradients: what goes into a module and what comes out of it passes through an op that does
 * nothing but call them on the way back.
 */
import {
  DlError,
  dispatchAll,
  isTensor,
  keep,
  type Op,
  state,
  Tensor,
  unscoped,
} from "@dl/tensor/core";
import type { ModuleHooks } from "./hooks.ts";
import type { Module } from "./module.ts";

type Gradients = (Tensor | null)[];

const sameMemory = (inputs: readonly Tensor[]): Tensor[] =>
  inputs.map(({ memory }) => {
    memory.storage.retain();
    return new Tensor(memory);
  });
const aliasOp: Op<undefined> = {
  name: "alias",
  forward: sameMemory,
  gradient: (gradients) => [...gradients],
};
/** For a hook, which may keep them: the backward pass lets go of its own. */
const kept = (gradients: Gradients): Gradients =>
  keep(gradients.map((g) => g && unscoped(() => dispatchAll(aliasOp, [g], undefined)[0])));

/** The same tensors; `change` is given their gradients, and gives those that flow on. */
function passing(tensors: Tensor[], change: (gradients: Gradients) => Gradients): Tensor[] {
  const op: Op<undefined> = {
    name: "backward hook",
    forward: sameMemory,
    gradient: (gradients) => change([...gradients]),
  };
  return dispatchAll(op, tensors, undefined);
}
/** Replaces the tensors among `values` that want a gradient; all else gets null as its gradient. */
function passingAmong(values: unknown[], change: (gradients: Gradients) => Gradients): unknown[] {
  const places = values.flatMap((x, i) => (isTensor(x) && x.requiresGrad ? [i] : []));
  const passed = passing(
    places.map((i) => values[i] as Tensor),
    (gradients) => {
      const all: Gradients = values.map(() => null);
      places.forEach((place, i) => {
        all[place] = gradients[i];
      });
      const changed = change(all);
      return places.map((place) => changed[place]);
    },
  );
  const out = [...values];
  places.forEach((place, i) => {
    out[place] = passed[i];
  });
  return out;
}
const wantsGradient = (values: unknown[]): boolean =>
  values.some((x) => isTensor(x) && x.requiresGrad) && (state.autograd?.isGradEnabled() ?? false);

/** One call of a module that has such hooks. */
export class BackwardCall {
  readonly #module: Module;
  readonly #hooks: ModuleHooks;
  #inputs: unknown[] = [];
  #hasInputs = false;
  /** Null until the backward pass has come to the outputs. */
  #gradOutput: Gradients | null = null;

  constructor(module: Module, hooks: ModuleHooks) {
    this.#module = module;
    this.#hooks = hooks;
  }

  /** The arguments of `forward`. */
  before(inputs: unknown[]): unknown[] {
    this.#inputs = inputs;
    if (this.#hooks.afterBackward.isEmpty || !wantsGradient(inputs)) return inputs;
    this.#hasInputs = true;
    return passingAmong(inputs, (gradients) => {
      // The gradient came by another way than through the outputs.
      if (!this.#gradOutput) return gradients;
      const changed = this.#callHooks(gradients, this.#gradOutput);
      this.#gradOutput = null;
      return changed;
    });
  }
  /** The result of `forward`: a tensor or an array of some. Others have no gradient here. */
  after(output: unknown): unknown {
    const isList = Array.isArray(output);
    const outputs: unknown[] = isList ? output : [output];
    if (!wantsGradient(outputs)) return output;
    const passed = passingAmong(outputs, (gradients) => {
      let out = gradients;
      for (const hook of this.#hooks.beforeBackward)
        out = this.#checked(
          out,
          unscoped(() => hook(this.#module, kept(out))),
        );
      // Until the inputs' are known the backward pass has let go of it.
      this.#gradOutput = kept(out);
      // Without an argument that wants a gradient there is nothing later to wait for.
      if (!this.#hasInputs) {
        this.#callHooks(
          this.#inputs.map(() => null),
          out,
        );
        this.#gradOutput = null;
      }
      return out;
    });
    return isList ? passed : passed[0];
  }

  #callHooks(gradInput: Gradients, gradOutput: Gradients): Gradients {
    let out = gradInput;
    for (const hook of this.#hooks.afterBackward)
      out = this.#checked(
        out,
        unscoped(() => hook(this.#module, kept(out), kept(gradOutput))),
      );
    return out;
  }
  #checked(before: Gradients, after: unknown): Gradients {
    if (after === undefined || after === null) return before;
    if (!Array.isArray(after) || after.length !== before.length)
      throw new DlError(
        "value",
        `a backward hook of ${this.#module.constructor.name}: it has to return nothing or an array of ${before.length} gradients`,
      );
    return after as Gradients;
  }
}
