/** Files of tensors that are none, or not what their headers claim. */
import type { BadInput } from "./badInput.ts";

/** A file with this header, whatever its claims, and as many bytes of data. */
export function safetensorsFile(header: unknown, dataSize = 0, length?: bigint): Uint8Array {
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
const file = safetensorsFile;
const bytes = (...list: number[]) => Uint8Array.from(list);

export const safetensors: BadInput[] = [
  ["nothing", bytes(), /^m: not a safetensors file: it is empty$/],
  ["7 bytes", bytes(1, 2, 3, 4, 5, 6, 7), /^m: .* it has 7 bytes, and its header starts after 8$/],
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
  ["a dtype that is a number", file({ w: entry(0, 4, [1], 32) }, 4), /tensor "w": dtype is number/],
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
  ...(
    [
      ["I64", 2n ** 31n, "2147483648", "2147483647"],
      ["I64", -(2n ** 31n) - 1n, "-2147483649", "-2147483648"],
      ["I64", 2n ** 63n - 1n, "9223372036854775807", "2147483647"],
      ["U64", 2n ** 64n - 1n, "18446744073709551615", "2147483647"],
      ["U64", 2n ** 32n, "4294967296", "2147483647"],
    ] as const
  ).map(([dtype, value, shown, limit]): BadInput => {
    const bytes = file({ "bn.count": entry(0, 16, [2], dtype) }, 16);
    new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt.asUintN(64, value), true);
    const message = `tensor "bn.count": element 1 is ${shown}, and int32.* ends at ${limit}`;
    return [`a ${dtype} of ${value}`, bytes, RegExp(message)];
  }),
  [
    "a U32 beyond int32",
    file({ w: entry(0, 4, [1], "U32") }, 4).fill(255, -4),
    /element 0 is 4294967295/,
  ],
];
