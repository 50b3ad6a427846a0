/** To import before jax-js. Node has no `Worker` as browsers have it, without which jax-js computes on one thread: here it gets what it looks for. */
import { resolveObjectURL } from "node:buffer";
import { Worker as NodeWorker } from "node:worker_threads";

const PREAMBLE = `
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  parentPort.on("message", (data) => globalThis.onmessage({ data }));
`;

class BrowserWorker {
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (event: { message: string }) => void;
  readonly #worker: Promise<NodeWorker>;

  constructor(url: string) {
    this.#worker = this.#start(resolveObjectURL(url)!);
  }
  async #start(source: { text(): Promise<string> }): Promise<NodeWorker> {
    const worker = new NodeWorker(PREAMBLE + (await source.text()), { eval: true, execArgv: [] });
    worker.on("message", (data) => this.onmessage?.({ data }));
    worker.on("error", (error: Error) => this.onerror?.({ message: error.message }));
    worker.unref();
    return worker;
  }
  postMessage(message: unknown): void {
    void this.#worker.then((worker) => worker.postMessage(message));
  }
}

const threads = Number(process.argv[2]);
if (threads > 1) {
  Object.assign(globalThis, { Worker: BrowserWorker });
  Object.defineProperty(navigator, "hardwareConcurrency", { value: threads });
}
