/** Files that NumPy wrote: read, and written again to the last byte. */
import { cpu } from "@dl/backend-cpu";
import { readNpy, writeNpy } from "@dl/io";
import { type DType, setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { fixture } from "./fixture.ts";

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

describe("files of NumPy", () => {
  test.each(fixture<Case[]>("npy"))("$name", async ({ dtype, shape, data, ...c }) => {
    setBackend(cpu());
    const bytes = Buffer.from(c.base64, "base64");
    const t = readNpy(bytes);
    expect([t.dtype, t.shape]).toEqual([SAME.includes(dtype) ? dtype : "int32", shape]);
    expect(t.isContiguous()).toBe(true);
    expect(Array.from(await t.data())).toEqual(data.map(Number));
    const ours = await writeNpy(t, { fortranOrder: c.name.includes("Fortran") });
    if (c.same) expect(Buffer.from(ours).toString("latin1")).toBe(bytes.toString("latin1"));
    expect(Array.from(await readNpy(ours).data())).toEqual(data.map(Number));
  });
});
