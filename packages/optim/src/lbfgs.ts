import {
  assign,
  cat,
  DlError,
  dot,
  expr as E,
  isTensor,
  keep,
  program,
  type Shape,
  scope,
  type Tensor,
  type TensorView,
  unscoped,
} from "@dl/tensor/core";
import { type Point, strongWolfe } from "./lineSearch.ts";
import {
  type Group,
  Optimizer,
  type OptimizerStateDict,
  type ParamsArgument,
  requireWithin,
  type StateEntry,
} from "./optimizer.ts";

export interface LBFGSOptions {
  /** Length of a step, or the first that a line search tries. Default 1. */
  lr: number;
  /** Iterations per call of `step`. Default 20. */
  maxIter: number;
  /** Calls of the closure per call of `step`. Default 5/4 of maxIter; null is the default. */
  maxEval: number | null;
  /** Ends when no element of the gradient is larger. Default 1e-7. */
  toleranceGrad: number;
  /** Ends when neither the loss nor any parameter changes by more. Default 1e-9. */
  toleranceChange: number;
  /** How many steps are remembered. Default 100. */
  historySize: number;
  /** Default null: every step has the length lr. */
  lineSearchFn: "strong_wolfe" | null;
}

/** Between calls of `step`; these are PyTorch's names. */
interface History {
  func_evals: number;
  n_iter: number;
  /** The direction, and how far it was gone. */
  d?: Tensor;
  t?: number;
  /** Changes of the gradient and of the parameters, and 1 / (change · change). */
  old_dirs?: Tensor[];
  old_stps?: Tensor[];
  ro?: number[];
  H_diag?: number;
  prev_flat_grad?: Tensor;
  prev_loss?: number;
}

/** a + s · b */
const AXPY = program([E.add(E.input(0), E.mul(E.scalar(0), E.input(1)))], 2, 1);
const addScaled = (target: TensorView, b: TensorView, s: number): void =>
  assign([target], AXPY, [target, b], [s]);
const inner = (a: Tensor, b: Tensor): number => scope(() => dot(a, b).itemSync());
const largestOf = (a: Tensor): number => scope(() => a.abs().amax().itemSync());

