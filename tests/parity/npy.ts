/** Files that NumPy wrote: read, and written again to the last byte. */
import { readNpy, writeNpy } from "@dl/io";
import type { DType } from "@dl/tensor";
import { expect } from "vitest";
import { fixture } from "./fixture.ts";
import { section } from "./replay.ts";

interface Case {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly data: (number | string | boolean)[];
  /** Whether it is in Fortran's order, and not in C's too. */
  readonly fortran: boolean;
  /** Whether we write it as NumPy does. */
  readonly same: boolean;
  readonly base64: string;
}
const SAME: readonly string[] = [
  "float64",
  "float32",
  "float16",
  "uint8",
  "bool",
] satisfies DType[];

async function run({ dtype, shape, data, ...c }: Case): Promise<void> {
  const bytes = Buffer.from(c.base64, "base64");
  const t = readNpy(bytes);
  expect([t.dtype, t.shape]).toEqual([SAME.includes(dtype) ? dtype : "int32", shape]);
  expect(t.isContiguous()).toBe(true);
  expect(Array.from(await t.data())).toEqual(data.map(Number));
  const ours = await writeNpy(t, { fortranOrder: c.name.includes("Fortran") });
  if (c.same) expect(Buffer.from(ours).toString("latin1")).toBe(bytes.toString("latin1"));
  expect(Array.from(await readNpy(ours).data())).toEqual(data.map(Number));
}

export const npy = section("files of NumPy", fixture<Case[]>("npy"), {
  name: () => "readNpy",
  title: (c) => c.name,
  run,
  isOnce: true,
  waits: true,
});
