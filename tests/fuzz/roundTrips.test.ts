/** What is written is read back, bit by bit. */
import { parseCsv } from "@dl/data";
import {
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
import { type DType, isTensor, type Tensor, tensor } from "@dl/tensor";
import { CSVLogger, History } from "@dl/train";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { zip } from "./bad/npz.ts";
import { check } from "./properties.ts";
import "./readers.ts";

const NUMBERS = {
  float32: fc.float(),
  float64: fc.double(),
  float16: fc.float().map((x) => (Math.abs(x) < 6e4 ? x : 0)),
  int32: fc.integer(),
  uint8: fc.nat(255),
  bool: fc.nat(1),
} satisfies Record<DType, fc.Arbitrary<number>>;

/** Tensors of every dtype, of 0 to 4 dimensions, of which some are 0, also as views in another order. */
const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(NUMBERS) as DType[])),
    fc.array(fc.nat(3), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) => {
    const numel = shape.reduce((a, b) => a * b, 1);
    const data = fc.array<number>(NUMBERS[dtype], { minLength: numel, maxLength: numel });
    return fc.tuple(data, fc.boolean()).map(([list, turned]) => {
      const flat = tensor(list, { dtype }).reshape(shape);
      return turned ? flat.permute(shape.map((_, d) => shape.length - 1 - d)) : flat;
    });
  });
/** Its dtype, shape and bits. NaN is NaN. */
async function bits(t: Tensor): Promise<string> {
  const values = [...(await t.data())].map((x) => (Object.is(x, -0) ? "-0" : String(x)));
  return `${t.dtype} [${t.shape}] ${values}`;
}
async function same(a: Tensor, b: Tensor): Promise<void> {
  expect(await bits(b)).toBe(await bits(a));
}
async function sameAll(
  found: Record<string, Tensor>,
  wanted: readonly (readonly [string, Tensor])[],
): Promise<void> {
  expect(Object.keys(found).sort()).toEqual(wanted.map(([name]) => name).sort());
  for (const [name, t] of wanted)
    await same(t, Object.getOwnPropertyDescriptor(found, name)!.value);
}
const words = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("__proto__", "constructor", "a.b", "$x", "1", ""),
);
const named = fc.uniqueArray(
  fc.tuple(
    words.filter((name) => name !== "__metadata__"),
    tensors,
  ),
  { selector: ([name]) => name, maxLength: 4 },
);

describe("what is written is read back, bit by bit:", () => {
  test("npy", () =>
    check(
      fc.asyncProperty(tensors, fc.boolean(), async (t, fortranOrder) =>
        same(t, readNpy(await writeNpy(t, { fortranOrder }))),
      ),
      500,
    ));
  test("npz", () =>
    check(
      fc.asyncProperty(named, fc.constantFrom(0, 8), async (list, method) => {
        const parts = list.map(async ([name, t]) => ({
          name: `${name}.npy`,
          method,
          contents: await writeNpy(t),
        }));
        await sameAll(await readNpz(zip(await Promise.all(parts))), list);
      }),
      200,
    ));
  test("safetensors, whole and in shards", () => {
    const metadata = fc.dictionary(words, fc.string({ unit: "binary" }), { maxKeys: 3 });
    const limit = fc.integer({ min: 1, max: 200 });
    return check(
      fc.asyncProperty(named, metadata, limit, async (list, metadata, maxShardSize) => {
        const whole = readSafetensors(await writeSafetensors(new Map(list), { metadata }));
        await sameAll(whole.tensors, list);
        expect(Object.entries(whole.metadata).sort()).toEqual(Object.entries(metadata).sort());
        const files = await writeShardedSafetensors(new Map(list), { maxShardSize });
        const index = files["model.safetensors.index.json"];
        const parts = index
          ? await readShardedSafetensors(index, (file) => files[file])
          : readSafetensors(files["model.safetensors"]);
        await sameAll(parts.tensors, list);
      }),
      300,
    );
  });
  test("checkpoints", () => {
    const state = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.double(),
        words,
        fc.boolean(),
        fc.constantFrom(null, undefined, Number.NaN, -0, Infinity),
        fc.bigInt(),
        tensors,
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(words, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    return check(
      fc.asyncProperty(state, state, async (model, extra) => {
        let loaded: unknown;
        const part = (state: unknown) => ({
          stateDict: () => state,
          loadStateDict: (given: unknown) => (loaded = given),
        });
        const bytes = await writeCheckpoint({ model: part(model), extra });
        // What is there before decides what is expected: nothing here.
        const found = readCheckpoint(bytes, { model: part(undefined) });
        expect(await shown(found.extra)).toBe(await shown(extra));
        expect(await shown(loaded)).toBe(await shown(model));
      }),
      500,
    );
  });
  test("CSV, of any texts in quotes", () => {
    const cell = fc.string({ unit: fc.constantFrom(...'ab1, ;"\n\r\té😀'), maxLength: 8 });
    const table = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .chain(([width, height]) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
          minLength: height,
          maxLength: height,
        }),
      );
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    return check(
      fc.asyncProperty(table, fc.constantFrom("\n", "\r\n", "\r"), async (rows, end) => {
        const names = ["__proto__", "constructor", "a b", "c"].slice(0, rows[0].length);
        const lines = [names, ...rows].map((cells) => cells.map(quoted).join(","));
        const types = Object.fromEntries(names.map((name) => [name, "string" as const]));
        const read = parseCsv(lines.join(end), { types });
        const found = rows.map((_, i) => names.map((_, k) => Object.values(read.row(i))[k] ?? ""));
        // A value of white space alone is a missing one.
        expect(found).toEqual(rows.map((cells) => cells.map((cell) => cell.trim() && cell)));
      }),
      500,
    );
  });
  test("CSV, of numbers that CSVLogger writes", () =>
    check(
      fc.asyncProperty(fc.array(fc.double(), { minLength: 1, maxLength: 5 }), async (losses) => {
        let text = "";
        const logger = new CSVLogger((line) => (text += line));
        const history = new History();
        for (const [i, loss] of losses.entries()) {
          const rest = { metrics: {}, validation: null, lr: 0.1, lrs: [0.1], seconds: 1 };
          const counts = { examples: 1, examplesPerSecond: 1, batches: 1, complete: true };
          history.epochs.push({ epoch: i + 1, loss, ...rest, ...counts });
          await logger.onEpochEnd({ history } as any, history.last!);
        }
        expect([...parseCsv(text, { types: { loss: "number" } }).numbers("loss")]).toEqual(
          losses.map((x) => (x === 0 ? 0 : x)),
        );
      }),
      200,
    ));
});

/** All of it as text. */
async function shown(x: unknown): Promise<string> {
  if (isTensor(x)) return `tensor ${await bits(x)}`;
  if (Array.isArray(x)) return `[${await Promise.all(x.map(shown))}]`;
  if (typeof x === "string") return JSON.stringify(x);
  if (typeof x !== "object" || x === null) return Object.is(x, -0) ? "-0" : `${typeof x} ${x}`;
  const entries = Object.entries(x).map(
    async ([key, v]) => `${JSON.stringify(key)}: ${await shown(v)}`,
  );
  return `{${(await Promise.all(entries)).sort()}}`;
}
