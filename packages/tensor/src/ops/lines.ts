/** Constant matrices along one dimension of a tensor: separable resampling, and pooling over uneven parts. */
import type { Shape } from "../shape.ts";
import { numelOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";

/** Constants on the device and in the dtype of `like`, as precise as that. */
export function constantLike(values: Iterable<number>, shape: Shape, like: Tensor): Tensor {
  const array = like.dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values);
  const constant = Tensor.from(array, shape, like.device);
  return constant.to(like.dtype);
}

/** The matrix [m, n] times every line of x along `dim`, which has n elements. */
export function alongDim(x: Tensor, dim: number, matrix: Tensor): Tensor {
  if (dim === x.rank - 1) return x.matmul(matrix.t());
  const { shape } = x;
  const behind = shape.slice(dim + 1);
  // Dimensions behind are one, so that each product has few and large matrices.
  const product = matrix.matmul(x.reshape([...shape.slice(0, dim + 1), numelOf(behind)]));
  return product.reshape([...shape.slice(0, dim), matrix.shape[0], ...behind]);
}
