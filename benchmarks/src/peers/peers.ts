/** Who is measured, and how its process is started. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { OURS } from "../startUp/bundled.ts";
import { bytes, flops, type Workload } from "../workloads/spec.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}
export interface Peer {
  readonly name: string;
  /** It has one thread in Node, whatever it is asked for, and is measured against one thread of ours. */
  readonly isSingleThreaded?: boolean;
  /** Workloads that make sense for it; default all. */
  covers?(workload: Workload): boolean;
  /** Why it cannot be measured here at all; undefined if it can. */
  missing(): string | undefined;
  command(threads: number): Command;
  /** Prints { ms }, from the first import to the first result. */
  startUp?(): Command;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const node = (file: string, ...args: string[]): Command => ({
  file: process.execPath,
  // Our packages are imported from their sources.
  args: ["--conditions=@dl/source", path(file), ...args],
});
const needsPackage = (name: string) => () =>
  existsSync(path(`../../node_modules/${name}`)) ? undefined : `${name} is not installed`;

let python: string | undefined;
export function pythonWithTorch(): string | undefined {
  const candidates = process.env.DL_PYTHON ? [process.env.DL_PYTHON] : ["python3", "python"];
  const hasTorch = (file: string) => spawnSync(file, ["-c", "import torch"]).status === 0;
  return (python ??= candidates.find(hasTorch));
}

const startUp = (file: string) => () => node("../startUp/run.ts", file);

export const ours: Peer = {
  name: "ours",
  missing: () => undefined,
  startUp: startUp(OURS),
  command: (threads) => node("ours/main.ts", `${threads}`, "auto"),
};

export const peers: readonly Peer[] = [
  {
    name: "default",
    missing: () => undefined,
    covers: ({ kind }) => kind !== "dispatch" && kind !== "startUp",
    command: (threads) => node("ours/main.ts", `${threads}`, "off"),
  },
  {
    name: "pytorch",
    missing: () =>
      pythonWithTorch()
        ? undefined
        : `no Python that can import torch (${process.env.DL_PYTHON ?? "python3"}); DL_PYTHON names one`,
    command: (threads) => ({
      file: pythonWithTorch()!,
      args: [path("../../peers/pytorch.py"), `${threads}`],
      env: { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` },
    }),
    startUp: () => ({ file: pythonWithTorch()!, args: [path("../../peers/start_up.py")] }),
  },
  ...["wasm", "cpu"].map((backend) => ({
    name: `tfjs-${backend}`,
    isSingleThreaded: true,
    missing: needsPackage(`@tensorflow/tfjs-backend-${backend}`),
    command: () => node("tfjs/main.ts", backend),
    startUp: startUp(path(`../startUp/tfjs${backend === "wasm" ? "Wasm" : ""}.ts`)),
  })),
  {
    name: "jax-js",
    missing: needsPackage("@jax-js/jax"),
    command: (threads) => node("jax/main.ts", `${threads}`),
    startUp: startUp(path("../startUp/jax.ts")),
  },
  ...(["narrow", "wide"] as const).map((width) => ({
    name: width === "narrow" ? "peak" : "peak-256",
    missing: () => undefined,
    covers: (w: Workload) => flops(w) > 0 || (width === "narrow" && bytes(w) > 0),
    command: (threads: number) => node("peak/main.ts", `${threads}`, width),
  })),
];
