/** What a page needs to train a CNN. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from "@dl/nn";
import { Adam } from "@dl/optim";
import { randint, randn, setBackend } from "@dl/tensor/core";

setBackend(cpu());
const model = new Sequential(
  new Conv2d(1, 32, 3, { padding: 1 }),
  new ReLU(),
  new MaxPool2d(2),
  new Conv2d(32, 64, 3, { padding: 1 }),
  new ReLU(),
  new MaxPool2d(2),
  new Flatten(),
  new Linear(3136, 10),
);
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
const [images, labels] = [randn(64, 1, 28, 28), randint(0, 10, [64])];
for (let step = 0; step < 100; step++) {
  optimizer.zeroGrad();
  const loss = crossEntropy(model(images), labels);
  loss.backward();
  optimizer.step();
  document.title = String(await loss.item());
}
