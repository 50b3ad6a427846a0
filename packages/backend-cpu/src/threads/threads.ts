/**
 * Kernels on several threads: the caller's, and workers over the same memory.
 *
 * A job is one kernel and a number of parts, each with a block of parameters. Whoever is free takes the next part, the
 * calling thread included, so a job never waits for a worker that sleeps or has not started. Which thread computes a part
 * does not change the part: what is computed, to the last bit, depends on how a job is divided, and that must never
 * depend on the number of threads (`partsOf` depends on the work alone).
 *
 * The caller waits for the last part by spinning: a job takes microseconds, waking a thread up to a millisecond.
 */
import { DlError } from "@dl/tensor/core";
import type { Memory } from "../memory.ts";
import { CONTROL_START, MOST_THREADS, RESTING, WORD } from "./control.ts";
import { type Spawned, spawn } from "./spawn.ts";

/** A compiled function run(parameters, scratch): addresses of its parameters and of the thread's own scratch memory. */
export interface Kernel {
  readonly id: number;
  readonly run: (parameters: number, scratch: number) => void;
}

/** Scratch memory of each thread. */
export const SCRATCH_BYTES = 3 * 2 ** 20;
const PARAMETER_BYTES = 2 ** 16;

/** A worker that does not finish its part within this many milliseconds is taken for dead. */
const PATIENCE = 30_000;

const CONTROL = CONTROL_START >> 2;

export class Threads {
  /** The calling thread included. */
  readonly wanted: number;
  private readonly memory: Memory;
  private readonly control: Int32Array;
  private readonly pause: () => void;
  private readonly canSleep: boolean;
  private workers: Spawned[] | null = null;
  private kernels = 0;
  private lastModule = CONTROL + WORD.modules;
  private ownScratch = 0;
  private parameterBlocks = 0;
  private failure: DlError | null = null;

  constructor(memory: Memory, wanted: number) {
    this.memory = memory;
    this.wanted = Math.min(wanted, MOST_THREADS);
    this.control = memory.int32;
    const { pause } = Atomics as { pause?: () => void };
    this.pause = pause ? () => pause() : () => {};
    // A page's main thread must not.
    this.canSleep = typeof document === "undefined";
    this.control[CONTROL + WORD.next] = RESTING;
  }

  /** Scratch memory of the calling thread. */
  get scratch(): number {
    if (this.ownScratch === 0) this.ownScratch = this.memory.reserve(SCRATCH_BYTES);
    return this.ownScratch;
  }

  /** The exported function `run` of a module over the memory. */
  compile(bytes: Uint8Array<ArrayBuffer>): Kernel {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory.wasm },
    });
    if (this.wanted > 1) this.publish(bytes);
    return { id: this.kernels++, run: exports.run as Kernel["run"] };
  }

  /** Where the parameters of a job's parts go, `stride` bytes each; at most `mostParts(stride)` parts. */
  get parameters(): number {
    if (this.parameterBlocks === 0) this.parameterBlocks = this.memory.reserve(PARAMETER_BYTES);
    return this.parameterBlocks;
  }
  static mostParts(stride: number): number {
    return Math.floor(PARAMETER_BYTES / stride);
  }

  /** All parts of a job, whose parameters stand at `parameters`, `stride` bytes each. */
  run(kernel: Kernel, parts: number, stride: number): void {
    const { parameters, scratch } = this;
    if (parts > 1 && this.wanted > 1 && this.start()) {
      this.share(kernel, parts, parameters, stride, scratch);
      return;
    }
    for (let part = 0; part < parts; part++) kernel.run(parameters + part * stride, scratch);
  }

  /** Ends the workers; a later job starts new ones. */
  stop(): void {
    for (const worker of this.workers ?? []) worker.stop();
    this.workers = null;
  }

  private share(
    kernel: Kernel,
    parts: number,
    parameters: number,
    stride: number,
    scratch: number,
  ): void {
    const { control } = this;
    control[CONTROL + WORD.kernel] = kernel.id;
    control[CONTROL + WORD.parameters] = parameters;
    control[CONTROL + WORD.stride] = stride;
    control[CONTROL + WORD.parts] = parts;
    Atomics.store(control, CONTROL + WORD.done, 0);
    Atomics.store(control, CONTROL + WORD.next, 0);
    Atomics.add(control, CONTROL + WORD.generation, 1);
    if (Atomics.load(control, CONTROL + WORD.sleeping) > 0)
      Atomics.notify(control, CONTROL + WORD.generation);
    let problem: unknown;
    for (;;) {
      const part = Atomics.add(control, CONTROL + WORD.next, 1);
      if (part >= parts) break;
      try {
        kernel.run(parameters + part * stride, scratch);
      } catch (error) {
        problem = error;
      }
      Atomics.add(control, CONTROL + WORD.done, 1);
    }
    // Whatever happened: nobody may still be at work when the next job is written.
    this.waitFor(parts);
    Atomics.store(control, CONTROL + WORD.next, RESTING);
    if (problem) throw problem;
    const failed = Atomics.exchange(control, CONTROL + WORD.failed, 0);
    if (failed) throw crashed(`a kernel failed on worker ${failed}`);
  }

  private waitFor(parts: number): void {
    const { control } = this;
    const at = CONTROL + WORD.done;
    let since = 0;
    for (let turns = 0; ; turns++) {
      const done = Atomics.load(control, at);
      if (done === parts) return;
      if (turns < 20000) this.pause();
      else {
        // On a machine with more threads than cores the worker may be waiting for this very core.
        if (this.canSleep) Atomics.wait(control, at, done, 1);
        since ||= Date.now();
        if (Date.now() - since > PATIENCE) {
          this.stop();
          throw crashed("a worker did not finish its part");
        }
      }
    }
  }

  /** Starts the workers with the first job that is worth it. Answers whether any is there. */
  private start(): boolean {
    if (this.failure) {
      const { failure } = this;
      this.failure = null;
      throw failure;
    }
    if (!this.workers) {
      this.workers = [];
      for (let i = 0; i < this.wanted - 1; i++) {
        const scratch = this.memory.reserve(SCRATCH_BYTES);
        this.control[CONTROL + WORD.scratch + i] = scratch;
        const worker = spawn(this.memory.wasm, i, (reason) => this.lost(reason));
        if (worker) this.workers.push(worker);
      }
    }
    return this.workers.length > 0 && Atomics.load(this.control, CONTROL + WORD.ready) > 0;
  }

  /** A worker ended by itself between jobs. The next job says so; those after it do without workers. */
  private lost(reason: unknown): void {
    this.stop();
    this.workers = [];
    this.failure = crashed(reason instanceof Error ? reason.message : String(reason), reason);
  }

  /** Appends a module to the list from which workers compile. */
  private publish(bytes: Uint8Array): void {
    const address = this.memory.reserve(8 + bytes.length);
    this.memory.bytes(address + 8, bytes.length).set(bytes);
    const { int32 } = this.memory;
    int32[address >> 2] = 0;
    int32[(address >> 2) + 1] = bytes.length;
    int32[this.lastModule] = address;
    this.lastModule = address >> 2;
  }
}

const crashed = (reason: string, cause?: unknown): DlError =>
  new DlError(
    "worker",
    `a worker thread of the CPU backend stopped: ${reason}. What was being computed is incomplete. Run with cpu({ threads: 1 }) to do without workers`,
    { cause },
  );
