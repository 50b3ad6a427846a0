import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflateSync } from "node:zlib";
import { arange, DlError, full, tensor, zeros } from "@dl/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { crc32, crc32c } from "../crc.ts";
import { writePng } from "../index.ts";
import { SummaryWriter } from "../node.ts";
import "../testing.ts";

// ---- a reader ------------------------------------------------------------------------------------------------------

type Field = number | bigint | Buffer;
/** Fields of a message by their numbers. */
type Message = Map<number, Field[]>;

/** The records of an event file, checks and all. */
function records(file: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmasked(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(file.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
    out.push(data);
    at += 16 + length;
  }
  return out;
}
function unmasked(value: number): number {
  const turned = (value - 0xa282ead8) >>> 0;
  return ((turned << 15) | (turned >>> 17)) >>> 0;
}

function parse(data: Buffer): Message {
  const fields: Message = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = Number(varint());
    const read: Record<number, () => Field> = {
      0: () => BigInt.asIntN(64, varint()),
      1: () => data.readDoubleLE((at += 8) - 8),
      2: () => {
        const length = Number(varint());
        at += length;
        return data.subarray(at - length, at);
      },
      5: () => data.readFloatLE((at += 4) - 4),
    };
    const list = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, [...list, read[key & 7]()]);
  }
  return fields;
}
const first = (m: Message, field: number): any => m.get(field)?.[0];
const inside = (m: Message, ...path: number[]): Message =>
  path.reduce((m, field) => parse(first(m, field)), m);

interface Event {
  walltime: number;
  step: number;
  tag?: string;
  value: Message;
}
/** The events of a file, without its first, which says its version. */
function eventsOf(path: string): Event[] {
  const [version, ...others] = records(readFileSync(path)).map(parse);
  expect(String(first(version, 3))).toBe("brain.Event:2");
  return others.map((e) => {
    const value = e.has(5) ? inside(e, 5, 1) : new Map();
    const tag = value.has(1) ? String(first(value, 1)) : undefined;
    return { walltime: first(e, 1), step: Number(first(e, 2) ?? 0), tag, value };
  });
}
const scalarsOf = (path: string): [string | undefined, number, number][] =>
  eventsOf(path).map(({ tag, step, value }) => [tag, step, first(value, 2)]);

function doubles(data: Buffer): number[] {
  return Array.from({ length: data.length / 8 }, (_, i) => data.readDoubleLE(8 * i));
}

