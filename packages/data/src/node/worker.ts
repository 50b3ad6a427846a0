/** The other thread of `WorkerDataset`: makes samples of a dataset that a module gives. */
import { parentPort, workerData } from "node:worker_threads";
import { type Backend, DlError, manualSeed, setBackend } from "@dl/tensor/core";
import { collateAt } from "../collate.ts";
import { asDataset, type Dataset } from "../dataset.ts";
import { mixSeed } from "../seeds.ts";
import { pack } from "./packing.ts";

/** What the main thread asks for: a batch, or a sample. */
export interface WorkerRequest {
  readonly id: number;
  readonly indices: readonly number[];
  readonly seed: number;
  readonly whole: boolean;
}
export interface WorkerStart {
  readonly module: string;
  readonly exported: string;
  readonly args: readonly unknown[];
  readonly collateFn: string | undefined;
}

const start = workerData as WorkerStart;
const port = parentPort!;

/** Enough for tensors that are made from JavaScript's data, and stacked: until the module sets a backend that computes. */
const hostOnly = new Proxy(
  {
    name: "host",
    dtypes: new Set(["float64", "float32", "float16", "int32", "uint8", "bool"]),
    overrides: {},
  } as unknown as Backend,
  {
    get(target, key) {
      if (key in target || typeof key === "symbol") return target[key as keyof Backend];
      throw new DlError(
        "no-backend",
        `no backend is set on this thread: call setBackend(cpu({ threads: 1 })) in ${start.module}, which computes with tensors`,
      );
    },
  },
);

async function open(): Promise<{
  dataset: Dataset<unknown>;
  collateFn: ((samples: unknown[]) => unknown) | undefined;
}> {
  setBackend(hostOnly);
  const module = await import(start.module);
  const find = (name: string): any => {
    if (!(name in module))
      throw new DlError(
        "value",
        `there is no export ${JSON.stringify(name)}; there are ${Object.keys(module).join(", ") || "none"}`,
      );
    return module[name];
  };
  const found = find(start.exported);
  const made = await (typeof found === "function" ? found(...start.args) : found);
  if (!Array.isArray(made) && typeof made?.get !== "function")
    throw new DlError(
      "value",
      `export ${JSON.stringify(start.exported)} is a dataset with length and get, or a function that makes one, got ${typeof made}`,
    );
  const collateFn = start.collateFn === undefined ? undefined : find(start.collateFn);
  return { dataset: asDataset(made), collateFn };
}

async function sampleAt(dataset: Dataset<unknown>, index: number, seed: number): Promise<unknown> {
  manualSeed(seed);
  let sample: unknown;
  try {
    sample = await dataset.get(index, seed);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DlError("data", `dataset.get(${index}) failed: ${message}`, { cause });
  }
  if (sample === undefined)
    throw new DlError(
      "data",
      `the dataset has no sample ${index} (of ${dataset.length}): get(${index}) is undefined`,
    );
  return sample;
}

async function answer(
  { dataset, collateFn }: Awaited<ReturnType<typeof open>>,
  { id, indices, seed, whole }: WorkerRequest,
): Promise<void> {
  let fresh = false;
  let value: unknown;
  if (!whole) value = await sampleAt(dataset, indices[0], seed);
  else {
    manualSeed(seed);
    value = collateFn ? undefined : await dataset.getBatch?.(indices, undefined, seed);
    if (value === undefined) {
      const samples: unknown[] = [];
      // One after the other: what is drawn at random depends on the sample's seed then, and on nothing else.
      for (const [k, index] of indices.entries())
        samples.push(await sampleAt(dataset, index, mixSeed(seed, k)));
      fresh = !collateFn;
      value = collateFn ? await collateFn(samples) : collateAt(samples, indices, undefined);
    }
  }
  const { packed, transfer } = pack(value, fresh);
  port.postMessage({ id, packed }, transfer);
}

const failure = (error: unknown): { message: string; stack: string | undefined } => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack };
};

try {
  const opened = await open();
  let last: Promise<void> = Promise.resolve();
  port.on("message", (request: WorkerRequest) => {
    last = last
      .then(() => answer(opened, request))
      .catch((error) => port.postMessage({ id: request.id, error: failure(error) }));
  });
  port.postMessage({ length: opened.dataset.length });
} catch (error) {
  port.postMessage({ error: failure(error) });
}
