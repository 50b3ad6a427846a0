import {
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LRScheduler,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
} from "@dl/optim";
import { zeros } from "@dl/tensor";

type Create = (optimizer: SGD) => LRScheduler | ReduceLROnPlateau;

/** By name, for 100 epochs that begin with a rate of 0.1. */
export const schedules: Record<string, Create> = {
  StepLR: (o) => new StepLR(o, 30),
  MultiStepLR: (o) => new MultiStepLR(o, [50, 80], { gamma: 0.3 }),
  ExponentialLR: (o) => new ExponentialLR(o, 0.96),
  ConstantLR: (o) => new ConstantLR(o, { totalIters: 20 }),
  LinearLR: (o) => new LinearLR(o, { startFactor: 0.1, totalIters: 20 }),
  PolynomialLR: (o) => new PolynomialLR(o, { totalIters: 100, power: 2 }),
  LambdaLR: (o) => new LambdaLR(o, (epoch) => 1 / (1 + 0.1 * epoch)),
  CosineAnnealingLR: (o) => new CosineAnnealingLR(o, 100),
  CosineAnnealingWarmRestarts: (o) => new CosineAnnealingWarmRestarts(o, 15, { TMult: 2 }),
  CyclicLR: (o) => new CyclicLR(o, 0.01, 0.1, { stepSizeUp: 12, cycleMomentum: false }),
  OneCycleLR: (o) => new OneCycleLR(o, 0.1, { totalSteps: 101, cycleMomentum: false }),
  "ReduceLROnPlateau, a loss that stops falling at 40": (o) =>
    new ReduceLROnPlateau(o, { factor: 0.3 }),
  "SequentialLR: a warm-up, then a cosine": (o) =>
    new SequentialLR(
      o,
      [new LinearLR(o, { startFactor: 0.01, totalIters: 10 }), new CosineAnnealingLR(o, 90)],
      [10],
    ),
};

/** The rate of each epoch. */
export function rates(name: string, epochs = 100): number[] {
  const weight = zeros(1).requiresGrad_();
  const optimizer = new SGD([weight], { lr: 0.1 });
  const schedule = schedules[name](optimizer);
  return Array.from({ length: epochs }, (_, epoch) => {
    const lr = optimizer.paramGroups[0].lr;
    weight.sum().backward();
    optimizer.step();
    if (schedule instanceof ReduceLROnPlateau) schedule.step(Math.max(0, 1 - epoch / 40));
    else schedule.step();
    return lr;
  });
}

/** Numbers from 0 to `top` as a line of bars. */
export function bars(values: readonly number[], top: number, width = 50): string {
  const shades = " ▁▂▃▄▅▆▇█";
  return Array.from({ length: width }, (_, i) => {
    const value = values[Math.floor((i * values.length) / width)];
    return shades[Math.max(0, Math.min(8, Math.ceil((8 * value) / top)))];
  }).join("");
}
