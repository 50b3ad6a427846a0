/** What every family of kernels needs: the memory, the threads, and what the processor can do. */
import type { Memory } from "../memory.ts";
import type { Threads } from "../threads/threads.ts";
import type { Machine } from "./gemm/tile.ts";

export interface Engine {
  readonly memory: Memory;
  readonly threads: Threads;
  readonly machine: Machine;
  /** Whether the memory is one that threads share: a module has to say so. */
  readonly shared: boolean;
}
