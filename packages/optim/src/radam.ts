import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface RAdamOptions {
  /** Default 1e-3. */
  lr: number;
  /** Decay of the running means of g and g². Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** L2 penalty, or decay of the parameters themselves if it is decoupled. Default 0. */
  weightDecay: number;
  /** Weight decay of the parameters themselves rather than through the gradient. Default false. */
  decoupledWeightDecay: boolean;
  /** Default false. */
  maximize: boolean;
}

const [p, g, m, v] = [0, 1, 2, 3].map(E.input);
const [lessBeta1, beta2, lessBeta2, stepSize, rectified, eps, decay, shrink] = [
  0, 1, 2, 3, 4, 5, 6, 7,
].map(E.scalar);

const update = programCache((decays: boolean, decoupled: boolean, maximize: boolean): Update => {
  const signed = maximize ? E.neg(g) : g;
  const start = decays && decoupled ? E.mul(p, shrink) : p;
  const d = decays && !decoupled ? E.add(signed, E.mul(decay, p)) : signed;
  const m1 = E.add(m, E.mul(lessBeta1, E.sub(d, m)));
  const v1 = E.add(E.mul(v, beta2), E.mul(E.mul(lessBeta2, d), d));
  const direction = E.select(
    E.gt(rectified, 0),
    E.div(E.mul(m1, rectified), E.add(E.sqrt(v1), eps)),
    m1,
  );
  const next = E.sub(start, E.mul(stepSize, direction));
  return { program: program([next, m1, v1], 4, 8), tensors: ["exp_avg", "exp_avg_sq"] };
});

/**
 * Adam that waits with dividing by √v until v rests on enough gradients, and then starts cautiously.
 *
 *     ρ∞ = 2 / (1 − β₂) − 1        ρₜ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
 *     r = √((ρₜ − 4) (ρₜ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρₜ))
 *     p = p − lr · m / (1 − β₁ᵗ) · (r √(1 − β₂ᵗ) / (√v + ε)  where ρₜ > 5, else 1)
 *
 * with m and v as in Adam, g + weightDecay · p in the place of g, or, with `decoupledWeightDecay`,
 * p · (1 − lr · weightDecay) in the place of p.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 * @see Liu et al., On the variance of the adaptive learning rate and beyond (2019)
 *
 * @example
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new RAdam([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x // => [0.8, -1.6]
 */
export class RAdam extends ElementwiseOptimizer<RAdamOptions> {
  constructor(params: ParamsArgument<RAdamOptions>, options: Partial<RAdamOptions> = {}) {
    super(params, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
      maximize: false,
      ...options,
    });
  }
  protected check(group: RAdamOptions): void {
    for (const name of ["lr", "eps", "weightDecay"] as const)
      requireWithin("RAdam", name, group[name], 0);
    requireWithin("RAdam", "betas[0]", group.betas[0], 0, 1);
    requireWithin("RAdam", "betas[1]", group.betas[1], 0, 1);
  }
  protected update(group: RAdamOptions): Update {
    return update(group.weightDecay !== 0, group.decoupledWeightDecay, group.maximize);
  }
  protected scalars(group: RAdamOptions, step: number): number[] {
    const { lr, betas, eps: epsilon, weightDecay } = group;
    const [b1, b2] = betas;
    const correction = 1 - b2 ** step;
    const limit = 2 / (1 - b2) - 1;
    const length = limit - (2 * step * b2 ** step) / correction;
    // 0 stands for: not yet.
    const rectification =
      length > 5
        ? Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length)) *
          Math.sqrt(correction)
        : 0;
    return [
      1 - b1,
      b2,
      1 - b2,
      lr / (1 - b1 ** step),
      rectification,
      epsilon,
      weightDecay,
      1 - lr * weightDecay,
    ];
  }
}
