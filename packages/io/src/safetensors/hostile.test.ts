import { DlError, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../index.ts";
import { damaged, failures, random } from "../testing.ts";

/** A file with this header, whatever its claims, and as many bytes of data. */
function file(header: unknown, dataSize = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const out = new Uint8Array(8 + text.length + dataSize);
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  out.set(text, 8);
  return out;
}
const entry = (begin: unknown, end: unknown, shape: unknown = [1], dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const bytes = (...list: number[]) => Uint8Array.from(list);

function expectError(bytes: Uint8Array, message: RegExp): void {
  let error: unknown;
  try {
    readSafetensors(bytes, { name: "m" });
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(DlError);
  expect((error as DlError).code).toBe("data");
  expect((error as DlError).message).toMatch(message);
  expect((error as DlError).message.length).toBeLessThan(500);
}

describe("readSafetensors refuses, and says why,", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", bytes(), /^m: not a safetensors file: it is empty$/],
    [
      "7 bytes",
      bytes(1, 2, 3, 4, 5, 6, 7),
      /^m: .* it has 7 bytes, and its header starts after 8$/,
    ],
    [
      "a length beyond the file",
      file("{}", 0, 3n),
      /header has 3 bytes, after it starts there are 2: the file is truncated/,
    ],
    [
      "a length beyond everything",
      file("{}", 0, 2n ** 64n - 1n),
      /not a safetensors file.* begins with ff ff/,
    ],
    ["a length just above what is possible", file("{}", 0, 100_000_001n), /at most 100,000,000/],
    [
      "a pickle of PyTorch",
      new TextEncoder().encode("PK\x03\x04 and so on"),
      /a zip archive, as PyTorch's .pt/,
    ],
    ["a web page", new TextEncoder().encode("<!DOCTYPE html><html>"), /a web page/],
    [
      "a pointer of Git LFS",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1"),
      /git lfs pull/,
    ],
    ["an empty header", file(""), /whose header is a JSON object/],
    ["a header that starts with a space", file(" {}"), /whose header is a JSON object/],
    ["a list", file("[]"), /whose header is a JSON object: it begins with 5b 5d/],
    ["null", file("null"), /whose header is a JSON object/],
    ["what is not JSON", file("{,}"), /the header is not JSON/],
    ["two objects", file("{}{}"), /the header is not JSON/],
    ["a million open brackets", file(`{"a":${"[".repeat(1e6)}`), /the header is not JSON/],
    ["what is not UTF-8", file("{}").fill(0xff, 9, 10), /the header is not JSON/],
    [
      "a tensor that is a list",
      file({ w: [] }),
      /^m: tensor "w": a list where dtype, shape and data_offsets/,
    ],
    ["a tensor that is null", file({ w: null }), /tensor "w": null where/],
    ["a tensor that is text", file({ w: "F32" }), /tensor "w": string where/],
    ["no dtype", file({ w: { shape: [], data_offsets: [0, 0] } }), /tensor "w": dtype is missing/],
    [
      "a dtype that is a number",
      file({ w: entry(0, 4, [1], 32) }, 4),
      /tensor "w": dtype is number/,
    ],
    [
      "an unknown dtype",
      file({ w: entry(0, 4, [1], "Q4_0") }, 4),
      /tensor "w": unknown dtype "Q4_0"; known are U64, I64, F64, F32/,
    ],
    [
      "the name of a method as dtype",
      file({ w: entry(0, 4, [1], "toString") }, 4),
      /tensor "w": unknown dtype "toString"/,
    ],
    [
      "a dtype that no tensor here has",
      file({ w: entry(0, 1, [1], "F8_E4M3") }, 1),
      /tensor "w": no tensor here can have its dtype F8_E4M3/,
    ],
    [
      "no shape",
      file({ w: { dtype: "F32", data_offsets: [0, 4] } }, 4),
      /tensor "w": shape is missing/,
    ],
    ["a shape that is a number", file({ w: entry(0, 4, 1) }, 4), /tensor "w": shape is number/],
    [
      "a negative size",
      file({ w: entry(0, 4, [-1, -1]) }, 4),
      /tensor "w": shape is \[-1, -1\], a list of whole numbers from 0/,
    ],
    [
      "a negative zero",
      file('{"w":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
      /tensor "w": shape is/,
    ],
    ["a fractional size", file({ w: entry(0, 4, [0.5, 2]) }, 4), /tensor "w": shape is \[0.5, 2\]/],
    [
      "a million nested lists",
      file(`{"w":{"dtype":"F32","shape":${"[".repeat(1e6)}${"]".repeat(1e6)}}}`),
      /tensor "w": shape is \[a list\]/,
    ],
    [
      "a tensor in a million objects",
      file(`${'{"w":'.repeat(1e5)}0${"}".repeat(1e5)}`),
      /tensor "w": dtype is missing/,
    ],
    ["a size that is text", file({ w: entry(0, 4, ["1"]) }, 4), /tensor "w": shape is \["1"\]/],
    [
      "a size beyond 2⁵³",
      file('{"w":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 4),
      /tensor "w": shape is/,
    ],
    [
      "a size of infinity",
      file('{"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', 4),
      /tensor "w": shape is \[Infinity\]/,
    ],
    [
      "a shape whose product overflows",
      file({ w: entry(0, 4, [2 ** 32, 2 ** 32]) }, 4),
      /tensor "w": \[4294967296, 4294967296\] of F32 has more bytes than can be counted, the file has 4/,
    ],
    [
      "a shape whose product overflows to nothing",
      file({ w: entry(0, 0, [2 ** 32, 2 ** 32, 0]) }),
      /more bytes than can be counted/,
    ],
    [
      "terabytes",
      file({ w: entry(0, 4, [2 ** 40]) }, 4),
      /tensor "w": \[1099511627776\] of F32 has 4,398,046,511,104 bytes, the file has 4/,
    ],
    [
      "65 dimensions",
      file({ w: entry(0, 4, Array(65).fill(1)) }, 4),
      /tensor "w": 65 dimensions, 64 are possible/,
    ],
    ["a million sizes", file({ w: entry(0, 4, Array(1e6).fill(1)) }, 4), /1,000,000 dimensions/],
    [
      "no offsets",
      file({ w: { dtype: "F32", shape: [1] } }, 4),
      /tensor "w": data_offsets is missing/,
    ],
    [
      "one offset",
      file({ w: { ...entry(0, 4), data_offsets: [0] } }, 4),
      /data_offsets is \[0\], two whole numbers/,
    ],
    [
      "three offsets",
      file({ w: { ...entry(0, 4), data_offsets: [0, 4, 8] } }, 4),
      /data_offsets is \[0, 4, 8\]/,
    ],
    ["a negative offset", file({ w: entry(-4, 0) }, 4), /tensor "w": data_offsets is \[-4, 0\]/],
    ["a fractional offset", file({ w: entry(0.5, 4.5) }, 8), /data_offsets is \[0.5, 4.5\]/],
    [
      "an end before the beginning",
      file({ w: entry(4, 0) }, 4),
      /tensor "w": its bytes begin at 4 and end before, at 0/,
    ],
    [
      "an end behind the file",
      file({ w: entry(0, 8, [2]) }, 4),
      /tensor "w": its bytes end at 8, the file's data at 4: the file is truncated/,
    ],
    [
      "too few bytes for its shape",
      file({ w: entry(0, 4, [2]) }, 4),
      /tensor "w": \[2\] of F32 has 8 bytes, the file has 4/,
    ],
    [
      "too many bytes for its shape",
      file({ w: entry(0, 4, [1], "F16") }, 4),
      /tensor "w": \[1\] of F16 has 2 bytes, the file has 4/,
    ],
    [
      "the same bytes for two",
      file({ v: entry(0, 4), w: entry(0, 4) }, 4),
      /tensor "w": its bytes begin at 0, within those of tensor "v", which end at 4/,
    ],
    [
      "bytes that overlap",
      file({ w: entry(4, 12, [2]), v: entry(0, 8, [2]) }, 12),
      /tensor "w": its bytes begin at 4, within those of tensor "v"/,
    ],
    [
      "nothing within another",
      file({ v: entry(0, 8, [2]), w: entry(4, 4, [0]) }, 8),
      /tensor "w": its bytes begin at 4, within/,
    ],
    [
      "a gap at the start",
      file({ w: entry(4, 8) }, 8),
      /tensor "w": its bytes begin at 4, 4 after the end of the header/,
    ],
    [
      "a gap between two",
      file({ v: entry(0, 4), w: entry(6, 10) }, 10),
      /tensor "w": its bytes begin at 6, 2 after the end of tensor "v"/,
    ],
    [
      "bytes behind the last",
      file({ w: entry(0, 4) }, 7),
      /m: 3 bytes after the end of tensor "w" belong to no tensor/,
    ],
    ["data without tensors", file({}, 1), /m: 1 bytes after the end of the header/],
    [
      "a name twice",
      file(`{"w":${JSON.stringify(entry(0, 4))},"w":${JSON.stringify(entry(0, 4))}}`, 4),
      /m: "w" appears twice in the header/,
    ],
    [
      "a name twice, once in escapes",
      file(`{"w":${JSON.stringify(entry(0, 4))} , "\\u0077" \n:${JSON.stringify(entry(0, 4))}}`, 4),
      /"w" appears twice/,
    ],
    [
      "a field twice",
      file('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"shape":[1]}}', 4),
      /"shape" appears twice/,
    ],
    [
      "metadata that are a list",
      file({ __metadata__: [] }),
      /m: __metadata__ is a list, an object is expected/,
    ],
    [
      "metadata that are no text",
      file({ __metadata__: { epoch: 3 } }),
      /m: __metadata__: "epoch" is number, text is expected/,
    ],
    [
      "a tensor under the name of metadata",
      file({ __metadata__: entry(0, 4) }, 4),
      /__metadata__: "shape" is a list/,
    ],
    [
      "a truth value of 2",
      file({ w: entry(0, 2, [2], "BOOL") }, 2).fill(2, -1),
      /tensor "w": element 1 is 2, BOOL is 0 or 1/,
    ],
    ["a name as long as a book", file({ ["w".repeat(1e5)]: null }), /^m: tensor "w{99}…": null/],
    [
      "a name that would end the line",
      file({ "a\nb\x1b[31m": null }),
      /tensor "a\\nb\\u001b\[31m": null/,
    ],
  ])("%s", (_, bytes, message) => expectError(bytes, message));

  test.each([
    ["I64", 2n ** 31n, "2147483648", "2147483647"],
    ["I64", -(2n ** 31n) - 1n, "-2147483649", "-2147483648"],
    ["I64", 2n ** 63n - 1n, "9223372036854775807", "2147483647"],
    ["U64", 2n ** 64n - 1n, "18446744073709551615", "2147483647"],
    ["U64", 2n ** 32n, "4294967296", "2147483647"],
  ])("a %s of %s", (dtype, value, shown, limit) => {
    const bytes = file({ "bn.count": entry(0, 16, [2], dtype) }, 16);
    new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt.asUintN(64, value), true);
    expectError(
      bytes,
      RegExp(`tensor "bn.count": element 1 is ${shown}, and int32.* ends at ${limit}`),
    );
  });
  test("a U32 beyond int32", () =>
    expectError(file({ w: entry(0, 4, [1], "U32") }, 4).fill(255, -4), /element 0 is 4294967295/));
  test("what is no file at all", () =>
    expect(() => readSafetensors("model.safetensors" as never)).toThrow(
      "readSafetensors: a Uint8Array or an ArrayBuffer is wanted, got string",
    ));
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

test("whatever is damaged in a file, nothing but a DlError comes out", async () => {
  const sound = await writeSafetensors(
    {
      weight: tensor([
        [1.5, -2],
        [3, 4],
      ]),
      count: tensor(7, { dtype: "int32" }),
      mask: tensor([true, false, true]),
      nothing: zeros(0, 3),
      half: tensor([1, 2], { dtype: "float16" }),
      bytes: tensor([1, 2, 3], { dtype: "uint8" }),
    },
    { metadata: { format: "pt", 'a "b"': "\\" }, dtypes: { count: "I64", weight: "BF16" } },
  );
  const below = random(1);
  const times = 20_000;
  const failed = await failures(times, () => {
    const bytes = damaged(sound, below);
    const { tensors } = readSafetensors(bytes);
    for (const t of Object.values(tensors)) {
      const size = t.numel * t.elementSize();
      // bfloat16 grows to twice its size.
      if (!(size <= 2 * bytes.length)) throw new Error(`${size} bytes from ${bytes.length}`);
    }
  });
  expect(failed).toBeGreaterThan(times / 2);
  expect(failed).toBeLessThan(times);
});

test("whatever a header claims, nothing but a DlError comes out", async () => {
  const below = random(2);
  const odd = [0, 1, 2, 4, 8, 16, -1, 0.5, 2 ** 31, 2 ** 53, 1e300, null, "4", [], {}, true];
  const any = () => odd[below(odd.length)];
  const dtypes = ["F32", "F64", "F16", "BF16", "I64", "U64", "I8", "BOOL", "F4", "", 1, null];
  const tensorEntry = () => {
    const out: Record<string, unknown> = {};
    if (below(20) > 0) out.dtype = dtypes[below(dtypes.length)];
    if (below(20) > 0) out.shape = below(10) > 0 ? Array.from({ length: below(4) }, any) : any();
    if (below(20) > 0) out.data_offsets = below(10) > 0 ? [any(), any()] : any();
    return below(20) > 0 ? out : any();
  };
  const failed = await failures(20_000, () => {
    const names = ["a", "b", "__metadata__", "__proto__", "constructor"];
    const header = Object.fromEntries(
      Array.from({ length: below(3) }, () => [names[below(names.length)], tensorEntry()]),
    );
    readSafetensors(file(header, below(3) * 8));
  });
  expect(failed).toBeLessThan(20_000);
});
