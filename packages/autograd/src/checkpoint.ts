import {
  defaultGenerator,
  dispatch,
  type GeneratorState,
  isTensor,
  type Op,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { gradients } from "./backward.ts";
import { enableGrad } from "./mode.ts";

interface Call {
  readonly fn: (...inputs: Tensor[]) => Tensor;
  /** Where the default generator stood: the second run draws the same numbers. */
  readonly random: GeneratorState;
}

const checkpointOp: Op<Call> = {
  name: "checkpoint",
  forward: (inputs, { fn }) => [scope(() => fn(...inputs))],
  saves: (needs) => ({ inputs: needs.map((_, i) => i) }),
  gradient([g], { attrs: { fn, random }, needs, input }) {
    const inputs = needs.map((need, i) => (need ? input(i).detach().requiresGrad_() : input(i)));
    const output = asBefore(random, () => enableGrad(() => fn(...inputs)));
    const wanted = inputs.filter((_, i) => needs[i]);
    const found = gradients(output, wanted, { gradOutputs: g!, allowUnused: true });
    return needs.map((need) => (need ? found.shift()! : null));
  },
};

/** Runs `fn` with the default generator where it stood, and then puts it back. */
function asBefore<T>(random: GeneratorState, fn: () => T): T {
  const now = defaultGenerator.getState();
  defaultGenerator.setState(random);
  try {
    return fn();
  } finally {
    defaultGenerator.setState(now);
  }
}

/**
 * Runs `fn` without keeping what it computes on the way; the backward pass runs it again. Less memory for more time.
 * Parameters have to be among the inputs to get gradients. `fn` has to do the same both times; random draws are the
 * same by themselves.
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  if (!inputs.every(isTensor))
    throw new TypeError("checkpoint: every argument after the function has to be a tensor");
  return dispatch(checkpointOp, inputs, { fn, random: defaultGenerator.getState() });
}
