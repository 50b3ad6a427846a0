import { crossEntropy, nllLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { logSoftmax, type Tensor } from "@dl/tensor";

/** One hidden layer; gives log-probabilities. 98 % in a few epochs. */
export class MLP extends nn.Module {
  hidden = new nn.Linear(28 * 28, 512);
  output = new nn.Linear(512, 10);

  forward(images: Tensor) {
    const pixels = images.flatten(1);
    return logSoftmax(this.output(this.hidden(pixels).relu()), 1);
  }
}

/** Two convolutions, each with a pooling; gives logits. 99 % in a few epochs. */
export class CNN extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
  );
  head = new nn.Linear(64 * 7 * 7, 10);

  forward(images: Tensor) {
    return this.head(this.features(images));
  }
}

/** Pooled first: batch norm and ReLU then have a quarter of the work, and come to nearly the same. */
const block = (inputs: number, outputs: number): nn.Module[] => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false }),
  new nn.MaxPool2d(2),
  new nn.BatchNorm2d(outputs),
  new nn.ReLU(),
];

/** For `--best`: three convolutions with batch norm; gives logits. */
export class Best extends nn.Module {
  features = new nn.Sequential(
    ...block(1, 32),
    ...block(32, 64),
    ...block(64, 64),
    new nn.Flatten(),
    new nn.Dropout(0.2),
  );
  head = new nn.Linear(64 * 3 * 3, 10);

  forward(images: Tensor) {
    return this.head(this.features(images));
  }
}

/** By name: a model, and the loss that fits what it gives. */
export const models = {
  mlp: { create: () => new MLP(), loss: nllLoss },
  cnn: { create: () => new CNN(), loss: crossEntropy },
  best: { create: () => new Best(), loss: crossEntropy },
};
