/** Products of vectors and matrices under PyTorch's names, and sums with them. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { numelOf, requireCount, sameShape, wrapDims } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { bmm, dot, matmul, mm } from "./matmul.ts";

/**
 * `dot`, which for complex numbers would conjugate the first vector.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.vdot.html
 *
 * @example
 * vdot(tensor([1, 2]), tensor([3, 4])) // => 11
 */
export const vdot = (a: Tensor, b: Tensor): Tensor => dot(a, b);

/**
 * Matrix times vector: [m, k] · [k] → [m].
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.mv.html
 *
 * @example
 * mv(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // => [3, 7]
 */
export function mv(matrix: Tensor, vector: Tensor): Tensor {
  if (matrix.rank !== 2 || vector.rank !== 1)
    throw new ShapeError(
      `mv: a matrix and a vector are wanted, got ${formatShape(matrix.shape)} and ${formatShape(vector.shape)}: matmul takes other ranks`,
    );
  return matmul(matrix, vector);
}

/**
 * All products of an element of one vector with one of the other: [m], [n] → [m, n].
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.outer.html
 *
 * @example
 * outer(tensor([1, 2]), tensor([3, 4])) // => [[3, 4], [6, 8]]
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  if (a.rank !== 1 || b.rank !== 1)
    throw new ShapeError(
      `outer: two vectors are wanted, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  return a.unsqueeze(1).mul(b);
}

/**
 * Sums of products over the last dimension of both: [..., k], [___, k] → [..., ___]. With a number, the plain product.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.inner.html
 *
 * @example
 * inner(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // => [3, 7]
 */
export function inner(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0) return a.mul(b);
  if (a.shape.at(-1) !== b.shape.at(-1))
    throw new ShapeError(
      `inner: the last dimensions of ${formatShape(a.shape)} and ${formatShape(b.shape)} have to be equal`,
    );
  return tensordot(a, b, { dims: [[-1], [-1]] });
}

export interface TensordotOptions {
  /**
   * How many dimensions to sum over (the last of a with the first of b), or which: a list for a and one for b.
   * Default 2.
   */
  dims?: number | readonly [readonly number[], readonly number[]];
}
/**
 * Sums of products over several dimensions of both; what remains of a comes first in the result, then what remains of b.
 * A dimension of size 1 broadcasts.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.tensordot.html
 *
 * @example
 * tensordot(ones(2, 3), ones(3, 4), { dims: 1 }).shape // => [2, 4]
 */
export function tensordot(a: Tensor, b: Tensor, { dims = 2 }: TensordotOptions = {}): Tensor {
  if (typeof dims === "number") requireCount("tensordot", "dims", dims);
  if (typeof dims === "number" && (dims > a.rank || dims > b.rank))
    throw new DlError(
      "value",
      `tensordot: ${dims} dimensions cannot be taken from ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  const [left, right] =
    typeof dims === "number"
      ? [
          Array.from({ length: dims }, (_, i) => a.rank - dims + i),
          Array.from({ length: dims }, (_, i) => i),
        ]
      : [wrapped(a, dims[0]), wrapped(b, dims[1])];
  if (left.length !== right.length)
    throw new DlError(
      "value",
      `tensordot: dims ${formatShape(left)} and ${formatShape(right)} have to be equally many`,
    );
  let [x, y] = [a, b];
  left.forEach((d, i) => {
    const [m, n] = [a.shape[d], b.shape[right[i]]];
    if (m === n) return;
    if (n === 1) x = x.sum(d, { keepdim: true });
    else if (m === 1) y = y.sum(right[i], { keepdim: true });
    else
      throw new ShapeError(
        `tensordot: dimension ${d} of ${formatShape(a.shape)} and ${right[i]} of ${formatShape(b.shape)} have sizes ${m} and ${n}, which must be equal`,
      );
  });
  const [keepA, keepB] = [others(x, left), others(y, right)];
  const inner = numelOf(left.map((d) => x.shape[d]));
  const [rows, columns] = [keepA.map((d) => x.shape[d]), keepB.map((d) => y.shape[d])];
  return mm(
    x.permute([...keepA, ...left]).reshape([numelOf(rows), inner]),
    y.permute([...right, ...keepB]).reshape([inner, numelOf(columns)]),
  ).reshape([...rows, ...columns]);
}
/** Checked, in the order given. */
function wrapped(t: Tensor, dims: readonly number[]): number[] {
  if (dims.length) wrapDims(dims, t.rank, "tensordot");
  return dims.map((d) => (d < 0 ? d + t.rank : d));
}
const others = (t: Tensor, dims: readonly number[]): number[] =>
  t.shape.map((_, d) => d).filter((d) => !dims.includes(d));

export interface AddProductOptions {
  /** Factor of the first argument, which for 0 is not looked at. Default 1. */
  beta?: number;
  /** Factor of the product. Default 1. */
  alpha?: number;
}
function plus(
  name: string,
  input: Tensor,
  product: Tensor,
  { beta = 1, alpha = 1 }: AddProductOptions,
): Tensor {
  const lead = product.rank - input.rank;
  if (lead < 0 || input.shape.some((n, d) => n !== 1 && n !== product.shape[d + lead]))
    throw new ShapeError(
      `${name}: ${formatShape(input.shape)} does not broadcast to the product's shape ${formatShape(product.shape)}`,
    );
  const scaled = alpha === 1 ? product : product.mul(alpha);
  if (beta === 0) return scaled;
  return scaled.add(beta === 1 ? input : input.mul(beta));
}

