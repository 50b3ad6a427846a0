/**
 * The memory of the CPU backend: one WebAssembly.Memory, from which buffers get their blocks.
 *
 * Purpose: a program that never frees anything must not run out of memory, and one that computes synchronously gives
 * the collector no chance to run finalizers. Hence two ways back for a block whose buffer was merely dropped:
 *
 * 1. A FinalizationRegistry watches each `CpuBuffer` and gives its block back. What the registry and the list of blocks
 *    hold (`Block`, `Box`) never leads to the buffer, or it would never be collected.
 * 2. Over budget, the blocks that were unused longest move out to plain ArrayBuffers, each held by its buffer's box and
 *    by nothing else: V8 collects those without any finalizer. Blocks still in use come back when a kernel asks.
 *
 * So an address is valid only until the next `alloc` or `address`, except that the blocks asked for most recently stay:
 * a kernel call first asks for the addresses of all its operands, and then uses them.
 */
import {
  type BackendMemory,
  type Buffer,
  bytesPerElement,
  DlError,
  type DType,
  type TypedArray,
  typedArrayFor,
} from "@dl/tensor/core";
import { Heap } from "./heap.ts";
import { hasSharedMemory } from "./simd/features.ts";

const PAGE = 65536;
const MIB = 2 ** 20;
const MAX_PAGES = 65536;

/** The first page holds kernel parameters and, from here on, constants; blocks come after it. */
export const CONSTANTS_START = 16384;
export const CONSTANTS_END = PAGE;

/** So many of the most recently used blocks stay where they are: more than one kernel has operands. */
const RECENT = 64;

/** What the backend hands out. Collecting it gives its memory back. */
class CpuBuffer implements Buffer {
  readonly bytes: number;
  readonly box: Box;

  constructor(bytes: number, box: Box) {
    this.bytes = bytes;
    this.box = box;
  }
}

/** Where a buffer's bytes are: in a block, or moved out to `host`, or nowhere, when it has been freed. */
interface Box {
  readonly bytes: number;
  block: Block | null;
  host: Uint8Array<ArrayBuffer> | null;
}

/** A block in use, in a ring from the longest unused to the newest. */
interface Block {
  readonly address: number;
  readonly bytes: number;
  box: Box | null;
  lastUse: number;
  older: Block;
  newer: Block;
}

/** How often what happened; for tests, and for those who tune the budget. */
export interface MemoryCounts {
  /** Buffers that were dropped, and reclaimed by their finalizer. */
  finalized: number;
  /** Blocks moved out, blocks that came back. */
  spilled: number;
  restored: number;
}

export class Memory {
  readonly wasm: WebAssembly.Memory;
  readonly counts: MemoryCounts = { finalized: 0, spilled: 0, restored: 0 };
  private readonly budget: number;
  private readonly heap: Heap;
  private readonly ring: Block;
  private clock = 0;
  private live = 0;
  private peak = 0;
  private buffers = 0;
  private readonly registry = new FinalizationRegistry<Block>((block) => {
    if (!block.box) return;
    this.counts.finalized++;
    this.vacate(block);
  });

  private whole: ArrayBufferLike | null = null;
  private i32 = new Int32Array();
  private f32 = new Float32Array();
  private readonly typed = new Map<DType, TypedArray>();

  constructor(budget: number) {
    this.budget = budget;
    this.wasm = createMemory();
    const ring = { address: 0, bytes: 0, box: null, lastUse: 0 } as unknown as Block;
    ring.older = ring.newer = ring;
    this.ring = ring;
    this.heap = new Heap(PAGE, this.wasm.buffer.byteLength, (end) => this.grow(end));
  }

  // ---- views of the bytes. Growing detaches them: read addresses first, then ask for the array.

  get int32(): Int32Array {
    if (this.whole !== this.wasm.buffer) this.renew();
    return this.i32;
  }

  get float32(): Float32Array {
    if (this.whole !== this.wasm.buffer) this.renew();
    return this.f32;
  }

  /** All bytes, as elements of a dtype. */
  array(dtype: DType): TypedArray {
    if (this.whole !== this.wasm.buffer) this.renew();
    let array = this.typed.get(dtype);
    if (!array) {
      const length = Math.floor(this.whole!.byteLength / bytesPerElement(dtype));
      array = new (typedArrayFor(dtype))(this.whole!, 0, length);
      this.typed.set(dtype, array);
    }
    return array;
  }

  private renew(): void {
    this.whole = this.wasm.buffer;
    this.i32 = new Int32Array(this.whole);
    this.f32 = new Float32Array(this.whole);
    this.typed.clear();
  }

  // ---- buffers

  alloc(bytes: number): Buffer {
    const box: Box = { bytes, block: null, host: null };
    const buffer = new CpuBuffer(bytes, box);
    this.place(buffer);
    return buffer;
  }

  free(buffer: Buffer): void {
    const { box } = buffer as CpuBuffer;
    box.host = null;
    if (box.block) this.leave(box.block);
  }

  /** Where a buffer's first byte is, moved back in if need be. It is now the most recently used. */
  address(buffer: Buffer): number {
    const { box } = buffer as CpuBuffer;
    const block = box.block ?? this.restore(buffer as CpuBuffer);
    block.lastUse = ++this.clock;
    if (block.newer !== this.ring) {
      unlink(block);
      this.append(block);
    }
    return block.address;
  }

