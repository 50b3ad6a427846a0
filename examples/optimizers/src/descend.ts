import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  LBFGS,
  NAdam,
  type Optimizer,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from "@dl/optim";
import type { Tensor } from "@dl/tensor";
import { height, start, valley } from "./valley.ts";

type Create = (params: Tensor[], lr: number) => Optimizer<any> | LBFGS;

/** By name; options other than the rate are PyTorch's defaults. */
export const optimizers: Record<string, Create> = {
  SGD: (params, lr) => new SGD(params, { lr }),
  "SGD, momentum": (params, lr) => new SGD(params, { lr, momentum: 0.9 }),
  "SGD, Nesterov": (params, lr) => new SGD(params, { lr, momentum: 0.9, nesterov: true }),
  Adagrad: (params, lr) => new Adagrad(params, { lr }),
  Adadelta: (params, lr) => new Adadelta(params, { lr }),
  RMSprop: (params, lr) => new RMSprop(params, { lr }),
  Adam: (params, lr) => new Adam(params, { lr }),
  AdamW: (params, lr) => new AdamW(params, { lr }),
  Adamax: (params, lr) => new Adamax(params, { lr }),
  NAdam: (params, lr) => new NAdam(params, { lr }),
  RAdam: (params, lr) => new RAdam(params, { lr }),
  Adafactor: (params, lr) => new Adafactor(params, { lr }),
  Rprop: (params, lr) => new Rprop(params, { lr }),
  LBFGS: (params, lr) => new LBFGS(params, { lr, lineSearchFn: "strong_wolfe", maxIter: 4 }),
};
/** Rates that are tried; how fast an optimizer is depends on little as much as on this. */
export const RATES = [1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1];

export interface Path {
  readonly name: string;
  readonly lr: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Of the valley's function, before each step and after the last. */
  readonly values: readonly number[];
}

/** Goes down from the starting point. Stops early where the numbers run away. */
export function descend(name: string, lr: number, steps: number): Path {
  const point = start();
  const optimizer = optimizers[name]([point], lr);
  const [x, y, values]: [number[], number[], number[]] = [[], [], []];
  const note = (): void => {
    const [px, py] = point.dataSync();
    x.push(Number(px));
    y.push(Number(py));
    values.push(height(Number(px), Number(py)));
  };
  note();
  for (let step = 0; step < steps && Math.abs(x.at(-1)!) < 1e3; step++) {
    // LBFGS looks at several points in a step, so every optimizer gets the loss as a function.
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = valley(point);
      loss.backward();
      return loss;
    });
    note();
  }
  return { name, lr, x, y, values };
}

/** With the rate that ends lowest. */
export const best = (name: string, steps: number, rates = RATES): Path =>
  rates
    .map((lr) => descend(name, lr, steps))
    .reduce((a, b) => ((b.values.at(-1) ?? Number.NaN) < a.values.at(-1)! ? b : a));

/** The first step after which the value stays below `level`; null if it never does. */
export function stepsBelow({ values }: Path, level: number): number | null {
  const above = values.findLastIndex((v) => !(v < level));
  return above === values.length - 1 ? null : above + 1;
}
