import type { Backend } from "../backend.ts";
import { runMap } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { bytesPerElement, type DType, isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import { IDENTITY } from "../program.ts";
import { contiguousStrides } from "../shape.ts";
import { Storage } from "../storage.ts";
import { Tensor } from "../tensor.ts";
import { allocate, View } from "../view.ts";

const castOp: Op<DType> = {
  name: "to",
  forward([x], dtype) {
    requireDType(x.device, dtype);
    return [new Tensor(runMap("to", IDENTITY, [x], dtype, []))];
  },
  gradient: ([g], context) => [isFloating(context.dtype(0)) ? toDType(g!, context.dtype(0)) : null],
};

/** Converted: to integers by truncation, to bool by `≠ 0`. The tensor itself if there is nothing to do. */
export const toDType = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype ? x : dispatch(castOp, [x], dtype);

/** A copy of its own, in the same dimension order. */
const cloneOp: Op<undefined> = {
  name: "clone",
  forward: ([x]) => [new Tensor(runMap("clone", IDENTITY, [x], x.dtype, []))],
  gradient: ([g]) => [g],
};
/**
 * A copy with memory of its own. Gradients pass through.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.clone.html
 *
 * @example
 * const x = tensor([1, 2]);
 * clone(x).fill_(0);
 * x // => [1, 2]
 */
export const clone = (x: Tensor): Tensor => dispatch(cloneOp, [x]);

/**
 * @internal What an op made of x, for ops whose result never shares memory with it: a copy where it still does, so that a
 * change of the one in place leaves the other alone.
 */
export const separate = (result: Tensor, x: Tensor): Tensor =>
  result.memory.storage === x.memory.storage ? clone(result) : result;

const contiguousOp: Op<undefined> = {
  name: "contiguous",
  forward([x]) {
    const out = allocate(x.device, x.dtype, x.shape);
    if (out.numel > 0) x.device.map(IDENTITY, [x.memory], [out], []);
    return [new Tensor(out)];
  },
  gradient: ([g]) => [g],
};
/** In row-major order without gaps; the tensor itself if it already is. */
export const contiguous = (x: Tensor): Tensor =>
  x.memory.contiguous ? x : dispatch(contiguousOp, [x]);

const moveOp: Op<{ readonly from: Backend; readonly to: Backend }> = {
  name: "to",
  forward([x], { to }) {
    const data = x.dataSync();
    return [
      new Tensor(
        new View(
          new Storage(to, data.byteLength, data),
          x.dtype,
          x.shape,
          contiguousStrides(x.shape),
          0,
          true,
        ),
      ),
    ];
  },
  gradient: ([g], { attrs: { from } }) => [toBackend(g!, from)],
};
/** The same numbers on another backend. */
export function toBackend(x: Tensor, backend: Backend): Tensor {
  if (x.device === backend) return x;
  requireDType(backend, x.dtype);
  return dispatch(moveOp, [x], { from: x.device, to: backend });
}

function requireDType(backend: Backend, dtype: DType): void {
  if (bytesPerElement(dtype) && !backend.dtypes.has(dtype))
    throw new DlError(
      "dtype",
      `to: ${backend.name} has no ${dtype}; it has ${[...backend.dtypes].join(", ")}`,
    );
}
