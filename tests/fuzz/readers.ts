/** Everything that reads files, with sound files and bad ones. */
import "@dl/autograd";
import { gzipSync } from "node:zlib";
import { cpu } from "@dl/backend-cpu";
import {
  gunzip,
  multilabel,
  parseArff,
  parseCifar10,
  parseCifar100,
  parseCsv,
  parseIdx,
  parseMulanLabels,
} from "@dl/data";
import { decodeImage } from "@dl/data/node";
import {
  parseSafetensorsIndex,
  readCheckpoint,
  readNpy,
  readNpz,
  readSafetensors,
  readShardedSafetensors,
  writeCheckpoint,
  writeNpy,
  writeSafetensors,
  writeShardedSafetensors,
} from "@dl/io";
import { setBackend, tensor, zeros } from "@dl/tensor";
import sharp from "sharp";
// Parts of readers that have no name outside.
import { unpackMed } from "../../packages/data/src/node/med.ts";
import { tarFiles } from "../../packages/data/src/node/tar.ts";
import { arff, mulan } from "./bad/arff.ts";
import type { BadInput } from "./bad/badInput.ts";
import { checkpoints } from "./bad/checkpoints.ts";
import { cifar10, cifar10Record, cifar100, cifar100Record, med } from "./bad/cifar.ts";
import { type CsvInput, csv } from "./bad/csv.ts";
import { gzip } from "./bad/gzip.ts";
import { idx, idxFiles } from "./bad/idx.ts";
import { images } from "./bad/images.ts";
import { npy } from "./bad/npy.ts";
import { npz, zip } from "./bad/npz.ts";
import { safetensors } from "./bad/safetensors.ts";
import { shards } from "./bad/shards.ts";
import { tar, tars } from "./bad/tar.ts";

setBackend(cpu());

