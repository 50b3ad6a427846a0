/** Files that PyTorch's safetensors wrote: models load from them, and ours are the same to the last byte. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noGrad } from "@dl/autograd";
import { readSafetensors, writeSafetensors } from "@dl/io";
import { loadSafetensors, saveSafetensors } from "@dl/io/node";
import type * as nn from "@dl/nn";
import { type DType, scope, type Tensor } from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor } from "./fixture.ts";
import { Classifier, ResNet18, Tagger } from "./models.ts";
import { section } from "./replay.ts";

interface ModelCase {
  readonly file: string;
  readonly model: string;
  readonly options: unknown[];
  readonly keys: string[];
  readonly input: FixtureTensor;
  readonly output: FixtureTensor;
}
interface FileCase {
  readonly name: string;
  readonly tensors: {
    readonly name: string;
    readonly dtype: string;
    readonly shape: number[];
    readonly data: (number | string | boolean)[];
  }[];
  readonly metadata: [string, string][] | null;
  readonly base64: string;
}
const cases = fixture<{ models: ModelCase[]; files: FileCase[] }>("safetensors");
const MODELS: Record<string, new (...options: any[]) => nn.Module> = {
  ResNet18,
  Tagger,
  Classifier,
};
const pathOf = (file: string): string =>
  join(import.meta.dirname, "fixtures", `${file}.safetensors`);

async function runModel({ file, model: name, options, keys, ...c }: ModelCase): Promise<void> {
  const { tensors, dtypes, metadata } = await loadSafetensors(pathOf(file));
  const model = new MODELS[name](...options);
  expect(Object.keys(model.stateDict())).toEqual(keys);
  model.loadStateDict(tensors);
  model.eval();
  scope(() => {
    const result = noGrad(() => model(toTensor(c.input)) as Tensor);
    expectNear(result, c.output, 1e-4, "in evaluation mode");
  });

  const original = readFileSync(pathOf(file));
  const state = model.stateDict();
  expect(original.equals(await writeSafetensors(state, { metadata, dtypes }))).toBe(true);
  const ours = join(mkdtempSync(join(tmpdir(), "dl-io-")), "model.safetensors");
  await saveSafetensors(ours, state, {
    metadata: { format: "pt" },
    dtypes: (_, t) => (t.dtype === "int32" ? "I64" : undefined),
  });
  expect(original.equals(readFileSync(ours))).toBe(true);
}

const BECOMES: Record<string, DType> = {
  float64: "float64",
  float32: "float32",
  bfloat16: "float32",
  float16: "float16",
  uint8: "uint8",
  bool: "bool",
};
async function runFile({ tensors: expected, metadata, base64 }: FileCase): Promise<void> {
  const bytes = Buffer.from(base64, "base64");
  const read = readSafetensors(bytes);
  expect(new Set(Object.keys(read.tensors))).toEqual(new Set(expected.map((t) => t.name)));
  for (const { name, dtype, shape, data } of expected) {
    const t = read.tensors[name];
    expect([name, t.dtype, t.shape]).toEqual([name, BECOMES[dtype] ?? "int32", shape]);
    expect(Array.from(await t.data())).toEqual(data.map(Number));
  }
  expect(Object.entries(read.metadata)).toEqual(metadata ?? []);

  const ours = await writeSafetensors(read.tensors, {
    metadata: metadata ? read.metadata : undefined,
    dtypes: read.dtypes,
  });
  expect(Buffer.from(ours).toString("latin1")).toBe(bytes.toString("latin1"));
}

export const safetensors = [
  section("models of PyTorch from files", cases.models, {
    name: () => "loadSafetensors",
    title: (c) => c.model,
    run: runModel,
    waits: true,
  }),
  section("files of PyTorch's safetensors", cases.files, {
    name: () => "readSafetensors",
    title: (c) => c.name,
    run: runFile,
    isOnce: true,
    waits: true,
  }),
];
