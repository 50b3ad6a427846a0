/**
 * Connectionist temporal classification (Graves et al., 2006): the negative log-likelihood of a sequence of labels under
 * all alignments to a longer sequence of predictions.
 *
 * States are the labels with blanks before, between and after them, 2U + 1 of them. `alpha[t][s]` is the logarithm of the
 * probability of being in state s at time t; a state is entered from itself, the one before, or, over a blank between
 * different labels, from the one before that. The backward pass walks from the end in the same way, and multiplies both to
 * each state's share of the likelihood. Each time step is one kernel over [N, S]; samples that have ended are masked, so
 * that no length is read back.
 */
import {
  allocate,
  arange,
  type Backend,
  cat,
  clamp,
  cumsum,
  DlError,
  type DType,
  defineComposite,
  dispatch,
  dispatchAll,
  expr as E,
  formatShape,
  isFloating,
  isTensor,
  logsumexp,
  type Op,
  pad,
  program,
  ShapeError,
  scope,
  stack,
  Tensor,
  type TensorView,
  tensor,
} from "@dl/tensor/core";
import { positionOf, readable } from "./inspect.ts";
import { Loss } from "./loss.ts";
import {
  checkReduction,
  type Reduction,
  type ReductionOptions,
  reduceTensor,
} from "./reduction.ts";

/** How many predictions or labels each sample has. */
export type Lengths = Tensor | readonly number[] | number;

export interface CTCOptions extends ReductionOptions {
  /** The class that stands for no label. Default 0. */
  blank?: number;
  /** Losses that are infinite, because a sample is too short for its labels, count as 0, without a gradient. Default false. */
  zeroInfinity?: boolean;
}

/**
 * Negative log-likelihood of label sequences, summed over all their alignments to the predictions.
 *
 *     lossₙ = −log Σ_{π collapses to targetsₙ} Π_t exp(logProbabilities[t, n, π_t])
 *
 * The mean first divides each loss by its number of labels. The gradient is PyTorch's: it takes for granted that the
 * prediction is the output of logSoftmax, and is `exp(x)` larger than that of the formula; behind logSoftmax both are
 * the same. It is NaN where a log-probability is −∞, and for a sample whose loss is infinite, unless `zeroInfinity`.
 *
 * @param logProbabilities `[T, N, C]` or `[T, C]`: the output of logSoftmax
 * @param targets labels, not blank: `[N, U]` padded by anything, or all of them one after another, `[Σ lengths]`; of `[T, C]`
 *   `[U]`
 * @param inputLengths of each sample, at most T: a tensor `[N]` or numbers; of `[T, C]` also a number
 * @param targetLengths of each sample, at most U: likewise
 * @param options `blank` 0, `zeroInfinity` false
 * @returns one number, or `[N]` (of `[T, C]`: `[]`) when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit, DlError "index" for a label out of range, "value" for a length out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
 *
 * @example
 * const even = tensor([[[0.5, 0.5]], [[0.5, 0.5]]]).log();
 * ctcLoss(even, tensor([[1]]), [2], [1]) // => 0.287682
 */
export function ctcLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  { blank = 0, zeroInfinity = false, reduction = "mean" }: CTCOptions = {},
): Tensor {
  checkReduction(reduction, "ctcLoss");
  return scope(() => {
    const { x, labels, inputs, lengths } = checked(
      logProbabilities,
      targets,
      inputLengths,
      targetLengths,
      blank,
    );
    const states = withBlanks(labels, lengths, blank);
    const operands = [x, states, inputs.to(x.dtype), lengths.to(x.dtype)];
    let losses = dispatchAll(ctcOp, operands, { zeroInfinity })[0];
    if (zeroInfinity) losses = losses.maskedFill(losses.eq(Infinity), 0);
    if (reduction === "mean") return losses.div(clamp(lengths, { min: 1 }).to(x.dtype)).mean();
    if (reduction === "none" && logProbabilities.rank === 2) return losses.squeeze(0);
    return reduceTensor(losses, reduction);
  });
}

// ---- operands --------------------------------------------------------------------------------------------------------

interface Operands {
  /** [T, N, C] */
  readonly x: Tensor;
  /** [N, U]; what lies beyond a sample's length may be anything. */
  readonly labels: Tensor;
  /** int32 [N] */
  readonly inputs: Tensor;
  readonly lengths: Tensor;
}