export interface Reader {
  /** What it calls the file in errors. */
  readonly file: string;
  read(bytes: Uint8Array): unknown;
  readonly sound: readonly Uint8Array[];
  readonly bad: readonly BadInput<any>[];
  /** What bad inputs are given to, where they are not bytes. */
  readonly readBad?: (input: any) => unknown;
  /** Signs that mean something in such a file. */
  readonly signs?: string;
  /** How many times as large as a file what is allocated for it may be. */
  readonly growth: number;
  /** How often it is tried: decoding takes longer than parsing. */
  readonly runs: number;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const matrix = tensor([
  [1.5, -2, 3],
  [4, 5, 6],
]);
const some = {
  weight: matrix,
  count: tensor(7, { dtype: "int32" }),
  mask: tensor([true, false, true]),
  nothing: zeros(0, 3),
  half: tensor([1, 2], { dtype: "float16" }),
  bytes: tensor([1, 2, 3], { dtype: "uint8" }),
};
const picture = (format: "png" | "jpeg" | "gif" | "webp" | "tiff"): Promise<Uint8Array> =>
  sharp({ create: { width: 6, height: 4, channels: 3, background: "#ff3300" } })
    .toFormat(format)
    .toBuffer();
const shardedFiles = await writeShardedSafetensors(
  { a: zeros(2), b: zeros(3), "c.d": zeros(1) },
  { maxShardSize: 8 },
);
const index = shardedFiles["model.safetensors.index.json"];
/** Weka's format with all that it has. */
const ARFF = `% a comment
@RELATION 'my set'
@attribute size numeric
@attribute 'its color' {red, 'dark blue', "gr\\'een"}
@attribute on {0,1}
@attribute note string
@attribute day date "yyyy-MM-dd"

@data
1.5, red, 0, 'a, b', "2001-04-03"
?, 'dark blue', 1, ?, 2001-04-03
{0 7, 2 1, 3 'x y'}
{}
`;
const state = {
  stateDict: () => ({ rates: [0.1, Infinity], step: 3, seed: 7n, w: matrix, more: [null, "x"] }),
  loadStateDict() {},
};

/** By name. Sizes that files with gzip and deflate become are limited by what was packed, 1032 times. */
export const READERS: Readonly<Record<string, Reader>> = {
  safetensors: {
    file: "m",
    read: (b) => readSafetensors(b, { name: "m" }),
    sound: [
      await writeSafetensors(some, {
        metadata: { format: "pt", 'a "b"': "\\" },
        dtypes: { count: "I64", weight: "BF16" },
      }),
      await writeSafetensors({}),
    ],
    bad: safetensors,
    growth: 10,
    runs: 4000,
  },
  "safetensors in shards": {
    file: "i",
    read: (b) => parseSafetensorsIndex(b, "i"),
    sound: [index],
    bad: shards,
    growth: 10,
    runs: 2000,
  },
  "shards of safetensors": {
    file: ".safetensors",
    read: (b) =>
      readShardedSafetensors(index, (file) => (/2-of/.test(file) ? b : shardedFiles[file])),
    sound: [shardedFiles["model-00002-of-00003.safetensors"]],
    bad: [],
    growth: 20,
    runs: 1000,
  },
  npy: {
    file: "x",
    read: (b) => readNpy(b, { name: "x" }),
    sound: [
      await writeNpy(matrix, { fortranOrder: true }),
      await writeNpy(tensor([true, false])),
      await writeNpy(tensor(3, { dtype: "int32" })),
    ],
    bad: npy,
    signs: "{}[]()'\",:TrueFalse<>|fib1248 L\n",
    growth: 10,
    runs: 4000,
  },
  npz: {
    file: "x",
    read: (b) => readNpz(b, { name: "x" }),
    sound: [
      zip([{ method: 8 }, { name: "b.npy" }]),
      zip([{ name: "b.npy" }]),
      zip([{ method: 8, contents: await writeNpy(zeros(100)) }]),
    ],
    bad: npz,
    growth: 1100,
    runs: 800,
  },
  checkpoints: {
    file: "x",
    read: (b) => readCheckpoint(b, { model: state, optimizer: state }, { name: "x" }),
    sound: [
      await writeCheckpoint({ model: state, optimizer: state, extra: { epoch: 3, t: matrix } }),
    ],
    bad: checkpoints,
    signs: '{}[]()",:-.eE0179\\ $tensorumbig\n',
    growth: 20,
    runs: 3000,
  },
  IDX: {
    file: "digits",
    read: (b) => parseIdx(b, "digits"),
    sound: [
      idx(8, [2, 3], 1, 2, 3, 4, 5, 6),
      idx(13, [2], 0, 0, 0, 0, 1, 2, 3, 4),
      idx(11, [1, 1, 1], 0, 1),
      idx(14, [1], 1, 2, 3, 4, 5, 6, 7, 8),
    ],
    bad: idxFiles,
    growth: 10,
    runs: 4000,
  },
  "IDX in gzip": {
    file: "a.gz",
    read: async (b) => parseIdx(await gunzip(b, "a.gz"), "a.gz"),
    sound: [
      gzipSync(idx(8, [2, 3], 1, 2, 3, 4, 5, 6)),
      gzipSync(idx(8, [20, 50], ...Array(1000).fill(7))),
    ],
    bad: gzip,
    readBad: (b) => gunzip(b, "a.gz", { maxBytes: 2 ** 20 }),
    growth: 2100,
    runs: 800,
  },
  "CIFAR-10": {
    file: "b",
    read: (b) => parseCifar10(b, "b"),
    sound: [Uint8Array.from([...cifar10Record(3), ...cifar10Record(9)])],
    bad: cifar10,
    growth: 4,
    runs: 300,
  },
  "CIFAR-100": {
    file: "b",
    read: (b) => parseCifar100(b, "b"),
    sound: [Uint8Array.from([...cifar100Record(4, 0), ...cifar100Record(1, 99)])],
    bad: cifar100,
    growth: 4,
    runs: 300,
  },
  "CIFAR-10, packed": {
    file: "m",
    read: (b) => parseCifar10(unpackMed(b, "m"), "m"),
    sound: [new Uint8Array(2 * 3073).fill(7)],
    readBad: (b) => unpackMed(b, "m"),
    bad: med,
    growth: 6,
    runs: 200,
  },
  tar: {
    file: "a.tar",
    read: (b) => [...tarFiles(b, "a.tar")],
    sound: [Buffer.concat([tar("d/a", "00000000005"), Buffer.alloc(1024)])],
    bad: tars,
    growth: 10,
    runs: 500,
  },
  CSV: {
    file: "t.csv",
    read: (b) => everyRow(parseCsv(b, { name: "t.csv" })),
    readBad: ({ input, options }: CsvInput) => parseCsv(input, { name: "t.csv", ...options }),
    sound: [
      bytes('a,b,"c d",e\n1,x,true,\n2.5,"y, ""z""",false,NA\n-3e2,é,TRUE,7\n'),
      bytes("a;b\r\n1;2\r\n3;4\r\n"),
      bytes("__proto__,constructor\n1,2\n"),
    ],
    bad: csv,
    signs: ',;"\n\r\t .eE+-019NAtrue',
    growth: 60,
    runs: 4000,
  },
  ARFF: {
    file: "d.arff",
    read: (b) => everyRow(parseArff(b, { name: "d.arff" })),
    sound: [
      bytes(ARFF),
      bytes("@relation r\n@attribute x numeric\n@data\n1\n2\n"),
      bytes("@attribute __proto__ {a,b}\n@data\nb\n{}\n"),
    ],
    bad: arff,
    signs: "@{}'\"?%,\\ \n\t01",
    growth: 60,
    runs: 4000,
  },
  "lists of Mulan's labels": {
    file: "l.xml",
    read: (b) => parseMulanLabels(b, { name: "l.xml" }),
    sound: [bytes('<labels xmlns="x"><label name="a &lt; b"></label><label name="c"/></labels>')],
    bad: mulan,
    signs: "<>/\"'= !-&;",
    growth: 20,
    runs: 1500,
  },
  "tables with several labels": {
    file: "d.arff",
    read: (b) => multilabel(parseArff(b, { name: "d.arff" }), ["a", "b"]),
    sound: [
      bytes("@attribute x numeric\n@attribute a {0,1}\n@attribute b {1,0}\n@data\n5,1,0\n6,0,1\n"),
    ],
    bad: [],
    signs: "@{}'\"?%,\\ \n\t01",
    growth: 100,
    runs: 1500,
  },
  images: {
    file: "x.png",
    read: (b) => decodeImage(b, { name: "x.png", maxPixels: 2 ** 16 }),
    sound: [
      await picture("png"),
      await picture("jpeg"),
      await picture("gif"),
      await picture("webp"),
      await picture("tiff"),
    ],
    bad: images,
    // As many pixels as there may be, three numbers of four bytes each, whatever the file's size.
    growth: 2 ** 16 * 12,
    runs: 200,
  },
};

/** Looks at all of a table. */
function everyRow(table: ReturnType<typeof parseCsv>): void {
  for (let i = 0; i < table.length; i++) {
    const row = table.row(i);
    if (Object.keys(row).length !== table.names.length) throw new Error("a column is lost");
  }
}
