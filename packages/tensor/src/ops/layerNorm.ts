/** Layer normalisation: each sample over its last dimensions. */

import { onesLike, zerosLike } from "../create.ts";
import { defineComposite, makeMapOp } from "../define.ts";
import { dispatch, dispatchAll } from "../dispatch.ts";
import { formatShape, ShapeError } from "../errors.ts";
import { input, mul, sub } from "../expr.ts";
import { scope } from "../scope.ts";
import { numelOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { sumOfMap } from "./reduce.ts";

interface LayerNormAttrs {
  readonly eps: number;
  /** How many numbers are normalised together. */
  readonly size: number;
}

/** Inputs x [rows, size], or x, weight [size], bias [size]; results y, and per row mean and 1 / √(variance + eps). */
const layerNormOp = defineComposite<LayerNormAttrs>("layerNorm", {
  results([x]) {
    const { shape, dtype } = x;
    const perRow = { shape: [shape[0]], dtype };
    return [{ shape, dtype }, perRow, perRow];
  },
  decompose([x, weight, bias], { eps }) {
    const mean = x.mean(1, { keepdim: true });
    const centred = x.sub(mean);
    const inverse = centred.square().mean(1, { keepdim: true }).add(eps).rsqrt();
    const y = centred.mul(inverse);
    return [weight ? y.mul(weight).add(bias) : y, mean.squeeze(1), inverse.squeeze(1)];
  },
  saves: (needs) => ({ inputs: needs.length > 1 ? [0, 1] : [0], outputs: [1, 2] }),
  gradient([g, gMean, gInverse], { attrs, needs, input: at, output, dtype }) {
    const [x, mean, inverse] = [at(0), output(1), output(2)];
    const gy = g ?? zerosLike(x);
    const weight = needs.length > 1 ? [at(1)] : [];
    const normalised = () => x.sub(mean.unsqueeze(1)).mul(inverse.unsqueeze(1));
    const toX = () => {
      let gx = dispatch(layerNormInputGradientOp, [x, gy, mean, inverse, ...weight], attrs);
      // Only gradients of gradients come through the statistics.
      if (gMean) gx = gx.add(gMean.unsqueeze(1).div(attrs.size));
      if (gInverse) {
        const factor = gInverse.mul(inverse.square()).neg().div(attrs.size);
        gx = gx.add(normalised().mul(factor.unsqueeze(1)));
      }
      return gx.to(dtype(0));
    };
    return [
      needs[0] ? toX() : null,
      ...(needs.length > 1
        ? [
            needs[1]
              ? sumOfMap(
                  normalisedProduct,
                  [gy, x, mean.unsqueeze(1), inverse.unsqueeze(1)],
                  [0],
                  false,
                )
              : null,
            needs[2] ? gy.sum(0) : null,
          ]
        : []),
    ];
  },
});

/** g · (x − mean) · inverse */
const normalisedProduct = makeMapOp(
  "layerNorm (gradient)",
  mul(input(0), mul(sub(input(1), input(2)), input(3))),
  4,
  0,
);

/** From x, the gradient of y, mean, 1 / deviation, and perhaps a weight. */
const layerNormInputGradientOp = defineComposite<LayerNormAttrs>("layerNormInputGradient", {
  results: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  decompose([x, g, mean, inverse, weight]) {
    const h = weight ? g.mul(weight) : g;
    const scale = inverse.unsqueeze(1);
    const normalised = x.sub(mean.unsqueeze(1)).mul(scale);
    const along = normalised.mul(h.mul(normalised).mean(1, { keepdim: true }));
    return [scale.mul(h.sub(h.mean(1, { keepdim: true })).sub(along))];
  },
});

export interface LayerNormOptions {
  /** A factor per element, of the normalised shape. Default: none. */
  weight?: Tensor | null;
  /** Added per element. Default: none. */
  bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * Normalised over the last dimensions, which have the shape `normalizedShape`.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *
 * Mean and (biased) variance are those of each sample.
 *
 * @throws ShapeError when x does not end in that shape, or weight or bias have another
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 *
 * @example
 * layerNorm(tensor([[1, 3]]), [2]) // => [[-0.999995, 0.999995]]
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  { weight = null, bias = null, eps = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const { shape } = x;
  const lead = shape.length - normalizedShape.length;
  if (
    normalizedShape.length === 0 ||
    lead < 0 ||
    normalizedShape.some((n, d) => shape[lead + d] !== n)
  )
    throw new ShapeError(
      `layerNorm: the input ${formatShape(shape)} has to end in ${formatShape(normalizedShape)}, the normalised shape`,
    );
  for (const [name, t] of [
    ["weight", weight],
    ["bias", bias],
  ] as const)
    if (
      t &&
      (t.rank !== normalizedShape.length || t.shape.some((n, d) => n !== normalizedShape[d]))
    )
      throw new ShapeError(
        `layerNorm: ${name} has to be ${formatShape(normalizedShape)}, got ${formatShape(t.shape)}`,
      );
  const size = numelOf(normalizedShape);
  if (x.numel === 0) return scope(() => emptyResult(x, weight, bias));
  const rows = x.reshape([x.numel / size, size]);
  const flat = (t: Tensor) => (t.rank === 1 ? t : t.reshape([size]));
  const affine =
    weight || bias ? [flat(weight ?? onesLike(bias!)), flat(bias ?? zerosLike(weight!))] : [];
  const [y, mean, inverse] = dispatchAll(layerNormOp, [rows, ...affine], { eps, size });
  mean.dispose();
  inverse.dispose();
  return y.reshape(shape);
}
/** Of no samples. Weight and bias still get a gradient: zero. */
function emptyResult(x: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  const y = x.mul(weight ?? 1);
  return bias ? y.add(bias) : y;
}
