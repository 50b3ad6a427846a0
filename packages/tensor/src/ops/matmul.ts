/** Products of matrices. */
import { checkTensor, commonBackend } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { promoteTypes } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { broadcastShapes, contiguousStrides, numelOf, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate } from "../view.ts";
import { fillView } from "./fill.ts";

interface MatmulAttrs {
  /** Lay the result out by columns, as the gradient of a transposed weight wants. */
  readonly columnMajor: boolean;
}

/** [..., m, k] · [..., k, n], batch dimensions equal. */
const matmulOp: Op<MatmulAttrs> = {
  name: "matmul",
  forward([a, b], { columnMajor }) {
    const backend = commonBackend("matmul", [a, b]);
    const shape = [...a.shape.slice(0, -1), b.shape.at(-1)!];
    const strides = contiguousStrides(shape);
    if (columnMajor) [strides[shape.length - 2], strides[shape.length - 1]] = [1, shape.at(-2)!];
    const out = allocate(backend, a.dtype, shape, columnMajor ? strides : undefined);
    if (out.numel > 0 && a.shape.at(-1) === 0) fillView(out, 0);
    else if (out.numel > 0) backend.matmul(a.memory, b.memory, out);
    return [new Tensor(out)];
  },
  saves: (needs) => ({ inputs: [...(needs[0] ? [1] : []), ...(needs[1] ? [0] : [])] }),
  gradient([g], { needs, input }) {
    return [
      needs[0] ? product(g!, input(1).transpose(-1, -2), false) : null,
      needs[1] ? product(input(0).transpose(-1, -2), g!, true) : null,
    ];
  },
};

/**
 * A gradient with respect to the right operand is laid out by columns if asked: that operand is usually a transposed
 * weight, whose gradient then has the weight's own layout once it is transposed back.
 */
const product = (a: Tensor, b: Tensor, columnMajor: boolean): Tensor =>
  dispatch(matmulOp, [a, b], { columnMajor });

/**
 * PyTorch's `matmul`: vectors, matrices and batches of matrices; batch dimensions broadcast.
 *
 *     [k]·[k] → []    [m,k]·[k] → [m]    [k]·[k,n] → [n]    [...,m,k]·[...,k,n] → [...,m,n]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireTensors("matmul", a, b);
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError("matmul: both operands need at least one dimension: use mul for numbers");
  const left = a.rank === 1 ? a.unsqueeze(0) : a;
  const right = b.rank === 1 ? b.unsqueeze(1) : b;
  const inner = left.shape.at(-1)!;
  if (inner !== right.shape.at(-2)) {
    throw new ShapeError(
      `matmul: ${formatShape(a.shape)} times ${formatShape(b.shape)}: the last dimension of the first operand (${inner}) has to equal ` +
        `the ${b.rank === 1 ? "only" : "second to last"} one of the second (${right.shape.at(-2)})`,
    );
  }
  if (a.dtype !== b.dtype)
    throw new DlError(
      "dtype",
      `matmul: ${a.dtype} times ${b.dtype}: convert one, for instance with .to("${promoteTypes(a.dtype, b.dtype)}")`,
    );
  const out = batched(left, right);
  if (a.rank > 1 && b.rank > 1) return out;
  const shape = out.shape.slice();
  if (b.rank === 1) shape.splice(-1, 1);
  if (a.rank === 1) shape.splice(b.rank === 1 ? -1 : -2, 1);
  return out.reshape(shape);
}

function batched(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 2 && b.rank === 2) return product(a, b, false);
  // A batch of rows times one matrix is one taller product.
  if (b.rank === 2) {
    const rows = a.shape.slice(0, -1);
    const tall = a.reshape([numelOf(rows), a.shape.at(-1)!]);
    return product(tall, b, false).reshape([...rows, b.shape[1]]);
  }
  const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)], "matmul");
  const stretched = (t: Tensor): Tensor => {
    const shape = [...batch, ...t.shape.slice(-2)];
    return sameShape(t.shape, shape) ? t : t.expand(shape);
  };
  return product(stretched(a), stretched(b), false);
}

function requireTensors(name: string, ...operands: readonly Tensor[]): void {
  operands.forEach((x, i) => checkTensor(x, name, i, "a tensor"));
}

/** [m, k] · [k, n] */
export function mm(a: Tensor, b: Tensor): Tensor {
  requireTensors("mm", a, b);
  if (a.rank !== 2 || b.rank !== 2)
    throw new ShapeError(
      `mm: two matrices are wanted, got ${formatShape(a.shape)} and ${formatShape(b.shape)}: matmul takes other ranks`,
    );
  return matmul(a, b);
}
/** [b, m, k] · [b, k, n] */
export function bmm(a: Tensor, b: Tensor): Tensor {
  requireTensors("bmm", a, b);
  if (a.rank !== 3 || b.rank !== 3 || a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `bmm: two equal batches of matrices are wanted, got ${formatShape(a.shape)} and ${formatShape(b.shape)}: matmul broadcasts`,
    );
  }
  return matmul(a, b);
}
/** Σ a·b of two vectors. */
export function dot(a: Tensor, b: Tensor): Tensor {
  requireTensors("dot", a, b);
  if (a.rank !== 1 || b.rank !== 1)
    throw new ShapeError(
      `dot: two vectors are wanted, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  return matmul(a, b);
}
