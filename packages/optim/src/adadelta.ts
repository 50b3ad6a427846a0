import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface AdadeltaOptions {
  /** Default 1. */
  lr: number;
  /** Decay of both running means. Default 0.9. */
  rho: number;
  /** Default 1e-6. */
  eps: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Default false. */
  maximize: boolean;
}

const [p, g, squares, deltas] = [0, 1, 2, 3].map(E.input);
const [lr, rho, lessRho, eps, decay] = [0, 1, 2, 3, 4].map(E.scalar);

const update = programCache((decays: boolean, maximize: boolean): Update => {
  const signed = maximize ? E.neg(g) : g;
  const d = decays ? E.add(signed, E.mul(decay, p)) : signed;
  const square = E.add(E.mul(squares, rho), E.mul(E.mul(lessRho, d), d));
  const delta = E.mul(E.div(E.sqrt(E.add(deltas, eps)), E.sqrt(E.add(square, eps))), d);
  const moved = E.add(E.mul(deltas, rho), E.mul(E.mul(lessRho, delta), delta));
  return {
    program: program([E.sub(p, E.mul(lr, delta)), square, moved], 4, 5),
    tensors: ["square_avg", "acc_delta"],
  };
});

/**
 * Steps of the size of earlier steps, so that no rate has to be chosen.
 *
 *     v = ρ v + (1 − ρ) g²        Δ = √(u + ε) / √(v + ε) · g        u = ρ u + (1 − ρ) Δ²
 *     p = p − lr · Δ
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 * @see Zeiler, ADADELTA: an adaptive learning rate method (2012)
 */
export class Adadelta extends ElementwiseOptimizer<AdadeltaOptions> {
  constructor(params: ParamsArgument<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super(params, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false, ...options });
  }
  protected check(group: AdadeltaOptions): void {
    requireWithin("Adadelta", "lr", group.lr, 0);
    requireWithin("Adadelta", "rho", group.rho, 0, 1 + Number.EPSILON);
    requireWithin("Adadelta", "eps", group.eps, 0);
    requireWithin("Adadelta", "weightDecay", group.weightDecay, 0);
  }
  protected update(group: AdadeltaOptions): Update {
    return update(group.weightDecay !== 0, group.maximize);
  }
  protected scalars(group: AdadeltaOptions): number[] {
    return [group.lr, group.rho, 1 - group.rho, group.eps, group.weightDecay];
  }
}
