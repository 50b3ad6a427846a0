/**
 * Tensor: a handle on a view. The methods are a table of contents; each op is in `ops/`, under its name.
 */
import type { Backend } from "./backend.ts";
import type { Operand } from "./define.ts";
import type { Op } from "./dispatch.ts";
import {
  bytesPerElement,
  type DType,
  isFloating,
  type TypedArray,
  typedArrayFor,
} from "./dtype.ts";
import { DlError, formatShape } from "./errors.ts";
import type { TensorMethods } from "./methods.ts";
import * as activation from "./ops/activation.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import * as binary from "./ops/binary.ts";
import * as casts from "./ops/cast.ts";
import { filledView } from "./ops/fill.ts";
import * as indexing from "./ops/indexing.ts";
import * as inplace from "./ops/inplace.ts";
import * as masks from "./ops/masked.ts";
import * as products from "./ops/matmul.ts";
import type { DimFirst, DimsFirst, SumOptions } from "./ops/reduce.ts";
import * as reductions from "./ops/reduce.ts";
import * as choices from "./ops/select.ts";
import * as soft from "./ops/softmax.ts";
import * as unary from "./ops/unary.ts";
import * as views from "./ops/views.ts";
import { formatTensor } from "./print.ts";
import { adopt, keep, scope } from "./scope.ts";
import { contiguousStrides, type Shape, shapeArgument, wrapDim } from "./shape.ts";
import { type Autograd, type BackwardOptions, state, type TensorHook } from "./state.ts";
import { Storage } from "./storage.ts";
import { breathe } from "./turn.ts";
import { View } from "./view.ts";

/** Found on every tensor; unlike `instanceof`, it holds across copies of the package. */
const BRAND = Symbol.for("@dl/tensor.Tensor");

/** What autograd hangs on a tensor. Counted: the tensor owns one share. */
export interface GraphNode {
  owners: number;
  readonly name: string;
  release(): void;
}

/** @internal Of a view: the tensor whose memory it looks at, what that looked like, and the ops that lead from it to the view. */
export interface ViewOf {
  readonly base: Tensor;
  readonly memory: View;
  readonly path: readonly ViewStep[];
}
/** @internal */
export interface ViewStep {
  readonly op: Op;
  readonly attrs: unknown;
  readonly output: number;
}

/** Further methods, which a page can do without. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export interface Tensor extends TensorMethods {}

/** Of a tensor like another: what is left out is the other's. */
export interface NewOptions {
  dtype?: DType;
  device?: Backend;
  /** Default false. */
  requiresGrad?: boolean;
}

export type NestedNumbers = number | boolean | NestedNumbers[];

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: index.ts adds the methods, see methods.ts
export class Tensor {
  #view: View;
  /** @internal Null once a scope has released it: who did. */
  released: string | null = null;
  /** @internal The scope that it outlives; see scope.ts. */
  scopeMark = 0;
  /** @internal What made it, for the backward pass; null for leaves. */
  node: GraphNode | null = null;
  /** @internal Which of the node's results it is. */
  nodeOutput = 0;
  /** @internal The storage's version when the node was attached: a later one means that the history is stale. */
  nodeVersion = 0;
  /** @internal For views that were made while gradients are recorded: what is written into one is written into the others. */
  viewOf: ViewOf | null = null;
  #isLeafWithGrad = false;
  /** What `backward()` added up: for leaves that require a gradient, and after `retainGrad()`. */
  grad: Tensor | null = null;

  /** @internal Takes over one share of the view's storage. */
  constructor(view: View) {
    this.#view = view;
    adopt(this);
  }

