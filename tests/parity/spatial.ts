import * as nn from "@dl/nn";
import { manualSeed } from "@dl/tensor";
import { expectNear, type FixtureTensor, fixture } from "./fixture.ts";
import { modules } from "./module.ts";
import { section } from "./replay.ts";

interface StartCase {
  readonly module: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly state: Record<string, FixtureTensor>;
}
const classes = nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>;

export const spatial = [
  modules("spatial"),
  section("convolutions start with PyTorch's numbers", fixture<StartCase[]>("convInit"), {
    name: (c) => c.module,
    title: (c) => `${c.module}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`,
    run: (c) => {
      manualSeed(5);
      const state = new classes[c.module](...c.args, c.options).stateDict();
      for (const [key, wanted] of Object.entries(c.state))
        expectNear(state[key], wanted, 1e-7, key);
    },
    isOnce: true,
  }),
];
