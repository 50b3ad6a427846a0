import { DlError, formatShape, type PadMode, pad, ShapeError, type Tensor } from "@dl/tensor/core";
import { Module } from "./module.ts";
import { tuple } from "./python.ts";

/** One number for all sides, or [left, right], then [top, bottom], then [front, back]. */
export type PaddingArgument = number | readonly number[];

const SHAPES = [
  "[N, C, L] or [C, L]",
  "[N, C, H, W] or [C, H, W]",
  "[N, C, D, H, W] or [C, D, H, W]",
];

abstract class Padding extends Module {
  readonly padding: readonly number[];

  constructor(dims: number, padding: PaddingArgument) {
    super();
    const sides = typeof padding === "number" ? new Array<number>(2 * dims).fill(padding) : padding;
    if (!Array.isArray(sides) || sides.length !== 2 * dims || !sides.every(Number.isInteger))
      throw new DlError(
        "value",
        `${new.target.name}: padding is a whole number or ${2 * dims} of them, two for each dimension from the last on, got ${JSON.stringify(padding)}`,
      );
    this.padding = sides;
  }

  /** The padding's mode and value. */
  protected abstract readonly how: { mode?: PadMode; value?: number };

  forward(x: Tensor): Tensor {
    const dims = this.padding.length / 2;
    // Only zeros and constants go around anything.
    const isConstant = this.how.mode === undefined;
    if (isConstant ? x.rank < dims : x.rank !== dims + 1 && x.rank !== dims + 2)
      throw new ShapeError(
        `${this.constructor.name}: the input has to be ${SHAPES[dims - 1]}, got ${formatShape(x.shape)}`,
      );
    return pad(x, this.padding, this.how);
  }

  override extraRepr(): string {
    return tuple(this.padding);
  }
}

abstract class ReflectionPad extends Padding {
  protected get how(): { mode?: PadMode } {
    return { mode: "reflect" };
  }
}

/**
 * A sequence with what is reflected at its edges, which are not repeated around it; negative numbers cut off.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *     OL = L + left + right
 *
 * @param padding one number for all sides, or `[left, right]`.
 * @throws ShapeError when a side is not smaller than the dimension's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html
 *
 * @example
 * new ReflectionPad1d(2)(tensor([[1, 2, 3]])) // => [[3, 2, 1, 2, 3, 2, 1]]
 */
export class ReflectionPad1d extends ReflectionPad {
  constructor(padding: PaddingArgument) {
    super(1, padding);
  }
}

/**
 * An image with what is reflected at its edges, which are not repeated around it; negative numbers cut off.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom]`.
 * @throws ShapeError when a side is not smaller than the dimension's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html
 *
 * @example
 * new ReflectionPad2d([1, 0, 0, 1])(tensor([[[1, 2], [3, 4]]])) // => [[[2, 1, 2], [4, 3, 4], [2, 1, 2]]]
 */
export class ReflectionPad2d extends ReflectionPad {
  constructor(padding: PaddingArgument) {
    super(2, padding);
  }
}

/**
 * A volume with what is reflected at its edges, which are not repeated around it; negative numbers cut off.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *     OD = D + front + back      OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom, front, back]`.
 * @throws ShapeError when a side is not smaller than the dimension's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html
 *
 * @example
 * new ReflectionPad3d(1)(zeros(1, 2, 2, 2)).shape // => [1, 4, 4, 4]
 */
export class ReflectionPad3d extends ReflectionPad {
  constructor(padding: PaddingArgument) {
    super(3, padding);
  }
}

abstract class ReplicationPad extends Padding {
  protected get how(): { mode?: PadMode } {
    return { mode: "replicate" };
  }
}

/**
 * A sequence with its edges repeated around it; negative numbers cut off.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *     OL = L + left + right
 *
 * @param padding one number for all sides, or `[left, right]`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html
 *
 * @example
 * new ReplicationPad1d(2)(tensor([[1, 2, 3]])) // => [[1, 1, 1, 2, 3, 3, 3]]
 */
export class ReplicationPad1d extends ReplicationPad {
  constructor(padding: PaddingArgument) {
    super(1, padding);
  }
}

/**
 * An image with its edges repeated around it; negative numbers cut off.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom]`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html
 *
 * @example
 * new ReplicationPad2d([1, 0, 0, 1])(tensor([[[1, 2], [3, 4]]])) // => [[[1, 1, 2], [3, 3, 4], [3, 3, 4]]]
 */
export class ReplicationPad2d extends ReplicationPad {
  constructor(padding: PaddingArgument) {
    super(2, padding);
  }
}

/**
 * A volume with its edges repeated around it; negative numbers cut off.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *     OD = D + front + back      OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom, front, back]`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html
 *
 * @example
 * new ReplicationPad3d(1)(zeros(1, 2, 2, 2)).shape // => [1, 4, 4, 4]
 */
export class ReplicationPad3d extends ReplicationPad {
  constructor(padding: PaddingArgument) {
    super(3, padding);
  }
}

