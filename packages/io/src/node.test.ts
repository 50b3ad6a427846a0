import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DlError, tensor, zeros } from "@dl/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "./index.ts";
import { loadNpy, loadSafetensors, saveNpy, saveSafetensors } from "./node.ts";
import "./testing.ts";

const all = mkdtempSync(join(tmpdir(), "dl-io-"));
afterAll(() => rmSync(all, { recursive: true }));
const folder = (): string => mkdtempSync(join(all, "x-"));
const state = () => ({
  a: tensor([
    [1, 2],
    [3, 4],
  ]),
  b: tensor([5], { dtype: "int32" }),
  c: zeros(0, 3),
});

describe("saveSafetensors(path, tensors)", () => {
  test("writes the bytes of writeSafetensors, and nothing beside them", async () => {
    const dir = folder();
    const path = join(dir, "model.safetensors");
    await saveSafetensors(path, state(), { metadata: { format: "pt" } });
    const expected = await writeSafetensors(state(), { metadata: { format: "pt" } });
    expect(readFileSync(path).equals(expected)).toBe(true);
    expect(readdirSync(dir)).toEqual(["model.safetensors"]);
    const { tensors, metadata, dtypes } = await loadSafetensors(path);
    expect(tensors.a.tolistSync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensors.c.shape).toEqual([0, 3]);
    expect(metadata).toEqual({ format: "pt" });
    expect(dtypes).toEqual({ a: "F32", b: "I32", c: "F32" });
  });
  test("takes the place of what was there, or leaves it if anything fails", async () => {
    const dir = folder();
    const path = join(dir, "model.safetensors");
    await saveSafetensors(path, state());
    await saveSafetensors(path, { a: tensor([9]) });
    expect((await loadSafetensors(path)).tensors.a.tolistSync()).toEqual([9]);
    // "b" is written before "a" fails.
    const broken = { b: zeros(1000), a: tensor([0.5]) };
    await expect(saveSafetensors(path, broken, { dtypes: { a: "I8" } })).rejects.toThrow(DlError);
    expect((await loadSafetensors(path)).tensors.a.tolistSync()).toEqual([9]);
    expect(readdirSync(dir)).toEqual(["model.safetensors"]);
  });
  test("says where it cannot write", async () => {
    const dir = folder();
    const path = join(dir, "no", "model.safetensors");
    await expect(saveSafetensors(path, state())).rejects.toThrow(
      `${path} cannot be written: ENOENT`,
    );
    mkdirSync(join(dir, "m.safetensors"));
    await expect(saveSafetensors(join(dir, "m.safetensors"), state())).rejects.toThrow(DlError);
    expect(readdirSync(dir)).toEqual(["m.safetensors"]);
  });
  test("divides into files of a maximum size, which load by either name", async () => {
    const dir = folder();
    const path = join(dir, "net.safetensors");
    await saveSafetensors(path, state());
    await saveSafetensors(path, state(), { maxShardSize: 16 });
    expect(readdirSync(dir).sort()).toEqual([
      "net-00001-of-00002.safetensors",
      "net-00002-of-00002.safetensors",
      "net.safetensors.index.json",
    ]);
    for (const name of [path, `${path}.index.json`]) {
      const { tensors } = await loadSafetensors(name);
      expect(Object.keys(tensors)).toEqual(["a", "b", "c"]);
      expect(tensors.a.tolistSync()).toEqual([
        [1, 2],
        [3, 4],
      ]);
      expect(tensors.b.dtype).toBe("int32");
    }
    await saveSafetensors(path, { a: tensor([9]) });
    expect(Object.keys((await loadSafetensors(path)).tensors)).toEqual(["a"]);
  });
});

describe("loadSafetensors(path) names the file and says", () => {
  test("that it is missing", () =>
    expect(loadSafetensors(join(all, "none.safetensors"))).rejects.toThrow(
      `${join(all, "none.safetensors")}: there is no such file`,
    ));
  test("that a shard is missing", async () => {
    const dir = folder();
    const path = join(dir, "m.safetensors");
    await saveSafetensors(path, state(), { maxShardSize: 16 });
    rmSync(join(dir, "m-00002-of-00002.safetensors"));
    await expect(loadSafetensors(path)).rejects.toThrow(
      /m-00002-of-00002.safetensors: there is no such file/,
    );
  });
  test("that it is a folder", () => expect(loadSafetensors(all)).rejects.toThrow(DlError));
  test("that it is truncated, wherever", async () => {
    const path = join(folder(), "m.safetensors");
    const bytes = await writeSafetensors(state());
    for (let size = bytes.length - 1; size >= 0; size -= 5) {
      writeFileSync(path, bytes);
      truncateSync(path, size);
      await expect(loadSafetensors(path)).rejects.toThrow(DlError);
    }
    await expect(loadSafetensors(path)).rejects.toThrow(/m.safetensors: not a safetensors file/);
  });
  test("that a header of petabytes is none, without memory for it", async () => {
    const path = join(folder(), "m.safetensors");
    writeFileSync(path, new Uint8Array(BigUint64Array.of(2n ** 50n).buffer));
    await expect(loadSafetensors(path)).rejects.toThrow("not a safetensors file");
  });
});

test("saveNpy and loadNpy", async () => {
  const path = join(folder(), "x.npy");
  await saveNpy(
    path,
    tensor([
      [1, 2],
      [3, 4],
    ]),
    { fortranOrder: true },
  );
  expect((await loadNpy(path)).tolistSync()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  truncateSync(path, 140);
  await expect(loadNpy(path)).rejects.toThrow(
    /x.npy: \[2, 2\] of F32 has 16 bytes, the file has 12/,
  );
  expect(existsSync(path)).toBe(true);
});
