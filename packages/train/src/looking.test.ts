import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy, mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, SGD } from "@dl/optim";
import {
  getRngState,
  manualSeed,
  randint,
  randn,
  setBackend,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { fit, gradientNorms, lrFinder } from "./index.ts";

beforeEach(() => setBackend(cpu()));

describe("lrFinder", () => {
  /** ½ h w², whose descent is known: w ← (1 − lr h) w. */
  function parabola(h: number) {
    class Point extends nn.Module {
      w = new nn.Parameter(tensor([1]));
      forward(x: Tensor) {
        return this.w.mul(x);
      }
    }
    const model = new Point();
    const optimizer = new SGD(model.parameters(), { lr: 0.123 });
    const step = (m: (x: Tensor) => Tensor, x: Tensor) =>
      m(x)
        .square()
        .sum()
        .mul(h / 2);
    return { model, optimizer, step, train: [tensor([1])] };
  }
  test("walks the curve that is known of a parabola", async () => {
    const { model, ...options } = parabola(2);
    const curve = await lrFinder(model, {
      ...options,
      startLr: 1e-3,
      endLr: 100,
      steps: 21,
      smoothing: 0.5,
    });
    let [w, mean] = [1, 0];
    for (const [i, lr] of curve.lrs.entries()) {
      expect(lr).toBeCloseTo(1e-3 * 10 ** (i / 4), 10);
      expect(curve.losses[i] / w ** 2).toBeCloseTo(1, 4);
      mean = 0.5 * mean + 0.5 * curve.losses[i];
      expect(curve.smoothed[i]).toBe(mean / (1 - 0.5 ** (i + 1)));
      w *= 1 - 2 * lr;
    }
    // From 2 / h on it runs away.
    expect(curve.diverged).toBe(true);
    expect(curve.suggestion).toBeGreaterThan(0.01);
    expect(curve.suggestion).toBeLessThan(1);
    expect(curve.minimum).toBeGreaterThanOrEqual(curve.suggestion!);
    expect(curve.lrs.at(-1)).toBeLessThan(100);
  });
  test("leaves no trace", async () => {
    const run = async (search: boolean) => {
      manualSeed(2);
      const model = new nn.Sequential(
        new nn.Linear(3, 4),
        new nn.BatchNorm1d(4),
        new nn.Dropout(),
        new nn.Linear(4, 2),
      );
      const optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const train = Array.from({ length: 3 }, (): [Tensor, Tensor] => [
        randn(4, 3),
        randint(2, [4]),
      ]);
      const options = { loss: crossEntropy, optimizer, train };
      await fit(model, options);
      if (search) {
        const curve = await lrFinder(model, { ...options, steps: 20 });
        expect(curve.lrs.length).toBeGreaterThan(5);
      }
      await fit(model, options);
      return [model.parameters().map((p) => p.tolistSync()), optimizer.stepCount, getRngState()];
    };
    expect(await run(true)).toEqual(await run(false));
  });
  test("says what is wrong", async () => {
    const { model, ...options } = parabola(1);
    await expect(lrFinder(model, { ...options, startLr: 1, endLr: 1 })).rejects.toThrow(
      "from startLr above 0 up to endLr",
    );
    await expect(lrFinder(model, { ...options, steps: 2 })).rejects.toThrow(
      "steps is a whole number from 3",
    );
    await expect(lrFinder(model, { ...options, train: [] })).rejects.toThrow(
      "there were no batches",
    );
    const plain = Object.assign((x: Tensor) => x, { parameters: () => [tensor(1)] });
    await expect(lrFinder(plain, options)).rejects.toThrow("the model needs stateDict()");
  });
});

describe("gradientNorms", () => {
  test("is clipGradNorm_'s total, and adds up over layers", async () => {
    manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 1));
    mseLoss(model(randn(5, 3)), randn(5, 1)).backward();
    const { total, layers, parameters } = await gradientNorms(model);
    expect(total).toBeCloseTo(
      nn.utils.getTotalNorm(model.parameters().map((p) => p.grad!)).itemSync(),
      6,
    );
    expect(Object.keys(layers)).toEqual(["0", "2"]);
    expect(Object.keys(parameters)).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    expect(Math.hypot(layers[0], layers[2])).toBeCloseTo(total, 6);
    expect(Math.hypot(parameters["0.weight"], parameters["0.bias"])).toBeCloseTo(layers[0], 6);
    const largest = await gradientNorms(model, { normType: Infinity });
    const all = model.parameters().flatMap((p) => [...p.grad!.dataSync()].map(Math.abs));
    expect(largest.total).toBe(Math.max(...all));
  });
  test("says that there are none", () =>
    expect(gradientNorms(new nn.Linear(2, 2))).rejects.toThrow("call loss.backward() before"));
});
