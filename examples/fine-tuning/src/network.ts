import * as nn from "@dl/nn";
import type { Tensor } from "@dl/tensor";

const block = (inputs: number, outputs: number): nn.Module[] => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false }),
  new nn.BatchNorm2d(outputs),
  new nn.ReLU(),
];

/** Convolutions that see, and a layer that names what is seen. */
export class Network extends nn.Module {
  body = new nn.Sequential(
    ...block(1, 16),
    new nn.MaxPool2d(2),
    ...block(16, 32),
    new nn.MaxPool2d(2),
    ...block(32, 64),
    // Two by two numbers for each channel, whatever the size of the image was.
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
  );
  head: nn.Linear;

  constructor(classes = 5) {
    super();
    this.head = new nn.Linear(64 * 2 * 2, classes);
  }
  forward(images: Tensor) {
    return this.head(this.body(images));
  }
}
