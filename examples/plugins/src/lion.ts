import { ElementwiseOptimizer, type ParamsArgument, type Update } from "@dl/optim";
import { DlError, expr as E, program } from "@dl/tensor";

export interface LionOptions {
  /** Every element moves by this much. Default 1e-4, a third to a tenth of Adam's. */
  lr: number;
  /** Weight of the past in the step, and in what is kept. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** Decay of the parameters themselves. Default 0. */
  weightDecay: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Operands: the parameter, its gradient, and the state by its names in `tensors`. */
const [p, g, m] = [0, 1, 2].map(E.input);
/** Hyperparameters are scalars of the run, so that another learning rate compiles nothing. */
const [lr, beta1, beta2, shrink] = [0, 1, 2, 3].map(E.scalar);

const [descend, ascend] = [g, E.neg(g)].map((d): Update => {
  const mixed = (beta: E.Expr) => E.add(E.mul(beta, m), E.mul(E.sub(1, beta), d));
  const next = E.sub(E.mul(p, shrink), E.mul(lr, E.sign(mixed(beta1))));
  return { program: program([next, mixed(beta2)], 3, 4), tensors: ["exp_avg"] };
});

/**
 * Steps by the sign of a momentum (Chen et al., Symbolic discovery of optimization algorithms, 2023).
 *
 *     p = p · (1 − lr · weightDecay) − lr · sign(β₁ m + (1 − β₁) g)
 *     m = β₂ m + (1 − β₂) g
 *
 * It keeps one tensor for each parameter, where Adam keeps two.
 */
export class Lion extends ElementwiseOptimizer<LionOptions> {
  constructor(params: ParamsArgument<LionOptions>, options: Partial<LionOptions> = {}) {
    super(params, { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false, ...options });
  }
  protected check({ lr, betas, weightDecay }: LionOptions): void {
    for (const [name, value] of Object.entries({ lr, weightDecay }))
      if (!(value >= 0))
        throw new DlError("value", `Lion: ${name} is ${value}, at least 0 is wanted`);
    for (const beta of betas)
      if (!(beta >= 0 && beta < 1))
        throw new DlError(
          "value",
          `Lion: betas are ${betas.join(", ")}, within 0 … 1 they have to be`,
        );
  }
  protected update({ maximize }: LionOptions): Update {
    return maximize ? ascend : descend;
  }
  protected scalars({ lr, betas, weightDecay }: LionOptions): number[] {
    return [lr, ...betas, 1 - lr * weightDecay];
  }
}
