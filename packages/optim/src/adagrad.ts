import { expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { filled, type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface AdagradOptions {
  /** Default 1e-2. */
  lr: number;
  /** Default 0. */
  lrDecay: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** What the sums start with. The constructor's is for all groups. Default 0. */
  initialAccumulatorValue: number;
  /** Default 1e-10. */
  eps: number;
  /** Default false. */
  maximize: boolean;
}

const [p, g, sum] = [E.input(0), E.input(1), E.input(2)];
const [rate, eps, decay] = [0, 1, 2].map(E.scalar);

const update = programCache((decays: boolean, maximize: boolean): Update => {
  const signed = maximize ? E.neg(g) : g;
  const d = decays ? E.add(signed, E.mul(decay, p)) : signed;
  const total = E.add(sum, E.mul(d, d));
  const next = E.sub(p, E.div(E.mul(rate, d), E.add(E.sqrt(total), eps)));
  return { program: program([next, total], 3, 3), tensors: ["sum"] };
});

/**
 * Divides by the root of the sum of all squared gradients.
 *
 *     s = s + g²
 *     p = p − lr / (1 + (t − 1) · lrDecay) · g / (√s + ε)
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 * @see Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization (2011)
 */
export class Adagrad extends ElementwiseOptimizer<AdagradOptions> {
  constructor(params: ParamsArgument<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(params, {
      lr: 1e-2,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
      ...options,
    });
    // As in PyTorch: of every parameter, those without a gradient too, from the start.
    for (const p of this.paramGroups.flatMap((group) => group.params))
      this.state.set(p, { step: 0, sum: filled(p, p.shape, this.initial()) });
  }
  protected check(group: AdagradOptions): void {
    for (const name of ["lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps"] as const)
      requireWithin("Adagrad", name, group[name], 0);
  }
  /** The constructor's, as in PyTorch, whatever a group says. */
  protected override initial(): number {
    return this.defaults.initialAccumulatorValue;
  }
  protected update(group: AdagradOptions): Update {
    return update(group.weightDecay !== 0, group.maximize);
  }
  protected scalars(group: AdagradOptions, step: number): number[] {
    return [group.lr / (1 + (step - 1) * group.lrDecay), group.eps, group.weightDecay];
  }
}
