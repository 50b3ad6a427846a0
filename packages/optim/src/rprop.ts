import { DlError, expr as E, program } from "@dl/tensor/core";
import { ElementwiseOptimizer, programCache, type Update } from "./elementwise.ts";
import { type ParamsArgument, requireWithin } from "./optimizer.ts";

export interface RpropOptions {
  /** What every element's step starts with. Default 1e-2. */
  lr: number;
  /** Factors of the step where the gradient has changed its sign, and where it has not. Default [0.5, 1.2]. */
  etas: readonly [number, number];
  /** Smallest and largest step. Default [1e-6, 50]. */
  stepSizes: readonly [number, number];
  /** Default false. */
  maximize: boolean;
}

const [p, g, previous, size] = [0, 1, 2, 3].map(E.input);
const [shorter, longer, smallest, largest] = [0, 1, 2, 3].map(E.scalar);

const update = programCache((maximize: boolean): Update => {
  const d = maximize ? E.neg(g) : g;
  const agreement = E.mul(d, previous);
  const hasTurned = E.lt(agreement, 0);
  const factor = E.select(hasTurned, shorter, E.select(E.gt(agreement, 0), longer, 1));
  const size1 = E.min(E.max(E.mul(size, factor), smallest), largest);
  const kept = E.select(hasTurned, 0, d);
  const next = E.sub(p, E.mul(E.sign(kept), size1));
  return { program: program([next, kept, size1], 4, 4), tensors: ["prev", "step_size"] };
});

/**
 * Resilient propagation: only the signs of the gradient count, and every element has a step of its own. For gradients
 * of the whole data; noise of batches turns the signs.
 *
 *     where the sign is as before        s = min(s · η₊, largest)
 *     where it has turned                s = max(s · η₋, smallest), and g counts as 0, now and at the next comparison
 *     p = p − sign(g) · s
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html
 * @see Riedmiller and Braun, A direct adaptive method for faster backpropagation learning (1993)
 *
 * @example
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new Rprop([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x // => [0.9, -1.9]
 */
export class Rprop extends ElementwiseOptimizer<RpropOptions> {
  constructor(params: ParamsArgument<RpropOptions>, options: Partial<RpropOptions> = {}) {
    super(params, {
      lr: 1e-2,
      etas: [0.5, 1.2],
      stepSizes: [1e-6, 50],
      maximize: false,
      ...options,
    });
  }
  protected check(group: RpropOptions): void {
    requireWithin("Rprop", "lr", group.lr, 0);
    const [minus, plus] = group.etas;
    if (!(0 < minus && minus < 1 && 1 < plus))
      throw new DlError(
        "value",
        `Rprop: etas are [${minus}, ${plus}]: the first has to lie between 0 and 1, the second above 1`,
      );
  }
  protected override initial(name: string, group: RpropOptions): number {
    return name === "step_size" ? group.lr : 0;
  }
  protected update(group: RpropOptions): Update {
    return update(group.maximize);
  }
  protected scalars(group: RpropOptions): number[] {
    return [...group.etas, ...group.stepSizes];
  }
}
