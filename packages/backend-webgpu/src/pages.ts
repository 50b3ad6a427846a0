/**
 * Small blocks are pieces of pages. So the many small tensors of a model (parameters, their gradients, an optimizer's
 * moments) lie in few GPU buffers, and one binding of a page reaches all of them: an optimizer's step is one dispatch
 * (`mapEach.ts`).
 *
 * A piece is bound by its offset and size like a buffer of its own. WebGPU forbids that a kernel reads a buffer through a
 * read-only binding and writes it through another, wherever in the buffer; it allows that both bindings are writable as
 * long as they do not overlap. So in a kernel that writes a piece, all pieces are bound as writable (`operands.ts`).
 *
 * Blocks that are larger than a binding may be are bound in parts too (`windows.ts`). They are seldom, and not pooled.
 */
import { type BackendMemory, type Buffer, DlError } from "@dl/tensor/core";
import {
  type Block,
  GPU_COPY_DST,
  GPU_COPY_SRC,
  GPU_STORAGE,
  Memory,
  sizeClass,
} from "./memory.ts";

/** Part of another block. */
export interface Piece extends Block {
  readonly whole: Block;
  /** In bytes, from the beginning of the GPU buffer. */
  readonly offset: number;
  /** A look at memory that is bound otherwise too. */
  readonly isWindow: boolean;
}
export const isPiece = (block: Block): block is Piece => "whole" in block;
export const offsetOf = (block: Block): number => (isPiece(block) ? block.offset : 0);

/** What a piece may have. Larger tensors give a dispatch of their own enough to do. */
export const MOST_OF_A_PIECE = 2 ** 18;
const PAGE = 2 ** 22;
/** Batches of commands for which a page stays as it is although nothing is in it. */
const PATIENCE = 256;

const inMiB = (bytes: number): string => `${Number((bytes / 2 ** 20).toFixed(1))} MiB`;

interface Page {
  readonly block: Block;
  /** Bytes that have been cut into pieces. */
  cut: number;
  inUse: number;
  /** Batches since something was in it. */
  idle: number;
}

export class PagedMemory extends Memory {
  /** Of where a binding begins, in bytes. */
  readonly alignment: number;
  /** Bytes that a kernel can be given at a time of one buffer. */
  bindingLimit: number;
  private readonly gpu: GPUDevice;
  /** Blocks that are larger than a binding may be, and bytes of those that have not been destroyed. */
  private readonly large = new Set<Block>();
  private largeBytes = 0;
  /** Large blocks that recorded commands may still name. */
  private discarded: Block[] = [];
  private readonly pages = new Map<Block, Page>();
  private readonly pieces = new Map<number, Piece[]>();
  /** The page that pieces are cut from. */
  private open: Page | null = null;
  /** Below 0, where no block of its own is. */
  private nextPiece = -1;

  constructor(device: GPUDevice) {
    super(device);
    this.gpu = device;
    this.bindingLimit = device.limits.maxStorageBufferBindingSize;
    this.alignment = device.limits.minStorageBufferOffsetAlignment;
  }

  override take(bytes: number): Block {
    if (bytes > this.bindingLimit) return this.takeLarge(bytes);
    if (bytes > MOST_OF_A_PIECE) return super.take(bytes);
    const size = Math.ceil(sizeClass(bytes) / this.alignment) * this.alignment;
    const piece = this.pieces.get(size)?.pop() ?? this.cut(size);
    this.pages.get(piece.whole)!.inUse++;
    return piece;
  }

  override release(block: Block): void {
    if (!isPiece(block)) {
      if (this.large.delete(block)) this.discarded.push(block);
      else super.release(block);
      return;
    }
    this.pages.get(block.whole)!.inUse--;
    const unused = this.pieces.get(block.size);
    if (unused) unused.push(block);
    else this.pieces.set(block.size, [block]);
  }

  override trim(): void {
    for (const page of this.pages.values()) {
      page.idle = page.inUse > 0 ? 0 : page.idle + 1;
      if (page.idle > PATIENCE) this.dissolve(page);
    }
    for (const block of this.discarded) {
      block.gpu.destroy();
      this.largeBytes -= block.size;
    }
    if (this.discarded.length > 0) this.onDestroy();
    this.discarded = [];
    super.trim();
  }

  override stats(): BackendMemory {
    const stats = super.stats();
    return { ...stats, reserved: stats.reserved + this.largeBytes };
  }

  /** Whether one of these does not fit into a binding. */
  isTooLarge(...views: readonly { readonly buffer: Buffer }[]): boolean {
    return views.some(({ buffer }) => buffer.bytes > this.bindingLimit);
  }

  /** Part of a block, as a buffer that nobody frees. */
  window(whole: Block, offset: number, size: number): Buffer {
    const { gpu } = whole;
    const id = this.nextPiece--;
    const block: Piece = { id, gpu, size, batch: 0, whole, offset, isWindow: true };
    return { bytes: size, block } as Buffer;
  }

  private takeLarge(bytes: number): Block {
    const { maxBufferSize } = this.gpu.limits;
    const size = Math.ceil(bytes / this.alignment) * this.alignment;
    if (size > maxBufferSize)
      throw new DlError(
        "memory",
        `webgpu: a tensor of ${inMiB(bytes)} does not fit: this adapter's buffers have ${inMiB(maxBufferSize)} at most ` +
          "(maxBufferSize). Use smaller batches, or compute in parts.",
      );
    this.largeBytes += size;
    const usage = GPU_STORAGE | GPU_COPY_SRC | GPU_COPY_DST;
    const gpu = this.gpu.createBuffer({ size, usage });
    const block: Block = { id: this.nextPiece--, gpu, size, batch: 0 };
    this.large.add(block);
    return block;
  }

  /** Throws if a kernel cannot be given this block in one piece. */
  checkBinding({ size }: Block, kernel: string): void {
    if (size <= this.bindingLimit) return;
    throw new DlError(
      "memory",
      `webgpu: ${kernel} cannot be given a tensor of ${inMiB(size)} at a time: this adapter allows ${inMiB(this.bindingLimit)} ` +
        "(maxStorageBufferBindingSize), and there is no axis along which to divide the work. Take parts of the tensor, " +
        "as copies: x.narrow(dim, start, length).clone().",
    );
  }

  private cut(size: number): Piece {
    let { open } = this;
    if (!open || open.cut + size > PAGE) {
      open = { block: super.take(PAGE), cut: 0, inUse: 0, idle: 0 };
      this.pages.set(open.block, open);
      this.open = open;
    }
    const { block } = open;
    const offset = open.cut;
    open.cut += size;
    return {
      id: this.nextPiece--,
      gpu: block.gpu,
      size,
      batch: 0,
      whole: block,
      offset,
      isWindow: false,
    };
  }

  private dissolve(page: Page): void {
    for (const [size, unused] of this.pieces)
      this.pieces.set(
        size,
        unused.filter((piece) => piece.whole !== page.block),
      );
    this.pages.delete(page.block);
    if (this.open === page) this.open = null;
    super.release(page.block);
  }
}
