import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParameterState, type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface ASGDOptions {
  /** Default 1e-2. */
  lr: number;
  /** How fast parameters shrink and, with `alpha`, the rate falls. Default 1e-4. */
  lambd: number;
  /** The power with which the rate falls. Default 0.75. */
  alpha: number;
  /** The step from which on parameters are averaged. Default 1e6. */
  t0: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Default false. */
  maximize: boolean;
}

const [p, g, average] = [0, 1, 2].map(E.input);
const [rate, shrink, share, decay] = [0, 1, 2, 3].map(E.scalar);

const update = programCache((decays: boolean, maximize: boolean): Update => {
  const signed = maximize ? E.neg(g) : g;
  const d = decays ? E.add(signed, E.mul(decay, p)) : signed;
  const next = E.sub(E.mul(p, shrink), E.mul(rate, d));
  // A share of 1 copies: the average may hold anything before.
  const moved = E.add(average, E.mul(share, E.sub(next, average)));
  const mean = E.select(E.eq(share, 1), next, moved);
  return { program: program([next, mean], 3, 4), tensors: ["ax"] };
});

/**
 * Stochastic gradient descent with a falling rate η, and the average of the parameters beside them.
 *
 *     p = p · (1 − λ η) − η g        a = a + μ (p − a)
 *     afterwards η = lr / (1 + λ lr t)^α        μ = 1 / max(1, t − t0)
 *
 * with g + weightDecay · p in the place of g; η starts as lr and μ as 1. The model keeps p; the averages are
 * `optimizer.state.get(p).ax`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.ASGD.html
 * @see Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992)
 *
 * @example
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new ASGD([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x // => [0.79999, -1.59998]
 */
export class ASGD extends ElementwiseOptimizer<ASGDOptions> {
  protected override readonly numbers = ["step", "eta", "mu"];

  constructor(params: ParamsArgument<ASGDOptions>, options: Partial<ASGDOptions> = {}) {
    super(params, {
      lr: 1e-2,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }
  protected check(group: ASGDOptions): void {
    requireWithin("ASGD", "lr", group.lr, 0);
    requireWithin("ASGD", "weightDecay", group.weightDecay, 0);
  }
  protected update(group: ASGDOptions): Update {
    return update(group.weightDecay !== 0, group.maximize);
  }
  protected scalars(group: ASGDOptions, step: number, state: ParameterState): number[] {
    const { lr, lambd, alpha, t0, weightDecay } = group;
    const eta = (state.eta as number | undefined) ?? lr;
    const mu = (state.mu as number | undefined) ?? 1;
    state.eta = lr / (1 + lambd * lr * step) ** alpha;
    state.mu = 1 / Math.max(1, step - t0);
    return [eta, 1 - lambd * eta, mu, weightDecay];
  }
}
