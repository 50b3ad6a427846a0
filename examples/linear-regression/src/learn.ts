import { mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { SGD } from "@dl/optim";
import { arange, manualSeed } from "@dl/tensor";

/** The line that is to be found. */
export const line = { weight: 0.7, bias: 0.3 };

export interface Learned {
  readonly weight: number;
  readonly bias: number;
  /** On points that were not trained on. */
  readonly testLoss: number;
}

/** Learns the line from 40 points. Calls `report` every 100 epochs. */
export async function learn(
  epochs: number,
  report: (epoch: number, loss: number) => void = () => {},
): Promise<Learned> {
  manualSeed(42);
  // y = 0.7 x + 0.3 at 50 places; the last 10 are kept for a test.
  const x = arange(0, 1, 0.02).unsqueeze(1);
  const y = x.mul(line.weight).add(line.bias);
  const [xTrain, xTest] = [x.slice(0, 0, 40), x.slice(0, 40)];
  const [yTrain, yTest] = [y.slice(0, 0, 40), y.slice(0, 40)];

  const model = new nn.Linear(1, 1);
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  for (let epoch = 0; epoch <= epochs; epoch++) {
    const loss = mseLoss(model(xTrain), yTrain);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (epoch % 100 === 0) report(epoch, await loss.item());
  }
  return {
    weight: await model.weight.item(),
    bias: await model.bias!.item(),
    testLoss: await mseLoss(model(xTest), yTest).item(),
  };
}
