/**
 * Optimizers whose step of one parameter is one kernel, which writes the parameter and its state in place. Hyperparameters
 * are run-time scalars, so that changing them compiles nothing.
 */
import { type Assignment, assignEach, type Program, type Tensor } from "@dl/tensor/core";
import {
  filled,
  type Group,
  Optimizer,
  type ParameterState,
  type WithGradient,
} from "./optimizer.ts";

/** How one parameter is updated: expressions over [parameter, gradient, ...state tensors] and scalars. */
export interface Update {
  readonly program: Program;
  /** Names of the state tensors, in the order of operands and results. */
  readonly tensors: readonly string[];
}

export abstract class ElementwiseOptimizer<H extends { lr: number } = any> extends Optimizer<H> {
  /** The kernel for a group's hyperparameters. */
  protected abstract update(group: H): Update;
  /**
   * What it is given at the `step`-th step of a parameter, from 1. Numbers that go from step to step may be kept in the
   * state.
   */
  protected abstract scalars(group: H, step: number, state: ParameterState): number[];
  /** What a state tensor starts with. */
  protected initial(_name: string, _group: H): number {
    return 0;
  }

  protected override stepGroup(group: Group<H>, params: readonly WithGradient[]): void {
    const { program, tensors } = this.update(group);
    // All parameters of a group at once: a backend may run them as one kernel.
    assignEach(
      program,
      params.map(([p, grad]) => this.#assignment(p, grad, group, tensors)),
    );
  }

  /** One parameter's next step. */
  #assignment(p: Tensor, grad: Tensor, group: Group<H>, tensors: Update["tensors"]): Assignment {
    const state = this.nextState(p);
    for (const name of tensors) state[name] ??= filled(p, p.shape, this.initial(name, group));
    const targets = [p, ...tensors.map((name) => state[name] as Tensor)].map((t) => t.memory);
    return {
      targets,
      operands: [targets[0], grad.memory, ...targets.slice(1)],
      scalars: this.scalars(group, state.step, state),
    };
  }
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
