import { transforms as offered } from "@dl/data";
import {
  type DType,
  defaultGenerator,
  manualSeed,
  type Tensor,
  tensor,
  typedArrayFor,
} from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  revive,
  reviveOptions,
  toTensor,
} from "./fixture.ts";
import { section } from "./replay.ts";

/** Pixels that both sides compute. */
interface Image {
  readonly shape: number[];
  readonly seed: number;
  readonly dtype: DType;
  readonly levels?: number;
}
interface FunctionCase {
  readonly fn: string;
  readonly image: Image;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly output: FixtureTensor;
}
interface ClassCase {
  readonly cls: string;
  readonly image: Image;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly seed: number;
  readonly outputs: FixtureTensor[];
  /** The next random number. */
  readonly next: number;
}
interface BatchCase {
  readonly cls: "MixUp" | "CutMix";
  readonly image: Image;
  readonly options: Record<string, number>;
  /** null: goes on from the case before. */
  readonly seed: number | null;
  readonly labels: FixtureTensor;
  readonly outputs: [FixtureTensor, FixtureTensor];
}
interface Cases {
  readonly functions: FunctionCase[];
  readonly classes: ClassCase[];
  readonly batches: BatchCase[];
  readonly printed: {
    readonly plain: (Pick<ClassCase, "cls" | "args" | "options"> & { readonly text: string })[];
    readonly nested: Record<"Compose" | "RandomChoice" | "RandomOrder" | "RandomApply", string>;
  };
}

function toImage({ shape, seed, dtype, levels = 256 }: Image): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = new (typedArrayFor(dtype))(size);
  for (let i = 0; i < size; i++) {
    const x = ((i + 131 * seed) * 7919) % 1000;
    values[i] = dtype === "uint8" ? Math.floor((x * levels) / 1000) * (256 / levels) : x / 1000;
  }
  return tensor(values, { shape, dtype });
}
const describeImage = ({ shape, dtype }: Image): string =>
  `${dtype === "float32" ? "" : dtype}[${shape}]`;

export const cases = fixture<Cases>("transforms");
const F = offered.functional as unknown as Record<string, (...x: unknown[]) => Tensor>;

type Made = (x: Tensor) => Tensor;
export function make({ cls, args, options }: Pick<ClassCase, "cls" | "args" | "options">): Made {
  const Class = (offered as unknown as Record<string, new (...x: unknown[]) => Made>)[cls];
  return new Class(...args.map(revive), reviveOptions(options));
}

function runFunction(c: FunctionCase): void {
  // dtype is the first argument of toDtype, and no tensor.
  const args = [...c.args.map(revive), reviveOptions(c.options)];
  const result = F[c.fn](toImage(c.image), ...args);
  expect(result.dtype).toBe(c.output.dtype);
  expectNear(result, c.output, 1e-5, c.fn);
}
function runClass(c: ClassCase): void {
  const transform = make(c);
  manualSeed(c.seed);
  c.outputs.forEach((expected, k) => {
    const result = transform(toImage(c.image));
    expect(result.dtype).toBe(expected.dtype);
    expectNear(result, expected, 1e-5, `call ${k}`);
  });
  expect(defaultGenerator.uniform32()).toBeCloseTo(c.next, 6);
}
function runBatches(batches: readonly BatchCase[]): void {
  for (const c of batches) {
    if (c.seed !== null) manualSeed(c.seed);
    const results = new offered[c.cls](c.options)(toImage(c.image), toTensor(c.labels));
    c.outputs.forEach((expected, k) => {
      expectNear(results[k], expected, 1e-5, JSON.stringify(c.options));
    });
  }
}

export const transforms = [
  section("functions of images against torchvision", cases.functions, {
    name: (c) => c.fn,
    title: (c, i) =>
      `${i}: ${c.fn}(${describeImage(c.image)}) ${JSON.stringify([...c.args, c.options])}`,
    run: runFunction,
  }),
  section("transforms after a seed against torchvision", cases.classes, {
    name: (c) => c.cls,
    title: (c, i) =>
      `${i}: ${c.cls}(${describeImage(c.image)}) ${JSON.stringify([...c.args, c.options])} after ${c.seed}`,
    run: runClass,
  }),
  section("transforms after a seed against torchvision", [cases.batches], {
    name: () => "MixUp",
    title: () => "MixUp and CutMix",
    run: runBatches,
  }),
];