  /** @internal */
  static from(data: TypedArray, shape: Shape, device: Backend): Tensor {
    const dtype =
      data instanceof Float32Array
        ? "float32"
        : data instanceof Int32Array
          ? "int32"
          : data instanceof Float64Array
            ? "float64"
            : "uint8";
    return new Tensor(
      new View(
        new Storage(device, data.byteLength, data),
        dtype,
        shape,
        contiguousStrides(shape),
        0,
        true,
      ),
    );
  }
  /** @internal One number, written on the device. */
  static scalar(value: number, dtype: DType, device: Backend): Tensor {
    return new Tensor(filledView(device, dtype, [], value));
  }

  /** @internal The memory behind it. */
  get memory(): View {
    if (this.released !== null) this.#touchedAfterRelease();
    return this.#view;
  }
  #touchedAfterRelease(): never {
    throw new DlError(
      "released",
      `this tensor ${formatShape(this.#view.shape)} was released by ${this.released}, which made it and did not return it. ` +
        "Return it, store it in a field of the module, or let it out with keep(tensor)",
    );
  }

  get shape(): Shape {
    return this.#view.shape;
  }
  get dtype(): DType {
    return this.#view.dtype;
  }
  /** The backend that holds it. */
  get device(): Backend {
    return this.#view.storage.backend;
  }
  /** How many dimensions. */
  get rank(): number {
    return this.#view.shape.length;
  }
  get ndim(): number {
    return this.rank;
  }
  /** How many elements. */
  get numel(): number {
    return this.#view.numel;
  }
  dim(): number {
    return this.rank;
  }
  ndimension(): number {
    return this.rank;
  }
  nelement(): number {
    return this.numel;
  }
  /** Bytes of one element. */
  elementSize(): number {
    return bytesPerElement(this.dtype);
  }
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    if (dim === undefined) return this.shape;
    const d = wrapDim(dim, this.rank, "size");
    if (this.rank === 0)
      throw new DlError("value", `size: a tensor of no dimensions has no dim ${dim}`);
    return this.shape[d];
  }
  stride(): readonly number[] {
    return this.#view.strides;
  }
  isContiguous(): boolean {
    return this.#view.contiguous;
  }

  // ---- reading -------------------------------------------------------------------------------------------------------

  /** The elements in row-major order. Waits for the device. */
  async data(): Promise<TypedArray> {
    const result =
      this.device.readSync || this.#view.storage.host ? this.dataSync() : await this.#read();
    await breathe(this.device);
    return result;
  }
  async #read(): Promise<TypedArray> {
    const source = scope(() => keep(casts.contiguous(this.detach())));
    const { memory: view } = source;
    const bytes = bytesPerElement(view.dtype);
    const buffer = await view.storage.backend.read(
      view.buffer,
      view.offset * bytes,
      view.numel * bytes,
    );
    source.dispose();
    return new (typedArrayFor(view.dtype))(buffer);
  }
  /** The same at once, on a backend that can be waited for. */
  dataSync(): TypedArray {
    const { memory: view } = this;
    const { backend, host } = view.storage;
    const bytes = bytesPerElement(view.dtype);
    if (host) return copyOut(view, host);
    if (!backend.readSync) {
      throw new DlError(
        "no-sync",
        `${backend.name} cannot be read without waiting: use await t.data(), t.item() or t.tolist() instead of the Sync variants`,
      );
    }
    if (view.numel === 0) return new (typedArrayFor(view.dtype))(0);
    if (view.contiguous)
      return new (typedArrayFor(view.dtype))(
        backend.readSync(view.buffer, view.offset * bytes, view.numel * bytes),
      );
    return scope(() => casts.contiguous(this.detach()).dataSync());
  }

  /** The one element as a number; 0 or 1 for bool. */
  async item(): Promise<number> {
    this.#requireOne();
    return (await this.data())[0];
  }
  itemSync(): number {
    this.#requireOne();
    return this.dataSync()[0];
  }
  #requireOne(): void {
    if (this.numel !== 1)
      throw new DlError(
        "shape",
        `item: a tensor with one element is wanted, ${formatShape(this.shape)} has ${this.numel}: use tolist(), or reduce it first`,
      );
  }
  #plain(x: number): number | boolean {
    return this.dtype === "bool" ? x !== 0 : x;
  }
  /** As nested arrays of numbers (of booleans for bool); a zero-dimensional tensor gives the number. */
  async tolist(): Promise<NestedNumbers> {
    return this.#nest(await this.data());
  }
  tolistSync(): NestedNumbers {
    return this.#nest(this.dataSync());
  }
  #nest(flat: TypedArray): NestedNumbers {
    const { shape } = this;
    let at = 0;
    const level = (d: number): NestedNumbers =>
      d === shape.length
        ? this.#plain(flat[at++])
        : Array.from({ length: shape[d] }, () => level(d + 1));
    return level(0);
  }
  /** As PyTorch prints it. */
  toString(): string {
    return formatTensor(this);
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.released === null
      ? this.toString()
      : `tensor(released by ${this.released}, shape=${formatShape(this.shape)})`;
  }

  // ---- gradients -----------------------------------------------------------------------------------------------------

  /** Is this to be differentiated? Assignable on leaves. */
  get requiresGrad(): boolean {
    return (
      this.node !== null || this.#isLeafWithGrad || (this.viewOf !== null && this.#isOfRecorded())
    );
  }
  /** Whether something with a history has been written into the memory that this view looks at. */
  #isOfRecorded(): boolean {
    return this.nodeVersion !== this.#view.storage.version && this.base?.requiresGrad === true;
  }
  /** @internal The tensor that this is a view of, unless that is gone or looks elsewhere by now. */
  get base(): Tensor | null {
    const { viewOf } = this;
    if (viewOf === null || viewOf.base.released !== null) return null;
    return viewOf.base.#view === viewOf.memory ? viewOf.base : null;
  }
  set requiresGrad(value: boolean) {
    if (value && !isFloating(this.dtype))
      throw new DlError(
        "dtype",
        `requiresGrad: only floating point tensors have gradients, this one is ${this.dtype}`,
      );
    if (this.node && !value)
      throw new DlError(
        "gradient",
        "requiresGrad: this tensor is the result of an op: use detach() for one without history",
      );
    if (!this.node) this.#isLeafWithGrad = value;
  }
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }
  /** Made by the user rather than by a recorded op. */
  get isLeaf(): boolean {
    return this.node === null && (this.#isLeafWithGrad || !this.requiresGrad);
  }
  /**
   * Gradients of this with respect to every leaf that it was made from, added to their `.grad`.
   *
   * @param gradient of the final result with respect to this; may be left out for a single element, where it is 1.
   */
  backward(gradient?: Tensor, options: BackwardOptions = {}): void {
    autograd("backward()").backward(this, gradient, options);
  }
  /** Keep the gradient of this intermediate result in `.grad` too. */
  retainGrad(): this {
    autograd("retainGrad()").retainGrad(this);
    return this;
  }
  /** Calls `hook` with the gradient when it is computed. Returns a function that removes the hook. */
  registerHook(hook: TensorHook): () => void {
    return autograd("registerHook()").registerHook(this, hook);
  }
  /** The same numbers without history. */
  detach(): Tensor {
    const { memory: view } = this;
    view.storage.retain();
    return new Tensor(view);
  }

  // ---- memory --------------------------------------------------------------------------------------------------------

  /** @internal Lets go of memory and history. */
  release(by: string): void {
    if (this.released !== null) return;
    this.released = by;
    this.#view.storage.release();
    this.viewOf = null;
    if (this.node && --this.node.owners === 0) this.node.release();
    this.grad?.release(by);
  }
  /** Frees the memory now. Never required. */
  dispose(): void {
    this.release("dispose()");
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  /**
   * Looks at the memory of `source` from now on, whatever its shape, dtype and backend; for leaves. So a parameter
   * changes its dtype or its backend and stays the tensor that an optimizer knows.
   */
  set_(source: Tensor): this {
    if (this.node)
      throw new DlError(
        "in-place",
        "set_: this tensor is the result of an op: its gradient would be that of other numbers",
      );
    this.lookAt(source.memory);
    this.viewOf = null;
    return this;
  }
  /** @internal */
  lookAt(view: View): void {
    const { memory: before } = this;
    view.storage.retain();
    this.#view = view;
    before.storage.release();
  }
  /** Outlives the scope it was made in. */
  keep(): this {
    return keep(this);
  }

  // ---- dtype, device, copies -----------------------------------------------------------------------------------------

  to(target: DType | Backend | { dtype?: DType; device?: Backend }): Tensor {
    if (typeof target === "string") return casts.toDType(this, target);
    if ("alloc" in target) return casts.toBackend(this, target);
    const moved = target.device ? casts.toBackend(this, target.device) : this;
    return target.dtype ? casts.toDType(moved, target.dtype) : moved;
  }
  float(): Tensor {
    return this.to("float32");
  }
  double(): Tensor {
    return this.to("float64");
  }
  int(): Tensor {
    return this.to("int32");
  }
  bool(): Tensor {
    return this.to("bool");
  }
  clone(): Tensor {
    return casts.clone(this);
  }
  contiguous(): Tensor {
    return casts.contiguous(this);
  }
  /** Zeros of the same dtype on the same backend. */
  newZeros(shape: Shape, options?: NewOptions): Tensor {
    return this.newFull(shape, 0, options);
  }
  newFull(
    shape: Shape,
    value: number,
    { dtype = this.dtype, device = this.device, requiresGrad = false }: NewOptions = {},
  ): Tensor {
    return new Tensor(filledView(device, dtype, shape, value)).requiresGrad_(requiresGrad);
  }

  // ---- views ---------------------------------------------------------------------------------------------------------

  reshape(...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.reshape(this, shapeArgument(shape));
  }
  /** `reshape` that never copies: an error where it would have to. */
  view(...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.reshape(this, shapeArgument(shape), true);
  }
  flatten(
    startDimOrOptions: number | { startDim?: number; endDim?: number } = {},
    endDim?: number,
  ): Tensor {
    return views.flatten(
      this,
      typeof startDimOrOptions === "number"
        ? { startDim: startDimOrOptions, endDim }
        : startDimOrOptions,
    );
  }
  unflatten(dim: number, sizes: Shape): Tensor {
    return views.unflatten(this, dim, sizes);
  }
  transpose(dim0: number, dim1: number): Tensor {
    return views.transpose(this, dim0, dim1);
  }
  t(): Tensor {
    return views.t(this);
  }
  /** The last two dimensions exchanged. */
  get mT(): Tensor {
    return views.transpose(this, -2, -1);
  }
  /** All dimensions in reverse order. */
  get T(): Tensor {
    return views.permute(this, this.shape.map((_, d) => d).reverse());
  }
  permute(...order: readonly number[] | readonly [readonly number[]]): Tensor {
    return views.permute(this, shapeArgument(order));
  }
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return views.movedim(this, source, destination);
  }
  squeeze(dim?: number | readonly number[] | { dim?: number | readonly number[] }): Tensor {
    return views.squeeze(this, dim);
  }
  unsqueeze(dim: number): Tensor {
    return views.unsqueeze(this, dim);
  }
  expand(...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.expand(this, shapeArgument(shape));
  }
  expandAs(other: Tensor): Tensor {
    return views.expand(this, other.shape);
  }
  narrow(dim: number, start: number, length: number): Tensor {
    return views.narrow(this, dim, start, length);
  }
  /** x[start:end:step] along `dim`. */
  slice(dim: number, start?: number | null, end?: number | null, step = 1): Tensor {
    return views.slice(this, dim, start, end, step);
  }
  select(dim: number, index: number): Tensor {
    return views.select(this, dim, index);
  }
  flip(...dims: readonly number[] | readonly [readonly number[]]): Tensor {
    return views.flip(this, shapeArgument(dims));
  }
  sumTo(shape: Shape): Tensor {
    return reductions.sumTo(this, shape);
  }

  // ---- arithmetic ----------------------------------------------------------------------------------------------------

  /** this + alpha · other */
  add(other: Operand, options?: arithmetic.AlphaOptions): Tensor {
    return arithmetic.add(this, other, options);
  }
  sub(other: Operand, options?: arithmetic.AlphaOptions): Tensor {
    return arithmetic.sub(this, other, options);
  }
  mul(other: Operand): Tensor {
    return binary.mul(this, other);
  }
  div(other: Operand, options: { roundingMode?: arithmetic.RoundingMode } = {}): Tensor {
    return arithmetic.div(this, other, options);
  }
  pow(exponent: Operand): Tensor {
    return arithmetic.pow(this, exponent);
  }
  maximum(other: Operand): Tensor {
    return binary.maximum(this, other);
  }
  minimum(other: Operand): Tensor {
    return binary.minimum(this, other);
  }
  matmul(other: Tensor): Tensor {
    return products.matmul(this, other);
  }

  // ---- comparison and choice -----------------------------------------------------------------------------------------

  eq(other: Operand): Tensor {
    return binary.eq(this, other);
  }
  ne(other: Operand): Tensor {
    return binary.ne(this, other);
  }
  lt(other: Operand): Tensor {
    return binary.lt(this, other);
  }
  le(other: Operand): Tensor {
    return binary.le(this, other);
  }
  gt(other: Operand): Tensor {
    return binary.gt(this, other);
  }
  ge(other: Operand): Tensor {
    return binary.ge(this, other);
  }
  logicalAnd(other: Operand): Tensor {
    return binary.logicalAnd(this, other);
  }
  logicalOr(other: Operand): Tensor {
    return binary.logicalOr(this, other);
  }
  logicalNot(): Tensor {
    return unary.logicalNot(this);
  }
  isnan(): Tensor {
    return unary.isnan(this);
  }
  /** This tensor is the condition. */
  where(a: Operand, b: Operand): Tensor;
  where(): Tensor[];
  where(a?: Operand, b?: Operand): Tensor | Tensor[] {
    return a === undefined || b === undefined
      ? masks.nonzero(this, { asTuple: true })
      : choices.where(this, a, b);
  }
  clamp(options: { min?: Operand; max?: Operand }): Tensor;
  clamp(min?: Operand | null, max?: Operand | null): Tensor;
  clamp(first?: Operand | null | { min?: Operand; max?: Operand }, max?: Operand | null): Tensor {
    return choices.clamp(this, first as Operand, max);
  }
  maskedFill(mask: Tensor, value: Operand): Tensor {
    return choices.maskedFill(this, mask, value);
  }

  // ---- functions of one element --------------------------------------------------------------------------------------

  neg(): Tensor {
    return unary.neg(this);
  }
  abs(): Tensor {
    return unary.abs(this);
  }
  sign(): Tensor {
    return unary.sign(this);
  }
  square(): Tensor {
    return unary.square(this);
  }
  floor(): Tensor {
    return isFloating(this.dtype) ? unary.floor(this) : casts.clone(this);
  }
  ceil(): Tensor {
    return isFloating(this.dtype) ? unary.ceil(this) : casts.clone(this);
  }
  round(options: { decimals?: number } = {}): Tensor {
    return isFloating(this.dtype) ? unary.round(this, options) : casts.clone(this);
  }
  sqrt(): Tensor {
    return unary.sqrt(this);
  }
  rsqrt(): Tensor {
    return unary.rsqrt(this);
  }
  reciprocal(): Tensor {
    return unary.reciprocal(this);
  }
  exp(): Tensor {
    return unary.exp(this);
  }
  log(): Tensor {
    return unary.log(this);
  }
  sin(): Tensor {
    return unary.sin(this);
  }
  cos(): Tensor {
    return unary.cos(this);
  }
  relu(): Tensor {
    return activation.relu(this);
  }
  sigmoid(): Tensor {
    return activation.sigmoid(this);
  }
  tanh(): Tensor {
    return activation.tanh(this);
  }

  // ---- reductions ----------------------------------------------------------------------------------------------------

  sum(...args: DimsFirst<SumOptions>): Tensor {
    return reductions.sum(this, ...args);
  }
  mean(...args: DimsFirst<SumOptions>): Tensor {
    return reductions.mean(this, ...args);
  }
  amax(...args: DimsFirst): Tensor {
    return reductions.amax(this, ...args);
  }
  amin(...args: DimsFirst): Tensor {
    return reductions.amin(this, ...args);
  }
  argmax(...args: DimFirst): Tensor {
    return reductions.argmax(this, ...args);
  }
  all(...args: DimsFirst): Tensor {
    return reductions.all(this, ...args);
  }
  softmax(dim: number, options: { dtype?: DType } = {}): Tensor {
    return soft.softmax(this, dim, options);
  }
  logSoftmax(dim: number, options: { dtype?: DType } = {}): Tensor {
    return soft.logSoftmax(this, dim, options);
  }
  gather(dim: number, index: Tensor): Tensor {
    return indexing.gather(this, dim, index);
  }
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return indexing.scatterAdd(this, dim, index, source);
  }

  // ---- in place ------------------------------------------------------------------------------------------------------

  copy_(source: Tensor): this {
    return inplace.copy_(this, source);
  }
  fill_(value: number): this {
    return inplace.fill_(this, value);
  }
  zero_(): this {
    return inplace.fill_(this, 0);
  }
  add_(other: Operand, options?: arithmetic.AlphaOptions): this {
    return inplace.write(this, "add_", this.add(other, options));
  }
  sub_(other: Operand, options?: arithmetic.AlphaOptions): this {
    return inplace.write(this, "sub_", this.sub(other, options));
  }
  mul_(other: Operand): this {
    return inplace.change(this, "mul_", (x) => x.mul(other), [other]);
  }
  div_(other: Operand, options: { roundingMode?: arithmetic.RoundingMode } = {}): this {
    return inplace.write(this, "div_", this.div(other, options));
  }
  clamp_(options: { min?: Operand; max?: Operand }): this;
  clamp_(min?: Operand | null, max?: Operand | null): this;
  clamp_(first?: Operand | null | { min?: Operand; max?: Operand }, max?: Operand | null): this {
    return inplace.change(this, "clamp_", (x) => x.clamp(first as Operand, max), [first, max]);
  }
  maskedFill_(mask: Tensor, value: Operand): this {
    return inplace.write(this, "maskedFill_", this.maskedFill(mask, value));
  }
}

Object.defineProperty(Tensor.prototype, BRAND, { value: true });

/** The elements of a view whose memory is a JavaScript array, row-major. */
function copyOut(view: View, host: ArrayBufferView): TypedArray {
  const Type = typedArrayFor(view.dtype);
  const { shape, strides, offset, numel } = view;
  const source = new Type(host.buffer, host.byteOffset, host.byteLength / Type.BYTES_PER_ELEMENT);
  if (view.contiguous) return source.slice(offset, offset + numel) as TypedArray;
  const out = new Type(numel);
  const at = shape.map(() => 0);
  for (let i = 0, from = offset; i < numel; i++) {
    out[i] = source[from];
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d];
      if (++at[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      at[d] = 0;
    }
  }
  return out;
}

export const isTensor = (x: unknown): x is Tensor =>
  typeof x === "object" && x !== null && BRAND in x;

/** @internal */
export function autograd(what: string): Autograd {
  if (!state.autograd)
    throw new DlError(
      "no-autograd",
      `${what} needs automatic differentiation: add import "@dl/autograd" to the program, before the forward pass`,
    );
  return state.autograd;
}
