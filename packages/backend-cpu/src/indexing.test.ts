import type { DType, ScatterMode, View } from "@dl/tensor";
import { expect, test } from "vitest";
import { cpu } from "./index.ts";
import { contentsOf, type Generator, generator, randomLayout, viewOf } from "./testing.ts";

const backends = [cpu({ wasm: true }), cpu({ wasm: false })];

/** The same random view on both backends. */
function both(
  g: Generator,
  shape: readonly number[],
  dtype: DType,
  isOutput: boolean,
  value: () => number,
): View[] {
  const { strides, offset, span } = randomLayout(g, shape, isOutput);
  const contents = Array.from({ length: span }, value);
  return backends.map((b) => viewOf(b, contents, shape, { strides, offset, dtype }));
}

test("gather and scatter do what the reference path does, and touch nothing else", () => {
  for (let seed = 0; seed < 1000; seed++) {
    const g = generator(seed);
    const shape = Array.from({ length: g.integer(1, 4) }, () => g.integer(1, 6));
    if (g.next() < 0.2) shape[shape.length - 1] = g.integer(60, 80);
    if (g.next() < 0.05) shape[0] = 0;
    const axis = g.integer(0, shape.length - 1);
    const size = g.integer(1, 9);
    const indexedShape = shape.map((n, d) => (d === axis ? size : n));
    const dtype = g.pick(["float32", "int32", "uint8"] as const);
    const number = () => g.integer(0, 100);
    const indices = both(g, shape, "int32", false, () => g.integer(0, size - 1));
    const mode = g.pick<ScatterMode | "gather">(["gather", "set", "add"]);
    const indexed = both(g, indexedShape, dtype, mode !== "gather", number);
    const others = both(g, shape, dtype, mode === "gather", number);
    backends.forEach((backend, i) => {
      if (mode === "gather") backend.gather(indexed[i], indices[i], others[i], axis);
      else backend.scatter(indexed[i], indices[i], others[i], axis, mode);
    });
    const written = mode === "gather" ? others : indexed;
    const [got, want] = backends.map((b, i) => [...contentsOf(b, written[i])]);
    expect(got, `seed ${seed}: ${mode} ${dtype} [${shape}] along ${axis}`).toEqual(want);
  }
});

test("an index out of range is named, and nothing is written", () => {
  const [backend] = backends;
  const target = viewOf(backend, [1, 2, 3], [3]);
  const updates = viewOf(backend, [4, 5], [2]);
  const index = viewOf(backend, [0, 3], [2], { dtype: "int32" });
  expect(() => backend.scatter(target, index, updates, 0, "set")).toThrow(
    /index 3 at position \[1\]/,
  );
  expect([...contentsOf(backend, target)]).toEqual([1, 2, 3]);
  expect(() => backend.gather(target, index, updates, 0)).toThrow(RangeError);
});
