import {
  assign,
  DlError,
  expr as E,
  lerp,
  norm,
  program,
  type Shape,
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

export interface AdafactorOptions {
  /** The largest relative step. Default 1e-2. */
  lr: number;
  /** The share of the newest g² in its mean is t to this power. Default −0.8. */
  beta2Decay: number;
  /**
   * [ε₁, ε₂]: floors of the root of the mean g² and of the parameter's size. Default [null, 1e-3]; null is the smallest
   * number that makes a difference beside 1 in the parameter's dtype.
   */
  eps: readonly [number | null, number];
  /** How large the root mean square of an update may be before it is scaled down. Default 1. */
  d: number;
  /** Decay of the parameters themselves. Default 0. */
  weightDecay: number;
  /** Default false. */
  maximize: boolean;
}

/** p · shrink − factor · update */
const APPLY = program([E.sub(E.mul(E.input(0), E.scalar(0)), E.mul(E.input(2), E.input(1)))], 3, 1);
const EPSILON: Readonly<Record<string, number>> = { float64: 2 ** -52, float16: 2 ** -10 };

/**
 * Adam's scale for a fraction of its memory: of a matrix it keeps the means of g² per row and per column only. Steps are
 * relative to the size of the parameter.
 *
 *     w = t^beta2Decay        α = max(ε₂, rms(p)) · min(lr, 1 / √t)        p = p · (1 − lr · weightDecay)
 *     R = R + w (mean of g² in rows − R)        C = C + w (mean of g² in columns − C)        V = R C / mean(R)
 *     u = g / max(√V, ε₁)        p = p − α / max(1, rms(u) / d) · u
 *
 * R `[…, n, 1]` and C `[…, 1, m]` are of the last two dimensions (`row_var` and `col_var` in the state); a vector has V
 * itself (`variance`), the mean of g².
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adafactor.html
 * @see Shazeer and Stern, Adafactor: adaptive learning rates with sublinear memory cost (2018)
 *
 * @example
 * const w = ones(2, 3).requiresGrad_();
 * const optimizer = new Adafactor([w], { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w // => [[0.9, 0.9, 0.9], [0.9, 0.9, 0.9]]
 */
export class Adafactor extends Optimizer<AdafactorOptions> {
  constructor(params: ParamsArgument<AdafactorOptions>, options: Partial<AdafactorOptions> = {}) {
    super(params, {
      lr: 1e-2,
      beta2Decay: -0.8,
      eps: [null, 1e-3],
      d: 1,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }
  protected check(group: AdafactorOptions): void {
    requireWithin("Adafactor", "lr", group.lr, 0);
    requireWithin("Adafactor", "eps[0]", group.eps[0] ?? 0, 0);
    requireWithin("Adafactor", "eps[1]", group.eps[1], 0);
    requireWithin("Adafactor", "d", group.d, 1);
    requireWithin("Adafactor", "weightDecay", group.weightDecay, 0);
    if (!(group.beta2Decay <= 0))
      throw new DlError(
        "value",
        `Adafactor: beta2Decay is ${group.beta2Decay}, it has to be at most 0`,
      );
  }
  protected override stateShape(name: string, p: Tensor): Shape {
    const reduced = name === "row_var" ? p.rank - 1 : name === "col_var" ? p.rank - 2 : -1;
    return p.shape.map((n, d) => (d === reduced ? 1 : n));
  }
  protected stepGroup(group: Group<AdafactorOptions>, params: readonly WithGradient[]): void {
    for (const [p, grad] of params) scope(() => this.#step(p, grad.detach(), group));
  }

  #step(p: Tensor, grad: Tensor, group: AdafactorOptions): void {
    const { lr, beta2Decay, eps, d, weightDecay, maximize } = group;
    const state = this.nextState(p);
    const share = state.step ** beta2Decay;
    const floor = eps[0] ?? EPSILON[p.dtype] ?? 2 ** -23;
    const g = maximize ? grad.neg() : grad;
    /** A mean of the state, moved towards that of this step. */
    const mean = (name: string, now: Tensor): Tensor => {
      state[name] ??= filled(p, this.stateShape(name, p), 0);
      const kept = state[name] as Tensor;
      return kept.copy_(lerp(kept, now, share));
    };
    const squares = g.square();
    let variance: Tensor;
    if (p.rank > 1) {
      const rows = mean("row_var", squares.mean(-1, { keepdim: true }));
      const columns = mean("col_var", squares.mean(-2, { keepdim: true }));
      variance = rows.mul(columns).div(rows.mean(-2, { keepdim: true }).clamp(floor));
    } else variance = mean("variance", squares);
    const update = variance
      .clamp(floor * floor)
      .rsqrt()
      .mul(g);
    const size = rms(p.detach())
      .clamp(eps[1])
      .mul(Math.min(lr, 1 / Math.sqrt(state.step)));
    const factor = size.div(rms(update).div(d).clamp(1));
    const { memory } = p;
    assign([memory], APPLY, [memory, update.memory, factor.memory], [1 - lr * weightDecay]);
  }
}

const rms = (x: Tensor): Tensor => norm(x).div(Math.sqrt(x.numel));
