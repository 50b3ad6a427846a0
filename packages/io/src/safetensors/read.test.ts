import { tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../index.ts";
import "../testing.ts";

/** A file with this header, whatever its claims, and as many bytes of data. */
function file(header: unknown, dataSize = 0): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const out = new Uint8Array(8 + text.length + dataSize);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  return out;
}
const entry = (begin: unknown, end: unknown, shape: unknown = [1], dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
describe("readSafetensors takes", () => {
  test("an ArrayBuffer, a part of one at an odd place, and a Buffer", async () => {
    const written = await writeSafetensors({ w: tensor([1, 2]) });
    const odd = new Uint8Array(written.length + 8).subarray(3, 3 + written.length);
    odd.set(written);
    for (const bytes of [written.buffer, odd, Buffer.from(written)]) {
      expect(readSafetensors(bytes).tensors.w.tolistSync()).toEqual([1, 2]);
    }
  });
  test("a copy: what happens to the bytes afterwards does not matter", async () => {
    const written = Buffer.from(await writeSafetensors({ w: tensor([1, 2], { dtype: "uint8" }) }));
    const { w } = readSafetensors(written).tensors;
    written.fill(0);
    expect(w.tolistSync()).toEqual([1, 2]);
  });
  test("fields that it does not know, tensors in any order, white space", () => {
    const header = ` { "w":${JSON.stringify({ ...entry(4, 8), note: 1 })} ,\n "v":${JSON.stringify(entry(0, 4))}} `;
    const { tensors } = readSafetensors(file(header.trimStart(), 8));
    expect(Object.keys(tensors)).toEqual(["w", "v"]);
  });
  test("sizes of zero beside huge ones", () => {
    const { w } = readSafetensors(file({ w: entry(0, 0, [0, 2 ** 52]) })).tensors;
    expect(w.shape).toEqual([0, 2 ** 52]);
  });
});

test("readSafetensors says what is no file at all", () =>
  expect(() => readSafetensors("model.safetensors" as never)).toThrow(
    "readSafetensors: a Uint8Array or an ArrayBuffer is wanted, got string",
  ));
