/**
 * The memory of the WebGPU backend: a GPUBuffer for each buffer, taken from a pool of size classes.
 *
 * What is freed may be handed out again at once: commands run in the order in which they are queued, so that whoever
 * writes there next does so after everyone who still reads. Writes from JavaScript alone go around the commands that are
 * recorded but not submitted yet; `queue.ts` looks at `batch` to see whether that matters.
 *
 * A tensor that is merely dropped gives its memory back when the JavaScript object is collected. The collector does not
 * see how much hangs on such a small object, and would come late: it is told, by an ArrayBuffer that nobody uses.
 */
import { type BackendMemory, type Buffer, DlError } from "@dl/tensor/core";

/** Memory of the device, in use or in the pool. */
export interface Block {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly size: number;
  /** The last batch of commands that uses it. */
  batch: number;
}

/** What the backend hands out. Collecting it gives its block back. */
class DeviceBuffer implements Buffer {
  readonly bytes: number;
  block: Block | null;

  constructor(bytes: number, block: Block) {
    this.bytes = bytes;
    this.block = block;
  }
}

const MIB = 2 ** 20;
/** Unused memory that is kept in any case, beside what was in use lately. */
const SPARE = 64 * MIB;
/** What was in use is forgotten by this share with every batch of commands: by half in about 140. */
const FORGETTING = 0.995;
/** As much as may be in use before the collector is told of it. */
const CALM = 256 * MIB;
/** V8 thinks about a collection when the memory outside of its heap has grown by half of this, and starts one at this. */
const PRESSURE = 128 * MIB;

export class Memory {
  private readonly device: GPUDevice;
  private readonly limit: number;
  private readonly pool = new Map<number, Block[]>();
  private readonly registry: FinalizationRegistry<{ block: Block; bytes: number }>;
  private live = 0;
  private peak = 0;
  /** The most that was in use lately: a training step needs it again with the next batch. */
  private recent = 0;
  private buffers = 0;
  private reserved = 0;
  private pooled = 0;
  private nextId = 0;
  /** The collector is told when more than this is in use. */
  private alarm = CALM;
  /** When it was told last: what was in use then, and what has been collected since. */
  private told = { live: 0, collected: 0 };
  /** Told when blocks are given back to the system: bind groups that name them are of no more use. */
  onDestroy: () => void = () => {};

  constructor(device: GPUDevice) {
    this.device = device;
    this.limit = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    this.registry = new FinalizationRegistry(({ block, bytes }) => {
      this.giveBack(block, bytes);
      this.told.collected += bytes;
      // Much was garbage: it was worth while, and will be again.
      if (this.told.collected > this.told.live / 4) this.alarm = alarmAt(this.live);
    });
  }

  alloc(bytes: number): Buffer {
    const block = this.take(bytes);
    const buffer = new DeviceBuffer(bytes, block);
    this.live += bytes;
    this.peak = Math.max(this.peak, this.live);
    this.recent = Math.max(this.recent, this.live);
    this.buffers++;
    if (this.live > this.alarm) this.tellCollector();
    this.registry.register(buffer, { block, bytes }, buffer);
    return buffer;
  }

  free(buffer: Buffer): void {
    const { block, bytes } = buffer as DeviceBuffer;
    if (!block) return;
    (buffer as DeviceBuffer).block = null;
    this.registry.unregister(buffer);
    this.giveBack(block, bytes);
  }

  blockOf(buffer: Buffer): Block {
    const { block } = buffer as DeviceBuffer;
    if (!block) throw new Error("internal: use of a buffer that has been freed");
    return block;
  }

  /** Memory that is nobody's buffer: to be released by whoever took it. */
  take(bytes: number): Block {
    const size = sizeClass(bytes);
    const block = this.pool.get(size)?.pop();
    if (block) {
      this.pooled -= size;
      return block;
    }
    if (size > this.limit) throw tooLarge(bytes, this.limit);
    const usage = GPU_STORAGE | GPU_COPY_SRC | GPU_COPY_DST;
    this.reserved += size;
    return { id: this.nextId++, gpu: this.device.createBuffer({ size, usage }), size, batch: 0 };
  }

  release(block: Block): void {
    const unused = this.pool.get(block.size);
    if (unused) unused.push(block);
    else this.pool.set(block.size, [block]);
    this.pooled += block.size;
  }

  /** Gives what is pooled beyond need back to the system. Nothing recorded may use it any more. */
  trim(): void {
    this.recent = Math.max(this.live, this.recent * FORGETTING);
    // Blocks are larger than what is in them, and of the wrong sizes at times.
    const wanted = 1.5 * this.recent + SPARE;
    if (this.reserved <= wanted || this.pooled === 0) return;
    for (const size of [...this.pool.keys()].sort((a, b) => b - a)) {
      const unused = this.pool.get(size)!;
      while (this.reserved > wanted && unused.length > 0) {
        unused.shift()!.gpu.destroy();
        this.pooled -= size;
        this.reserved -= size;
      }
    }
    this.onDestroy();
  }

  stats(): BackendMemory {
    const { live, peak, buffers, reserved } = this;
    return { live, peak, buffers, reserved };
  }

  /** It comes when the program lets it: finalizers run when the event loop turns. */
  private tellCollector(): void {
    this.told = { live: this.live, collected: 0 };
    this.alarm = alarmAt(this.live);
    try {
      void new ArrayBuffer(PRESSURE);
    } catch {
      // Too little memory for that: then the collector is busy anyway.
    }
  }

  private giveBack(block: Block, bytes: number): void {
    this.live -= bytes;
    this.buffers--;
    this.release(block);
  }
}

const alarmAt = (live: number): number => Math.max(CALM, 1.25 * live);

// The constants of GPUBufferUsage, which Node has no global for.
export const GPU_MAP_READ = 1;
export const GPU_COPY_SRC = 4;
export const GPU_COPY_DST = 8;
export const GPU_UNIFORM = 64;
export const GPU_STORAGE = 128;

/** 256 bytes at least; then four sizes from one power of two to the next. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

function tooLarge(bytes: number, limit: number): DlError {
  return new DlError(
    "memory",
    `webgpu: a tensor of ${(bytes / MIB).toFixed(1)} MiB does not fit: this adapter's buffers have ${limit / MIB} MiB at most. ` +
      "Use smaller batches, or compute in parts.",
  );
}
