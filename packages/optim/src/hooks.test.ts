import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { LBFGS, Optimizer, type OptimizerStateDict, SGD, type WithGradient } from "./index.ts";

setBackend(cpu());
function sgd(): { p: Tensor; optimizer: SGD } {
  const p = tensor([1], { requiresGrad: true });
  p.grad = tensor([1]);
  return { p, optimizer: new SGD([p], { lr: 0.5, momentum: 0.9 }) };
}

describe("hooks of a step", () => {
  test("run before and after it, in order, until they are removed", () => {
    const { p, optimizer } = sgd();
    const seen: unknown[] = [];
    const note = (name: string) => (o: Optimizer, args: unknown[]) => {
      seen.push([name, o === optimizer, args.length, p.itemSync()]);
    };
    const first = optimizer.registerStepPreHook(note("before"));
    optimizer.registerStepPreHook(note("then"));
    optimizer.registerStepPostHook(note("after"));
    optimizer.step();
    first.remove();
    optimizer.step(() => 3);
    expect(seen).toEqual([
      ["before", true, 0, 1],
      ["then", true, 0, 1],
      ["after", true, 0, 0.5],
      ["then", true, 1, 0.5],
      ["after", true, 1, expect.closeTo(-0.45, 6)],
    ]);
  });
  test("may give step another closure", () => {
    const { optimizer } = sgd();
    optimizer.registerStepPreHook(() => [() => 5]);
    expect(optimizer.step(() => 3)).toBe(5);
  });
  test("run for LBFGS too, once for all its iterations", () => {
    const p = tensor([3], { requiresGrad: true });
    const optimizer = new LBFGS([p]);
    let count = 0;
    optimizer.registerStepPreHook(() => void count++);
    optimizer.registerStepPostHook(() => void count++);
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = p.square().sum();
      loss.backward();
      return loss;
    });
    expect(count).toBe(2);
    expect(p.itemSync()).toBeCloseTo(0, 5);
  });
});

describe("hooks of the state dictionary", () => {
  test("change or replace what is saved", () => {
    const { optimizer } = sgd();
    const seen: string[] = [];
    optimizer.registerStateDictPreHook(() => void seen.push("pre"));
    optimizer.registerStateDictPostHook((_, dict: OptimizerStateDict) => {
      seen.push("second");
      return { ...dict, param_groups: [] };
    });
    optimizer.registerStateDictPostHook(
      (_, dict: OptimizerStateDict) => {
        seen.push("first");
        dict.param_groups[0].lr = 7;
      },
      { prepend: true },
    );
    expect(optimizer.stateDict().param_groups).toEqual([]);
    expect(seen).toEqual(["pre", "first", "second"]);
  });
  test("change or replace what is loaded", () => {
    const { optimizer } = sgd();
    const dict = optimizer.stateDict();
    const lrs: unknown[] = [];
    optimizer.registerLoadStateDictPreHook((_, given: OptimizerStateDict) => ({
      ...given,
      param_groups: given.param_groups.map((g) => ({ ...g, lr: 0.25 })),
    }));
    optimizer.registerLoadStateDictPostHook((o: SGD) => void lrs.push(o.paramGroups[0].lr));
    optimizer.loadStateDict(dict);
    expect(lrs).toEqual([0.25]);
    expect(dict.param_groups[0].lr).toBe(0.5);
  });
  test("are called with LBFGS and its copied history", () => {
    const optimizer = new LBFGS([tensor([3], { requiresGrad: true })]);
    optimizer.registerStateDictPostHook((o, dict: OptimizerStateDict) => {
      expect(o).toBeInstanceOf(Optimizer);
      dict.param_groups[0].lr = 2;
    });
    expect(optimizer.stateDict().param_groups[0].lr).toBe(2);
  });
});

test("an optimizer of one's own has them, too", () => {
  class Plain extends Optimizer<{ lr: number }> {
    protected check(): void {}
    protected stepGroup({ lr }: { lr: number }, params: readonly WithGradient[]): void {
      for (const [p, grad] of params) p.sub_(grad.mul(lr));
    }
  }
  const p = tensor([1], { requiresGrad: true });
  p.grad = tensor([1]);
  const optimizer = new Plain([p], { lr: 0.5 });
  const seen: number[] = [];
  optimizer.registerStepPostHook(() => void seen.push(p.itemSync()));
  optimizer.step();
  expect(seen).toEqual([0.5]);
});
