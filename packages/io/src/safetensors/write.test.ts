import { cpu } from "@dl/backend-cpu";
import { type Backend, setBackend, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  readSafetensors,
  readShardedSafetensors,
  writeSafetensors,
  writeShardedSafetensors,
} from "../index.ts";
import "../testing.ts";

const headerOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(8, 8 + new DataView(bytes.buffer).getUint32(0, true)));

describe("writeSafetensors", () => {
  test("takes a Map, views, parameters with a gradient", async () => {
    const w = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { requiresGrad: true },
    );
    const bytes = await writeSafetensors(
      new Map([
        ["t", w.detach().transpose(0, 1)],
        ["w", w],
      ]),
    );
    const { tensors } = readSafetensors(bytes);
    expect(tensors.t.tolistSync()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(tensors.w.tolistSync()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(tensors.w.requiresGrad).toBe(false);
  });
  test("reads from a backend that cannot be waited for", async () => {
    const device: Backend = Object.create(cpu(), { readSync: { value: undefined } });
    const t = tensor([1, 2], { device }).add(1);
    expect(() => t.dataSync()).toThrow("cannot be read without waiting");
    expect(readSafetensors(await writeSafetensors({ t })).tensors.t.tolistSync()).toEqual([2, 3]);
  });
  test("a tensor named __proto__ stays one", async () => {
    const bytes = await writeSafetensors(Object.fromEntries([["__proto__", tensor([1])]]));
    expect(Object.keys(readSafetensors(bytes).tensors)).toEqual(["__proto__"]);
  });
  test("keeps the order of metadata, and none at all apart from empty ones", async () => {
    expect(headerOf(await writeSafetensors({}, { metadata: { z: "1", a: "2" } }))).toBe(
      '{"__metadata__":{"z":"1","a":"2"}}      ',
    );
    expect(headerOf(await writeSafetensors({}, { metadata: {} }))).toBe('{"__metadata__":{}}     ');
    expect(headerOf(await writeSafetensors({}))).toBe("{}      ");
  });
  test.each<[string, () => Promise<unknown>, string]>([
    [
      "what is not a tensor",
      () => writeSafetensors({ lr: 0.1 as never }),
      'writeSafetensors: "lr" is not a tensor: only tensors can be saved',
    ],
    [
      "the name of metadata",
      () => writeSafetensors({ __metadata__: zeros(1) }),
      'cannot have the name "__metadata__"',
    ],
    [
      "half a character",
      () => writeSafetensors({ "\ud800": zeros(1) }),
      'cannot have the name "\\ud800"',
    ],
    [
      "metadata that are no text",
      () => writeSafetensors({}, { metadata: { epoch: 1 as never } }),
      'metadata: "epoch": keys and values are text',
    ],
    [
      "a dtype that there is not",
      () => writeSafetensors({ w: zeros(1) }, { dtypes: { w: "F8" as never } }),
      'tensor "w": unknown dtype "F8"; known are U64',
    ],
    [
      "fractions as whole numbers",
      () => writeSafetensors({ w: tensor([1, 0.5]) }, { dtypes: { w: "I64" } }),
      'tensor "w": element 1 is 0.5, whole numbers from -9223372036854775808 to 9223372036854775807 are expected',
    ],
    [
      "numbers that do not fit",
      () => writeSafetensors({ w: tensor([-1]) }, { dtypes: { w: "U8" } }),
      'tensor "w": element 0 is -1, whole numbers from 0 to 255',
    ],
    [
      "2 as a truth value",
      () => writeSafetensors({ w: tensor([2], { dtype: "uint8" }) }, { dtypes: { w: "BOOL" } }),
      'tensor "w": element 0 is 2, BOOL is 0 or 1',
    ],
    [
      "a size that is none",
      () => writeShardedSafetensors({}, { maxShardSize: "5 apples" }),
      'maxShardSize is 5 apples, a number of bytes or a text such as "5GB" is expected',
    ],
    [
      "a size of nothing",
      () => writeShardedSafetensors({}, { maxShardSize: 0 }),
      "maxShardSize is 0",
    ],
  ])("refuses %s", (_, call, message) => expect(call()).rejects.toThrow(message));
  test("names of methods are not dtypes", async () => {
    expect(headerOf(await writeSafetensors({ toString: zeros(1) }, { dtypes: {} }))).toContain(
      "F32",
    );
  });
});

describe("readSafetensors", () => {
  test("puts tensors where they are wanted, in the dtypes that are there", async () => {
    const bytes = await writeSafetensors({
      half: tensor([1.5, -6.1e-5, 65504, 2 ** -24, Infinity, NaN], { dtype: "float16" }),
    });
    const device: Backend = Object.create(cpu(), {
      dtypes: { value: new Set(["float32"]) },
      name: { value: "small" },
    });
    const { half } = readSafetensors(bytes, { device }).tensors;
    expect([half.dtype, half.device]).toEqual(["float32", device]);
    expect(half.tolistSync()).toEqual(readSafetensors(bytes).tensors.half.tolistSync());
    const wide = await writeSafetensors({ w: tensor([1], { dtype: "float64" }) });
    expect(() => readSafetensors(wide, { device, name: "f" })).toThrow(
      'f: tensor "w" is F64, and small has no float64: read it with { device: cpu() }',
    );
  });
  test("wants a backend", () => {
    setBackend(null as never);
    expect(() => readSafetensors(new Uint8Array(10))).toThrow("no backend is set");
    setBackend(cpu());
  });
});

describe("checkpoints in several files", () => {
  const state = () => ({
    embedding: zeros(10), // 40 bytes
    "layer.bias": tensor([1, 2]),
    "layer.weight": tensor([3, 4, 5]),
    step: tensor([6], { dtype: "int32" }),
    "é 10": tensor([7]),
  });
  const write = (maxShardSize: number | string, name?: string) =>
    writeShardedSafetensors(state(), {
      maxShardSize,
      name,
      metadata: { format: "pt" },
      dtypes: { step: "I64" },
    });

  test("are divided in the order of the tensors; a large one gets a file of its own", async () => {
    const files = await write(20, "m");
    expect(Object.keys(files)).toEqual([
      "m-00001-of-00003.safetensors",
      "m-00002-of-00003.safetensors",
      "m-00003-of-00003.safetensors",
      "m.safetensors.index.json",
    ]);
    const held = Object.values(files)
      .slice(0, 3)
      .map((f) => Object.keys(readSafetensors(f).tensors));
    expect(held).toEqual([["embedding"], ["layer.bias", "layer.weight"], ["step", "é 10"]]);
    // json.dumps(index, indent=2, sort_keys=True) + "\n" in Python
    expect(new TextDecoder().decode(files["m.safetensors.index.json"])).toBe(`{
  "metadata": {
    "total_size": 72
  },
  "weight_map": {
    "embedding": "m-00001-of-00003.safetensors",
    "layer.bias": "m-00002-of-00003.safetensors",
    "layer.weight": "m-00002-of-00003.safetensors",
    "step": "m-00003-of-00003.safetensors",
    "\\u00e9 10": "m-00003-of-00003.safetensors"
  }
}
`);
  });
  test("are read as one", async () => {
    const files = await write(20);
    const asked: string[] = [];
    const read = await readShardedSafetensors(
      files["model.safetensors.index.json"],
      async (file) => {
        asked.push(file);
        return files[file];
      },
    );
    expect(asked).toEqual(Object.keys(files).slice(0, 3));
    expect(Object.keys(read.tensors)).toEqual([
      "embedding",
      "layer.bias",
      "layer.weight",
      "step",
      "é 10",
    ]);
    expect(read.tensors["layer.weight"].tolistSync()).toEqual([3, 4, 5]);
    expect(read.metadata).toEqual({ format: "pt" });
    expect(read.dtypes).toMatchObject({ embedding: "F32", step: "I64" });
  });
  test("are one file if all fits, and without tensors too", async () => {
    for (const size of [72, 1e9, "1KB", "0.001 mb", "5GB"]) {
      expect(Object.keys(await write(size))).toEqual(["model.safetensors"]);
    }
    expect(Object.keys(await writeShardedSafetensors({}))).toEqual(["model.safetensors"]);
  });

  const index = (map: unknown) => JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
  test("files that do not fit their index are refused", async () => {
    const one = await writeSafetensors({ a: zeros(1), b: zeros(1) });
    const read = (map: Record<string, string>) => readShardedSafetensors(index(map), () => one);
    await expect(read({ a: "x" })).rejects.toThrow(
      'x holds tensor "b", and the index does not know it',
    );
    await expect(read({ a: "x", b: "y" })).rejects.toThrow(
      'x holds tensor "b", and the index says that it is in "y"',
    );
    await expect(read({ a: "x", b: "x", toString: "x" })).rejects.toThrow(
      'tensor "toString" is not in "x", where the index says it is',
    );
    await expect(
      readShardedSafetensors(index({ a: "x" }), () => one.subarray(0, 20)),
    ).rejects.toThrow("x: the header has 112 bytes");
  });
});
