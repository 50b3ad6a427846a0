/**
 * Commands on their way to the device. Dispatches are recorded one after another into one compute pass, and submitted when
 * somebody reads, when enough have gathered, or when a write from JavaScript would overtake them.
 *
 * The parameters of all dispatches of a batch lie in one uniform buffer, at offsets that are set when a kernel is bound; so
 * bind groups depend on the memory they name alone, and are kept.
 *
 * During a warm-up commands are held, in order, until the kernels that they want have been compiled.
 */
import { DlError } from "@dl/tensor/core";
import { type Kernel, PARAMETER_WORDS } from "./kernel.ts";
import { type Block, GPU_COPY_DST, GPU_MAP_READ, GPU_UNIFORM, sizeClass } from "./memory.ts";
import { isPiece, offsetOf, type PagedMemory } from "./pages.ts";

/** Submitting costs tens of microseconds; waiting too long leaves the device idle. */
const DISPATCHES_PER_BATCH = 128;
const MAX_BIND_GROUPS = 4096;
const MAP_READ_MODE = 1;
/** Kernels that an error names. */
const MOST_NAMES = 12;

/** What a queue has done so far. */
export interface Counts {
  /** Kernels launched. */
  readonly dispatches: number;
  /** Batches of commands handed to the device. */
  readonly submits: number;
}

export class Queue {
  readonly counts = { dispatches: 0, submits: 0 };
  /** Names of the kernels in the batch that was submitted last. */
  last: readonly string[] = [];
  private readonly device: GPUDevice;
  private readonly memory: PagedMemory;
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
  private names: string[] = [];
  private readonly groups = new Map<string, GPUBindGroup>();
  private readonly staging = new Map<number, GPUBuffer[]>();
  /** During a warm-up: what waits for kernels to be compiled, in order; and whether it is being issued. */
  private held: (() => void)[] | null = null;
  private isReplaying = false;
  private warmups = 0;
  private readonly compiling = new Set<Promise<void>>();
  /** What went wrong and has not been told yet; and the device's end, which everyone is told. */
  private failure: DlError | null = null;
  private end: DlError | null = null;
  /** The checks of what has been submitted so far. */
  private checked: Promise<void> = Promise.resolve();
  /** Rejects when the device is lost: every wait races with it. */
  private readonly lost: Promise<never>;

