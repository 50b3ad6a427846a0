/** Fits a line: the first model of PyTorch's tutorials. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { SGD } from "@dl/optim";
import { arange, manualSeed, setBackend } from "@dl/tensor";

setBackend(cpu());
manualSeed(42);

// y = 0.7 x + 0.3 at 50 places; the last 10 are kept for a test.
const [weight, bias] = [0.7, 0.3];
const x = arange(0, 1, 0.02).unsqueeze(1);
const y = x.mul(weight).add(bias);
const [xTrain, xTest] = [x.slice(0, 0, 40), x.slice(0, 40)];
const [yTrain, yTest] = [y.slice(0, 0, 40), y.slice(0, 40)];

const model = new nn.Linear(1, 1);
const optimizer = new SGD(model.parameters(), { lr: 0.1 });

for (let epoch = 0; epoch <= 1000; epoch++) {
  const loss = mseLoss(model(xTrain), yTrain);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (epoch % 100 === 0)
    console.log(
      `epoch ${String(epoch).padStart(4)}   loss ${(await loss.item()).toExponential(3)}`,
    );
}

const testLoss = mseLoss(model(xTest), yTest);
console.log(`test loss ${(await testLoss.item()).toExponential(3)}`);
console.log(
  `learned  y = ${(await model.weight.item()).toFixed(4)} x + ${(await model.bias!.item()).toFixed(4)}`,
);
console.log(`true     y = ${weight.toFixed(4)} x + ${bias.toFixed(4)}`);
