import { formatShape, ShapeError, sameShape, scope, type Tensor } from "@dl/tensor/core";

/**
 * y[..., o] = Σ x1[..., i] · weight[o, i, j] · x2[..., j] + bias[o]: x1 `[..., in1]`, x2 `[..., in2]`, weight
 * `[out, in1, in2]`, bias `[out]`.
 *
 * @throws ShapeError when the shapes do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 *
 * @example
 * bilinear(tensor([[1, 2]]), tensor([[3, 4]]), tensor([[[1, 0], [0, 1]]])) // => [[11]]
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  { bias }: { bias?: Tensor | null } = {},
): Tensor {
  const [out, in1, in2] = weight.shape;
  const lead = x1.shape.slice(0, -1);
  const fits = weight.rank === 3 && x1.shape.at(-1) === in1 && x2.shape.at(-1) === in2;
  if (!fits || !sameShape(lead, x2.shape.slice(0, -1))) {
    throw new ShapeError(
      `bilinear: inputs [..., ${in1}] and [..., ${in2}] are wanted for the weight ${formatShape(weight.shape)}, got ${formatShape(x1.shape)} and ${formatShape(x2.shape)}`,
    );
  }
  const n = lead.reduce((a, b) => a * b, 1);
  return scope(
    () => {
      // [n, in1] · [in1, out · in2], then each sample's [out, in2] · [in2, 1]
      const matrix = weight.permute(1, 0, 2).reshape([in1, out * in2]);
      const half = x1.reshape([n, in1]).matmul(matrix).reshape([n, out, in2]);
      const y = half.matmul(x2.reshape([n, in2, 1])).reshape([...lead, out]);
      return bias ? y.add(bias) : y;
    },
    { name: "bilinear()" },
  );
}
