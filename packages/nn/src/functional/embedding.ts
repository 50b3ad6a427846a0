/** Rows of a table by number, one by one or reduced in bags. */
import {
  argsort,
  cumsum,
  DlError,
  defineComposite,
  defineMap,
  dispatch,
  expr,
  formatShape,
  indexSelect,
  norm,
  ShapeError,
  scope,
  type Tensor,
  zeros,
} from "@dl/tensor/core";
import { quietly } from "../quiet.ts";

export interface EmbeddingLookup {
  /** A row that gets no gradient; negative ones count from the end. Default: none. */
  paddingIdx?: number | null;
  /** Rows that are longer are shortened to this length, in the table itself, when they are looked up. Default: none. */
  maxNorm?: number | null;
  /** The order of the norm that `maxNorm` limits. Default 2. */
  normType?: number;
  /**
   * Divide a row's gradient by how often the row is looked up. Default false. In bags this is what PyTorch documents and
   * does on CUDA; its kernel for the CPU divides some rows by the count of another.
   */
  scaleGradByFreq?: boolean;
  /** Accepted, as PyTorch's; gradients are dense, with the same numbers. */
  sparse?: boolean;
}

interface EmbeddingAttrs {
  /** −1: none. */
  readonly padding: number;
  readonly scaleByCount: boolean;
}
const embeddingOp = defineComposite<EmbeddingAttrs>("embedding", {
  decompose: ([weight, index]) => [indexSelect(weight, 0, index)],
  saves: () => ({ inputs: [1] }),
  gradient([g], { attrs: { padding, scaleByCount }, input, shape }) {
    const index = input(1);
    const [rows, size] = shape(0);
    let updates = g!;
    if (padding >= 0) updates = updates.maskedFill(index.eq(padding).unsqueeze(1), 0);
    if (scaleByCount)
      updates = updates.div(indexSelect(countsOf(index, rows, g!), 0, index).unsqueeze(1));
    const column = index.unsqueeze(1).expand([index.numel, size]);
    return [updates.newZeros([rows, size]).scatterAdd(0, column, updates), null];
  },
});
/** How often each of the numbers 0 … n−1 occurs, in the dtype of `like`. */
const countsOf = (index: Tensor, n: number, like: Tensor): Tensor =>
  like.newZeros([n]).scatterAdd(0, index, like.newFull([index.numel], 1));

/** A whole number for each row, on the host where that can be read, checked. */
function checkIndices(name: string, index: Tensor, weight: Tensor): void {
  if (weight.rank !== 2)
    throw new ShapeError(
      `${name}: the weight has to be [rows, size], got ${formatShape(weight.shape)}`,
    );
  if (index.dtype !== "int32" && index.dtype !== "uint8")
    throw new DlError(
      "dtype",
      `${name}: the index is ${index.dtype}, whole numbers are wanted: index.to("int32")`,
    );
  if (!index.device.readSync && !index.memory.storage.host) return;
  const [rows] = weight.shape;
  index.dataSync().forEach((row: number, i: number) => {
    if (row >= 0 && row < rows) return;
    throw new DlError(
      "index",
      `${name}: index ${row} at position ${i} is not one of 0 … ${rows - 1}, the rows of the weight`,
    );
  });
}

function paddingRow(name: string, paddingIdx: number | null | undefined, rows: number): number {
  if (paddingIdx === null || paddingIdx === undefined) return -1;
  const row = paddingIdx < 0 ? rows + paddingIdx : paddingIdx;
  if (Number.isInteger(row) && row >= 0 && row < rows) return row;
  throw new DlError("value", `${name}: paddingIdx ${paddingIdx} is not within ${rows} rows`);
}

const shortening = defineMap<[Tensor, Tensor, number]>("maxNorm", (norm, count, max) =>
  expr.select(
    expr.and(expr.lt(max, norm), expr.lt(0, count)),
    expr.div(max, expr.add(norm, 1e-7)),
    1,
  ),
);
/** Shortens the rows that are looked up, in place. */
function renormalize(weight: Tensor, index: Tensor, maxNorm: number, normType: number): void {
  quietly(() =>
    scope(() => {
      const norms = norm(weight, { p: normType, dim: 1 });
      const factor = shortening(norms, countsOf(index, weight.shape[0], norms), maxNorm);
      weight.mul_(factor.unsqueeze(1));
    }),
  );
}

function rowsOf(
  name: string,
  index: Tensor,
  weight: Tensor,
  { paddingIdx, maxNorm = null, normType = 2, scaleGradByFreq = false }: EmbeddingLookup,
): Tensor {
  if (maxNorm !== null) renormalize(weight, index, maxNorm, normType);
  return dispatch(embeddingOp, [weight, index], {
    padding: paddingRow(name, paddingIdx, weight.shape[0]),
    scaleByCount: scaleGradByFreq,
  });
}

/**
 * The rows of `weight [rows, size]` that whole numbers `input [...]` name: `[..., size]`.
 *
 * @throws DlError "index" for a number that is no row, where it can be read without waiting.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 *
 * @example
 * const table = tensor([[1, 2], [3, 4]]);
 * embedding(tensor([1, 1, 0], { dtype: "int32" }), table) // => [[3, 4], [3, 4], [1, 2]]
 */
export function embedding(input: Tensor, weight: Tensor, options: EmbeddingLookup = {}): Tensor {
  checkIndices("embedding", input, weight);
  return scope(
    () => {
      const index = input.reshape([input.numel]).to("int32");
      const rows = rowsOf("embedding", index, weight, options);
      return rows.reshape([...input.shape, weight.shape[1]]);
    },
    { name: "embedding()" },
  );
}

