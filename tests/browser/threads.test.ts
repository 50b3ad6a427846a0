/** The CPU backend's threads on a page's main thread, which must not sleep. */
import { cpu } from "@dl/backend-cpu";
import { type Backend, scope, tensor } from "@dl/tensor";
import { expect, inject, test, vi } from "vitest";
import { memoryOf } from "../../packages/backend-cpu/src/backend.ts";
import { CONTROL_START, WORD } from "../../packages/backend-cpu/src/threads/control.ts";

const side = 300;
const numbers = (seed: number) =>
  Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * 12.9898 + seed));

const product = (device: Backend): number[] =>
  scope(() => {
    const [a, b] = [1, 2].map((seed) => tensor(numbers(seed), { shape: [side, side], device }));
    return [...a.matmul(b).tanh().sum(1).dataSync()];
  });
const workersOf = (device: Backend): number =>
  Atomics.load(memoryOf.get(device)!.int32, (CONTROL_START >> 2) + WORD.ready);

if (inject("isolated")) {
  test("workers start where memory can be shared, and the results are those of one thread to the last bit", async () => {
    const expected = product(cpu({ threads: 1 }));
    for (const threads of [2, 3]) {
      const device = cpu({ threads });
      expect(product(device)).toEqual(expected);
      await vi.waitFor(() => expect(workersOf(device)).toBe(threads - 1), { timeout: 10_000 });
      for (let run = 0; run < 20; run++) expect(product(device)).toEqual(expected);
    }
  });
  test("threads are as many as the machine runs at once, unless said otherwise", () => {
    expect(cpu()).toBe(cpu({ threads: Math.min(navigator.hardwareConcurrency, 8) }));
  });
} else {
  test("one thread computes the same where memory cannot be shared", () => {
    const started = vi.spyOn(globalThis, "Worker");
    expect(product(cpu({ threads: 4 }))).toEqual(product(cpu({ threads: 1 })));
    expect(started).not.toHaveBeenCalled();
  });
}
