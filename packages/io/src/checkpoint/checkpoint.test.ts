import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DlError, Generator, isTensor, type Tensor, tensor, zeros } from "@dl/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { readCheckpoint, readSafetensors, writeCheckpoint } from "../index.ts";
import { loadCheckpoint, saveCheckpoint } from "../node.ts";
import "../testing.ts";

/** A part with any state, which refuses one that lacks a key of its own. */
function part<T extends object>(state: T) {
  return {
    state,
    loads: 0,
    stateDict(): T {
      return this.state;
    },
    loadStateDict(dict: T): void {
      const missing = Object.keys(this.state).filter((key) => !Object.hasOwn(dict, key));
      if (missing.length > 0) throw new DlError("state-dict", `missing: ${missing.join(", ")}`);
      this.state = dict;
      this.loads++;
    },
  };
}
const roundTrip = async (extra: unknown): Promise<any> =>
  readCheckpoint(await writeCheckpoint({ extra })).extra;

describe("writeCheckpoint and readCheckpoint", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["numbers that JSON has not", [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, 0.1 + 0.2]],
    ["large whole numbers", { seed: 2n ** 64n - 1n, negative: -(2n ** 70n) }],
    ["text of any kind", ["", "é\u0000\ud83d\ude00", '"}', "$tensor"]],
    ["undefined in lists and objects", { a: [undefined, 1], b: undefined }],
    ["keys with dollar signs", { $tensor: "x", $$: 1, $number: { $undefined: true } }],
    ["keys with dots, empty keys", { "a.b": 1, a: { b: 2 }, "": { "": 3 } }],
    ["numbers as keys", { 10: "a", 2: "b" }],
    ["empty lists and objects", [[], {}, [[]]]],
  ])("bring back %s", async (_, extra) => expect(await roundTrip(extra)).toStrictEqual(extra));

  test("bring back a key __proto__ as one", async () => {
    const extra = await roundTrip(JSON.parse('{"__proto__": {"bad": 1}}'));
    expect(Object.keys(extra)).toEqual(["__proto__"]);
    expect(extra.bad).toBeUndefined();
  });
  test("bring back tensors of every dtype and shape, wherever they are", async () => {
    const t = tensor([1.5, -2]);
    const extra = await roundTrip({
      list: [t, { t }],
      view: tensor([
        [1, 2],
        [3, 4],
      ]).transpose(0, 1),
      int: tensor([1, 2], { dtype: "int32" }),
      bool: tensor([true, false]),
      scalar: tensor(0.1, { dtype: "float64" }),
      empty: zeros(0, 3),
      "list.0": tensor([7]),
    });
    expect(extra.list[0].tolistSync()).toEqual([1.5, -2]);
    expect(extra.list[1].t.tolistSync()).toEqual([1.5, -2]);
    expect(extra.view.tolistSync()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect([extra.int.dtype, extra.bool.dtype]).toEqual(["int32", "bool"]);
    expect(extra.scalar.itemSync()).toBe(0.1);
    expect(extra.empty.shape).toEqual([0, 3]);
    expect(extra["list.0"].tolistSync()).toEqual([7]);
  });
  test("name tensors by their part, so that other programs find them", async () => {
    const bytes = await writeCheckpoint({
      model: { encoder: part({ "0.weight": zeros(2) }), decoder: part({ bias: zeros(1) }) },
      optimizer: part({ state: { 0: { step: 3, exp_avg: zeros(2) } }, param_groups: [] }),
      extra: { best: zeros(3) },
    });
    const { tensors, metadata } = readSafetensors(bytes);
    expect(Object.keys(tensors).sort()).toEqual([
      "extra.best",
      "model.decoder.bias",
      "model.encoder.0.weight",
      "optimizer.state.0.exp_avg",
    ]);
    expect(metadata).toMatchObject({ format: "dl.checkpoint", version: "1" });
    expect(JSON.parse(metadata.state).parts.optimizer.state).toEqual({
      0: { step: 3, exp_avg: { $tensor: "optimizer.state.0.exp_avg" } },
    });
    expect(readCheckpoint(bytes).parts).toEqual(["optimizer", "model.encoder", "model.decoder"]);
  });
  test("give only what is asked for", async () => {
    const bytes = await writeCheckpoint({
      model: part({ w: tensor([1]) }),
      optimizer: part({ a: 1 }),
    });
    const model = part({ w: tensor([0]) });
    readCheckpoint(bytes, { model });
    expect(model.state.w.tolistSync()).toEqual([1]);
  });
  test("leave no tensors behind", async () => {
    const seen: Tensor[] = [];
    const model = { stateDict: () => ({ w: zeros(4) }), loadStateDict() {} };
    const { clone } = Object.getPrototypeOf(zeros(1));
    const prototype = Object.getPrototypeOf(zeros(1));
    prototype.clone = function (this: Tensor) {
      const t = clone.call(this);
      seen.push(t);
      return t;
    };
    try {
      await writeCheckpoint({ model });
      await expect(writeCheckpoint({ model, extra: () => 1 })).rejects.toThrow(DlError);
    } finally {
      prototype.clone = clone;
    }
    expect(seen.length).toBe(2);
    expect(seen.every((t) => isTensor(t) && t.released !== null)).toBe(true);
  });
});

