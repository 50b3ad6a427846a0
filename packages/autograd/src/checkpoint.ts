import { dispatch, isTensor, type Op, scope, type Tensor } from "@dl/tensor";
import { gradients } from "./backward.ts";
import { enableGrad } from "./mode.ts";

interface Call {
  readonly fn: (...inputs: Tensor[]) => Tensor;
}

const checkpointOp: Op<Call> = {
  name: "checkpoint",
  forward: (inputs, { fn }) => [scope(() => fn(...inputs))],
  saves: (needs) => ({ inputs: needs.map((_, i) => i) }),
  gradient([g], { attrs: { fn }, needs, input }) {
    const inputs = needs.map((need, i) => (need ? input(i).detach().requiresGrad_() : input(i)));
    const output = enableGrad(() => fn(...inputs));
    const wanted = inputs.filter((_, i) => needs[i]);
    const found = gradients(output, wanted, { gradOutputs: g!, allowUnused: true });
    return needs.map((need) => (need ? found.shift()! : null));
  },
};

/**
 * Runs `fn` without keeping what it computes on the way; the backward pass runs it again. Less memory for more time.
 * Parameters have to be among the inputs to get gradients. `fn` has to do the same both times.
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  if (!inputs.every(isTensor))
    throw new TypeError("checkpoint: every argument after the function has to be a tensor");
  return dispatch(checkpointOp, inputs, { fn });
}