abstract class CircularPad extends Padding {
  protected get how(): { mode?: PadMode } {
    return { mode: "circular" };
  }
}

/**
 * A sequence with itself repeated, end after start around it; negative numbers cut off.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *     OL = L + left + right
 *
 * @param padding one number for all sides, or `[left, right]`.
 * @throws ShapeError when a side is larger than the dimension's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html
 *
 * @example
 * new CircularPad1d([1, 2])(tensor([[1, 2, 3]])) // => [[3, 1, 2, 3, 1, 2]]
 */
export class CircularPad1d extends CircularPad {
  constructor(padding: PaddingArgument) {
    super(1, padding);
  }
}

/**
 * An image with itself repeated, end after start around it; negative numbers cut off.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom]`.
 * @throws ShapeError when a side is larger than the dimension's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html
 *
 * @example
 * new CircularPad2d([1, 0, 0, 1])(tensor([[[1, 2], [3, 4]]])) // => [[[2, 1, 2], [4, 3, 4], [2, 1, 2]]]
 */
export class CircularPad2d extends CircularPad {
  constructor(padding: PaddingArgument) {
    super(2, padding);
  }
}

/**
 * A volume with itself repeated, end after start around it; negative numbers cut off.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *     OD = D + front + back      OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom, front, back]`.
 * @throws ShapeError when a side is larger than the dimension's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html
 *
 * @example
 * new CircularPad3d(1)(zeros(1, 2, 2, 2)).shape // => [1, 4, 4, 4]
 */
export class CircularPad3d extends CircularPad {
  constructor(padding: PaddingArgument) {
    super(3, padding);
  }
}

abstract class ZeroPad extends Padding {
  protected get how(): { mode?: PadMode } {
    return {};
  }
}

/**
 * A sequence with zeros around it; negative numbers cut off.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *     OL = L + left + right
 *
 * @param padding one number for all sides, or `[left, right]`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html
 *
 * @example
 * new ZeroPad1d([1, 2])(tensor([[1, 2, 3]])) // => [[0, 1, 2, 3, 0, 0]]
 */
export class ZeroPad1d extends ZeroPad {
  constructor(padding: PaddingArgument) {
    super(1, padding);
  }
}

/**
 * An image with zeros around it; negative numbers cut off.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom]`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html
 *
 * @example
 * new ZeroPad2d([1, 0, 0, 1])(tensor([[[1, 2], [3, 4]]])) // => [[[0, 1, 2], [0, 3, 4], [0, 0, 0]]]
 */
export class ZeroPad2d extends ZeroPad {
  constructor(padding: PaddingArgument) {
    super(2, padding);
  }
}

/**
 * A volume with zeros around it; negative numbers cut off.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *     OD = D + front + back      OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom, front, back]`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html
 *
 * @example
 * new ZeroPad3d(1)(zeros(1, 2, 2, 2)).shape // => [1, 4, 4, 4]
 */
export class ZeroPad3d extends ZeroPad {
  constructor(padding: PaddingArgument) {
    super(3, padding);
  }
}

abstract class ConstantPad extends Padding {
  readonly value: number;
  constructor(dims: number, padding: PaddingArgument, value: number) {
    super(dims, padding);
    this.value = value;
  }
  protected get how(): { value: number } {
    return { value: this.value };
  }
  override extraRepr(): string {
    return `padding=${tuple(this.padding)}, value=${this.value}`;
  }
}

/**
 * A sequence with one number around it; negative numbers cut off.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *     OL = L + left + right
 *
 * @param padding one number for all sides, or `[left, right]`.
 * @param value the number.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html
 *
 * @example
 * new ConstantPad1d([1, 2], 9)(tensor([[1, 2, 3]])) // => [[9, 1, 2, 3, 9, 9]]
 */
export class ConstantPad1d extends ConstantPad {
  constructor(padding: PaddingArgument, value: number) {
    super(1, padding, value);
  }
}

/**
 * An image with one number around it; negative numbers cut off.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom]`.
 * @param value the number.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html
 *
 * @example
 * new ConstantPad2d([1, 0, 0, 1], 9)(tensor([[[1, 2], [3, 4]]])) // => [[[9, 1, 2], [9, 3, 4], [9, 9, 9]]]
 */
export class ConstantPad2d extends ConstantPad {
  constructor(padding: PaddingArgument, value: number) {
    super(2, padding, value);
  }
}

/**
 * A volume with one number around it; negative numbers cut off.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *     OD = D + front + back      OH = H + top + bottom      OW = W + left + right
 *
 * @param padding one number for all sides, or `[left, right, top, bottom, front, back]`.
 * @param value the number.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html
 *
 * @example
 * new ConstantPad3d(-1, 9)(zeros(1, 4, 4, 4)).shape // => [1, 2, 2, 2]
 */
export class ConstantPad3d extends ConstantPad {
  constructor(padding: PaddingArgument, value: number) {
    super(3, padding, value);
  }
}
