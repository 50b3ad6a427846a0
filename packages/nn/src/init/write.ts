import { adoptArray, DlError, isFloating, type Tensor, typedArrayFor } from "@dl/tensor/core";
import { isDrawingPaused } from "../drawing.ts";
import { quietly } from "../quiet.ts";

export type Floats = Float32Array | Float64Array;

/** Draws in float64 for float64 tensors and in float32 for others. */
export function drawn<X extends Tensor>(t: X, name: string, draw: (out: Floats) => void): X {
  if (!isFloating(t.dtype)) {
    throw new DlError(
      "dtype",
      `${name}: random numbers need a floating point tensor, this one is ${t.dtype}`,
    );
  }
  if (isDrawingPaused()) return t;
  const out = t.dtype === "float64" ? new Float64Array(t.numel) : new Float32Array(t.numel);
  draw(out);
  return written(t, out);
}

/** Row-major, whatever the layout of the tensor. */
export function written<X extends Tensor>(t: X, values: Floats): X {
  const source = adoptArray(new (typedArrayFor(t.dtype))(values), t.dtype, t.shape, t.device);
  quietly(() => t.copy_(source));
  source.dispose();
  return t;
}