function checked(
  logProbabilities: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  blank: number,
): Operands {
  const isBatch = logProbabilities.rank === 3;
  const fits = isBatch
    ? targets.rank === 1 || targets.rank === 2
    : targets.rank === 1 || (targets.rank === 2 && targets.shape[0] === 1);
  if ((!isBatch && logProbabilities.rank !== 2) || !fits)
    throw new ShapeError(
      `ctcLoss: log-probabilities [T, N, C] with targets [N, U] or [Σ lengths], or [T, C] with [U] are wanted, got ${formatShape(logProbabilities.shape)} with ${formatShape(targets.shape)}`,
    );
  if (!isFloating(logProbabilities.dtype))
    throw new DlError(
      "dtype",
      `ctcLoss: log-probabilities are to be floating, got ${logProbabilities.dtype}`,
    );
  const x = isBatch ? logProbabilities : logProbabilities.unsqueeze(1);
  const [steps, samples, classes] = x.shape;
  if (x.numel === 0)
    throw new ShapeError(
      `ctcLoss: log-probabilities ${formatShape(logProbabilities.shape)} have no elements`,
    );
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes))
    throw new DlError(
      "index",
      `ctcLoss: blank ${blank} is not one of the ${classes} classes 0 … ${classes - 1}`,
    );
  if (targets.rank === 2 && targets.shape[0] !== samples)
    throw new ShapeError(
      `ctcLoss: targets ${formatShape(targets.shape)} are for ${targets.shape[0]} samples, log-probabilities ${formatShape(logProbabilities.shape)} for ${samples}`,
    );
  const inputs = lengthsOf("inputLengths", inputLengths, samples, steps, x.device);
  const isPadded = targets.rank === 2;
  const most = isPadded ? targets.shape[1] : targets.shape[0];
  const lengths = lengthsOf("targetLengths", targetLengths, samples, most, x.device);
  const known = readable(lengths);
  if (known && !isPadded) {
    const sum = Array.from(known).reduce((a, b) => a + b, 0);
    if (sum !== targets.shape[0])
      throw new ShapeError(
        `ctcLoss: targetLengths add up to ${sum}, the targets are ${targets.shape[0]} labels`,
      );
  }
  // Without a look at the lengths no sample can have more labels than there are.
  const longest = known ? Math.max(...known) : most;
  const index = targets.to("int32");
  const labels = isPadded ? index.narrow(1, 0, longest) : unpacked(index, lengths, longest);
  checkLabels(labels, known, classes);
  return { x, labels, inputs, lengths };
}

function lengthsOf(
  name: string,
  given: Lengths,
  samples: number,
  most: number,
  device: Backend,
): Tensor {
  const list = isTensor(given)
    ? given
    : tensor(typeof given === "number" ? [given] : [...given], { dtype: "int32", device });
  const flat = list.rank === 0 ? list.unsqueeze(0) : list;
  if (flat.rank !== 1 || flat.shape[0] !== samples)
    throw new ShapeError(
      `ctcLoss: ${name} ${formatShape(list.shape)} have to be one number for each of ${samples} samples`,
    );
  readable(flat)?.forEach((n: number, i: number) => {
    if (Number.isInteger(n) && n >= 0 && n <= most) return;
    throw new DlError(
      "value",
      `ctcLoss: ${name}[${i}] is ${n}, whole numbers within 0 … ${most} are wanted`,
    );
  });
  return flat.to("int32");
}

/** Labels one after another as rows [N, longest]. */
function unpacked(targets: Tensor, lengths: Tensor, longest: number): Tensor {
  const samples = lengths.shape[0];
  if (longest === 0) return targets.newZeros([samples, 0]);
  const starts = cumsum(lengths, 0).sub(lengths).unsqueeze(1);
  const positions = starts.add(arange(longest, { dtype: "int32", device: targets.device }));
  const inside = clamp(positions, { max: targets.shape[0] - 1 });
  return targets.gather(0, inside.reshape([inside.numel])).reshape([samples, longest]);
}

function checkLabels(
  labels: Tensor,
  lengths: ArrayLike<number> | undefined,
  classes: number,
): void {
  const values = lengths && readable(labels);
  values?.forEach((c: number, i: number) => {
    const row = Math.floor(i / labels.shape[1]);
    if (i % labels.shape[1] >= lengths![row] || (c >= 0 && c < classes)) return;
    throw new DlError(
      "index",
      `ctcLoss: label ${c} at position ${positionOf(i, labels.shape)} is not one of the ${classes} classes 0 … ${classes - 1}`,
    );
  });
}

