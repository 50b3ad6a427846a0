import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface AdamaxOptions {
  /** Default 2e-3. */
  lr: number;
  /** Decay of the running mean of g and of the largest |g|. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to |g|. Default 1e-8. */
  eps: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Default false. */
  maximize: boolean;
}

const [p, g, m, u] = [0, 1, 2, 3].map(E.input);
const [lessBeta1, beta2, stepSize, eps, decay] = [0, 1, 2, 3, 4].map(E.scalar);

const update = programCache((decays: boolean, maximize: boolean): Update => {
  const signed = maximize ? E.neg(g) : g;
  const d = decays ? E.add(signed, E.mul(decay, p)) : signed;
  const m1 = E.add(m, E.mul(lessBeta1, E.sub(d, m)));
  const u1 = E.max(E.mul(u, beta2), E.add(E.abs(d), eps));
  const next = E.sub(p, E.div(E.mul(stepSize, m1), u1));
  return { program: program([next, m1, u1], 4, 5), tensors: ["exp_avg", "exp_inf"] };
});

/**
 * Adam with the largest gradient, fading, in the place of the root mean square.
 *
 *     m = β₁ m + (1 − β₁) g        u = max(β₂ u, |g| + ε)
 *     p = p − lr / (1 − β₁ᵗ) · m / u
 *
 * with g + weightDecay · p in the place of g.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 * @see Kingma and Ba, Adam: a method for stochastic optimization (2014), section 7
 *
 * @example
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new Adamax([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x // => [0.9, -1.9]
 */
export class Adamax extends ElementwiseOptimizer<AdamaxOptions> {
  constructor(params: ParamsArgument<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(params, {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }
  protected check(group: AdamaxOptions): void {
    for (const name of ["lr", "eps", "weightDecay"] as const)
      requireWithin("Adamax", name, group[name], 0);
    requireWithin("Adamax", "betas[0]", group.betas[0], 0, 1);
    requireWithin("Adamax", "betas[1]", group.betas[1], 0, 1);
  }
  protected update(group: AdamaxOptions): Update {
    return update(group.weightDecay !== 0, group.maximize);
  }
  protected scalars(group: AdamaxOptions, step: number): number[] {
    const [b1, b2] = group.betas;
    return [1 - b1, b2, group.lr / (1 - b1 ** step), group.eps, group.weightDecay];
  }
}
