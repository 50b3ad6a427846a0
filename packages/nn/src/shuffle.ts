import { channelShuffle, pixelShuffle, pixelUnshuffle, type Tensor } from "@dl/tensor/core";
import { checkCounts } from "./check.ts";
import { Module } from "./module.ts";

/**
 * Channels as pixels (Shi et al. 2016): what a convolution with r² times the channels gives, as a larger image.
 *
 *     x [..., C·r², H, W] → y [..., C, H·r, W·r]      r = upscaleFactor
 *
 * @throws ShapeError when the channels are no multiple of r².
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html
 *
 * @example
 * new PixelShuffle(2)(tensor([[[1]], [[2]], [[3]], [[4]]])) // => [[[1, 2], [3, 4]]]
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;
  constructor(upscaleFactor: number) {
    super();
    checkCounts("PixelShuffle", { upscaleFactor });
    this.upscaleFactor = upscaleFactor;
  }
  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`;
  }
}

/**
 * The inverse of {@link PixelShuffle}: pixels as channels.
 *
 *     x [..., C, H·r, W·r] → y [..., C·r², H, W]      r = downscaleFactor
 *
 * @throws ShapeError when height and width are no multiples of r.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html
 *
 * @example
 * new PixelUnshuffle(2)(tensor([[[1, 2], [3, 4]]])) // => [[[1]], [[2]], [[3]], [[4]]]
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;
  constructor(downscaleFactor: number) {
    super();
    checkCounts("PixelUnshuffle", { downscaleFactor });
    this.downscaleFactor = downscaleFactor;
  }
  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`;
  }
}

/**
 * Channels dealt out, so that groups of a following convolution see something of each group before (Zhang et al. 2018).
 *
 *     x [N, C, ...] → y of the same shape; channel j of group i becomes channel i of group j
 *
 * @throws ShapeError when the channels are no multiple of `groups`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html
 *
 * @example
 * new ChannelShuffle(2)(tensor([[[1], [2], [3], [4]]])) // => [[[1], [3], [2], [4]]]
 */
export class ChannelShuffle extends Module {
  readonly groups: number;
  constructor(groups: number) {
    super();
    checkCounts("ChannelShuffle", { groups });
    this.groups = groups;
  }
  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}
