import { expect, test } from "vitest";
import { cpu } from "../index.ts";
import { contentsOf, viewOf } from "../testing.ts";

const wasm = cpu({ wasm: true });
const reference = cpu({ wasm: false });
type Words = [number, number];

test.each<[string, number, Words, Words]>([
  ["from the beginning", 64, [0, 0], [0, 0]],
  ["of any length", 37, [123, 456], [7, 0]],
  ["shorter than a group", 5, [0xdeadbeef, 0x12345678], [9, 1]],
  ["with high bits set", 100, [0xffffffff, 0x80000000], [0x80000000, 0xffffffff]],
  ["up to the end of the counter's low word", 80, [1, 2], [2 ** 32 - 40, 3]],
  ["beyond it", 96, [1, 2], [2 ** 32 - 40, 3]],
])("gives the numbers of the reference path, %s", (_, n, seed, counter) => {
  const views = [wasm, reference].map((backend) => {
    const v = viewOf(backend, new Float32Array(n + 3).fill(-1), [n], { offset: 2 });
    backend.random(v, { seed, counter });
    return contentsOf(backend, v);
  });
  expect(views[0]).toEqual(views[1]);
});
