import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParameterState, type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface NAdamOptions {
  /** Default 2e-3. */
  lr: number;
  /** Decay of the running means of g and g². Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** L2 penalty, or decay of the parameters themselves if it is decoupled. Default 0. */
  weightDecay: number;
  /** How fast μ grows from half of β₁ to all of it. Default 4e-3. */
  momentumDecay: number;
  /** Weight decay of the parameters themselves rather than through the gradient. Default false. */
  decoupledWeightDecay: boolean;
  /** Default false. */
  maximize: boolean;
}

const [p, g, m, v] = [0, 1, 2, 3].map(E.input);
const [lessBeta1, beta2, lessBeta2, correction, eps, ofGradient, ofMean, decay, shrink] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
].map(E.scalar);

const update = programCache((decays: boolean, decoupled: boolean, maximize: boolean): Update => {
  const signed = maximize ? E.neg(g) : g;
  const start = decays && decoupled ? E.mul(p, shrink) : p;
  const d = decays && !decoupled ? E.add(signed, E.mul(decay, p)) : signed;
  const m1 = E.add(m, E.mul(lessBeta1, E.sub(d, m)));
  const v1 = E.add(E.mul(v, beta2), E.mul(E.mul(lessBeta2, d), d));
  const denominator = E.add(E.sqrt(E.div(v1, correction)), eps);
  const next = E.sub(
    E.sub(start, E.div(E.mul(ofGradient, d), denominator)),
    E.div(E.mul(ofMean, m1), denominator),
  );
  return { program: program([next, m1, v1], 4, 9), tensors: ["exp_avg", "exp_avg_sq"] };
});

/**
 * Adam with Nesterov's momentum: the step looks ahead by the gradient that was just seen.
 *
 *     μₜ = β₁ (1 − ½ · 0.96^(t · momentumDecay))        Πₜ = μ₁ · … · μₜ
 *     m = β₁ m + (1 − β₁) g        v = β₂ v + (1 − β₂) g²
 *     p = p − lr · ((1 − μₜ) / (1 − Πₜ) · g + μₜ₊₁ / (1 − Πₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * with g + weightDecay · p in the place of g, or, with `decoupledWeightDecay`, p · (1 − lr · weightDecay) in the place
 * of p. Πₜ is in the state as `mu_product`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 * @see Dozat, Incorporating Nesterov momentum into Adam (2016)
 *
 * @example
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new NAdam([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x // => [0.894355, -1.89435]
 */
export class NAdam extends ElementwiseOptimizer<NAdamOptions> {
  protected override readonly numbers = ["step", "mu_product"];

  constructor(params: ParamsArgument<NAdamOptions>, options: Partial<NAdamOptions> = {}) {
    super(params, {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      momentumDecay: 4e-3,
      decoupledWeightDecay: false,
      maximize: false,
      ...options,
    });
  }
  protected check(group: NAdamOptions): void {
    for (const name of ["lr", "eps", "weightDecay", "momentumDecay"] as const)
      requireWithin("NAdam", name, group[name], 0);
    requireWithin("NAdam", "betas[0]", group.betas[0], 0, 1);
    requireWithin("NAdam", "betas[1]", group.betas[1], 0, 1);
  }
  protected update(group: NAdamOptions): Update {
    return update(group.weightDecay !== 0, group.decoupledWeightDecay, group.maximize);
  }
  protected scalars(group: NAdamOptions, step: number, state: ParameterState): number[] {
    const { lr, betas, eps: epsilon, weightDecay, momentumDecay } = group;
    const [b1, b2] = betas;
    const momentum = (t: number) => b1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const [now, next] = [momentum(step), momentum(step + 1)];
    const product = ((state.mu_product as number | undefined) ?? 1) * now;
    state.mu_product = product;
    return [
      1 - b1,
      b2,
      1 - b2,
      1 - b2 ** step,
      epsilon,
      (lr * (1 - now)) / (1 - product),
      (lr * next) / (1 - product * next),
      weightDecay,
      1 - lr * weightDecay,
    ];
  }
}
