/** Fresh modules have PyTorch's printed form, keys and numbers, and take as many random numbers. */
import * as nn from "@dl/nn";
import { manualSeed, rand } from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, revive } from "./fixture.ts";
import { section } from "./replay.ts";

interface FreshCase {
  readonly module: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly printed: string;
  readonly state: Record<string, FixtureTensor>;
  readonly next: FixtureTensor;
  readonly learnt: string[];
}
const classes = nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>;

function run(c: FreshCase): void {
  manualSeed(0);
  const hasOptions = Object.keys(c.options).length > 0;
  const module = new classes[c.module](...c.args.map(revive), ...(hasOptions ? [c.options] : []));
  const next = rand(1);
  expect(String(module)).toBe(c.printed);
  const state = module.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(c.state));
  expect(module.namedParameters().map(([name]) => name)).toEqual(c.learnt);
  for (const [key, wanted] of Object.entries(c.state)) expectNear(state[key], wanted, 1e-6, key);
  expectNear(next, c.next, 1e-7, "the next random number");
}

export const fresh = section("fresh modules against PyTorch", fixture<FreshCase[]>("fresh"), {
  name: (c) => c.module,
  title: (c, i) => `${i}: ${c.printed.split("\n")[0]}`,
  run,
  isOnce: true,
});
