import { Conv2d, Module } from "@dl/nn";
import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor";

/**
 * Lets an image's channels weigh each other (Hu et al., Squeeze-and-excitation networks, 2018).
 *
 *     s = mean of x over height and width        [N, C, 1, 1]
 *     y = x · σ(W₂ · relu(W₁ · s + b₁) + b₂)      W₁ [Q, C, 1, 1], W₂ [C, Q, 1, 1]
 *
 * @param inputChannels C
 * @param squeezeChannels Q, how many numbers the channels are squeezed into
 * @throws ShapeError unless the input is `[N, C, H, W]`
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.ops.SqueezeExcitation.html whose checkpoints load
 */
export class SqueezeExcitation extends Module {
  readonly inputChannels: number;
  // Parameters and modules in fields are found by themselves; their names are those of the state dictionary.
  fc1: Conv2d;
  fc2: Conv2d;

  constructor(inputChannels: number, squeezeChannels: number) {
    super();
    if (!(squeezeChannels >= 1))
      throw new DlError("value", `SqueezeExcitation: squeezeChannels is ${squeezeChannels}`);
    this.inputChannels = inputChannels;
    this.fc1 = new Conv2d(inputChannels, squeezeChannels, 1);
    this.fc2 = new Conv2d(squeezeChannels, inputChannels, 1);
  }

  // What it makes on the way is released when it returns.
  forward(x: Tensor): Tensor {
    if (x.rank !== 4 || x.shape[1] !== this.inputChannels)
      throw new ShapeError(
        `SqueezeExcitation: the input is ${formatShape(x.shape)}, [N, ${this.inputChannels}, H, W] is wanted`,
      );
    const squeezed = x.mean({ dim: [2, 3], keepdim: true });
    return x.mul(this.fc2(this.fc1(squeezed).relu()).sigmoid());
  }

  override extraRepr(): string {
    return `${this.inputChannels}`;
  }
}