describe("writeCheckpoint refuses, and says where,", () => {
  class Point {}
  const circle: unknown[] = [];
  circle.push({ circle });
  test.each<[string, any, RegExp]>([
    ["a function", { extra: { a: [() => 1] } }, /extra.a.0 is a function, which cannot be saved/],
    ["a symbol", { extra: Symbol("x") }, /extra is a symbol/],
    ["an instance of a class", { extra: { p: new Point() } }, /extra.p is a Point: tensors,/],
    ["a Map", { extra: new Map() }, /extra is a Map/],
    ["an array of bytes", { extra: new Uint8Array(1) }, /extra is a Uint8Array/],
    ["a circle", { extra: circle }, /lies 100 deep: a state that contains itself/],
    ["a part without a state", { optimizer: {}, model: 3 }, /model has neither stateDict\(\)/],
    ["one among several", { model: { a: part({}), b: {} } }, /model.b has neither/],
    ["a part it does not know", { epoch: 3 }, /no part "epoch".*belongs into extra/],
    ["text that is no Unicode", { extra: { "\ud800": zeros(1) } }, /cannot have the name/],
  ])("%s", async (_, contents, message) => {
    const error = await writeCheckpoint(contents).catch((e) => e);
    expect(error).toBeInstanceOf(DlError);
    expect(error.code).toBe("value");
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(500);
  });
});

