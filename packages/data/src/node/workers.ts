import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { type Backend, DlError } from "@dl/tensor/core";
import type { Collated } from "../collate.ts";
import { Dataset, requireIndex } from "../dataset.ts";
import { drawSeed, requireCount } from "../sampler.ts";
import { type Packed, unpack } from "./packing.ts";
import type { WorkerRequest, WorkerStart } from "./worker.ts";

export interface WorkerDatasetOptions {
  /** Which export of the module: a dataset, or a function that makes one, perhaps a promise of it. Default `"default"`. */
  export?: string;
  /** What the function is called with: anything that can be copied to another thread. */
  args?: readonly unknown[];
  /** How many threads. Default: one fewer than there are processors, from 1 to 8. */
  numWorkers?: number;
  /** Which export makes a batch of samples, on the thread. Default: `defaultCollate`. */
  collateFn?: string;
}

/**
 * A dataset whose samples are made on other threads: for samples that take long, such as pictures to be decoded and
 * changed at random. Each thread imports the module, and makes a dataset of its own from the export; batches come from
 * it stacked. `T` is the type of the dataset's samples.
 *
 * Before each sample `manualSeed` is called on its thread, with a seed that depends on the epoch's seed, which the
 * loader draws, and on the sample's place in the epoch. So after the same `manualSeed` here the batches are the same,
 * however many threads there are.
 *
 * The threads do not keep the program from ending. A module that computes with tensors sets a backend, with one thread
 * of its own: `setBackend(cpu({ threads: 1 }))`.
 *
 * @param module the file's URL, `new URL("./pictures.ts", import.meta.url)`, the same as text, or its path.
 * @throws DlError when a thread cannot load the module or make the dataset.
 *
 * @example
 * ```ts no-run: needs a module
 * const pictures = await workerDataset<[Tensor, number]>(new URL("./pictures.ts", import.meta.url), {
 *   export: "training",
 *   numWorkers: 4,
 * });
 * for await (const [images, labels] of new DataLoader(pictures, { batchSize: 32, shuffle: true })) {
 *   // …
 * }
 * ```
 */
export async function workerDataset<T = unknown>(
  module: URL | string,
  {
    export: exported = "default",
    args = [],
    numWorkers = Math.min(8, Math.max(1, availableParallelism() - 1)),
    collateFn,
  }: WorkerDatasetOptions = {},
): Promise<WorkerDataset<T>> {
  requireCount(numWorkers, "workerDataset: numWorkers");
  const url =
    typeof module !== "string"
      ? module
      : /^\w{2,}:/.test(module)
        ? new URL(module)
        : pathToFileURL(module);
  const start: WorkerStart = { module: url.href, exported, args, collateFn };
  const name = url.protocol === "file:" ? fileURLToPath(url) : url.href;
  const threads: Thread[] = [];
  try {
    for (let k = 0; k < numWorkers; k++) threads.push(new Thread(start, name));
    const lengths = await Promise.all(threads.map((t) => t.ready));
    const other = lengths.find((n) => n !== lengths[0]);
    if (other !== undefined)
      throw new DlError(
        "data",
        `workerDataset: the datasets of ${name} differ: one has ${lengths[0]} samples, another ${other}`,
      );
    return new WorkerDataset<T>(threads, lengths[0]);
  } catch (error) {
    for (const t of threads) t.stop();
    throw error;
  }
}

/** What `workerDataset` gives. */
export class WorkerDataset<T> extends Dataset<T> implements AsyncDisposable {
  readonly length: number;
  override readonly parallel: number;
  readonly #threads: readonly Thread[];

  /** @internal */
  constructor(threads: readonly Thread[], length: number) {
    super();
    this.#threads = threads;
    this.length = length;
    this.parallel = threads.length;
  }
  async get(index: number, seed = freshSeed()): Promise<T> {
    requireIndex(index, this.length, "WorkerDataset");
    return unpack(await this.#ask({ indices: [index], seed, whole: false })) as T;
  }
  override async getBatch(
    indices: ArrayLike<number>,
    device?: Backend,
    seed = freshSeed(),
  ): Promise<Collated<T>> {
    const list = Array.from(indices);
    for (const i of list) requireIndex(i, this.length, "WorkerDataset");
    return unpack(await this.#ask({ indices: list, seed, whole: true }), device) as Collated<T>;
  }
  #ask(request: Omit<WorkerRequest, "id">): Promise<Packed> {
    let least = this.#threads[0];
    for (const t of this.#threads) if (t.waiting < least.waiting) least = t;
    return least.ask(request);
  }
  /** Ends the threads. What is asked for from then on is an error. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((t) => t.stop()));
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const freshSeed = (): number => Number(BigInt.asUintN(53, drawSeed()));

interface Reply {
  readonly id?: number;
  readonly length?: number;
  readonly packed?: Packed;
  readonly error?: { message: string; stack: string | undefined };
}
interface Waiting {
  resolve(packed: Packed): void;
  reject(error: unknown): void;
}

/** @internal A worker thread, and what it was asked for. */
export class Thread {
  /** The length of its dataset. */
  readonly ready: Promise<number>;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #asked = new Map<number, Waiting>();
  #next = 0;
  #broken: DlError | null = null;

  constructor(start: WorkerStart, name: string) {
    this.#name = name;
    // In the published package the same file has been compiled.
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: start });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (reply: Reply) => {
        if (reply.id !== undefined) this.#settle(reply.id, reply);
        else if (reply.error) {
          reject(this.#failed(`cannot be loaded: ${reply.error.message}`, reply.error));
        } else resolve(reply.length!);
        if (this.waiting === 0) this.#worker.unref();
      });
      const broke = (error: DlError): void => {
        this.#broken ??= error;
        reject(this.#broken);
        for (const { reject } of this.#asked.values()) reject(this.#broken);
        this.#asked.clear();
      };
      this.#worker.on("error", (cause: Error) =>
        broke(this.#failed(`stopped: ${cause?.message ?? cause}`, cause)),
      );
      this.#worker.on("exit", (code) => broke(this.#failed(`ended, with exit code ${code}`)));
    });
    this.ready.catch(() => {});
  }
  get waiting(): number {
    return this.#asked.size;
  }
  ask(request: Omit<WorkerRequest, "id">): Promise<Packed> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#asked.set(id, { resolve, reject });
      // Someone waits: the program is not over.
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id } satisfies WorkerRequest);
    });
  }
  #settle(id: number, { packed, error }: Reply): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) asked?.reject(this.#failed(error.message, error));
    else asked?.resolve(packed!);
  }
  #failed(what: string, cause?: { message: string; stack?: string | undefined }): DlError {
    const inner = cause && Object.assign(new Error(cause.message), { stack: cause.stack });
    return new DlError("data", `worker thread of ${this.#name}: ${what}`, { cause: inner });
  }
  async stop(): Promise<void> {
    this.#broken ??= new DlError("data", `worker thread of ${this.#name}: the dataset was closed`);
    await this.#worker.terminate();
  }
}