  constructor(device: GPUDevice, memory: PagedMemory, debug: boolean) {
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
  private async report(): Promise<void> {
    await this.orLost(this.checked);
    this.check();
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
  }

  fail(message: string): void {
    this.failure ??= new DlError("device", `webgpu: ${message}`);
  }

  /** Runs what may be invalid; what the device says to it becomes a failure with a name. */
  checking<T>(where: () => string, run: () => T): T {
    this.device.pushErrorScope("validation");
    try {
      return run();
    } finally {
      const check = this.device.popErrorScope().then(
        (error) => {
          if (error) this.fail(`${where()}: ${error.message}`);
        },
        // The device is gone, which others say.
        () => {},
      );
      const before = this.checked;
      this.checked = check.then(() => before);
    }
  }

  dispatch(
    kernel: Kernel,
    blocks: readonly Block[],
    words: readonly number[],
    groups: readonly [number, number, number],
  ): void {
    this.check();
    for (const block of blocks) this.memory.checkBinding(block, kernel.name);
    if (this.held) this.held.push(() => this.record(kernel, blocks, words, groups));
    else this.record(kernel, blocks, words, groups);
  }

  private record(
    kernel: Kernel,
    blocks: readonly Block[],
    words: readonly number[],
    [x, y, z]: readonly [number, number, number],
  ): void {
    const { pipeline } = kernel;
    // Without one it has not been compiled, for which there is a failure already.
    if (!pipeline || this.end) return;
    const group = this.bindGroup(kernel, blocks);
    this.encoder ??= this.device.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    const { pass } = this;
    if (this.bound !== pipeline) {
      pass.setPipeline(pipeline);
      this.bound = pipeline;
    }
    pass.setBindGroup(0, group, [4 * this.used]);
    this.words.set(words, this.used);
    this.used += Math.ceil(Math.max(words.length, 1) / this.alignment) * this.alignment;
    for (const block of blocks) {
      block.batch = this.batch;
      if (isPiece(block) && block.isWindow) block.whole.batch = this.batch;
    }
    pass.dispatchWorkgroups(x, y, z);
    this.counts.dispatches++;
    this.names.push(kernel.name);
    if (this.debug || this.names.length >= DISPATCHES_PER_BATCH) this.flush();
  }

  /** Submits what has been recorded. */
  private flush(): void {
    const { encoder, names } = this;
    if (!encoder) return;
    this.checking(
      () => within(names),
      () => {
        this.endPass();
        const commands = encoder.finish();
        const { queue } = this.device;
        if (this.used > 0) queue.writeBuffer(this.parameters, 0, this.words, 0, this.used);
        queue.submit([commands]);
      },
    );
    this.encoder = null;
    this.used = 0;
    this.counts.submits++;
    this.last = names;
    this.names = [];
    this.batch++;
    // Commands that are held may name what is unused by now.
    if (!this.isReplaying) this.memory.trim();
  }

  /** Bytes from JavaScript, in order with what has been queued. Offset and length are multiples of 4. */
  write(block: Block, byteOffset: number, data: Uint8Array<ArrayBuffer>): void {
    this.check();
    if (this.held) {
      const copy = data.slice();
      this.held.push(() => this.writeNow(block, byteOffset, copy));
    } else this.writeNow(block, byteOffset, data);
  }

  private writeNow(block: Block, byteOffset: number, data: Uint8Array<ArrayBuffer>): void {
    if (this.end) return;
    const isUsed =
      block.batch === this.batch || (isPiece(block) && block.whole.batch === this.batch);
    if (isUsed) this.flush();
    this.device.queue.writeBuffer(block.gpu, offsetOf(block) + byteOffset, data);
  }

  /** A copy of bytes, once what has been queued is done. Offset and length are multiples of 4. */
  read(block: Block, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    return this.afterHeld(() => this.readNow(block, byteOffset, bytes));
  }

  private async readNow(block: Block, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    this.check();
    const size = sizeClass(bytes);
    const staging =
      this.staging.get(size)?.pop() ??
      this.device.createBuffer({ label: "staging", size, usage: GPU_MAP_READ | GPU_COPY_DST });
    this.encoder ??= this.device.createCommandEncoder();
    this.endPass();
    const from = offsetOf(block) + byteOffset;
    this.encoder.copyBufferToBuffer(block.gpu, from, staging, 0, bytes);
    this.flush();
    await this.orLost(staging.mapAsync(MAP_READ_MODE, 0, bytes));
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    const unused = this.staging.get(size) ?? [];
    if (unused.length < 4) this.staging.set(size, [...unused, staging]);
    else staging.destroy();
    await this.report();
    return copy;
  }

  finished(): Promise<void> {
    return this.afterHeld(async () => {
      this.check();
      this.flush();
      await this.orLost(this.device.queue.onSubmittedWorkDone());
      await this.report();
    });
  }

  // ---- warm-ups --------------------------------------------------------------------------------------------------------

  /** Whether kernels are to be compiled beside what happens, with `compile`. */
  get isHolding(): boolean {
    return this.held !== null;
  }

  /** A kernel on its way. What is held waits for it. */
  compile(work: Promise<void>): void {
    this.compiling.add(work);
    work.finally(() => this.compiling.delete(work));
  }

  /** Holds commands until the kernels that they want are compiled. What is read meanwhile is read in order. */
  async warmup<T>(run: () => T | Promise<T>): Promise<T> {
    this.check();
    this.warmups++;
    this.held ??= [];
    try {
      return await run();
    } finally {
      await this.compiled();
      this.issueHeld();
      if (--this.warmups === 0) this.held = null;
    }
  }

  private afterHeld<T>(wait: () => Promise<T>): Promise<T> {
    const { held } = this;
    if (!held) return wait();
    return new Promise<T>((resolve, reject) => {
      held.push(() => wait().then(resolve, reject));
      this.compiled().then(() => this.issueHeld());
    });
  }

  /** Settles when no kernel is on its way any more, or the device is gone. */
  private async compiled(): Promise<void> {
    const { lost } = this;
    while (this.compiling.size > 0 && !this.end)
      await Promise.race([Promise.all(this.compiling), lost.catch(() => {})]);
  }

  private issueHeld(): void {
    this.isReplaying = true;
    for (const issue of this.held?.splice(0) ?? []) issue();
    this.isReplaying = false;
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
        ...blocks.map(bindingOf),
      ];
      const entries = buffers.map((resource, binding) => ({ binding, resource }));
      const { layout, name: label } = kernel;
      group = this.checking(
        () => `in ${label}`,
        () => this.device.createBindGroup({ label, layout: layout.group, entries }),
      );
      this.groups.set(key, group);
    }
    return group;
  }
}

const bindingOf = (block: Block): GPUBufferBinding =>
  isPiece(block)
    ? { buffer: block.gpu, offset: block.offset, size: block.size }
    : { buffer: block.gpu };

/** Which kernel an error is in, as far as is known. */
function within(names: readonly string[]): string {
  if (names.length === 1) return `in ${names[0]}`;
  const distinct = [...new Set(names)];
  const more = distinct.length - MOST_NAMES;
  const list = distinct.slice(0, MOST_NAMES).join("; ") + (more > 0 ? `; and ${more} more` : "");
  return `in one of these kernels (webgpu({ debug: true }) says in which): ${list}`;
}

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

function lostError({ reason, message }: GPUDeviceLostInfo): DlError {
  return new DlError(
    "device",
    `webgpu: the device is gone${reason === "destroyed" ? " (destroyed)" : ""}${message ? `: ${message}` : ""}. ` +
      "What was in its memory is lost. `setBackend(await webgpu())` gets a new one; load the model from a checkpoint.",
  );
}