describe("if anything does not fit, nothing is changed,", () => {
  const make = () => ({
    model: part({ w: tensor([0]) }),
    optimizer: part({ param_groups: [{ lr: 0.1 }], state: {} as object }),
    scheduler: part({ last_epoch: 0 }),
    generator: new Generator(5),
  });
  const file = async (change: object = {}): Promise<Uint8Array> =>
    writeCheckpoint({
      model: part({ w: tensor([1]) }),
      optimizer: part({ param_groups: [{ lr: 0.5 }], state: { 0: { step: 1 } } }),
      scheduler: part({ last_epoch: 7 }),
      generator: new Generator(6),
      ...change,
    });
  const check = async (bytes: Uint8Array, messages: RegExp[]): Promise<void> => {
    const parts = make();
    let error: any;
    try {
      readCheckpoint(bytes, parts, { name: "run" });
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(DlError);
    expect(error.code).toBe("state-dict");
    expect(error.message).toMatch(/^run: the checkpoint does not fit, and nothing is changed:\n/);
    for (const message of messages) expect(error.message).toMatch(message);
    expect(parts.model.state.w.tolistSync()).toEqual([0]);
    expect(parts.optimizer.state).toEqual({ param_groups: [{ lr: 0.1 }], state: {} });
    expect(parts.scheduler.state).toEqual({ last_epoch: 0 });
    expect(parts.generator.uint32()).toBe(new Generator(5).uint32());
  };
  test("and if all fits, everything is", async () => {
    const parts = make();
    readCheckpoint(await file(), parts);
    expect(parts.model.state.w.tolistSync()).toEqual([1]);
    expect(parts.optimizer.state.param_groups[0].lr).toBe(0.5);
    expect(parts.scheduler.state.last_epoch).toBe(7);
    expect(parts.generator.uint32()).toBe(new Generator(6).uint32());
    expect([parts.model.loads, parts.optimizer.loads]).toEqual([1, 1]);
  });
  test("a part that is missing", async () =>
    check(await file({ scheduler: undefined }), [
      /scheduler is not in the file, which has "optimizer", "generator", "model"/,
    ]));
  test("the last of the parts", async () =>
    check(await file({ model: part({ v: tensor([1]) }) }), [/model: missing: w/]));
  test("several, which are all named", async () =>
    check(
      await file({
        model: part({ v: tensor([1]) }),
        scheduler: part({ epoch: 1 }),
        generator: { getState: () => ({ words: [1] }), setState() {} },
      }),
      [/\n {2}model: missing: w/, /\n {2}scheduler: missing: last_epoch/, /\n {2}generator: /],
    ));
  test.each<[string, object, RegExp]>([
    [
      "text for a number",
      { scheduler: part({ last_epoch: "7" }) },
      /scheduler.last_epoch is the text "7", a number is expected/,
    ],
    [
      "a list for an object",
      { scheduler: part([1]) },
      /scheduler is a list, an object is expected/,
    ],
    [
      "nothing for an object",
      { scheduler: { stateDict: () => null, loadStateDict() {} } },
      /scheduler is missing, an object/,
    ],
    [
      "an object for a list",
      { optimizer: part({ param_groups: { lr: 1 }, state: {} }) },
      /optimizer.param_groups is an object, a list is expected/,
    ],
    [
      "text within a list",
      { optimizer: part({ param_groups: [{ lr: "1" }], state: {} }) },
      /optimizer.param_groups.0.lr is the text "1"/,
    ],
    [
      "text among a generator's words",
      {
        generator: {
          getState: () => ({ ...new Generator(1).getState(), words: Array(624).fill("x") }),
          setState() {},
        },
      },
      /generator.words.0 is the text "x"/,
    ],
    [
      "text for a seed",
      {
        generator: {
          getState: () => ({ ...new Generator(1).getState(), seed: "abc" }),
          setState() {},
        },
      },
      /generator: /,
    ],
  ])("%s", async (_, change, message) => check(await file(change), [message]));
});

const all = mkdtempSync(join(tmpdir(), "dl-io-"));
afterAll(() => rmSync(all, { recursive: true }));

describe("saveCheckpoint(path) and loadCheckpoint(path)", () => {
  const path = join(all, "run.safetensors");
  test("write and read the bytes of writeCheckpoint, and nothing beside them", async () => {
    const contents = { model: part({ w: tensor([1]) }), extra: { epoch: 1 } };
    await saveCheckpoint(path, contents);
    expect(readFileSync(path).equals(await writeCheckpoint(contents))).toBe(true);
    expect(readdirSync(all)).toEqual(["run.safetensors"]);
    const model = part({ w: tensor([0]) });
    expect(await loadCheckpoint(path, { model })).toEqual({
      extra: { epoch: 1 },
      parts: ["model"],
    });
    expect(model.state.w.tolistSync()).toEqual([1]);
  });
  test("keep what was there if the state cannot be saved", async () => {
    await saveCheckpoint(path, { extra: 1 });
    await expect(saveCheckpoint(path, { extra: () => 1 })).rejects.toThrow(DlError);
    expect((await loadCheckpoint(path)).extra).toBe(1);
  });
  test("name the file in errors", async () => {
    await expect(loadCheckpoint(join(all, "none"))).rejects.toThrow(/none: there is no such file/);
    await saveCheckpoint(path, { extra: zeros(10) });
    truncateSync(path, readFileSync(path).length - 1);
    await expect(loadCheckpoint(path)).rejects.toThrow(/run.safetensors: .*truncated/);
    await expect(loadCheckpoint(path, { epoch: 1 } as object)).rejects.toThrow(/no part "epoch"/);
  });
});
