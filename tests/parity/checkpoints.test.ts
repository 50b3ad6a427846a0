/** Models written with @dl/nn load PyTorch's state dictionaries without renaming, and give PyTorch's results. */
import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { scope, setBackend, type Tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor } from "./fixture.ts";
import { Classifier, ResNet18, Tagger } from "./models.ts";

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

for (const wasm of [true, false]) {
  describe(`checkpoints of PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const c of fixture<Case[]>("checkpoints")) {
      test(c.model, () => {
        setBackend(cpu({ wasm }));
        scope(() => {
          const model = new MODELS[c.model]();
          expect(Object.keys(model.stateDict())).toEqual(Object.keys(c.state));
          model.loadStateDict(
            Object.fromEntries(Object.entries(c.state).map(([k, t]) => [k, toTensor(t)])),
          );
          const x = toTensor(c.input);
          model.eval();
          expectNear(
            noGrad(() => model(x) as Tensor),
            c.evaluated,
            1e-4,
            "in evaluation mode",
          );
          model.train().apply(withoutDropout);
          expectNear(model(x) as Tensor, c.trained, 1e-4, "in training mode");
        });
      });
    }
  });
}
