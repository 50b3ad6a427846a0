import * as T from "@dl/tensor";
import { Generator, isTensor, manualSeed, type Tensor, zeros } from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, inspect, numbers, revive } from "./fixture.ts";
import { section } from "./replay.ts";

interface Call {
  readonly fn: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly result: FixtureTensor;
}
interface RandomCase {
  readonly seed: number;
  readonly calls: Call[];
}
type Fn = (...args: unknown[]) => Tensor;
const functions = T as unknown as Record<string, Fn>;

/** Cases on tensors that exist are given the shape of one, and its dtype. */
function draw({ fn, args, options }: Call, generator?: Generator): Tensor {
  const given = args.map(revive);
  const more = generator ? { generator } : {};
  if (!fn.endsWith("_")) return functions[fn](...given, { ...options, ...more });
  const [shape, ...rest] = given;
  const target = zeros(shape as number[], options);
  const name = fn === "bernoulliTensor_" ? "bernoulli_" : fn;
  const out = functions[name](target, ...rest, more);
  expect(out).toBe(target);
  return out;
}

function check(c: RandomCase, drawOne: (call: Call) => Tensor): void {
  for (const call of c.calls) {
    const out = drawOne(call);
    const what = `${call.fn}(${call.args.map((x) => (isTensor(x) ? "…" : x)).join(", ")})`;
    expect(out.dtype, what).toBe(call.result.dtype);
    expectNear(out, call.result, 1e-6, what);
    // What only scales words of the generator is equal to the last bit.
    if (call.fn === "rand" && out.dtype === "float32")
      inspect(out, (values) => expect([...values]).toEqual(numbers(call.result).map(Math.fround)));
  }
}

function run(c: RandomCase): void {
  manualSeed(c.seed);
  check(c, (call) => draw(call));
  // The same from a generator of one's own, which leaves the other one alone.
  const own = new Generator(c.seed);
  const before = JSON.stringify(T.getRngState());
  check(c, (call) => draw(call, own));
  expect(JSON.stringify(T.getRngState())).toBe(before);
}

export const random = section("random numbers against PyTorch", fixture<RandomCase[]>("random"), {
  name: (c) => c.calls[0].fn,
  title: (c, i) => {
    const titles = c.calls.map(({ fn, result }) => `${fn} ${result.dtype} [${result.shape}]`);
    return `${i}: seed ${c.seed}: ${titles.join(", ")}`;
  },
  run,
});
