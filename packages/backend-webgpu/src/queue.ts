/**
 * Commands on their way to the device. Dispatches are recorded one after another into one compute pass, and submitted when
 * somebody reads, when enough have gathered, or when a write from JavaScript would overtake them.
 *
 * The parameters of all dispatches of a batch lie in one uniform buffer, at offsets that are set when a kernel is bound; so
 * bind groups depend on the memory they name alone, and are kept.
 */
import { DlError } from "@dl/tensor/core";
import { type Kernel, PARAMETER_WORDS } from "./kernel.ts";
import {
  type Block,
  GPU_COPY_DST,
  GPU_MAP_READ,
  GPU_UNIFORM,
  type Memory,
  sizeClass,
} from "./memory.ts";

/** Submitting costs tens of microseconds; waiting too long leaves the device idle. */
const DISPATCHES_PER_BATCH = 128;
const MAX_BIND_GROUPS = 4096;
const MAP_READ_MODE = 1;

export class Queue {
  private readonly device: GPUDevice;
  private readonly memory: Memory;
  private readonly debug: boolean;
  private readonly parameters: GPUBuffer;
  private readonly words: Int32Array<ArrayBuffer>;
  /** Words between the blocks of parameters. */
  private readonly alignment: number;
  private used = 0;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private bound: GPUComputePipeline | null = null;
  private batch = 1;
  private dispatches = 0;
  private readonly groups = new Map<string, GPUBindGroup>();
  private readonly staging = new Map<number, GPUBuffer[]>();
  /** What went wrong and has not been told yet; and the device's end, which everyone is told. */
  private failure: DlError | null = null;
  private end: DlError | null = null;
  /** Rejects when the device is lost: every wait races with it. */
  private readonly lost: Promise<never>;

  constructor(device: GPUDevice, memory: Memory, debug: boolean) {
    this.device = device;
    this.memory = memory;
    this.debug = debug;
    this.alignment = Math.max(4, device.limits.minUniformBufferOffsetAlignment / 4);
    const perDispatch = Math.ceil(PARAMETER_WORDS / this.alignment) * this.alignment;
    this.words = new Int32Array(perDispatch * (DISPATCHES_PER_BATCH + 1));
    this.parameters = device.createBuffer({
      label: "parameters",
      size: this.words.byteLength,
      usage: GPU_UNIFORM | GPU_COPY_DST,
    });
    memory.onDestroy = () => this.groups.clear();
    this.lost = device.lost.then((info) => {
      this.end = lostError(info);
      throw this.end;
    });
    this.lost.catch(() => {});
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.fail((event as GPUUncapturedErrorEvent).error.message);
    });
  }

  /** Throws if the device is gone. */
  check(): void {
    if (this.end) throw this.end;
  }

  /** Throws what went wrong on the device since the last time, if something did. */
  private report(): void {
    this.check();
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
  }

  fail(message: string): void {
    this.failure ??= new DlError("device", `webgpu: ${message}`);
  }

  dispatch(
    kernel: Kernel,
    blocks: readonly Block[],
    words: readonly number[],
    [x, y, z]: readonly [number, number, number],
  ): void {
    if (this.end) throw this.end;
    if (this.debug) this.device.pushErrorScope("validation");
    this.encoder ??= this.device.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    const { pass } = this;
    if (this.bound !== kernel.pipeline) {
      pass.setPipeline(kernel.pipeline);
      this.bound = kernel.pipeline;
    }
    pass.setBindGroup(0, this.bindGroup(kernel, blocks), [4 * this.used]);
    this.words.set(words, this.used);
    this.used += Math.ceil(Math.max(words.length, 1) / this.alignment) * this.alignment;
    for (const block of blocks) block.batch = this.batch;
    pass.dispatchWorkgroups(x, y, z);
    if (this.debug) {
      this.flush();
      this.device.popErrorScope().then((error) => {
        if (error) this.fail(`in ${kernel.name}: ${error.message}`);
      });
    }
    if (++this.dispatches >= DISPATCHES_PER_BATCH) this.flush();
  }

  /** Submits what has been recorded. */
  flush(): void {
    if (!this.encoder) return;
    this.endPass();
    const commands = this.encoder.finish();
    const { queue } = this.device;
    if (this.used > 0) queue.writeBuffer(this.parameters, 0, this.words, 0, this.used);
    queue.submit([commands]);
    this.encoder = null;
    this.used = this.dispatches = 0;
    this.batch++;
    this.memory.trim();
  }

  /** Bytes from JavaScript, in order with what has been queued. Offset and length are multiples of 4. */
  write(block: Block, byteOffset: number, data: Uint8Array<ArrayBuffer>): void {
    if (this.end) throw this.end;
    if (block.batch === this.batch) this.flush();
    this.device.queue.writeBuffer(block.gpu, byteOffset, data);
  }

  /** A copy of bytes, once what has been queued is done. Offset and length are multiples of 4. */
  async read(block: Block, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    if (this.end) throw this.end;
    const size = sizeClass(bytes);
    const staging =
      this.staging.get(size)?.pop() ??
      this.device.createBuffer({ label: "staging", size, usage: GPU_MAP_READ | GPU_COPY_DST });
    this.encoder ??= this.device.createCommandEncoder();
    this.endPass();
    this.encoder.copyBufferToBuffer(block.gpu, byteOffset, staging, 0, bytes);
    this.flush();
    await this.orLost(staging.mapAsync(MAP_READ_MODE, 0, bytes));
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    const unused = this.staging.get(size) ?? [];
    if (unused.length < 4) this.staging.set(size, [...unused, staging]);
    else staging.destroy();
    this.report();
    return copy;
  }

  async finished(): Promise<void> {
    if (this.end) throw this.end;
    this.flush();
    await this.orLost(this.device.queue.onSubmittedWorkDone());
    this.report();
  }

  /** A lost device fails what waits for it, with the reason. */
  private async orLost<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.lost]);
    } catch (error) {
      // Mapping is refused a moment before the loss is announced.
      if (!this.end) await Promise.race([this.lost, soon()]);
      throw this.end ?? this.failure ?? error;
    }
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = null;
    this.bound = null;
  }

  private bindGroup(kernel: Kernel, blocks: readonly Block[]): GPUBindGroup {
    let key = kernel.layout.key;
    for (const block of blocks) key += ` ${block.id}`;
    let group = this.groups.get(key);
    if (!group) {
      if (this.groups.size >= MAX_BIND_GROUPS) this.groups.clear();
      const buffers = [
        { buffer: this.parameters, size: 4 * PARAMETER_WORDS },
        ...blocks.map((block) => ({ buffer: block.gpu })),
      ];
      group = this.device.createBindGroup({
        layout: kernel.layout.group,
        entries: buffers.map((resource, binding) => ({ binding, resource })),
      });
      this.groups.set(key, group);
    }
    return group;
  }
}

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

function lostError({ reason, message }: GPUDeviceLostInfo): DlError {
  return new DlError(
    "device",
    `webgpu: the device is gone${reason === "destroyed" ? " (destroyed)" : ""}${message ? `: ${message}` : ""}. ` +
      "What was in its memory is lost. `setBackend(await webgpu())` gets a new one; load the model from a checkpoint.",
  );
}
