/** The models of the training steps, written as a user writes them. Parameters come in PyTorch's order. */
import * as nn from "@dl/nn";
import type { Tensor } from "@dl/tensor";

export type Model = ((x: Tensor) => Tensor) & nn.Module;

const mlp = (): Model =>
  new nn.Sequential(new nn.Linear(784, 512), new nn.ReLU(), new nn.Linear(512, 10));

const cnn = (): Model =>
  new nn.Sequential(
    new nn.Conv2d(1, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(3136, 10),
  );

/** https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html */
const cifar = (): Model =>
  new nn.Sequential(
    new nn.Conv2d(3, 6, 5),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 16, 5),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 120),
    new nn.ReLU(),
    new nn.Linear(120, 84),
    new nn.ReLU(),
    new nn.Linear(84, 10),
  );

class Block extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  shortcut: Model;

  constructor(from: number, to: number) {
    super();
    const stride = from === to ? 1 : 2;
    this.conv1 = new nn.Conv2d(from, to, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(to);
    this.conv2 = new nn.Conv2d(to, to, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(to);
    this.shortcut =
      from === to
        ? new nn.Identity()
        : new nn.Sequential(
            new nn.Conv2d(from, to, 1, { stride, bias: false }),
            new nn.BatchNorm2d(to),
          );
  }
  forward(x: Tensor) {
    const y = this.bn2(this.conv2(this.bn1(this.conv1(x)).relu()));
    return y.add(this.shortcut(x)).relu();
  }
}

/** One block at each width: 8 layers with weights. */
const resnet = (): Model =>
  new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new Block(16, 16),
    new Block(16, 32),
    new Block(32, 64),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(64, 10),
  );

/** A sequence of 28 rows of 28 pixels. */
class LSTMClassifier extends nn.Module {
  lstm = new nn.LSTM(28, 128, { batchFirst: true });
  head = new nn.Linear(128, 10);
  forward(x: Tensor) {
    const [output] = this.lstm(x);
    return this.head(output.select(1, -1));
  }
}

/** One encoder block over 64 tokens of width 64, and the mean of its outputs. */
class TransformerClassifier extends nn.Module {
  block = new nn.TransformerEncoderLayer(64, 4, {
    dimFeedforward: 256,
    dropout: 0,
    batchFirst: true,
  });
  head = new nn.Linear(64, 10);
  forward(x: Tensor) {
    return this.head(this.block(x).mean(1));
  }
}
const lstm = (): Model => new LSTMClassifier();
const transformer = (): Model => new TransformerClassifier();

const xor = (): Model => new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const iris = (): Model =>
  new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.Linear(16, 3));

export const models = { mlp, cnn, cifar, resnet, lstm, transformer, xor, iris };
