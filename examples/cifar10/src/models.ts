import * as nn from "@dl/nn";
import type { Tensor } from "@dl/tensor";

/** The tutorial's: two convolutions of 5×5, each with a pooling, and three linear layers. */
export class Net extends nn.Module {
  conv1 = new nn.Conv2d(3, 64, 5);
  pool = new nn.MaxPool2d(2);
  conv2 = new nn.Conv2d(64, 30, 5);
  fc1 = new nn.Linear(30 * 5 * 5, 120);
  fc2 = new nn.Linear(120, 84);
  fc3 = new nn.Linear(84, 10);

  forward(images: Tensor) {
    let x = this.pool(this.conv1(images).relu());
    x = this.pool(this.conv2(x).relu());
    x = x.flatten(1);
    x = this.fc1(x).relu();
    x = this.fc2(x).relu();
    return this.fc3(x);
  }
}

/** Pooled first: batch norm and ReLU then have a quarter of the work, and come to nearly the same. */
const block = (inputs: number, outputs: number): nn.Module[] => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false }),
  new nn.MaxPool2d(2),
  new nn.BatchNorm2d(outputs),
  new nn.ReLU(),
];

/** For `--best`: four convolutions of 3×3 with batch norm, and one linear layer. */
export const createBest = (): nn.Sequential =>
  new nn.Sequential(
    ...block(3, 32),
    ...block(32, 64),
    ...block(64, 128),
    ...block(128, 128),
    new nn.Flatten(),
    new nn.Linear(128 * 2 * 2, 10),
  );
