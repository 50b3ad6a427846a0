import { DlError, expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParameterState, type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface SGDOptions {
  /** Default 1e-3. */
  lr: number;
  /** Default 0. */
  momentum: number;
  /** Of the gradient as it enters the momentum. Default 0. */
  dampening: number;
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: number;
  /** Looks ahead: needs momentum without dampening. Default false. */
  nesterov: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

const [p, g, buffer] = [E.input(0), E.input(1), E.input(2)];
const [lr, momentum, entering, decay] = [0, 1, 2, 3].map(E.scalar);

const update = programCache(
  (hasMomentum: boolean, nesterov: boolean, decays: boolean, maximize: boolean): Update => {
    const signed = maximize ? E.neg(g) : g;
    const d = decays ? E.add(signed, E.mul(decay, p)) : signed;
    if (!hasMomentum) return { program: program([E.sub(p, E.mul(lr, d))], 2, 4), tensors: [] };
    const next = E.add(E.mul(buffer, momentum), E.mul(d, entering));
    const step = nesterov ? E.add(d, E.mul(momentum, next)) : next;
    return {
      program: program([E.sub(p, E.mul(lr, step)), next], 3, 4),
      tensors: ["momentum_buffer"],
    };
  },
);

/**
 * Stochastic gradient descent.
 *
 *     d = g + weightDecay · p
 *     b = momentum · b + (1 − dampening) · d        at the first step b = d
 *     p = p − lr · (d + momentum · b  with nesterov, else b; without momentum d)
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
 * @see Sutskever et al., On the importance of initialization and momentum in deep learning (2013)
 */
export class SGD extends ElementwiseOptimizer<SGDOptions> {
  protected override readonly countsSteps = false;

  constructor(params: ParamsArgument<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
      ...options,
    });
  }
  protected check(group: SGDOptions): void {
    requireWithin("SGD", "lr", group.lr, 0);
    requireWithin("SGD", "momentum", group.momentum, 0);
    requireWithin("SGD", "weightDecay", group.weightDecay, 0);
    if (group.nesterov && (group.momentum <= 0 || group.dampening !== 0))
      throw new DlError("value", "SGD: nesterov needs a momentum above 0 and no dampening");
  }
  protected update(group: SGDOptions): Update {
    return update(group.momentum !== 0, group.nesterov, group.weightDecay !== 0, group.maximize);
  }
  protected scalars(group: SGDOptions, step: number, state: ParameterState): number[] {
    // Momentum may be turned on later: its first step is still to come.
    if (group.momentum === 0) state.step = 0;
    return [group.lr, group.momentum, step === 1 ? 1 : 1 - group.dampening, group.weightDecay];
  }
}
