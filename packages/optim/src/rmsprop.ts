import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface RMSpropOptions {
  /** Default 1e-2. */
  lr: number;
  /** Decay of the running mean of g². Default 0.99. */
  alpha: number;
  /** Default 1e-8. */
  eps: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Default 0. */
  momentum: number;
  /** Divide by the deviation rather than the root mean square. Default false. */
  centered: boolean;
  /** Default false. */
  maximize: boolean;
}

const [p, g] = [E.input(0), E.input(1)];
const [lr, alpha, lessAlpha, eps, momentum, decay] = [0, 1, 2, 3, 4, 5].map(E.scalar);

const update = programCache(
  (decays: boolean, centered: boolean, hasMomentum: boolean, maximize: boolean): Update => {
    const tensors = [
      "square_avg",
      ...(hasMomentum ? ["momentum_buffer"] : []),
      ...(centered ? ["grad_avg"] : []),
    ];
    const stateOf = (name: string) => E.input(2 + tensors.indexOf(name));
    const signed = maximize ? E.neg(g) : g;
    const d = decays ? E.add(signed, E.mul(decay, p)) : signed;
    const square = E.add(E.mul(stateOf("square_avg"), alpha), E.mul(E.mul(lessAlpha, d), d));
    const mean = centered
      ? E.add(stateOf("grad_avg"), E.mul(lessAlpha, E.sub(d, stateOf("grad_avg"))))
      : undefined;
    const denominator = E.add(E.sqrt(mean ? E.sub(square, E.mul(mean, mean)) : square), eps);
    const buffer = hasMomentum
      ? E.add(E.mul(stateOf("momentum_buffer"), momentum), E.div(d, denominator))
      : undefined;
    const next = buffer ? E.sub(p, E.mul(lr, buffer)) : E.sub(p, E.div(E.mul(lr, d), denominator));
    const results = [next, square, ...(buffer ? [buffer] : []), ...(mean ? [mean] : [])];
    return { program: program(results, 2 + tensors.length, 6), tensors };
  },
);

/**
 * Divides by a running root mean square of the gradient.
 *
 *     v = α v + (1 − α) g²        a = running mean of g, with centered
 *     p = p − lr · g / (√(v − a²) + ε)        through a momentum buffer, if any
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 * @see Hinton, Neural networks for machine learning, lecture 6 (2012); Graves for centered (2013)
 */
export class RMSprop extends ElementwiseOptimizer<RMSpropOptions> {
  constructor(params: ParamsArgument<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(params, {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
      ...options,
    });
  }
  protected check(group: RMSpropOptions): void {
    for (const name of ["lr", "alpha", "eps", "weightDecay", "momentum"] as const)
      requireWithin("RMSprop", name, group[name], 0);
  }
  protected update(group: RMSpropOptions): Update {
    return update(group.weightDecay !== 0, group.centered, group.momentum > 0, group.maximize);
  }
  protected scalars(group: RMSpropOptions): number[] {
    return [group.lr, group.alpha, 1 - group.alpha, group.eps, group.momentum, group.weightDecay];
  }
}
