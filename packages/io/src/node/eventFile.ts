import { appendFileSync, mkdirSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { DlError } from "@dl/tensor/core";
import { fileVersion, record } from "../tensorboard/events.ts";

/** So that files that begin within one second have different names. */
let files = 0;

/** An event file that grows. What is added appears in it in the order in which it was added. */
export class EventFile {
  readonly path: string;
  #queue: Promise<void> = Promise.resolve();
  #waiting: (Uint8Array | Promise<Uint8Array>)[] = [];
  #error: unknown;

  constructor(folder: string, suffix: string) {
    const seconds = Date.now() / 1000;
    const time = String(Math.floor(seconds)).padStart(10, "0");
    const name = `events.out.tfevents.${time}.${hostname()}.${process.pid}.${files++}${suffix}`;
    this.path = join(folder, name);
    try {
      mkdirSync(folder, { recursive: true });
      appendFileSync(this.path, record(fileVersion({ walltime: seconds })));
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** Takes an event, or the promise of one whose numbers are still on a device. */
  add(event: Uint8Array | Promise<Uint8Array>): void {
    if (event instanceof Promise) event.catch(() => {});
    // What is added while the file is being written goes with the next write.
    if (this.#waiting.push(event) === 1) this.#queue = this.#queue.then(() => this.#write());
  }

  /** Waits until everything is in the file; throws what went wrong since the last time. */
  async flush(): Promise<void> {
    await this.#queue;
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
  }

  async #write(): Promise<void> {
    const records: Uint8Array[] = [];
    for (const event of this.#waiting.splice(0)) {
      try {
        records.push(record(await event));
      } catch (error) {
        this.#error ??= error;
      }
    }
    try {
      await appendFile(this.path, Buffer.concat(records));
    } catch (cause) {
      this.#error ??= unwritable(this.path, cause);
    }
  }
}
const unwritable = (path: string, cause: unknown): DlError =>
  new DlError("data", `${path} cannot be written: ${(cause as Error).message}`, { cause });
