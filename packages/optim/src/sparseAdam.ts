import { any, assign, DlError, expr as E, program, scope, type Tensor } from "@dl/tensor/core";
import { programCache } from "./elementwise.ts";
import {
  filled,
  type Group,
  Optimizer,
  type ParamsArgument,
  requireWithin,
  type WithGradient,
} from "./optimizer.ts";

export interface SparseAdamOptions {
  /** Default 1e-3. */
  lr: number;
  /** Decay of the running means of g and g². Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** Default false. */
  maximize: boolean;
}

const [p, g, m, v, isPresent] = [0, 1, 2, 3, 4].map(E.input);
const [lessBeta1, lessBeta2, stepSize, eps] = [0, 1, 2, 3].map(E.scalar);

const update = programCache((maximize: boolean) => {
  const d = maximize ? E.neg(g) : g;
  const m1 = E.add(m, E.mul(lessBeta1, E.sub(d, m)));
  const v1 = E.add(v, E.mul(lessBeta2, E.sub(E.mul(d, d), v)));
  const next = E.sub(p, E.mul(stepSize, E.div(m1, E.add(E.sqrt(v1), eps))));
  const [p2, m2, v2] = [[next, p] as const, [m1, m] as const, [v1, v] as const].map(([a, b]) =>
    E.select(isPresent, a, b),
  );
  return { program: program([p2, m2, v2], 5, 4), tensors: ["exp_avg", "exp_avg_sq"] };
});

/**
 * Adam that leaves alone what had no gradient: for embeddings, of which a batch sees a few rows.
 *
 *     m = m + (1 − β₁) (g − m)        v = v + (1 − β₂) (g² − v)
 *     p = p − lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
 *
 * in every row, along the first dimension, that has a gradient; p, m and v of the other rows stay as they are, where
 * Adam would still move p by its momentum. t counts all steps of the parameter.
 *
 * PyTorch wants a sparse gradient, which says which rows are present. Gradients here are dense: a row is present if any
 * of its elements is not 0 (NaN counts), in a vector each element by itself. The numbers are the same but for a row that
 * was looked up and whose gradient is exactly 0 everywhere: PyTorch's moments fade there and its p moves on, ours do not.
 *
 * @throws DlError for an `lr` or `eps` that is not above 0.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.SparseAdam.html
 *
 * @example
 * const table = ones(3, 2).requiresGrad_();
 * const optimizer = new SparseAdam([table], { lr: 0.1 });
 * table.select(0, 1).square().sum().backward();
 * optimizer.step();
 * table // => [[1, 1], [0.9, 0.9], [1, 1]]
 */
export class SparseAdam extends Optimizer<SparseAdamOptions> {
  constructor(params: ParamsArgument<SparseAdamOptions>, options: Partial<SparseAdamOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false, ...options });
  }
  protected check(group: SparseAdamOptions): void {
    for (const name of ["lr", "eps"] as const)
      if (!(group[name] > 0))
        throw new DlError("value", `SparseAdam: ${name} is ${group[name]}, it has to be above 0`);
    requireWithin("SparseAdam", "betas[0]", group.betas[0], 0, 1);
    requireWithin("SparseAdam", "betas[1]", group.betas[1], 0, 1);
  }
  protected stepGroup(group: Group<SparseAdamOptions>, params: readonly WithGradient[]): void {
    const [b1, b2] = group.betas;
    const { program: kernel, tensors } = update(group.maximize);
    for (const [x, grad] of params) {
      const state = this.nextState(x);
      for (const name of tensors) state[name] ??= filled(x, x.shape, 0);
      const targets = [x, ...tensors.map((name) => state[name] as Tensor)].map((t) => t.memory);
      const stepSize = (group.lr * Math.sqrt(1 - b2 ** state.step)) / (1 - b1 ** state.step);
      scope(() => {
        const operands = [targets[0], grad.memory, targets[1], targets[2], present(grad).memory];
        assign(targets, kernel, operands, [1 - b1, 1 - b2, stepSize, group.eps]);
      });
    }
  }
}

/** Which rows have a gradient, [n, 1, …]. */
function present(grad: Tensor): Tensor {
  const nonzero = grad.detach().ne(0);
  const inner = grad.shape.map((_, d) => d).slice(1);
  return inner.length > 0 ? any(nonzero, inner, { keepdim: true }) : nonzero;
}