export type BagMode = "sum" | "mean" | "max";
export interface EmbeddingBagOptions extends EmbeddingLookup {
  /** For numbers in one row: where each bag begins, `[B]`, int32, from 0 in rising order. */
  offsets?: Tensor | null;
  /** What becomes of a bag's rows. Default `"mean"`. */
  mode?: BagMode;
  /** A factor for each row, in the shape of `input`; only for sums. */
  perSampleWeights?: Tensor | null;
  /** `offsets` has one number more: where the last bag ends. Default false. */
  includeLastOffset?: boolean;
}

/**
 * Sums, means or maxima of rows of `weight [rows, size]`, bag by bag, without storing what a user would reduce:
 * `input [B, N]` is B bags of N numbers; `input [n]` is cut into bags at `offsets [B]`. The result is `[B, size]`. An
 * empty bag, or one of nothing but `paddingIdx`, gives zeros.
 *
 * @throws ShapeError, and DlError "index" for a number that is no row, where it can be read without waiting.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
 *
 * @example
 * const table = tensor([[1, 2], [3, 4]]);
 * embeddingBag(tensor([[0, 1]], { dtype: "int32" }), table, { mode: "sum" }) // => [[4, 6]]
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  options: EmbeddingBagOptions = {},
): Tensor {
  const { offsets = null, mode = "mean", perSampleWeights = null, scaleGradByFreq } = options;
  const name = "embeddingBag";
  checkIndices(name, input, weight);
  const isCut = input.rank === 1;
  if ((input.rank !== 2 && !isCut) || isCut !== (offsets !== null)) {
    throw new ShapeError(
      `${name}: the input has to be [B, N] without offsets, or [n] with offsets [B], got ${formatShape(input.shape)} ${offsets ? `with ${formatShape(offsets.shape)}` : "without"}`,
    );
  }
  if (mode !== "sum" && mode !== "mean" && mode !== "max")
    throw new DlError("value", `${name}: mode is "sum", "mean" or "max", got "${mode}"`);
  if (mode === "max" && scaleGradByFreq)
    throw new DlError("value", `${name}: scaleGradByFreq does not go with mode "max"`);
  if (perSampleWeights && (mode !== "sum" || perSampleWeights.numel !== input.numel))
    throw new DlError(
      "value",
      `${name}: perSampleWeights need mode "sum" and the shape of the input ${formatShape(input.shape)}, got mode "${mode}" and ${formatShape(perSampleWeights.shape)}`,
    );
  return scope(() => reduceBags(input, weight, options), { name: `${name}()` });
}

function reduceBags(input: Tensor, weight: Tensor, options: EmbeddingBagOptions): Tensor {
  const { mode = "mean", perSampleWeights } = options;
  const n = input.numel;
  const size = weight.shape[1];
  const index = input.reshape([n]).to("int32");
  let rows = rowsOf("embeddingBag", index, weight, options);
  if (perSampleWeights) rows = rows.mul(perSampleWeights.reshape([n, 1]));
  const padding = paddingRow("embeddingBag", options.paddingIdx, weight.shape[0]);
  const [bagOf, bags] = bagNumbers(input, options);
  // What is padding goes into a bag behind the last, which nobody gets.
  const bag = padding >= 0 ? bagOf.maskedFill(index.eq(padding), bags) : bagOf;
  const column = bag.unsqueeze(1).expand([n, size]);
  const counts = countsOf(bag, bags + 1, rows).narrow(0, 0, bags);
  if (mode === "max" && n > 0) return maxima(rows, column, counts);
  const sums = rows
    .newZeros([bags + 1, size])
    .scatterAdd(0, column, rows)
    .narrow(0, 0, bags);
  return mode === "mean" ? sums.div(counts.clamp({ min: 1 }).unsqueeze(1)) : sums;
}

/** Which bag each of the numbers is in, `[n]`, and how many bags there are. */
function bagNumbers(
  input: Tensor,
  { offsets, includeLastOffset = false }: EmbeddingBagOptions,
): [bag: Tensor, bags: number] {
  const n = input.numel;
  if (!offsets) {
    const [bags, each] = input.shape;
    return [numbersTo(bags, input).unsqueeze(1).expand([bags, each]).reshape([n]), bags];
  }
  const bags = offsets.shape[0] - (includeLastOffset ? 1 : 0);
  // A 1 wherever a bag begins; several where there are empty ones. The running total counts them.
  const starts = offsets.narrow(0, 0, bags).to("int32");
  const zero = zeros([n + 1], { dtype: "int32", device: input.device });
  const marks = zero.scatterAdd(0, starts, starts.newFull([bags], 1));
  return [cumsum(marks, 0).narrow(0, 0, n).sub(1), bags];
}
/** 0 … n−1 on the device of `like`. */
const numbersTo = (n: number, like: Tensor): Tensor =>
  cumsum(zeros([n], { dtype: "int32", device: like.device }).add(1), 0).sub(1);

/**
 * The maxima of each bag's rows. Rows are sorted, column by column, by bag and then by value: the first of each bag is
 * its maximum, and of equal ones the first, which alone has the gradient.
 */
function maxima(rows: Tensor, column: Tensor, counts: Tensor): Tensor {
  const [n, size] = rows.shape;
  const bags = counts.shape[0];
  const byValue = argsort(rows.detach(), { dim: 0, descending: true });
  const byBag = argsort(column.gather(0, byValue), { dim: 0 });
  const order = byValue.gather(0, byBag);
  const starts = cumsum(counts, 0)
    .sub(counts)
    .clamp({ max: n - 1 })
    .to("int32");
  const first = order.gather(0, starts.unsqueeze(1).expand([bags, size]));
  return rows.gather(0, first).maskedFill(counts.eq(0).unsqueeze(1), 0);
}
