import * as nn from "@dl/nn";
import type { Tensor } from "@dl/tensor";

export type Model = ((x: Tensor) => Tensor) & nn.Module;

const network = (...widths: number[]): Model =>
  new nn.Sequential(
    ...widths.flatMap((width, i) => [
      new nn.Linear(i === 0 ? 11 : widths[i - 1], width),
      new nn.ReLU(),
    ]),
    new nn.Linear(widths.at(-1) ?? 11, 1),
    new nn.Flatten({ startDim: 0 }),
  );

/** What is to be compared; all give one logit per wine. */
export const models: Record<string, () => Model> = {
  "logistic regression": () => network(),
  "hidden layer of 16": () => network(16),
  "two hidden layers of 64": () => network(64, 64),
};
