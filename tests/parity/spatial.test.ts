import * as nn from "@dl/nn";
import { manualSeed, type Tensor } from "@dl/tensor";
import { describe, test } from "vitest";
import { expectNear, type FixtureTensor, fixture } from "./fixture.ts";
import { testModules } from "./module.ts";

testModules("spatial");

interface StartCase {
  readonly module: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly state: Record<string, FixtureTensor>;
}
describe("convolutions start with PyTorch's numbers", () => {
  for (const c of fixture<StartCase[]>("convInit")) {
    test(`${c.module}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, () => {
      const Layer = (nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>)[
        c.module
      ];
      manualSeed(5);
      const state = new Layer(...c.args, c.options).stateDict();
      for (const [key, wanted] of Object.entries(c.state))
        expectNear(state[key] as Tensor, wanted, 1e-7, key);
    });
  }
});
