/** A backend in plain JavaScript that counts and times its kernels. */
import { type Backend, DTYPES, fillRandom, type HostView, type View } from "@dl/tensor/core";
import { gather, scatter } from "./indexing.ts";
import { scan, sort } from "./lanes.ts";
import { map, reduce } from "./map.ts";
import { matmul } from "./matmul.ts";
import { memory, onHost } from "./memory.ts";
import { profiler, type Row } from "./profile.ts";

const kernels = { map, reduce, matmul, gather, scatter, sort, scan, random: fillRandom };
type Kernels = Pick<Backend, keyof typeof kernels>;

/** A kernel for a composite op. One that returns false declines, and the op decomposes. */
export type Override = (inputs: HostView[], outputs: HostView[], attrs: any) => boolean;

/** `profile()` says what each kernel's calls came to, the slowest kernel first. */
export function counting(
  overrides: Readonly<Record<string, Override>> = {},
): Backend & { profile(): Row[] } {
  const { time, table } = profiler();
  const isView = (x: unknown): x is View => typeof x === "object" && x !== null && "buffer" in x;
  const arrays = (x: unknown): unknown =>
    isView(x) ? onHost(x) : Array.isArray(x) && x.some(isView) ? x.map(onHost) : x;
  /** Kernels that take arrays as kernels that take views of buffers, and are counted and timed. */
  const timed = (all: Record<string, (...operands: any[]) => unknown>) =>
    Object.entries(all).map(([name, kernel]): [string, (...operands: unknown[]) => any] => [
      name,
      (...operands) =>
        time(name, operands.flat().filter(isView), () => kernel(...operands.map(arrays))),
    ]);

  return {
    name: "counting",
    dtypes: new Set(DTYPES.filter((d) => d !== "float16" || "Float16Array" in globalThis)),
    ...memory(),
    ...(Object.fromEntries(timed(kernels)) as Kernels),
    overrides: new Map(timed(overrides)),
    profile: table,
  };
}