/**
 * Limited-memory BFGS: steps by an approximation of the Hessian that is made from the last gradients. For smooth losses
 * of the whole data; all parameters are one vector x and share one group.
 *
 *     s = x − x₋₁        y = g − g₋₁        of the last historySize steps with y · s > 10⁻¹⁰
 *     d = −H g        H from the pairs (s, y) and H₀ = (y · s) / (y · y)
 *     x = x + t d        t = lr, at the very first step lr · min(1, 1 / Σ|g|); or found by the line search
 *
 * `step(closure)` runs up to maxIter such iterations. The closure forgets the gradients, computes the loss and its
 * gradients, and returns the loss; it is called many times. The result is the loss of the first call.
 *
 * What to do next depends on the numbers, so they are read back in the middle of a step. A backend that cannot be read
 * without waiting (WebGPU) cannot run it.
 *
 * PyTorch's scratch space `al` is not in the state dictionary (PyTorch makes it anew), everything else is.
 *
 * @throws DlError without a closure, for more than one group, and where the backend cannot be read at once.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
 * @see Liu and Nocedal, On the limited memory BFGS method for large scale optimization (1989)
 *
 * @example
 * const x = tensor([5, -3], { requiresGrad: true });
 * const optimizer = new LBFGS([x], { lineSearchFn: "strong_wolfe" });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = x.sub(tensor([1, 2])).square().mul(tensor([1, 10])).sum();
 *   loss.backward();
 *   return loss;
 * });
 * x // => [1, 2]
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  protected override readonly countsSteps = false;
  protected override readonly numbers = ["t", "H_diag", "prev_loss", "func_evals", "n_iter"];

  constructor(params: ParamsArgument<LBFGSOptions>, options: Partial<LBFGSOptions> = {}) {
    super(params, {
      lr: 1,
      maxIter: 20,
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearchFn: null,
      ...options,
      maxEval: options.maxEval ?? Math.floor(((options.maxIter ?? 20) * 5) / 4),
    });
  }
  override addParamGroup(
    group: Partial<LBFGSOptions> & { params: Iterable<Tensor> | Tensor },
  ): void {
    if (this.paramGroups.length > 0)
      throw new DlError(
        "value",
        "LBFGS: there can be only one group of parameters: all of them are one vector",
      );
    super.addParamGroup(group);
  }
  protected check(group: LBFGSOptions): void {
    requireWithin("LBFGS", "lr", group.lr, 0);
    if (group.lineSearchFn !== null && group.lineSearchFn !== "strong_wolfe")
      throw new DlError(
        "value",
        `LBFGS: lineSearchFn is "${group.lineSearchFn}", it has to be "strong_wolfe" or null`,
      );
  }
  protected stepGroup(): void {}
  protected override stateShape(): Shape {
    return [this.#params().reduce((n, p) => n + p.numel, 0)];
  }
  protected override loaded(name: string, value: StateEntry): StateEntry {
    if (name === "al") return null;
    if (Array.isArray(value)) {
      // PyTorch has the numbers of `ro` as tensors.
      return value.map((v) =>
        !isTensor(v) ? v : name === "ro" ? v.itemSync() : super.loaded(name, v, this.#params()[0]),
      ) as StateEntry;
    }
    return super.loaded(name, value, this.#params()[0]);
  }

  /** A copy: the history itself is let go of as it moves on. */
  protected override saved(): OptimizerStateDict {
    const copy = <T>(x: T): T =>
      (isTensor(x) ? unscoped(() => x.clone()) : Array.isArray(x) ? x.map(copy) : x) as T;
    const { state, param_groups } = super.saved();
    for (const entries of Object.values(state))
      for (const [name, value] of Object.entries(entries)) entries[name] = copy(value);
    return { state, param_groups };
  }

  override step(): never;
  override step<T>(closure: () => T): T;
  override step<T>(closure?: () => T): T {
    return super.step(closure!);
  }
  protected override advance<T>(closure?: () => T): T {
    const params = this.#params();
    const { device } = params[0];
    if (!closure)
      throw new DlError(
        "value",
        "LBFGS.step(): a closure is wanted, which computes the loss and its gradients and returns the loss: optimizer.step(() => { optimizer.zeroGrad(); const loss = …; loss.backward(); return loss; })",
      );
    if (!device.readSync)
      throw new DlError(
        "no-sync",
        `LBFGS.step(): ${device.name} cannot be read without waiting, and every iteration depends on numbers read back: use another optimizer, such as Adam, or move the model to the CPU backend`,
      );
    let first: { loss: T } | undefined;
    // What is made between belongs to this step; what the closure makes is the user's.
    scope(
      () =>
        this.#iterate(this.paramGroups[0], () => {
          const loss = unscoped(closure);
          first ??= { loss };
          return this.#valueOf(loss);
        }),
      { keep: () => {} },
    );
    this.stepCount++;
    return first!.loss;
  }
  #valueOf(loss: unknown): number {
    if (isTensor(loss)) return loss.itemSync();
    if (typeof loss === "number") return loss;
    throw new DlError(
      "value",
      "LBFGS.step(): the closure has to return the loss, a tensor with one element or a number; it cannot be async",
    );
  }

  #iterate(group: Group<LBFGSOptions>, evaluate: () => number): void {
    const { lr, maxIter, toleranceGrad, toleranceChange, lineSearchFn } = group;
    const maxEval = group.maxEval ?? Math.floor((maxIter * 5) / 4);
    const state = this.#history();
    let loss = evaluate();
    let gradient = this.#gradient();
    let evaluations = 1;
    state.func_evals++;
    let isOptimal = largestOf(gradient) <= toleranceGrad;
    if (isOptimal) return;

    for (let i = 1; i <= maxIter; i++) {
      state.n_iter++;
      const d = this.#direction(state, gradient, group.historySize);
      let t =
        state.n_iter === 1
          ? Math.min(1, 1 / scope(() => gradient.abs().sum().itemSync())) * lr
          : lr;
      replace(state, "d", d);
      replace(state, "prev_flat_grad", gradient);
      const lossBefore = loss;
      state.prev_loss = loss;
      state.t = t;

      const slope = inner(gradient, d);
      if (slope > -toleranceChange) break;
      let more = 0;
      if (lineSearchFn) {
        const start: Point = { t: 0, value: loss, gradient, slope };
        const before = this.#params().map((p) => p.detach().clone());
        const tried = (at: number) => this.#tryPoint(at, d, before, evaluate);
        const largest = largestOf(d);
        const search = strongWolfe(
          tried,
          start,
          t,
          largest,
          SEARCH_TOLERANCE,
          maxEval - evaluations,
        );
        ({ t, value: loss, gradient } = search.point);
        more = search.evaluations;
        this.#move(d, t);
        isOptimal = largestOf(gradient) <= toleranceGrad;
      } else {
        this.#move(d, t);
        // Nobody looks at the loss after the last iteration.
        if (i < maxIter) {
          loss = evaluate();
          gradient = this.#gradient();
          isOptimal = largestOf(gradient) <= toleranceGrad;
          more = 1;
        }
      }
      state.t = t;
      evaluations += more;
      state.func_evals += more;
      if (
        evaluations >= maxEval ||
        isOptimal ||
        largestOf(d) * Math.abs(t) <= toleranceChange ||
        Math.abs(loss - lossBefore) < toleranceChange
      )
        break;
    }
  }

  /** −H g, after the last step has been taken into the history. */
  #direction(state: History, gradient: Tensor, historySize: number): Tensor {
    if (state.n_iter === 1 || !state.d || !state.prev_flat_grad) {
      for (const old of [...(state.old_dirs ?? []), ...(state.old_stps ?? [])]) old.dispose();
      Object.assign(state, { old_dirs: [], old_stps: [], ro: [], H_diag: 1 });
      return gradient.neg();
    }
    const { old_dirs: ys = [], old_stps: steps = [], ro = [] } = state;
    const [y, s] = [gradient.sub(state.prev_flat_grad), state.d.mul(state.t!)];
    const product = inner(y, s);
    if (product > 1e-10) {
      if (ys.length === historySize) {
        ys.shift()?.dispose();
        steps.shift()?.dispose();
        ro.shift();
      }
      ys.push(keep(y));
      steps.push(keep(s));
      ro.push(1 / product);
      state.H_diag = product / inner(y, y);
    }
    Object.assign(state, { old_dirs: ys, old_stps: steps, ro });
    const d = gradient.neg();
    const shares: number[] = [];
    for (let i = ys.length - 1; i >= 0; i--) {
      shares[i] = inner(steps[i], d) * ro[i];
      addScaled(d.memory, ys[i].memory, -shares[i]);
    }
    d.mul_(state.H_diag!);
    for (let i = 0; i < ys.length; i++)
      addScaled(d.memory, steps[i].memory, shares[i] - inner(ys[i], d) * ro[i]);
    return d;
  }

  /** Value, gradient and slope at a distance, with the parameters where they were before. */
  #tryPoint(t: number, d: Tensor, before: readonly Tensor[], evaluate: () => number): Point {
    this.#move(d, t);
    const value = evaluate();
    const gradient = this.#gradient();
    this.#params().forEach((p, i) => assign([p.memory], COPY, [before[i].memory]));
    return { t, value, gradient, slope: inner(gradient, d) };
  }
  #move(d: Tensor, t: number): void {
    let at = 0;
    for (const p of this.#params()) {
      const part = scope(() => d.narrow(0, at, p.numel).reshape(p.shape));
      addScaled(p.memory, part.memory, t);
      at += p.numel;
    }
  }
  /** All gradients as one new vector; a parameter without one has zeros. */
  #gradient(): Tensor {
    const parts = this.#params().map((p) =>
      p.grad && p.grad.released === null ? p.grad.detach().reshape(p.numel) : p.newZeros([p.numel]),
    );
    return parts.length > 1 ? cat(parts) : parts[0].clone();
  }
  #params(): Tensor[] {
    return this.paramGroups[0].params;
  }
  /** As in PyTorch the first parameter holds what is everyone's. */
  #history(): History {
    const [first] = this.#params();
    let state = this.state.get(first);
    if (!state) this.state.set(first, (state = {}));
    state.func_evals ??= 0;
    state.n_iter ??= 0;
    return state as unknown as History;
  }
}

/** Of the line search, whatever `toleranceChange` is: PyTorch does not pass that on. */
const SEARCH_TOLERANCE = 1e-9;

const COPY = program([E.input(0)], 1);

/** A tensor that stays, in the place of an older one. */
function replace(state: History, name: "d" | "prev_flat_grad", next: Tensor): void {
  const old = state[name];
  state[name] = keep(next);
  if (old !== next) old?.dispose();
}