  write(buffer: Buffer, data: ArrayBufferView, byteOffset: number): void {
    if (byteOffset < 0 || byteOffset + data.byteLength > buffer.bytes) {
      const end = byteOffset + data.byteLength;
      throw new RangeError(
        `cannot write bytes ${byteOffset} to ${end} of a buffer of ${buffer.bytes} bytes`,
      );
    }
    const address = this.address(buffer) + byteOffset;
    this.bytes(address, data.byteLength).set(
      new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
    );
  }

  /** A copy; what has been moved out stays out. */
  read(buffer: Buffer, byteOffset: number, bytes: number): ArrayBuffer {
    if (byteOffset < 0 || bytes < 0 || byteOffset + bytes > buffer.bytes) {
      const end = byteOffset + bytes;
      throw new RangeError(
        `cannot read bytes ${byteOffset} to ${end} of a buffer of ${buffer.bytes} bytes`,
      );
    }
    const { host } = (buffer as CpuBuffer).box;
    if (host) return host.buffer.slice(byteOffset, byteOffset + bytes);
    const copy = new Uint8Array(bytes);
    copy.set(this.bytes(this.address(buffer) + byteOffset, bytes));
    return copy.buffer;
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.wasm.buffer, address, length);
  }

  /** Memory for the inside of one kernel call. */
  withScratch<T>(bytes: number, use: (address: number) => T): T {
    const address = this.reserve(bytes);
    try {
      return use(address);
    } finally {
      this.heap.release(address, bytes);
    }
  }

  /** Memory that is no buffer's, and is never given back. */
  reserve(bytes: number): number {
    try {
      return this.heap.allocate(bytes);
    } catch (error) {
      // Room made by moving out what is not in use, whatever the budget.
      this.spill(0);
      this.heap.join();
      try {
        return this.heap.allocate(bytes);
      } catch {
        throw outOfMemory(bytes, this.live, error);
      }
    }
  }

  stats(): BackendMemory {
    const { live, peak, buffers } = this;
    return { live, peak, buffers, reserved: this.wasm.buffer.byteLength };
  }

  // ---- blocks

  private place(buffer: CpuBuffer): Block {
    const { box } = buffer;
    if (this.heap.occupied + box.bytes > this.budget) this.spill(this.budget * 0.75 - box.bytes);
    const address = this.reserve(box.bytes);
    const { ring } = this;
    const lastUse = ++this.clock;
    const block: Block = { address, bytes: box.bytes, box, lastUse, older: ring, newer: ring };
    box.block = block;
    this.append(block);
    this.registry.register(buffer, block, box);
    this.buffers++;
    this.live += box.bytes;
    if (this.live > this.peak) this.peak = this.live;
    return block;
  }

  /** Stops watching a block, and gives it back. */
  private leave(block: Block): void {
    this.registry.unregister(block.box!);
    this.vacate(block);
  }

  private vacate(block: Block): void {
    unlink(block);
    this.heap.release(block.address, block.bytes);
    this.buffers--;
    this.live -= block.bytes;
    block.box!.block = null;
    block.box = null; // the registry may hold the block a little longer
  }

  private restore(buffer: CpuBuffer): Block {
    const { box } = buffer;
    if (!box.host) throw new Error("internal: use of a buffer that has been freed");
    const block = this.place(buffer);
    this.bytes(block.address, box.bytes).set(box.host);
    box.host = null;
    this.counts.restored++;
    return block;
  }

  /** Moves the longest unused blocks out, until no more than `target` bytes are occupied. */
  private spill(target: number): void {
    let block = this.ring.newer;
    while (
      block !== this.ring &&
      this.heap.occupied > target &&
      block.lastUse <= this.clock - RECENT
    ) {
      const { newer } = block;
      const box = block.box!;
      box.host = new Uint8Array(this.bytes(block.address, block.bytes));
      this.leave(block);
      this.counts.spilled++;
      block = newer;
    }
  }

  private append(block: Block): void {
    const { ring } = this;
    block.older = ring.older;
    block.newer = ring;
    ring.older.newer = block;
    ring.older = block;
  }

  /** By a quarter and at least 16 MiB, so that growing stays rare; by what is needed where that is too much. */
  private grow(end: number): number {
    const now = this.wasm.buffer.byteLength;
    const needed = Math.ceil((end - now) / PAGE);
    const generous = Math.max(needed, Math.ceil(Math.max(16 * MIB, now / 4) / PAGE));
    try {
      this.wasm.grow(Math.min(generous, MAX_PAGES - now / PAGE));
      if (this.wasm.buffer.byteLength >= end) return this.wasm.buffer.byteLength;
    } catch {
      // then only what is needed
    }
    this.wasm.grow(Math.ceil((end - this.wasm.buffer.byteLength) / PAGE));
    return this.wasm.buffer.byteLength;
  }
}

function unlink(block: Block): void {
  block.older.newer = block.newer;
  block.newer.older = block.older;
}

/** Shared memory reserves its maximum as addresses, which small devices refuse: then a smaller maximum. */
function createMemory(): WebAssembly.Memory {
  const shared = hasSharedMemory();
  for (let maximum = MAX_PAGES; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: 256, maximum, shared });
    } catch (error) {
      if (maximum <= 4096) throw error;
    }
  }
}

const inMiB = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;

function outOfMemory(bytes: number, live: number, cause: unknown): DlError {
  return new DlError(
    "memory",
    `out of memory: ${inMiB(bytes)} more do not fit beside the ${inMiB(live)} in use (WebAssembly addresses ` +
      "4096 MiB at most). Use smaller batches, compute without gradients where none are needed (noGrad), " +
      "or let go of tensors that are kept alive by an array or a variable.",
    { cause },
  );
}
