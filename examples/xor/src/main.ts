/** Exclusive or: no line separates its classes, so one layer cannot learn it; two can. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { binaryCrossEntropyWithLogits } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { manualSeed, setBackend, type Tensor, tensor } from "@dl/tensor";

setBackend(cpu());
manualSeed(0);

const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const x = tensor(inputs);
const y = tensor([[0], [1], [1], [0]]);

async function learn(name: string, model: ((x: Tensor) => Tensor) & nn.Module): Promise<void> {
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  let loss!: Tensor;
  for (let step = 0; step < 1000; step++) {
    optimizer.zeroGrad();
    loss = binaryCrossEntropyWithLogits(model(x), y);
    loss.backward();
    optimizer.step();
  }
  const predictions = await model(x).sigmoid().data();
  console.log(`${name}: loss ${(await loss.item()).toFixed(4)}`);
  for (const [i, [a, b]] of inputs.entries())
    console.log(`  ${a} xor ${b} = ${a ^ b}   predicted ${predictions[i].toFixed(3)}`);
}

await learn("a line, 2 → 1", new nn.Linear(2, 1));
await learn(
  "a hidden layer, 2 → 8 → 1",
  new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1)),
);
