import { tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../index.ts";
import "../testing.ts";

/** A file of version 1 with this header, whatever its claims. */
function file(header: string, dataSize = 0, length?: number, version = [1, 0]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const first = version[0] === 1 ? 10 : 12;
  const out = new Uint8Array(first + text.length + dataSize);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...version]);
  const view = new DataView(out.buffer);
  if (first === 10) view.setUint16(8, length ?? text.length, true);
  else view.setUint32(8, length ?? text.length, true);
  out.set(text, first);
  return out;
}
const dict = (shape: string, descr = "'<f4'", order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe("readNpy takes", () => {
  test("what Python 2 wrote", () =>
    expect(readNpy(file(dict("(2L, 1L)"), 8)).shape).toEqual([2, 1]));
  test("other quotes, other white space, no comma at the end", () => {
    const header = `\n{ "shape":(1,2) ,'fortran_order' : True,"descr":"<f4"}  \n`;
    expect(readNpy(file(header, 8)).shape).toEqual([1, 2]);
  });
});

test("views are written as what they show", async () => {
  const t = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]).transpose(0, 1);
  expect(await readNpy(await writeNpy(t)).tolist()).toEqual([
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
  expect(await readNpy(await writeNpy(t, { fortranOrder: true })).tolist()).toEqual([
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
});
