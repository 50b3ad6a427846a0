/** Arrays that are none, or not what their headers claim. */
import type { BadInput } from "./badInput.ts";

/** A file of version 1 with this header, whatever its claims. */
export function npyFile(
  header: string,
  dataSize = 0,
  length?: number,
  version = [1, 0],
): Uint8Array {
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
export const npyDict = (shape: string, descr = "'<f4'", order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

const file = npyFile;
const dict = npyDict;

export const npy: BadInput[] = [
  ["nothing", new Uint8Array(0), /^x: not a .npy file: it is empty$/],
  [
    "an .npz",
    new TextEncoder().encode("PK\x03\x04"),
    /a zip archive, as PyTorch's .pt and NumPy's .npz are/,
  ],
  ["the magic number alone", file("").subarray(0, 6), /truncated after 6 bytes/],
  [
    "a version without a length",
    file("").subarray(0, 9),
    /truncated after 9 bytes, within its header/,
  ],
  [
    "version 4",
    file("{}", 0, 2, [4, 0]),
    /version 4.0 of the .npy format; known are 1.0, 2.0 and 3.0/,
  ],
  ["version 1.1", file("{}", 0, 2, [1, 1]), /version 1.1/],
  [
    "a header beyond the file",
    file("{}", 0, 3),
    /the header has 3 bytes, after it starts there are 2: the file is truncated/,
  ],
  ["a header of 4 GB", file("{}", 0, 2 ** 32 - 1, [2, 0]), /the header has 4,294,967,295 bytes/],
  ["a header of version 3 that is not UTF-8", file("{}", 0, 2, [3, 0]).fill(0xff, 12), /not UTF-8/],
  ["an empty header", file(""), /\{ is expected at ""/],
  ["half a dictionary", file("{'descr': '<f4'"), /a comma or } is expected at ""/],
  [
    "a call",
    file("{'descr': exit(), }"),
    /text, True, False or a tuple is expected at "exit\(\), }"/,
  ],
  ["more behind the dictionary", file(`${dict("()")} + 1`, 4), /there is more after }: "\+ 1"/],
  ["objects", file(dict("(1,)", "'|O'"), 4), /elements of NumPy's type "\|O"; known are b1, i1/],
  ["complex numbers", file(dict("(1,)", "'<c8'"), 8), /type "<c8"/],
  ["text", file(dict("(1,)", "'<U3'"), 12), /type "<U3"/],
  ["a name of a method", file(dict("(1,)", "'<toString'"), 4), /type "<toString"/],
  [
    "fields",
    file(dict("(1,)", "[('a', '<f4')]"), 4),
    /text, True, False or a tuple is expected at "\[\('a'/,
  ],
  ["no shape", file("{'descr': '<f4', 'fortran_order': False}"), /no shape/],
  ["no descr", file("{'fortran_order': False, 'shape': ()}"), /type "undefined"/],
  ["no order", file("{'descr': '<f4', 'shape': ()}", 4), /no fortran_order/],
  ["an order of 1", file(dict("()", "'<f4'", "1"), 4), /text, True, False or a tuple/],
  [
    "another key",
    file("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': True}", 4),
    /the header has "x"/,
  ],
  ["a key twice", file("{'descr': '<f4', 'descr': '<f4'}"), /"descr" appears twice/],
  ["a negative size", file(dict("(-1,)"), 4), /a whole number from 0 is expected at "-1,\)/],
  [
    "a fractional size",
    file(dict("(1.5,)"), 4),
    /a comma or the end of the tuple is expected at ".5,\)/,
  ],
  ["a size of a thousand digits", file(dict(`(${"9".repeat(1000)},)`), 4), /9{30} is not a size/],
  ["65 dimensions", file(dict(`(${"1,".repeat(65)})`), 4), /65 dimensions, 64 are possible/],
  [
    "a product that overflows",
    file(dict("(4294967296, 4294967296)"), 4),
    /more bytes than can be counted, the file has 4/,
  ],
  [
    "terabytes",
    file(dict("(1099511627776,)"), 4),
    /\[1099511627776\] of F32 has 4,398,046,511,104 bytes, the file has 4: the file is truncated/,
  ],
  ["half an element", file(dict("(2,)"), 6), /has 8 bytes, the file has 6: the file is truncated/],
  [
    "more than its elements",
    file(dict("(1,)"), 5),
    /has 4 bytes, the file has 5: there is something after its end/,
  ],
  [
    "an int64 beyond int32",
    file(dict("(1,)", "'>i8'"), 8).fill(1, -8),
    /x: element 0 is 72340172838076673, and int32/,
  ],
  [
    "a truth value of 7",
    file(dict("(1,)", "'|b1'"), 1).fill(7, -1),
    /x: element 0 is 7, BOOL is 0 or 1/,
  ],
];