/** Size and pixels of a PNG whose rows have no filter, or any where `filtered` says so. */
function png(data: Buffer): { width: number; height: number; type: number; rows: number[][] } {
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < data.length; ) {
    const length = data.readUInt32BE(at);
    const body = data.subarray(at + 4, at + 8 + length);
    expect(data.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.push([body.toString("latin1", 0, 4), body.subarray(4)]);
    at += 12 + length;
  }
  expect(data.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
  expect([chunks[0][0], chunks.at(-1)?.[0]]).toEqual(["IHDR", "IEND"]);
  const header = chunks[0][1];
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const pixels = inflateSync(
    Buffer.concat(chunks.filter(([name]) => name === "IDAT").map(([, d]) => d)),
  );
  const size = pixels.length / height;
  const rows = Array.from({ length: height }, (_, y) => [
    ...pixels.subarray(y * size, (y + 1) * size),
  ]);
  return { width, height, type: header[9], rows };
}
const unfiltered = ({ rows }: ReturnType<typeof png>): number[][] =>
  rows.map(([filter, ...row]) => {
    expect(filter).toBe(0);
    return row;
  });

// ---- tests ---------------------------------------------------------------------------------------------------------

const all = mkdtempSync(join(tmpdir(), "dl-tb-"));
afterAll(() => rmSync(all, { recursive: true }));
const folder = (): string => mkdtempSync(join(all, "x-"));
const fileIn = (dir: string): string => {
  const files = readdirSync(dir).filter((f) => f.startsWith("events"));
  expect(files.length).toBe(1);
  return join(dir, files[0]);
};
/** The file that these calls write. */
async function written(use: (writer: SummaryWriter) => void): Promise<string> {
  const writer = new SummaryWriter({ logDir: folder() });
  use(writer);
  await writer.close();
  return fileIn(writer.logDir);
}

test("CRC-32 and CRC-32C of the text that their definitions have as an example", () => {
  const text = new TextEncoder().encode("123456789");
  expect(crc32(text)).toBe(0xcbf43926);
  expect(crc32c(text)).toBe(0xe3069283);
  expect(crc32c(text.subarray(0, 4), text.subarray(4))).toBe(0xe3069283);
  expect(crc32c()).toBe(0);
});

describe("an event file that PyTorch's writer made", () => {
  const path = join(import.meta.dirname, "fixtures/events.tfevents");
  const at = (walltime: number, globalStep: number) => ({ walltime, globalStep });
  const same = written((w) => {
    w.addScalar("loss/train", 0.5, { walltime: 1700000000.25 });
    w.addScalar("loss/train", tensor([1e-3]), at(1700000001.5, 1));
    w.addScalar("loss/train", Number.NaN, at(1700000001.5, 300));
    w.addScalar("loss/train", -Infinity, at(1700000002, 3000000000));
    w.addScalar("loss/train", 2, at(1700000002, -1));
    w.addHistogram("weights", tensor([-2e-12, 0, 3e-12, 3e-12]), at(1700000002, 4));
    w.addHistogram("weights", [2, 2], at(1700000002, 5));
    const eighths = arange(12).div(8).sub(0.5);
    w.addHistogram("weights", eighths, { ...at(1700000002, 6), bins: 5 });
    w.addHistogram("weights", full([3], 0.25), { ...at(1700000002, 7), bins: 3 });
    w.addHistogram("weights", arange(12), { ...at(1700000002, 8), bins: [0, 4, 8, 11] });
    w.addText("notes", "# h\u00e9llo", at(1700000004, 8));
    w.addImage("image", arange(18).reshape(3, 2, 3).div(16), at(1700000003, 9));
  });
  test("is read as what was written", () => {
    const events = eventsOf(path);
    expect(events.length).toBe(12);
    expect(events[1]).toMatchObject({ walltime: 1700000001.5, step: 1, tag: "loss/train" });
    expect(scalarsOf(path).slice(0, 5)).toEqual([
      ["loss/train", 0, 0.5],
      ["loss/train", 1, Math.fround(1e-3)],
      ["loss/train", 300, Number.NaN],
      ["loss/train", 3000000000, -Infinity],
      ["loss/train", -1, 2],
    ]);
    const histogram = inside(events[9].value, 5);
    expect([1, 2, 3, 4, 5].map((n) => first(histogram, n) ?? 0)).toEqual([0, 11, 12, 66, 506]);
    expect(doubles(first(histogram, 6))).toEqual([0, 4, 8, 11]);
    expect(doubles(first(histogram, 7))).toEqual([0, 4, 4, 4]);
  });
  test("has the bytes of ours, event by event, but for the image", async () => {
    const [theirs, ours] = [path, await same].map((p) => records(readFileSync(p)).slice(1, -1));
    expect(ours.map((b) => b.toString("hex"))).toEqual(theirs.map((b) => b.toString("hex")));
  });
  test("has the size of our image, and its pixels", async () => {
    const [theirs, ours] = [path, await same].map((p) => inside(eventsOf(p).at(-1)!.value, 4));
    for (const field of [1, 2, 3]) expect(first(ours, field)).toBe(first(theirs, field));
    const row = (from: number) =>
      [0, 1, 2].flatMap((x) =>
        [0, 6, 12].map((c) => Math.trunc(Math.min(1, (from + x + c) / 16) * 255)),
      );
    expect(unfiltered(png(first(ours, 4)))).toEqual([row(0), row(3)]);
    // Pillow filters its rows: what each byte adds to the one before it, or above it.
    const { width, height, type, rows } = png(first(theirs, 4));
    expect([width, height, type]).toEqual([3, 2, 2]);
    expect(undo(rows)).toEqual([row(0), row(3)]);
  });
  function undo(rows: number[][]): number[][] {
    const out: number[][] = [];
    for (const [y, [filter, ...row]] of rows.entries()) {
      const above = out[y - 1] ?? row.map(() => 0);
      row.forEach((_, x) => {
        const [left, b, corner] = [row[x - 3] ?? 0, above[x], above[x - 3] ?? 0];
        const nearest = [left, b, corner].toSorted(
          (p, q) => Math.abs(left + b - corner - p) - Math.abs(left + b - corner - q),
        )[0];
        row[x] = (row[x] + [0, left, b, (left + b) >> 1, nearest][filter]) & 255;
      });
      out.push(row);
    }
    return out;
  }
});

describe("SummaryWriter", () => {
  test("makes its folder, and a file that begins at once", () => {
    const logDir = join(folder(), "deep/er");
    const writer = new SummaryWriter({ logDir, filenameSuffix: ".x" });
    expect(readdirSync(logDir)[0]).toMatch(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+\.x$/);
    expect(eventsOf(fileIn(logDir))).toEqual([]);
    expect(writer.logDir).toBe(logDir);
  });
  test("keeps the order of calls, whatever has to be waited for", async () => {
    const path = await written((w) => {
      for (let i = 0; i < 200; i++) {
        if (i % 3 === 0) w.addScalar("a", i, i);
        else if (i % 3 === 1) w.addScalar("a", tensor(i), i);
        else w.addHistogram("h", [i], { globalStep: i });
      }
    });
    expect(eventsOf(path).map((e) => e.step)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
  test("takes the numbers of the moment of the call", async () => {
    const path = await written((w) => {
      const t = tensor([1, 1, 1]);
      w.addHistogram("t", t, 0);
      const loss = tensor(3);
      w.addScalar("loss", loss, 1);
      t.fill_(9);
      loss.fill_(9);
    });
    const [h, s] = eventsOf(path);
    expect(first(inside(h.value, 5), 1)).toBe(1);
    expect(first(s.value, 2)).toBe(3);
  });
  test("has the events on the disk after flush()", async () => {
    const writer = new SummaryWriter({ logDir: folder() });
    for (let i = 0; i < 3; i++) {
      writer.addScalar("a", i, i);
      await writer.flush();
      expect(scalarsOf(fileIn(writer.logDir)).length).toBe(i + 1);
    }
    await writer.close();
    expect(() => writer.addScalar("a", 1)).toThrow(
      /SummaryWriter.addScalar\("a"\): the writer is closed/,
    );
  });
  test("gives each curve of addScalars a run of its own", async () => {
    const writer = new SummaryWriter({ logDir: folder() });
    writer.addScalars("loss/all", { train: 1, test: tensor(2) }, 5);
    writer.addScalars("loss/all", { train: 0.5 }, { globalStep: 6 });
    await writer.close();
    const of = (run: string) => scalarsOf(fileIn(join(writer.logDir, run)));
    expect(of("loss_all_train")).toEqual([
      ["loss/all", 5, 1],
      ["loss/all", 6, 0.5],
    ]);
    expect(of("loss_all_test")).toEqual([["loss/all", 5, 2]]);
  });
  test("says where a run goes on", async () => {
    const writer = new SummaryWriter({ logDir: folder(), purgeStep: 7 });
    await writer.close();
    const [, start] = records(readFileSync(fileIn(writer.logDir))).map(parse);
    expect([first(start, 2), first(inside(start, 7), 1)]).toEqual([7n, 1n]);
  });
  test("closes itself", async () => {
    const logDir = folder();
    {
      await using writer = new SummaryWriter({ logDir });
      writer.addScalar("a", 1);
    }
    expect(scalarsOf(fileIn(logDir))).toEqual([["a", 0, 1]]);
  });
  test("puts several images into one", async () => {
    const path = await written((w) => w.addImages("x", tensor([[[[0]]], [[[1]]], [[[0.5]]]])));
    const { rows, width, height } = png(first(inside(eventsOf(path)[0].value, 4), 4));
    expect([width, height, rows]).toEqual([3, 1, [[0, 0, 255, 127]]]);
  });

  test("loses nothing when a program just ends", async () => {
    const logDir = folder();
    const program = `
      import { SummaryWriter } from "@dl/io/node";
      const writer = new SummaryWriter({ logDir: ${JSON.stringify(logDir)} });
      for (let i = 0; i < 100; i++) writer.addScalar("a", i, i);
      writer.addHistogram("h", [1, 2], 100);
    `;
    const args = ["--conditions=@dl/source", "--input-type=module", "-e", program];
    await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
    expect(eventsOf(fileIn(logDir)).length).toBe(101);
  });

  test("refuses at once what it can", () => {
    const w = new SummaryWriter({ logDir: folder() });
    const refused = (use: () => void, message: RegExp) => {
      expect(use).toThrow(DlError);
      expect(use).toThrow(message);
    };
    refused(() => w.addScalar("a", zeros(2)), /addScalar\("a"\): .* got 2 elements/);
    refused(() => w.addScalar("a", "1" as any), /a number is wanted, got string/);
    refused(() => w.addScalar("a", 1, 0.5), /globalStep is 0.5/);
    refused(() => w.addText("a", "b", { globalStep: Number.NaN }), /globalStep is NaN/);
    writeFileSync(join(w.logDir, "file"), "");
    refused(() => new SummaryWriter({ logDir: join(w.logDir, "file") }), /cannot be written/);
  });
  test.each<[string, (w: SummaryWriter) => void, RegExp]>([
    [
      "nothing to count",
      (w) => w.addHistogram("h", []),
      /addHistogram\("h"\): there are no values/,
    ],
    ["only NaN", (w) => w.addHistogram("h", [Number.NaN]), /no value is within the bins/],
    [
      "infinite values and equal bins",
      (w) => w.addHistogram("h", [1, Infinity], { bins: 4 }),
      /need finite ones/,
    ],
    ["no bins", (w) => w.addHistogram("h", [1], { bins: 0 }), /bins is 0/],
    ["limits that fall", (w) => w.addHistogram("h", [1], { bins: [1, 0] }), /limits that ascend/],
    ["five channels", (w) => w.addImage("i", zeros(5, 2, 2)), /1 to 4 channels/],
    ["an image without pixels", (w) => w.addImage("i", zeros(1, 0, 2)), /at least one pixel/],
    [
      "other dimensions",
      (w) => w.addImage("i", zeros(2, 2)),
      /3 dimensions are wanted, the tensor is \[2, 2\]/,
    ],
    [
      "an unknown format",
      (w) => w.addImage("i", zeros(2, 2), { dataformats: "WH" as any }),
      /known are CHW/,
    ],
  ])("says when it is flushed that there was %s, and goes on", async (_, use, message) => {
    const w = new SummaryWriter({ logDir: folder() });
    use(w);
    w.addScalar("a", 1);
    const error = await w.flush().catch((e) => e);
    expect(error).toBeInstanceOf(DlError);
    expect(error.message).toMatch(message);
    await w.close();
    expect(scalarsOf(fileIn(w.logDir))).toEqual([["a", 0, 1]]);
  });
  test("says that its disk is full, or its folder gone", async () => {
    const w = new SummaryWriter({ logDir: folder() });
    rmSync(w.logDir, { recursive: true });
    w.addScalar("a", 1);
    await expect(w.close()).rejects.toThrow(/cannot be written: ENOENT/);
  });
});

describe("writePng(t)", () => {
  const pixels = async (...args: Parameters<typeof writePng>) =>
    png(Buffer.from(await writePng(...args)));
  test.each<[string, number[], any, number, number[]]>([
    ["grey", [1, 1, 2], "CHW", 0, [0, 255]],
    ["grey and opacity", [2, 1, 1], "CHW", 4, [0, 255]],
    ["RGB", [1, 1, 3], "HWC", 2, [0, 127, 255]],
    ["RGB and opacity", [4, 1, 1], "CHW", 6, [0, 85, 170, 255]],
    ["rows alone", [1, 2], "HW", 0, [0, 255]],
    ["a row of images", [2, 1, 1], "NHW", 0, [0, 255]],
  ])("%s", async (_, shape, dataformats, type, expected) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const t = arange(n)
      .div(n - 1)
      .reshape(...shape);
    const image = await pixels(t, { dataformats });
    expect(image.type).toBe(type);
    expect(unfiltered(image)).toEqual([expected]);
  });
  test("takes uint8 as it is, and what is outside of 0 … 1 as the end", async () => {
    const bytes = tensor([[7, 255]], { dtype: "uint8" });
    expect(unfiltered(await pixels(bytes, { dataformats: "HW" }))).toEqual([[7, 255]]);
    const wild = tensor([[-1, 2, Number.NaN, Infinity]]);
    expect(unfiltered(await pixels(wild, { dataformats: "HW" }))).toEqual([[0, 255, 0, 255]]);
  });
  test("lays nine images out in rows of eight", async () => {
    const t = arange(9).div(8).reshape(9, 1, 1);
    const { width, height, rows } = await pixels(t, { dataformats: "NHW" });
    expect([width, height]).toEqual([8, 2]);
    expect(rows[1].slice(1)).toEqual([255, 0, 0, 0, 0, 0, 0, 0]);
  });
});
