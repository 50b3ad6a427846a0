/**
 * What a backend has to offer. Everything else (every op, every gradient, every optimizer step) is made from these
 * eight kernels; a backend may add faster kernels of its own for composite ops, by name, in `overrides`.
 *
 * Kernels enqueue and return nothing; results are allocated by the caller. Work on one backend happens, as far as
 * anyone can see, in the order of the calls.
 */
import type { DType } from "./dtype.ts";
import type { Program } from "./program.ts";

/** Memory of one backend. Opaque: only the backend looks inside. */
export interface Buffer {
  readonly bytes: number;
}

/** An operand as a kernel sees it. Strides and offset count elements. */
export interface View {
  readonly buffer: Buffer;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Zero where an operand is broadcast, negative where it is flipped. */
  readonly strides: readonly number[];
  readonly offset: number;
  /** Elements in row-major order without gaps. */
  readonly contiguous: boolean;
  /** Number of elements: the product of the shape. */
  readonly numel: number;
}

export type ReduceOp = "sum" | "prod" | "max" | "min";
export type ScanOp = "sum" | "prod" | "max" | "min";
export type ScatterMode = "set" | "add";

/** Where a counter-based stream of random numbers stands. */
export interface RandomKey {
  /** Two 32-bit words. */
  readonly seed: readonly [number, number];
  /** Which draw of this seed it is: two 32-bit words, low first. */
  readonly counter: readonly [number, number];
}

/** A backend's own kernel for a composite op: same inputs, attributes and results, in views. */
export type CompositeKernel = (
  inputs: readonly View[],
  outputs: readonly View[],
  attrs: never,
) => boolean | void;

export interface BackendMemory {
  /** Bytes in live buffers on the device (not those moved out to make room), and the most there have been. */
  readonly live: number;
  readonly peak: number;
  /** Live buffers. */
  readonly buffers: number;
  /** Bytes taken from the system, in use or pooled. */
  readonly reserved: number;
}

/** What `map` is given beside the program. */
export interface MapCall {
  readonly inputs: readonly View[];
  readonly outputs: readonly View[];
  readonly scalars: readonly number[];
}

export interface Backend {
  /** For messages: "cpu", "webgpu". */
  readonly name: string;
  /** Dtypes that it can hold and compute with. */
  readonly dtypes: ReadonlySet<DType>;

  /**
   * Contents are arbitrary. A buffer is freed once, when its last owner is known to be gone; one that is merely dropped
   * must be reclaimed when the collector finds it (memory from outside the JavaScript heap needs a FinalizationRegistry).
   */
  alloc(bytes: number): Buffer;
  /** Takes effect after the work already queued. */
  free(buffer: Buffer): void;
  write(buffer: Buffer, data: ArrayBufferView, byteOffset?: number): void;
  /** A copy of the contents, once the work already queued is done. */
  read(buffer: Buffer, byteOffset?: number, bytes?: number): Promise<ArrayBuffer>;
  /** Absent where a device cannot wait. */
  readSync?(buffer: Buffer, byteOffset?: number, bytes?: number): ArrayBuffer;
  /** Settles when the work already queued is done; rejects when some of it failed. */
  finished(): Promise<void>;
  memory(): BackendMemory;

  /**
   * outputs[i] = program.exprs[i](inputs, scalars), at every position. All views have one shape (broadcast operands have
   * zero strides). An output may be the very same view as an input (in-place); otherwise they do not overlap.
   * Computes in `computeType(inputs, outputs)`.
   */
  map(
    program: Program,
    inputs: readonly View[],
    outputs: readonly View[],
    scalars: readonly number[],
  ): void;
  /** Several maps of one program, none of which reads what another writes: an optimizer's step. Absent: one after another. */
  mapEach?(program: Program, calls: readonly MapCall[]): void;
  /**
   * output = op over `axes` of program.exprs[0](inputs, scalars). Inputs have one shape, with any strides; the output has
   * size 1 along `axes`. Over nothing the result is the identity of the op (0, 1, −∞, ∞; for integers the extreme values).
   * NaN wins max and min. With a bool output, max is "any" and min is "all". At least one input and one axis.
   */
  reduce(
    op: ReduceOp,
    program: Program,
    inputs: readonly View[],
    output: View,
    axes: readonly number[],
    scalars: readonly number[],
  ): void;
  /** output[..., m, n] = Σ_k a[..., m, k] · b[..., k, n]; equal batch dimensions (zero strides allowed), one dtype, any strides. K may be 0. */
  matmul(a: View, b: View, output: View): void;
  /**
   * output[p] = input[p with p[axis] replaced by index[p]]; index (int32) and output have one shape, which is the
   * input's but for `axis`. One dtype for input and output. A CPU throws RangeError for an index
   * outside 0 … n−1, naming it; other devices may not look.
   */
  gather(input: View, index: View, output: View, axis: number): void;
  /** target[p with p[axis] replaced by index[p]] = (or +=) updates[p]; several updates of one element are applied in order of p. */
  scatter(target: View, index: View, updates: View, axis: number, mode: ScatterMode): void;
  /** Along `axis`, stable, NaN greatest, as PyTorch; `indices` is int32. */
  sort(input: View, values: View, indices: View, axis: number, descending: boolean): void;
  /** output[i] = op of input[0 … i] along `axis`; output may have another dtype than the input. */
  scan(op: ScanOp, input: View, output: View, axis: number): void;
  /**
   * Uniform float32 numbers on [0, 1) by Threefry-2x32-20 (Salmon et al., 2011): element i, in row-major order, is the top
   * 24 bits of word (i mod 2) of threefry(key = seed, counter = counter + (i div 2) as a 64-bit number) · 2⁻²⁴.
   * The output is contiguous.
   */
  random(output: View, key: RandomKey): void;

  /** Kernels for composite ops, by the op's name. Never needed, only faster. One that returns false declines. */
  readonly overrides: ReadonlyMap<string, CompositeKernel>;
}