/** Labels with blanks around each, [N, 2U + 1]. */
function withBlanks(labels: Tensor, lengths: Tensor, blank: number): Tensor {
  const [samples, longest] = labels.shape;
  const blanks = labels.newFull([samples, 1], blank);
  if (longest === 0) return blanks;
  const beyond = arange(longest, { dtype: "int32", device: labels.device }).ge(
    lengths.unsqueeze(1),
  );
  const inside = labels.maskedFill(beyond, blank);
  const pairs = stack([blanks.expand([samples, longest]), inside], 2);
  return cat([pairs.reshape([samples, 2 * longest]), blanks], 1);
}

// ---- the op ----------------------------------------------------------------------------------------------------------

const NEVER = -Infinity;
/** log(exp a + exp b + exp c), where all may be −∞. */
function logSumExp(...terms: E.Expr[]): E.Expr {
  const peak = terms.reduce((a, b) => E.max(a, b));
  const shift = E.select(E.eq(peak, NEVER), 0, peak);
  const sum = terms.map((t) => E.exp(E.sub(t, shift))).reduce((a, b) => E.add(a, b));
  return E.add(E.log(sum), shift);
}

/** From what was before in this state, one before, two before, whether that may be skipped, and log-probabilities. */
const FORWARD = program(
  [E.add(logSumExp(E.input(0), E.input(1), E.select(E.input(3), E.input(2), NEVER)), E.input(4))],
  5,
);

/**
 * At scalar 0, the time: from what comes after in this state, one ahead, two ahead, and whether that may be entered over
 * one; log-probabilities, alpha, loss, and lengths of input and target. Gives the logarithm of the probability of all that
 * is to come, this time included, and the share of the state in the likelihood.
 */
const [same, next, second, mayEnter, here, alpha, loss, inputLength, targetLength] = Array.from(
  { length: 9 },
  (_, i) => E.input(i),
);
const state = E.index(1);
const lastTime = E.sub(inputLength, 1);
const isLast = E.or(
  E.eq(state, E.mul(2, targetLength)),
  E.eq(state, E.sub(E.mul(2, targetLength), 1)),
);
const time = E.scalar(0);
const toCome = E.select(
  E.lt(time, lastTime),
  logSumExp(same, next, E.select(mayEnter, second, NEVER)),
  E.select(E.and(E.eq(time, lastTime), isLast), 0, NEVER),
);
const BACKWARD = program([E.add(toCome, here), E.exp(E.add(E.add(alpha, toCome), loss))], 9, 1);

/** g · (exp x − share), within the sample's length. */
const [x, share, g] = [E.input(0), E.input(1), E.input(3)];
// What is infinite is NaN in PyTorch's gradient; (loss − x) · 0 says so.
const infinities = E.mul(E.sub(E.input(2), x), 0);
const slope = E.mul(g, E.add(E.sub(E.exp(x), share), infinities));
const isInside = E.lt(E.index(0), E.input(4));
const INPUT_GRADIENT = program([E.select(isInside, slope, 0)], 5);
const INPUT_GRADIENT_OR_ZERO = program(
  [E.select(E.and(isInside, E.lt(E.input(2), Infinity)), slope, 0)],
  5,
);

interface CTCAttrs {
  readonly zeroInfinity: boolean;
}

/** 1 where a state can be entered from two before: [N, S] in the dtype of x. */
function skips(states: Tensor, dtype: DType): Tensor {
  const [samples, count] = states.shape;
  const start = tensor([0, 1].slice(0, count), { dtype, device: states.device }).expand([
    samples,
    Math.min(count, 2),
  ]);
  if (count < 3) return start;
  const differ = states.narrow(1, 2, count - 2).ne(states.narrow(1, 0, count - 2));
  return cat([start, differ.to(dtype)], 1);
}

/** Log-probabilities of the states, [T, N, S]. */
const ofStates = (x: Tensor, states: Tensor): Tensor =>
  x.gather(2, states.unsqueeze(0).expand([x.shape[0], ...states.shape]));

/** Element [t] of a view, with columns from `start`. */
const slab = (v: TensorView, t: number, start = 0, count = v.shape[2]): TensorView =>
  v.with(
    [v.shape[1], count],
    v.strides.slice(1),
    v.offset + t * v.strides[0] + start * v.strides[2],
  );

