import {
  assign,
  DlError,
  defineMap,
  expr as E,
  formatShape,
  isTensor,
  lerp,
  norm,
  program,
  ShapeError,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import {
  filled,
  type Group,
  Optimizer,
  type ParamsArgument,
  requireWithin,
  type WithGradient,
} from "./optimizer.ts";

export interface MuonOptions {
  /** Default 1e-3. */
  lr: number;
  /** Decay of the parameters themselves. Default 0.1. */
  weightDecay: number;
  /** Default 0.95. */
  momentum: number;
  /** Looks ahead by the newest gradient. Default true. */
  nesterov: boolean;
  /** a, b, c of the iteration. Default [3.4445, −4.775, 2.0315]. */
  nsCoefficients: readonly [number, number, number];
  /** Floor of the norm that the update is divided by. Default 1e-7. */
  eps: number;
  /** How often it iterates. Default 5. */
  nsSteps: number;
  /**
   * What lr is multiplied with for a parameter [A, B]: √max(1, A/B) with "original", which null stands for, or
   * 0.2 · √max(A, B) with "match_rms_adamw", so that lr and weightDecay of AdamW fit. Default null.
   */
  adjustLrFn: "original" | "match_rms_adamw" | null;
}

/** p · shrink − rate · update */
const APPLY = program(
  [E.sub(E.mul(E.input(0), E.scalar(0)), E.mul(E.scalar(1), E.input(1)))],
  2,
  2,
);

/**
 * To the nearest number with eight significant bits, which is bfloat16 within float32's range: the upper part of x when
 * it is split in two (Dekker, A floating-point technique for extending the available precision, 1971).
 */
const bfloat16 = defineMap<[Tensor]>("bfloat16", (x) => {
  const scaled = E.mul(x, 2 ** 16 + 1);
  return E.sub(scaled, E.sub(scaled, x));
});

/**
 * Momentum whose updates of a matrix are made orthogonal: all their singular values near 1. For the weights of hidden
 * layers; biases, embeddings and heads belong to another optimizer, such as AdamW.
 *
 *     B = B + (1 − momentum) (g − B)
 *     U = g + momentum (B − g)  with nesterov, else B
 *     X = U / max(‖U‖, ε), then nsSteps times  A = X Xᵀ, X = a X + (b A + c A²) X
 *     p = p · (1 − lr · weightDecay) − lr · adjustment · X
 *
 * As in PyTorch every result within the iteration is rounded to bfloat16, so that a network takes the same steps as
 * there. In large matrices, where sums in another order round to the other side, single elements of the update differ
 * by bfloat16's last bit.
 *
 * @throws ShapeError for a parameter that is not a matrix.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html
 * @see Jordan, Muon: an optimizer for hidden layers in neural networks (2024); Liu et al., Muon is scalable for LLM training (2025)
 *
 * @example
 * const w = eye(2).requiresGrad_();
 * const optimizer = new Muon([w], { lr: 0.1, weightDecay: 0 });
 * w.square().sum().backward();
 * optimizer.step();
 * w // => [[0.8875, 0], [0, 0.8875]]
 */
export class Muon extends Optimizer<MuonOptions> {
  protected override readonly countsSteps = false;

  constructor(params: ParamsArgument<MuonOptions>, options: Partial<MuonOptions> = {}) {
    super(params, {
      lr: 1e-3,
      weightDecay: 0.1,
      momentum: 0.95,
      nesterov: true,
      nsCoefficients: [3.4445, -4.775, 2.0315],
      eps: 1e-7,
      nsSteps: 5,
      adjustLrFn: null,
      ...options,
    });
  }
  override addParamGroup(
    group: Partial<MuonOptions> & { params: Iterable<Tensor> | Tensor },
  ): void {
    const params = isTensor(group.params) ? [group.params] : [...group.params];
    params.forEach((p, i) => {
      if (isTensor(p) && p.rank !== 2)
        throw new ShapeError(
          `Muon: parameter ${i} ${formatShape(p.shape)} is not a matrix: give it to another optimizer, such as AdamW, and matrices to Muon: params.filter((p) => p.rank === 2)`,
        );
    });
    super.addParamGroup({ ...group, params });
  }
  protected check(group: MuonOptions): void {
    for (const name of ["lr", "momentum", "weightDecay"] as const)
      requireWithin("Muon", name, group[name], 0);
    requireWithin("Muon", "nsSteps", group.nsSteps, 0, 100);
    if (group.nsCoefficients.length !== 3)
      throw new DlError(
        "value",
        `Muon: nsCoefficients are [${group.nsCoefficients.join(", ")}], three are wanted`,
      );
    if (![null, "original", "match_rms_adamw"].includes(group.adjustLrFn))
      throw new DlError(
        "value",
        `Muon: adjustLrFn is "${group.adjustLrFn}", it has to be "original", "match_rms_adamw" or null`,
      );
  }
  protected stepGroup(group: Group<MuonOptions>, params: readonly WithGradient[]): void {
    for (const [p, grad] of params) scope(() => this.#step(p, grad.detach(), group));
  }

  #step(p: Tensor, g: Tensor, group: MuonOptions): void {
    const { lr, weightDecay, momentum, nesterov, adjustLrFn } = group;
    const state = this.nextState(p);
    state.momentum_buffer ??= filled(p, p.shape, 0);
    const kept = state.momentum_buffer as Tensor;
    const buffer = kept.copy_(lerp(kept, g, 1 - momentum));
    const update = orthogonal(nesterov ? lerp(g, buffer, momentum) : buffer, group);
    const [rows, columns] = p.shape;
    const adjustment =
      adjustLrFn === "match_rms_adamw"
        ? 0.2 * Math.sqrt(Math.max(rows, columns))
        : Math.sqrt(Math.max(1, rows / columns));
    const { memory } = p;
    assign([memory], APPLY, [memory, update.memory], [1 - lr * weightDecay, lr * adjustment]);
  }
}

/** U with singular values near 1, by Newton and Schulz's iteration with a polynomial of the fifth degree. */
function orthogonal(u: Tensor, { nsCoefficients: [a, b, c], nsSteps, eps }: MuonOptions): Tensor {
  const isTall = u.shape[0] > u.shape[1];
  const start = bfloat16(isTall ? u.t().float() : u.float());
  let x = bfloat16(start.div(bfloat16(norm(start)).clamp(eps)));
  for (let i = 0; i < nsSteps; i++) {
    const gram = bfloat16(x.matmul(x.t()));
    const polynomial = bfloat16(gram.mul(b).add(gram.matmul(gram), { alpha: c }));
    x = bfloat16(x.mul(a).add(polynomial.matmul(x)));
  }
  return isTall ? x.t() : x;
}
