/** Archives that are none, or not what their directories claim. */
import { deflateRawSync } from "node:zlib";
import type { BadInput } from "./badInput.ts";
import { npyDict, npyFile } from "./npy.ts";

const npy = npyFile(npyDict("(2,)").padEnd(118), 8);

interface Part {
  name?: string;
  contents?: Uint8Array;
  method?: number;
  flags?: number;
  /** What the directory says, where it lies. */
  size?: number;
  packed?: number;
  offset?: number;
  crc?: number;
}
const CRC = (bytes: Uint8Array): number => {
  let c = -1;
  for (const b of bytes) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
};
/** An archive of these parts, written plainly. */
export function zip(parts: Part[], change: (end: DataView) => void = () => {}): Uint8Array {
  const out: number[] = [];
  const central: number[] = [];
  const u16 = (...n: number[]) => n.flatMap((x) => [x & 255, (x >> 8) & 255]);
  const u32 = (...n: number[]) => n.flatMap((x) => [...u16(x), ...u16(x >>> 16)]);
  for (const { name = "a.npy", contents = npy, method = 0, flags = 0, ...says } of parts) {
    const stored = method === 8 ? deflateRawSync(contents) : contents;
    const file = [...new TextEncoder().encode(name)];
    const crc = says.crc ?? CRC(contents);
    const [packed, size] = [says.packed ?? stored.length, says.size ?? contents.length];
    const offset = says.offset ?? out.length;
    const common = [
      ...u16(20, flags, method, 0, 0),
      ...u32(crc, packed, size),
      ...u16(file.length),
    ];
    out.push(...u32(0x04034b50), ...common, ...u16(0), ...file, ...stored);
    central.push(
      ...u32(0x02014b50),
      ...u16(20),
      ...common,
      ...u16(0, 0, 0, 0),
      ...u32(0, offset),
      ...file,
    );
  }
  const start = out.length;
  out.push(...central, ...u32(0x06054b50), ...u16(0, 0, parts.length, parts.length));
  out.push(...u32(central.length, start), ...u16(0));
  const bytes = Uint8Array.from(out);
  change(new DataView(bytes.buffer, bytes.length - 22));
  return bytes;
}

const whole = zip([{}]);

export const npz: BadInput[] = [
  ["nothing", new Uint8Array(0), /^x: not a zip archive, as .npz files are: it is empty$/],
  ["a .npy file", npy, /not a zip archive.*begins with 93 4e 55/],
  ["a web page", new TextEncoder().encode("<!doctype html>"), /a web page/],
  ["a pointer of Git LFS", new TextEncoder().encode("version https://git-lfs"), /Git LFS/],
  ["the first four bytes", whole.subarray(0, 4), /the directory at the end .* truncated/],
  ["a file cut off", whole.subarray(0, -1), /truncated/],
  ["a file cut off in the middle", whole.subarray(0, 100), /truncated/],
  ["something behind the end", Uint8Array.from([...whole, 0]), /truncated/],
  [
    "more entries than there are",
    zip([{}], (end) => end.setUint16(10, 7, true)),
    /the directory has 7 entries/,
  ],
  [
    "fewer entries than there are",
    zip([{}, { name: "b.npy" }], (end) => end.setUint16(10, 1, true)),
    /behind the last entry/,
  ],
  [
    "a directory elsewhere",
    zip([{}], (end) => end.setUint32(16, 5, true)),
    /the directory has 1 entries in .* from 5 on/,
  ],
  [
    "a directory of 4 GB",
    zip([{}], (end) => end.setUint32(12, 2 ** 32 - 2, true)),
    /4,294,967,294 bytes/,
  ],
  [
    "a directory of more than 4 GB that is not there",
    zip([{}], (end) => end.setUint32(16, 2 ** 32 - 1, true)),
    /more than 4 GiB is damaged/,
  ],
  [
    "an entry of more than 4 GB that does not say so",
    zip([{ size: 2 ** 32 - 1 }]),
    /does not say how large/,
  ],
  ["an encrypted entry", zip([{ flags: 1 }]), /entry "a.npy" is encrypted/],
  ["an unknown packing", zip([{ method: 12 }]), /packed by method 12; known are 0, stored, and 8/],
  [
    "an entry at another place",
    zip([{ offset: 3 }]),
    /entry "a.npy" is said to be at 3, where it is not/,
  ],
  ["an entry beyond the file", zip([{ offset: 10_000 }]), /said to be at 10,000/],
  [
    "an entry longer than the file",
    zip([{ packed: 5000, size: 5000 }]),
    /said to have 5,000 bytes, there are 136/,
  ],
  [
    "stored bytes of two lengths",
    zip([{ size: 135 }]),
    /said to become 135 bytes, which 136 cannot/,
  ],
  [
    "a bomb",
    zip([{ method: 8, size: 2 ** 31 }]),
    /said to become 2,147,483,648 bytes, which \d+ cannot/,
  ],
  [
    "an entry that becomes more",
    zip([{ method: 8, size: 100 }]),
    /said to become 100, are damaged: they become more/,
  ],
  [
    "an entry that becomes less",
    zip([{ method: 8, size: 137 }]),
    /becomes 136 bytes, the archive says 137/,
  ],
  [
    "damaged deflated bytes",
    zip([{ method: 8 }]).fill(0xff, 36, 60),
    /entry "a.npy": \d+ bytes, said to become 136, are damaged/,
  ],
  ["another checksum", zip([{ crc: 1 }]), /entry "a.npy": the checksum is not that of the archive/],
  ["a name twice", zip([{}, {}]), /entry "a.npy" appears twice/],
  [
    "entries upon one another",
    zip([{}, { name: "b.npy", offset: 0 }]),
    /entries "a.npy" and "b.npy" lie upon one another/,
  ],
  [
    "a text among arrays",
    zip([{}, { name: "readme.txt" }]),
    /entry "readme.txt" is not a .npy file/,
  ],
  ["PyTorch's .pt", zip([{ name: "archive/data.pkl" }]), /entry "archive\/data.pkl" is not/],
  [
    "an array that is damaged",
    zip([{ contents: npy.slice(0, 130) }]),
    /x: "a.npy": \[2\] of F32 has 8 bytes, the file has 2/,
  ],
  ["an array that is none", zip([{ contents: new Uint8Array(5) }]), /x: "a.npy": not a .npy file/],
  ["a name with control characters, in one line", zip([{ name: "\n\u001b" }]), /"\\n\\u001b"/],
];