/**
 * [T, N, C], states [N, S], lengths [N] twice → losses [N], alpha [T + 1, N, S + 2]: two columns of −∞ in front, and a time
 * before the first, at which the state before the first is certain.
 */
const ctcOp: Op<CTCAttrs> = defineComposite("ctcLoss", {
  decompose([x, states, inputLengths, targetLengths]) {
    const [steps, samples] = x.shape;
    const count = states.shape[1];
    const alpha = x.newFull([steps + 1, samples, count + 2], NEVER);
    alpha.narrow(0, 0, 1).narrow(2, 1, 1).zero_();
    const emitted = ofStates(x, states).memory;
    const skip = skips(states, x.dtype).memory;
    const v = alpha.memory;
    v.storage.willWrite();
    for (let t = 0; t < steps; t++) {
      const before = [2, 1, 0].map((start) => slab(v, t, start, count));
      x.device.map(FORWARD, [...before, skip, slab(emitted, t)], [slab(v, t + 1, 2, count)], []);
    }
    const ends = inputLengths
      .to("int32")
      .reshape([1, samples, 1])
      .expand([1, samples, count + 2]);
    const last = targetLengths.to("int32").mul(2).unsqueeze(1);
    const two = cat([last.add(1), last.add(2)], 1);
    return [logsumexp(alpha.gather(0, ends).squeeze(0).gather(1, two), 1).neg(), alpha];
  },
  saves: () => ({ inputs: [0, 1, 2, 3], outputs: [0, 1] }),
  gradient: ([g], { input, output, attrs }) => [
    dispatch(
      ctcInputGradientOp,
      [input(0), input(1), input(2), input(3), output(0), output(1), g!],
      attrs,
    ),
    null,
    null,
    null,
  ],
});

const ctcInputGradientOp: Op<CTCAttrs> = defineComposite("ctcLossInputGradient", {
  results: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  decompose([x, states, inputLengths, targetLengths, losses, alpha, g], { zeroInfinity }) {
    const { device, dtype } = x;
    const [steps, samples] = x.shape;
    const count = states.shape[1];
    const emitted = ofStates(x, states).memory;
    const skip = pad(skips(states, dtype), [0, 2]).memory;
    const mayEnter = skip.with([samples, count], skip.strides, skip.offset + 2 * skip.strides[1]);
    const column = (t: Tensor) => t.unsqueeze(1).memory.expand([samples, count]);
    const perSample = [losses, inputLengths, targetLengths].map(column);
    // Two times, in turns; two columns of −∞ behind.
    const ahead = x.newFull([2, samples, count + 2], NEVER);
    const shares = new Tensor(allocate(device, dtype, [steps, samples, count]));
    for (let t = steps - 1; t >= 0; t--) {
      const after = [0, 1, 2].map((start) => slab(ahead.memory, (t + 1) % 2, start, count));
      device.map(
        BACKWARD,
        [...after, mayEnter, slab(emitted, t), slab(alpha.memory, t + 1, 2, count), ...perSample],
        [slab(ahead.memory, t % 2, 0, count), slab(shares.memory, t)],
        [t],
      );
    }
    const index = states.unsqueeze(0).expand([steps, samples, count]);
    const sums = x.newZeros(x.shape).scatterAdd(2, index, shares);
    const result = new Tensor(allocate(device, dtype, x.shape));
    const wide = (t: Tensor) => t.reshape([1, samples, 1]).memory.expand(x.shape);
    device.map(
      zeroInfinity ? INPUT_GRADIENT_OR_ZERO : INPUT_GRADIENT,
      [x.memory, sums.memory, wide(losses), wide(g), wide(inputLengths)],
      [result.memory],
      [],
    );
    return [result];
  },
  gradient() {
    throw new DlError("gradient", "ctcLoss: it has no second gradient, nor has PyTorch's");
  },
});

/** {@link ctcLoss} as a criterion. */
export class CTCLoss extends Loss {
  blank: number;
  zeroInfinity: boolean;
  reduction: Reduction;
  constructor({ blank = 0, zeroInfinity = false, reduction = "mean" }: CTCOptions = {}) {
    super();
    this.blank = blank;
    this.zeroInfinity = zeroInfinity;
    this.reduction = reduction;
  }
  forward(
    logProbabilities: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor {
    return ctcLoss(logProbabilities, targets, inputLengths, targetLengths, this);
  }
}
