import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type OptimizerStateDict, type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface AdamOptions {
  /** Default 1e-3. */
  lr: number;
  /** Decay of the running means of g and g². Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** Adam: L2 penalty, default 0. AdamW: decay of the parameters themselves, default 0.01. */
  weightDecay: number;
  /** Weight decay of the parameters themselves rather than through the gradient: AdamW. Default false. */
  decoupledWeightDecay: boolean;
  /** Divides by the largest v so far. Default false. */
  amsgrad: boolean;
  /** Default false. */
  maximize: boolean;
}

const [p, g, m, v, largest] = [0, 1, 2, 3, 4].map(E.input);
const [lessBeta1, beta2, lessBeta2, stepSize, rootCorrection, eps, decay, shrink] = [
  0, 1, 2, 3, 4, 5, 6, 7,
].map(E.scalar);

const update = programCache(
  (decays: boolean, decoupled: boolean, amsgrad: boolean, maximize: boolean): Update => {
    const signed = maximize ? E.neg(g) : g;
    const start = decays && decoupled ? E.mul(p, shrink) : p;
    const d = decays && !decoupled ? E.add(signed, E.mul(decay, p)) : signed;
    const m1 = E.add(m, E.mul(lessBeta1, E.sub(d, m)));
    const v1 = E.add(E.mul(v, beta2), E.mul(E.mul(lessBeta2, d), d));
    const top = amsgrad ? E.max(largest, v1) : v1;
    const denominator = E.add(E.div(E.sqrt(top), rootCorrection), eps);
    const next = E.sub(start, E.div(E.mul(stepSize, m1), denominator));
    const tensors = ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])];
    return {
      program: program(amsgrad ? [next, m1, v1, top] : [next, m1, v1], 2 + tensors.length, 8),
      tensors,
    };
  },
);

/**
 * Adaptive moments.
 *
 *     m = β₁ m + (1 − β₁) g        v = β₂ v + (1 − β₂) g²
 *     p = p − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * with g + weightDecay · p in the place of g.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
 * @see Kingma and Ba, Adam: a method for stochastic optimization (2014); Reddi et al. for amsgrad (2018)
 */
export class Adam extends ElementwiseOptimizer<AdamOptions> {
  constructor(params: ParamsArgument<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
      amsgrad: false,
      maximize: false,
      ...options,
    });
  }
  protected check(group: AdamOptions): void {
    const name = this.constructor.name;
    requireWithin(name, "lr", group.lr, 0);
    requireWithin(name, "eps", group.eps, 0);
    requireWithin(name, "betas[0]", group.betas[0], 0, 1);
    requireWithin(name, "betas[1]", group.betas[1], 0, 1);
    requireWithin(name, "weightDecay", group.weightDecay, 0);
  }
  protected update(group: AdamOptions): Update {
    const { weightDecay, decoupledWeightDecay, amsgrad, maximize } = group;
    return update(weightDecay !== 0, decoupledWeightDecay, amsgrad, maximize);
  }
  protected scalars({ lr, betas, eps: epsilon, weightDecay }: AdamOptions, step: number): number[] {
    const [b1, b2] = betas;
    return [
      1 - b1,
      b2,
      1 - b2,
      lr / (1 - b1 ** step),
      Math.sqrt(1 - b2 ** step),
      epsilon,
      weightDecay,
      1 - lr * weightDecay,
    ];
  }
}

/**
 * Adam with decoupled weight decay: before each step p = p · (1 − lr · weightDecay), by default with 0.01.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 * @see Loshchilov and Hutter, Decoupled weight decay regularization (2017)
 */
export class AdamW extends Adam {
  constructor(
    params: ParamsArgument<AdamOptions>,
    options: Partial<Omit<AdamOptions, "decoupledWeightDecay">> = {},
  ) {
    super(params, { weightDecay: 1e-2, ...options, decoupledWeightDecay: true });
  }
  /** Also a dictionary of Adam: the decay stays decoupled. */
  override loadStateDict(dict: OptimizerStateDict): void {
    super.loadStateDict(dict);
    for (const group of this.paramGroups) group.decoupledWeightDecay = true;
  }
}
