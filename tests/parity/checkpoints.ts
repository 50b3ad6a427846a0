/** Models written with @dl/nn load PyTorch's state dictionaries without renaming, and give PyTorch's results. */
import { noGrad } from "@dl/autograd";
import * as nn from "@dl/nn";
import type { Tensor } from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor } from "./fixture.ts";
import { Classifier, ResNet18, Tagger } from "./models.ts";
import { section } from "./replay.ts";

interface Case {
  readonly model: string;
  readonly state: Record<string, FixtureTensor>;
  readonly input: FixtureTensor;
  readonly evaluated: FixtureTensor;
  readonly trained: FixtureTensor;
}
const MODELS: Record<string, new () => nn.Module> = { ResNet18, Tagger, Classifier };

function withoutDropout(module: nn.Module): void {
  const m = module as { p?: number; dropout?: unknown };
  if (module instanceof nn.Dropout) m.p = 0;
  if (typeof m.dropout === "number") m.dropout = 0;
}

function run(c: Case): void {
  const model = new MODELS[c.model]();
  expect(Object.keys(model.stateDict())).toEqual(Object.keys(c.state));
  model.loadStateDict(
    Object.fromEntries(Object.entries(c.state).map(([k, t]) => [k, toTensor(t)])),
  );
  const x = toTensor(c.input);
  model.eval();
  const evaluated = noGrad(() => model(x) as Tensor);
  expectNear(evaluated, c.evaluated, 1e-4, "in evaluation mode");
  model.train().apply(withoutDropout);
  expectNear(model(x) as Tensor, c.trained, 1e-4, "in training mode");
}

export const checkpoints = section("checkpoints of PyTorch", fixture<Case[]>("checkpoints"), {
  name: (c) => c.model,
  title: (c) => c.model,
  run,
});
