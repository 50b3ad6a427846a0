/** Convolution of flat planes (see planes.ts): a product of the packed weight and the windows, image by image. */
import { bitsOf, Fn, I32, moduleBytes, V128 } from "../assembler.ts";
import { block } from "../gemm/block.ts";
import { KC } from "../gemm/gemm.ts";
import { packLeft } from "../gemm/pack.ts";
import { leftBytes, type Machine, Tiles } from "../gemm/tile.ts";
import { readWords } from "../parameters.ts";
import { copyPlanes, copyRow, PLANE_WORDS } from "./planes.ts";

/** One part: some images, or a band of rows of one, in all groups. Addresses and distances in bytes. */
export const CONVOLVE_WORDS = [
  ...PLANE_WORDS,
  "groups",
  "images",
  /** Input: where the first image starts, and from image to image, group to group. */
  "x",
  "xImageBytes",
  "xGroupBytes",
  /** Bytes of one image's flat planes, which go to the scratch memory; 0: the input is read where it lies. */
  "flatBytes",
  /** Product: rows (channels), terms, columns; packed weight of the first group; where each term's row starts. */
  "m",
  "k",
  "n",
  "packed",
  "table",
  /** Output. */
  "y",
  "yImageBytes",
  "yGroupBytes",
  "yChannelBytes",
  "yRowBytes",
  "yElementBytes",
  "outRows",
  "outColumns",
  /** Address of a bias per channel, or 0. */
  "bias",
] as const;

/** packWeight: [groups][blocks of KC terms][panels]. */
export const PACK_WORDS = [
  "groups",
  "m",
  "k",
  "source",
  "groupBytes",
  "rowBytes",
  "table",
  "target",
] as const;

/** Six rows at a time; or, where groups have next to no channels, one row of eight vectors. */
export type Height = "tall" | "flat";
const MOST = { tall: undefined, flat: { rows: 1, vectors: 8 } } as const;
const mostRows = (height: Height): number | undefined => MOST[height]?.rows;

export function packWeightModule(
  machine: Machine,
  height: Height,
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const w = readWords(f, PACK_WORDS);
  f.countdown(w.groups, 1, () => {
    f.blocks(w.k, KC, (p, depth) => {
      f.get(w.source).get(w.target).get(w.m).get(depth).get(w.rowBytes);
      f.get(p).i32(2).op("i32.shl").get(w.table).op("i32.add").call(0);
      f.get(w.m).get(depth).op("i32.mul").i32(leftBytes(machine)).op("i32.mul");
      f.get(w.target).op("i32.add").set(w.target);
    });
    f.bumpBy(w.source, w.groupBytes);
  });
  return moduleBytes(
    [
      { name: "packLeft", fn: packLeft(machine, true, mostRows(height)) },
      { name: "run", fn: f },
    ],
    shared,
  );
}

export function convolveModule(
  machine: Machine,
  height: Height,
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const kind = { left: "packed", right: "table" } as const;
  const tiles = new Tiles(kind, machine, 0, MOST[height]);
  const functions = [...tiles.functions];
  const add = (name: string, fn: Fn): number => functions.push({ name, fn }) - 1;
  const multiply = add("block", block(kind, tiles, machine));
  const row = add("copyRow", copyRow());
  const planes = add("copyPlanes", copyPlanes(row));
  const finish = add("addRow", addRow());
  add("run", convolve(machine, 4 * tiles.widths[0], { multiply, planes, finish }));
  return moduleBytes(functions, shared);
}

