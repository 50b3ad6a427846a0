/** Workers, in Node and in browsers alike. */
import { WORKER_SOURCE } from "./control.ts";

export interface Spawned {
  stop(): void;
}

/** What is used of Node's modules: named here, so that this package needs no types of Node's. */
interface NodeWorkerThreads {
  Worker: new (
    source: string,
    options: { eval: true; execArgv: string[]; workerData: unknown },
  ) => {
    on(event: "error" | "exit", listener: (reason: unknown) => void): void;
    unref(): void;
    terminate(): Promise<number>;
  };
}
interface NodeOs {
  availableParallelism(): number;
}

/** Through the process rather than an import, so that bundlers for browsers see nothing of Node. */
export function nodeModule<T>(id: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  return process?.getBuiltinModule?.(id) as T | undefined;
}

/** How many threads can run at once. */
export const hardwareThreads = (): number =>
  nodeModule<NodeOs>("node:os")?.availableParallelism() ??
  globalThis.navigator?.hardwareConcurrency ??
  1;

/** The index-th worker over a memory; undefined where there can be none. `failed` hears of its end, unless it was stopped. */
export function spawn(
  memory: WebAssembly.Memory,
  index: number,
  failed: (reason: unknown) => void,
): Spawned | undefined {
  const node = nodeModule<NodeWorkerThreads>("node:worker_threads");
  try {
    return node ? inNode(node, memory, index, failed) : inBrowser(memory, index, failed);
  } catch {
    // A page may forbid workers made from text (its content security policy).
    return undefined;
  }
}

function inNode(
  { Worker }: NodeWorkerThreads,
  memory: WebAssembly.Memory,
  index: number,
  failed: (reason: unknown) => void,
): Spawned {
  const source = `${WORKER_SOURCE}
const { memory, index } = require("node:worker_threads").workerData;
main(memory, index);`;
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: { memory, index } });
  let isStopped = false;
  worker.on("error", failed);
  worker.on("exit", (code) => {
    if (!isStopped) failed(`its exit code was ${code}`);
  });
  // The process may end while this waits for work.
  worker.unref();
  return {
    stop() {
      isStopped = true;
      void worker.terminate();
    },
  };
}

function inBrowser(
  memory: WebAssembly.Memory,
  index: number,
  failed: (reason: unknown) => void,
): Spawned {
  const source = `${WORKER_SOURCE}
onmessage = ({ data }) => main(data.memory, data.index);`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onerror = (event) => failed(event.message);
  worker.postMessage({ memory, index });
  return {
    stop() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
