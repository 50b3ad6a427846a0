/** A linear layer and cross-entropy as one, so that logits of many classes need not be there all at once. */
import {
  cat,
  DlError,
  type DType,
  dispatch,
  formatShape,
  isFloating,
  numelOf,
  type Op,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { float } from "../python.ts";

/**
 * How rows are divided, so that only some rows' logits are in memory at a time. The backward pass computes them again.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LinearCrossEntropyOptions.html
 *
 * @example
 * new LinearCrossEntropyOptions({ batchChunkSize: 128, chunkingMethod: null }).rowsAtOnce(1000, 16, 5000) // => 128
 */
export class LinearCrossEntropyOptions {
  /** How many rows at a time. Default null: as `chunkingMethod` says, or all. */
  readonly batchChunkSize: number | null;
  /**
   * `"aspect_ratio"`: so many rows that their logits need no more memory than the input; `"aspect_ratio:n"`: an n-th of
   * that. `"auto"` (default) is `"aspect_ratio:2"`; null: as `batchChunkSize` says.
   */
  readonly chunkingMethod: string | null;
  /** Has no effect: a backward pass may be repeated anyway. Default false. */
  readonly allowRetainGraph: boolean;
  /** Has no effect: sums are in the input's dtype. Default `"auto"`. */
  readonly accPolicy: "auto" | "accurate" | "balanced" | "compact";
  /** Has no effect, like `accPolicy`. Default null. */
  readonly accDtype: DType | null;

  constructor({
    allowRetainGraph = false,
    batchChunkSize = null,
    chunkingMethod = batchChunkSize === null ? "auto" : null,
    accPolicy = "auto",
    accDtype = null,
  }: Partial<
    Pick<
      LinearCrossEntropyOptions,
      "allowRetainGraph" | "batchChunkSize" | "chunkingMethod" | "accPolicy" | "accDtype"
    >
  > = {}) {
    if (
      chunkingMethod !== null &&
      chunkingMethod !== "auto" &&
      !/^aspect_ratio(:0*[1-9]\d*)?$/.test(chunkingMethod)
    )
      throw new DlError(
        "value",
        `LinearCrossEntropyOptions: chunkingMethod "${chunkingMethod}" is not "auto", "aspect_ratio" or "aspect_ratio:2" and so on`,
      );
    if (batchChunkSize !== null && !(Number.isInteger(batchChunkSize) && batchChunkSize > 0))
      throw new DlError(
        "value",
        `LinearCrossEntropyOptions: batchChunkSize is ${batchChunkSize}, a whole number above 0 is wanted`,
      );
    this.allowRetainGraph = allowRetainGraph;
    this.batchChunkSize = batchChunkSize;
    this.chunkingMethod = chunkingMethod;
    this.accPolicy = accPolicy;
    this.accDtype = accDtype;
  }

  /** @throws DlError "value" when both fields are set and do not agree. */
  rowsAtOnce(rows: number, inFeatures: number, classes: number): number {
    const { batchChunkSize, chunkingMethod } = this;
    const given = batchChunkSize === null ? rows : Math.min(batchChunkSize, rows);
    if (chunkingMethod === null) return Math.max(1, given);
    const factor = chunkingMethod === "auto" ? 2 : Number(chunkingMethod.split(":")[1] ?? 1);
    const target = Math.ceil(rows / Math.ceil(classes / inFeatures));
    const power = 2 ** Math.ceil(Math.log2(Math.max(1, target)));
    const size = Math.min(Math.floor(power / factor), rows);
    if (batchChunkSize !== null && batchChunkSize !== size)
      throw new DlError(
        "value",
        `LinearCrossEntropyOptions: batchChunkSize ${batchChunkSize} and chunkingMethod "${chunkingMethod}", which gives ${size}, do not agree: set one of them`,
      );
    return Math.max(1, size);
  }
  toString(): string {
    const named = {
      allow_retain_graph: this.allowRetainGraph ? "True" : "False",
      batch_chunk_size: this.batchChunkSize ?? "None",
      chunking_method: this.chunkingMethod === null ? "None" : `'${this.chunkingMethod}'`,
      acc_policy: `'${this.accPolicy}'`,
      acc_dtype: this.accDtype ? `torch.${this.accDtype}` : "None",
    };
    const fields = Object.entries(named).map(([k, v]) => `${k}=${v}`);
    return `LinearCrossEntropyOptions(${fields.join(", ")})`;
  }
}

export interface LinearCrossEntropyCall {
  /** [C], or [C, d₁, …] like the weight without its last dimension. Default: none. */
  linearBias?: Tensor | null;
  /** A factor for each class, `[C]`; the mean is weighted by it. */
  weight?: Tensor | null;
  /** Default "mean". */
  reduction?: "none" | "mean" | "sum";
  /** Targets of this value count for nothing; only with class indices. Default null, which is −100. */
  ignoreIndex?: number | null;
  /** This share of the target is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
  /** Divide the rows, to save memory. Default null: all at once. */
  options?: LinearCrossEntropyOptions | null;
}

/**
 * Cross-entropy of logits that are linear in the input: `crossEntropy(linear(input, linearWeight, linearBias), target)`.
 *
 *     input [N, in] or [in]      linearWeight [C, in] or [C, d₁, …, in]
 *     target [N, d₁, …] class indices, or [N, C, d₁, …] probabilities
 *
 * With `options` the rows' logits are computed in parts, in the forward pass and once more in the backward pass, instead
 * of being kept: for class indices, without smoothing and without d₁, …; otherwise `options` has no effect.
 *
 * @returns one number, or the shape of the indices when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit; DlError "value" for `ignoreIndex` with probabilities.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear_cross_entropy.html
 *
 * @example
 * linearCrossEntropy(tensor([[1, 2]]), tensor([[1, 0], [0, 1]]), tensor([1])) // => 0.313262
 */
export function linearCrossEntropy(
  input: Tensor,
  linearWeight: Tensor,
  target: Tensor,
  call: LinearCrossEntropyCall = {},
): Tensor {
  const { linearBias, weight, reduction = "mean", labelSmoothing = 0, options } = call;
  const { logitsShape, classes } = checkShapes(input, linearWeight, linearBias);
  if (reduction !== "none" && reduction !== "mean" && reduction !== "sum")
    throw new DlError("value", `linearCrossEntropy: reduction "${reduction}" is unknown`);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new DlError(
      "value",
      `linearCrossEntropy: labelSmoothing ${labelSmoothing} has to be within 0 … 1`,
    );
  const isDistribution = sameShape(target.shape, logitsShape) && isFloating(target.dtype);
  if (isDistribution && typeof call.ignoreIndex === "number")
    throw new DlError("value", "linearCrossEntropy: ignoreIndex is for class indices only");
  return scope(() => {
    const flatWeight = linearWeight.reshape(-1, linearWeight.shape.at(-1)!);
    const flatBias = linearBias?.reshape(-1);
    const logits = () => {
      const flat = input.matmul(flatWeight.t());
      return (flatBias ? flat.add(flatBias) : flat).reshape(logitsShape);
    };
    const dim = logitsShape.length === 1 ? 0 : 1;
    if (isDistribution)
      return ofProbabilities(logits().logSoftmax(dim), target, dim, {
        weight,
        reduction,
        labelSmoothing,
      });
    const wanted = logitsShape.filter((_, d) => d !== dim);
    if (!sameShape(target.shape, wanted))
      throw new ShapeError(
        `linearCrossEntropy: for logits ${formatShape(logitsShape)} class indices of shape ${formatShape(wanted)} are wanted, got ${formatShape(target.shape)}`,
      );
    const labels = target.to("int32");
    const counts = labels.ne(call.ignoreIndex ?? -100);
    const index = labels.mul(counts);
    let losses: Tensor;
    let logProbabilities: Tensor | undefined;
    if (options && linearWeight.rank === 2 && labelSmoothing === 0 && numelOf(logitsShape) > 0) {
      const rows = input.reshape(-1, input.shape.at(-1)!);
      const size = options.rowsAtOnce(rows.shape[0], rows.shape[1], classes);
      const operands = [rows, flatWeight, index.reshape(-1), ...(flatBias ? [flatBias] : [])];
      losses = dispatch(chunkedOp, operands, { size }).reshape(wanted);
    } else {
      logProbabilities = logits().logSoftmax(dim);
      losses = picked(logProbabilities, index, dim);
    }
    const factors = weight
      ? weight.gather(0, index.reshape(-1)).reshape(index.shape)
      : counts.to(losses.dtype);
    let each = weight ? losses.mul(factors) : losses;
    if (labelSmoothing > 0 && logProbabilities) {
      const all = logProbabilities;
      const weighted = weight ? all.mul(alongClasses(weight, all.rank, dim)) : all;
      const even = weighted.sum(dim).mul(-labelSmoothing / classes);
      each = each.mul(1 - labelSmoothing).add(even);
    }
    // Not by a factor of 0: an infinite loss that does not count would leave NaN.
    each = each.maskedFill(counts.logicalNot(), 0);
    if (reduction === "none") return each;
    return reduction === "sum" ? each.sum() : each.sum().div(factors.mul(counts).sum());
  });
}

function checkShapes(
  input: Tensor,
  linearWeight: Tensor,
  linearBias: Tensor | null | undefined,
): { logitsShape: number[]; classes: number } {
  const fail = (what: string): never => {
    throw new ShapeError(
      `linearCrossEntropy: input ${formatShape(input.shape)}, linearWeight ${formatShape(linearWeight.shape)}: ${what}`,
    );
  };
  if (input.rank < 1 || input.rank > 2) fail("the input has to be [N, in] or [in]");
  if (linearWeight.rank < 2) fail("the weight has to be [C, in] or [C, d₁, …, in]");
  if (input.shape.at(-1) !== linearWeight.shape.at(-1)) fail("the last dimensions have to agree");
  const outputs = linearWeight.shape.slice(0, -1);
  if (linearBias && !sameShape(linearBias.shape, outputs))
    fail(`the bias has to be ${formatShape(outputs)}, got ${formatShape(linearBias.shape)}`);
  if (outputs.length > 1 && input.rank === 1) fail("several dimensions of outputs want [N, in]");
  return { logitsShape: [...input.shape.slice(0, -1), ...outputs], classes: outputs[0] };
}
/** −x[i, tᵢ] */
const picked = (x: Tensor, index: Tensor, dim: number): Tensor =>
  x.gather(dim, index.unsqueeze(dim)).squeeze(dim).neg();
const alongClasses = (weight: Tensor, rank: number, dim: number): Tensor =>
  weight.reshape(Array.from({ length: rank }, (_, d) => (d === dim ? -1 : 1)));

function ofProbabilities(
  logProbabilities: Tensor,
  target: Tensor,
  dim: number,
  { weight, reduction, labelSmoothing = 0 }: LinearCrossEntropyCall,
): Tensor {
  const classes = logProbabilities.shape[dim];
  const smoothed =
    labelSmoothing > 0 ? target.mul(1 - labelSmoothing).add(labelSmoothing / classes) : target;
  const shares = weight ? smoothed.mul(alongClasses(weight, logProbabilities.rank, dim)) : smoothed;
  const products = logProbabilities.mul(shares);
  if (reduction === "none") return products.sum(dim).neg();
  const total = products.sum().neg();
  return reduction === "sum" ? total : total.div(logProbabilities.numel / classes);
}

/** Rows [N, in], weight [C, in], class indices [N], perhaps a bias [C] → losses [N], some rows at a time. */
const chunkedOp: Op<{ readonly size: number }> = {
  name: "linearCrossEntropy",
  forward([rows, weight, index, bias], { size }) {
    const parts = chunks(rows.shape[0], size, (part) =>
      picked(logitsOf(part(rows), weight, bias).logSoftmax(1), part(index), 1),
    );
    const losses = cat(parts);
    for (const part of parts) part.dispose();
    return [losses];
  },
  saves: (needs) => ({ inputs: needs.map((_, i) => i) }),
  // D = (softmax(logits) − 1 at the index) · g, and D W, Dᵀ rows, and the columns' sums of D
  gradient([g], { attrs: { size }, input, needs }) {
    const [rows, weight, index] = [input(0), input(1), input(2)];
    const bias = needs.length > 3 ? input(3) : undefined;
    const toRows: Tensor[] = [];
    let [toWeight, toBias]: (Tensor | null)[] = [null, null];
    const added = (a: Tensor | null, b: Tensor) => {
      const sum = a ? a.add(b) : b;
      a?.dispose();
      return sum;
    };
    chunks(rows.shape[0], size, (part) => {
      const own = part(g!);
      const d = logitsOf(part(rows), weight, bias)
        .softmax(1)
        .mul(own.unsqueeze(1))
        .scatterAdd(1, part(index).unsqueeze(1), own.neg().unsqueeze(1));
      if (needs[0]) toRows.push(d.matmul(weight));
      if (needs[1]) toWeight = added(toWeight, d.t().matmul(part(rows)));
      if (needs[3]) toBias = added(toBias, d.sum(0));
      return [toRows.at(-1), toWeight, toBias];
    });
    return [needs[0] ? cat(toRows) : null, toWeight, null, toBias];
  },
};
function logitsOf(rows: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const logits = rows.matmul(weight.t());
  return bias ? logits.add(bias) : logits;
}
/** Calls `fn` for parts of the rows; what it makes and does not return is released before the next. */
function chunks<T>(rows: number, size: number, fn: (part: (t: Tensor) => Tensor) => T): T[] {
  const results: T[] = [];
  for (let start = 0; start < rows; start += size) {
    const length = Math.min(size, rows - start);
    results.push(scope(() => fn((t) => t.narrow(0, start, length))));
  }
  return results;
}

/** As Python prints the fields of the criterion. */
export const printedCall = (call: LinearCrossEntropyCall): string =>
  `reduction=${call.reduction}, ignore_index=${call.ignoreIndex ?? "None"}, label_smoothing=${float(call.labelSmoothing ?? 0)}, options=${call.options ?? "None"}`;