/**
 * beta · input + alpha · (mat1 · mat2), where input broadcasts to [m, n].
 *
 * @param mat1 [m, k]
 * @param mat2 [k, n]
 * @see https://docs.pytorch.org/docs/stable/generated/torch.addmm.html
 *
 * @example
 * addmm(tensor([10, 20]), tensor([[1, 2]]), tensor([[1, 0], [0, 1]]), { beta: 2 }) // => [[21, 42]]
 */
export const addmm = (
  input: Tensor,
  mat1: Tensor,
  mat2: Tensor,
  options: AddProductOptions = {},
): Tensor => plus("addmm", input, mm(mat1, mat2), options);

/**
 * beta · input + alpha · (mat · vec), where input broadcasts to [m].
 *
 * @param mat [m, k]
 * @param vec [k]
 * @see https://docs.pytorch.org/docs/stable/generated/torch.addmv.html
 *
 * @example
 * addmv(tensor([1, 1]), tensor([[1, 2], [3, 4]]), tensor([1, 1])) // => [4, 8]
 */
export const addmv = (
  input: Tensor,
  mat: Tensor,
  vec: Tensor,
  options: AddProductOptions = {},
): Tensor => plus("addmv", input, mv(mat, vec), options);

/**
 * beta · input + alpha · outer(vec1, vec2), where input broadcasts to [m, n].
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.addr.html
 *
 * @example
 * addr(zeros(2, 2), tensor([1, 2]), tensor([3, 4])) // => [[3, 4], [6, 8]]
 */
export const addr = (
  input: Tensor,
  vec1: Tensor,
  vec2: Tensor,
  options: AddProductOptions = {},
): Tensor => plus("addr", input, outer(vec1, vec2), options);

/**
 * beta · input + alpha · Σ over the batch of batch1 · batch2, where input broadcasts to [m, n].
 *
 * @param batch1 [b, m, k]
 * @param batch2 [b, k, n]
 * @see https://docs.pytorch.org/docs/stable/generated/torch.addbmm.html
 *
 * @example
 * addbmm(zeros(1, 1), ones(3, 1, 2), ones(3, 2, 1)) // => [[6]]
 */
