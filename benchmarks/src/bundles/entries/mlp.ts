/** What a page needs to train an MLP. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu/small";
import { crossEntropy } from "@dl/losses";
import { Linear, ReLU, Sequential } from "@dl/nn";
import { Adam } from "@dl/optim";
import { randint, randn, setBackend } from "@dl/tensor/core";

setBackend(cpu());
const model = new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 10));
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
const [images, labels] = [randn(64, 784), randint(0, 10, [64])];
for (let step = 0; step < 100; step++) {
  optimizer.zeroGrad();
  const loss = crossEntropy(model(images), labels);
  loss.backward();
  optimizer.step();
  document.title = String(await loss.item());
}
