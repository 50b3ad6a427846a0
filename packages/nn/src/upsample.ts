import {
  type InterpolateMode,
  type InterpolateOptions,
  interpolate,
  type Tensor,
} from "@dl/tensor/core";
import { Module } from "./module.ts";
import { float, tuple } from "./python.ts";

export type UpsampleOptions = Omit<InterpolateOptions, "antialias">;

/**
 * Resizes sequences, images or volumes to `size`, or by `scaleFactor`.
 *
 *     x [N, C, L], [N, C, H, W] or [N, C, D, H, W]; the modes are told at `functional.interpolate`
 *
 * @param options `mode` "nearest" by default, `alignCorners` false.
 * @throws DlError "value" unless one of `size` and `scaleFactor` is given, ShapeError for a rank that the mode is not for.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 *
 * @example
 * new Upsample({ scaleFactor: 2 })(tensor([[[1, 2]]])) // => [[[1, 1, 2, 2]]]
 */
export class Upsample extends Module {
  readonly size: number | readonly number[] | null;
  readonly scaleFactor: number | readonly number[] | null;
  readonly mode: InterpolateMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;

  constructor({
    size = null,
    scaleFactor = null,
    mode = "nearest",
    alignCorners = null,
    recomputeScaleFactor = null,
  }: UpsampleOptions = {}) {
    super();
    this.size = size;
    this.scaleFactor = scaleFactor;
    this.mode = mode;
    this.alignCorners = alignCorners;
    this.recomputeScaleFactor = recomputeScaleFactor;
  }

  forward(x: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    return interpolate(x, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor });
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode } = this;
    const factor =
      typeof scaleFactor === "number"
        ? float(scaleFactor)
        : `(${scaleFactor?.map(float).join(", ")})`;
    const target = scaleFactor === null ? `size=${tuple(size)}` : `scale_factor=${factor}`;
    return `${target}, mode='${mode}'`;
  }
}

/** Sizes of the result, or factors: one of them. */
export type Upsampling2dOptions = Pick<UpsampleOptions, "size" | "scaleFactor">;

/**
 * {@link Upsample} of images by the nearest element.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html
 *
 * @example
 * new UpsamplingNearest2d({ scaleFactor: 2 })(tensor([[[[1, 2]]]])) // => [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
 */
export class UpsamplingNearest2d extends Upsample {
  constructor({ size, scaleFactor }: Upsampling2dOptions = {}) {
    super({ size, scaleFactor, mode: "nearest" });
  }
}

/**
 * {@link Upsample} of images between neighbours, with corner elements in the corners (`alignCorners`).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html
 *
 * @example
 * new UpsamplingBilinear2d({ size: [1, 3] })(tensor([[[[1, 2]]]])) // => [[[[1, 1.5, 2]]]]
 */
export class UpsamplingBilinear2d extends Upsample {
  constructor({ size, scaleFactor }: Upsampling2dOptions = {}) {
    super({ size, scaleFactor, mode: "bilinear", alignCorners: true });
  }
}