export function addbmm(
  input: Tensor,
  batch1: Tensor,
  batch2: Tensor,
  options: AddProductOptions = {},
): Tensor {
  requireBatches("addbmm", batch1, batch2);
  // A sum over the batch is one product over batch and inner dimension.
  const product = tensordot(batch1, batch2, {
    dims: [
      [0, 2],
      [0, 1],
    ],
  });
  return plus("addbmm", input, product, options);
}
function requireBatches(name: string, a: Tensor, b: Tensor): void {
  if (
    a.rank !== 3 ||
    b.rank !== 3 ||
    !sameShape([a.shape[0], a.shape[2]], [b.shape[0], b.shape[1]])
  )
    throw new ShapeError(
      `${name}: two equal batches of matrices [b, m, k] and [b, k, n] are wanted, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
}

/**
 * beta · input + alpha · (batch1 · batch2), where input broadcasts to [b, m, n].
 *
 * @param batch1 [b, m, k]
 * @param batch2 [b, k, n]
 * @see https://docs.pytorch.org/docs/stable/generated/torch.baddbmm.html
 *
 * @example
 * baddbmm(ones(1, 1, 1), ones(2, 1, 2), ones(2, 2, 1), { alpha: 3 }) // => [[[7]], [[7]]]
 */
export const baddbmm = (
  input: Tensor,
  batch1: Tensor,
  batch2: Tensor,
  options: AddProductOptions = {},
): Tensor => plus("baddbmm", input, bmm(batch1, batch2), options);

/**
 * The product of several matrices, in the order that multiplies the fewest numbers. The first and the last may be
 * vectors, a row and a column.
 *
 * @throws ShapeError for fewer than two, or sizes that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html
 *
 * @example
 * linalg.multiDot([ones(2, 3), ones(3, 4), ones(4)]) // => [12, 12]
 */
export function multiDot(tensors: readonly Tensor[]): Tensor {
  if (tensors.length < 2)
    throw new ShapeError(`multiDot: at least 2 tensors are wanted, got ${tensors.length}`);
  const last = tensors.length - 1;
  const matrices = tensors.map((t, i) => {
    if (t.rank === 1 && i === 0) return t.unsqueeze(0);
    if (t.rank === 1 && i === last) return t.unsqueeze(1);
    if (t.rank !== 2)
      throw new ShapeError(
        `multiDot: tensor ${i} has shape ${formatShape(t.shape)}: matrices are wanted, the first and the last may be vectors`,
      );
    return t;
  });
  const out = inBestOrder(matrices);
  const shape = [
    ...(tensors[0].rank === 1 ? [] : [out.shape[0]]),
    ...(tensors[last].rank === 1 ? [] : [out.shape[1]]),
  ];
  return out.reshape(shape);
}
/** The textbook's dynamic program: cost[i][j] of the product of matrices i … j, and where to cut it. */
function inBestOrder(matrices: readonly Tensor[]): Tensor {
  const n = matrices.length;
  const sizes = [matrices[0].shape[0], ...matrices.map((t) => t.shape[1])];
  const cost = matrices.map(() => new Array<number>(n).fill(0));
  const cut = matrices.map(() => new Array<number>(n).fill(0));
  for (let length = 2; length <= n; length++)
    for (let i = 0; i + length <= n; i++) {
      const j = i + length - 1;
      cost[i][j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (total >= cost[i][j]) continue;
        cost[i][j] = total;
        cut[i][j] = k;
      }
    }
  const product = (i: number, j: number): Tensor =>
    i === j ? matrices[i] : mm(product(i, cut[i][j]), product(cut[i][j] + 1, j));
  return product(0, n - 1);
}
/**
 * The product of several matrices: `linalg.multiDot`, also for one.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.chain_matmul.html
 *
 * @example
 * chainMatmul(ones(2, 3), ones(3, 4), ones(4, 1)) // => [[12], [12]]
 */
export function chainMatmul(...args: readonly Tensor[] | readonly [readonly Tensor[]]): Tensor {
  const matrices = args.flat() as Tensor[];
  const odd = matrices.find((t) => t.rank !== 2);
  if (odd || matrices.length === 0)
    throw new ShapeError(
      `chainMatmul: matrices are wanted, got ${odd ? formatShape(odd.shape) : "none"}`,
    );
  return matrices.length === 1 ? matrices[0].clone() : multiDot(matrices);
}