function convolve(
  machine: Machine,
  columns: number,
  call: Readonly<Record<"multiply" | "planes" | "finish", number>>,
): Fn {
  const f = new Fn([I32, I32]);
  const [words, scratch] = [0, 1];
  const w = readWords(f, CONVOLVE_WORDS);
  const [flat, out, edge, outBytes, rowBytes] = Array.from({ length: 5 }, () => f.local());
  // A row of results is rounded up to whole tiles.
  f.get(w.n)
    .i32(columns - 1)
    .op("i32.add")
    .i32(-columns)
    .op("i32.and")
    .i32(2)
    .op("i32.shl")
    .set(rowBytes);
  f.get(rowBytes).get(w.m).op("i32.mul").set(outBytes);
  f.get(scratch).set(flat);
  f.at(scratch, w.flatBytes, w.images).set(out);
  f.at(out, outBytes, w.images).set(edge);
  f.get(flat).i32(0).get(w.flatBytes).get(w.images).op("i32.mul").fillMemory();
  const [image, from, to, group, right, step] = Array.from({ length: 6 }, () => f.local());
  const eachImage = (body: () => unknown) => {
    f.get(w.images).set(image);
    f.countdown(image, 1, body);
  };
  f.get(w.groups).set(group);
  f.countdown(group, 1, () => {
    // The windows: copied with their margin, or where they are.
    f.get(w.x).set(from).get(flat).set(to);
    f.get(w.flatBytes).if(
      () => {
        eachImage(() => {
          f.get(from).get(to).get(words).call(call.planes);
          f.bumpBy(from, w.xImageBytes).bumpBy(to, w.flatBytes);
        });
        f.get(flat).set(from).get(w.flatBytes).set(step);
      },
      () => f.get(w.xImageBytes).set(step),
    );
    f.blocks(w.k, KC, (p, depth) => {
      f.get(from).set(right).get(out).set(to);
      eachImage(() => {
        f.get(w.m).get(w.n).get(depth).get(w.packed).get(right).get(to);
        f.get(rowBytes).get(p).get(edge);
        f.get(p).i32(2).op("i32.shl").get(w.table).op("i32.add").call(call.multiply);
        f.bumpBy(right, step).bumpBy(to, outBytes);
      });
      f.get(w.m).get(depth).op("i32.mul").i32(leftBytes(machine)).op("i32.mul");
      f.get(w.packed).op("i32.add").set(w.packed);
    });
    // What lies between the rows is left behind.
    const [y, channel, source, target, bias, r] = Array.from({ length: 6 }, () => f.local());
    f.get(out).set(to).get(w.y).set(y);
    eachImage(() => {
      f.get(w.m).set(channel).get(to).set(source).get(y).set(target).get(w.bias).set(bias);
      f.countdown(channel, 1, () => {
        const [a, b] = [f.local(), f.local()];
        f.get(source).set(a).get(target).set(b).get(w.outRows).set(r);
        f.countdown(r, 1, () => {
          f.get(a).get(b).get(w.yElementBytes).get(w.outColumns).get(bias).call(call.finish);
          f.bumpBy(a, w.pitchBytes).bumpBy(b, w.yRowBytes);
        });
        f.bumpBy(source, rowBytes).bumpBy(target, w.yChannelBytes);
        f.get(bias).if(() => f.bump(bias, 4));
      });
      f.bumpBy(to, outBytes).bumpBy(y, w.yImageBytes);
    });
    f.bumpBy(w.x, w.xGroupBytes).bumpBy(w.y, w.yGroupBytes);
    f.get(w.bias).if(() => f.get(bias).set(w.bias));
  });
  return f;
}

/** addRow(source, target, stepBytes, count, bias): side by side to stepBytes apart, plus the number at the address `bias`. */
function addRow(): Fn {
  const f = new Fn(new Array<number>(5).fill(I32));
  const [source, target, stepBytes, count, bias] = [0, 1, 2, 3, 4];
  const sum = f.local(V128);
  f.get(bias).if(
    () => f.get(bias).loadSplat().set(sum),
    // Adding −0 changes nothing.
    () => f.constantV(bitsOf(-0)).set(sum),
  );
  const plus = () => f.get(sum).v("f32x4.add");
  f.get(stepBytes).i32(4).op("i32.eq").get(count).i32(4).op("i32.ge_s").op("i32.and");
  f.if(
    () => {
      f.countdown(count, 4, () => {
        f.get(target).get(source).loadV();
        plus().storeV();
        f.bump(source, 16).bump(target, 16);
      });
      f.get(count).if(() => {
        const back = () => f.get(count).i32(4).op("i32.sub").i32(2).op("i32.shl").op("i32.add");
        f.get(target);
        back();
        f.get(source);
        back().loadV();
        plus().storeV();
      });
    },
    () =>
      f.countdown(count, 1, () => {
        f.get(target).get(source).loadZero();
        plus().storeLane(0);
        f.bumpBy(target, stepBytes).bump(source, 4);
      }),
  );
  return f;
}
