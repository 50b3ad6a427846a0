/**
 * Tensor: a handle on a view. The methods are a table of contents; each op is in `ops/`, under its name.
 */
import type { Backend } from "./backend.ts";
import type { Operand } from "./define.ts";
import {
  bytesPerElement,
  type DType,
  isFloating,
  type TypedArray,
  typedArrayFor,
} from "./dtype.ts";
import { DlError, formatShape } from "./errors.ts";
import * as activation from "./ops/activation.ts";
import * as advanced from "./ops/advancedIndex.ts";
import * as angles from "./ops/angles.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import * as binary from "./ops/binary.ts";
import * as bitwise from "./ops/bitwise.ts";
import * as casts from "./ops/cast.ts";
import * as closeness from "./ops/closeness.ts";
import * as counting from "./ops/counting.ts";
import * as crosses from "./ops/cross.ts";
import * as diagonals from "./ops/diagonal.ts";
import { filledView } from "./ops/fill.ts";
import * as flatIndex from "./ops/flatIndex.ts";
import * as along from "./ops/indexAlong.ts";
import * as indexing from "./ops/indexing.ts";
import * as inplace from "./ops/inplace.ts";
import * as integral from "./ops/integral.ts";
import * as join from "./ops/join.ts";
import * as pseudo from "./ops/linalg/eigen.ts";
import * as elimination from "./ops/linalg/lu.ts";
import * as powers from "./ops/linalg/power.ts";
import * as triangular from "./ops/linalg/triangular.ts";
import * as logarithms from "./ops/logarithms.ts";
import * as masks from "./ops/masked.ts";
import * as products from "./ops/matmul.ts";
import * as order from "./ops/order.ts";
import * as sums from "./ops/products.ts";
import * as rearrange from "./ops/rearrange.ts";
import type {
  DimFirst,
  DimsFirst,
  NormOptions,
  SumOptions,
  ValuesAndIndices,
  VarOptions,
} from "./ops/reduce.ts";
import * as reductions from "./ops/reduce.ts";
import * as repeats from "./ops/repeat.ts";
import * as scans from "./ops/scan.ts";
import * as folding from "./ops/scatterReduce.ts";
import * as scatterViews from "./ops/scatterViews.ts";
import * as search from "./ops/search.ts";
import * as choices from "./ops/select.ts";
import * as signs from "./ops/signs.ts";
import * as soft from "./ops/softmax.ts";
import * as sorting from "./ops/sort.ts";
import * as errorFunction from "./ops/special/errorFunction.ts";
import * as gamma from "./ops/special/gamma.ts";
import * as stacks from "./ops/stacks.ts";
import * as statistics from "./ops/statistics.ts";
import * as triangles from "./ops/triangle.ts";
import * as unary from "./ops/unary.ts";
import * as distinct from "./ops/unique.ts";
import * as views from "./ops/views.ts";
import { formatTensor } from "./print.ts";
import type { GeneratorOption, NumberArguments } from "./random/arguments.ts";
import * as random from "./random/inplace.ts";
import * as samples from "./random/sample.ts";
import { adopt, keep, scope } from "./scope.ts";
import { contiguousStrides, type Shape, shapeArgument } from "./shape.ts";
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

export type NestedNumbers = number | boolean | NestedNumbers[];

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
    return dim === undefined ? this.shape : this.shape.at(dim)!;
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
    return this.node !== null || this.#isLeafWithGrad;
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
    return this.node === null;
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
    const { memory: view } = this;
    source.memory.storage.retain();
    this.#view = source.memory;
    view.storage.release();
    return this;
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
  newZeros(shape: Shape): Tensor {
    return new Tensor(filledView(this.device, this.dtype, shape, 0));
  }
  newFull(shape: Shape, value: number): Tensor {
    return new Tensor(filledView(this.device, this.dtype, shape, value));
  }

  // ---- views ---------------------------------------------------------------------------------------------------------

  reshape(...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.reshape(this, shapeArgument(shape));
  }
  /** `reshape` that never copies: an error where it would have to. */
  view(...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.reshape(this, shapeArgument(shape), true);
  }
  viewAs(other: Tensor): Tensor {
    return views.reshape(this, other.shape, true);
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
  /** The last two dimensions exchanged. */
  adjoint(): Tensor {
    return this.mT;
  }
  swapaxes(dim0: number, dim1: number): Tensor {
    return views.transpose(this, dim0, dim1);
  }
  swapdims(dim0: number, dim1: number): Tensor {
    return views.transpose(this, dim0, dim1);
  }
  ravel(): Tensor {
    return rearrange.ravel(this);
  }
  permute(...order: readonly number[] | readonly [readonly number[]]): Tensor {
    return views.permute(this, shapeArgument(order));
  }
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return views.movedim(this, source, destination);
  }
  moveaxis(source: number | readonly number[], destination: number | readonly number[]): Tensor {
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
  broadcastTo(...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.expand(this, shapeArgument(shape));
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
  /** x[i], x[i][j], …: positions of the leading dimensions. */
  at(...indices: readonly number[]): Tensor {
    return indices.reduce<Tensor>((t, i) => views.select(t, 0, i), this);
  }
  flip(...dims: readonly number[] | readonly [readonly number[]]): Tensor {
    return views.flip(this, shapeArgument(dims));
  }
  fliplr(): Tensor {
    return rearrange.fliplr(this);
  }
  flipud(): Tensor {
    return rearrange.flipud(this);
  }
  roll(
    shifts: number | readonly number[],
    options?: number | readonly number[] | rearrange.RollOptions,
  ): Tensor {
    return rearrange.roll(this, shifts, options);
  }
  rot90(options?: rearrange.Rot90Options): Tensor {
    return rearrange.rot90(this, options);
  }
  repeat(...sizes: readonly number[] | readonly [Shape]): Tensor {
    return repeats.repeat(this, shapeArgument(sizes));
  }
  tile(...dims: readonly number[] | readonly [Shape]): Tensor {
    return repeats.tile(this, shapeArgument(dims));
  }
  repeatInterleave(repeat: number | Tensor, options?: repeats.RepeatInterleaveOptions): Tensor {
    return repeats.repeatInterleave(this, repeat, options);
  }
  diagonal(options?: diagonals.DiagonalOptions): Tensor {
    return diagonals.diagonal(this, options);
  }
  diag(options?: { diagonal?: number }): Tensor {
    return diagonals.diag(this, options);
  }
  diagEmbed(options?: diagonals.DiagonalOptions): Tensor {
    return diagonals.diagEmbed(this, options);
  }
  diagflat(options?: { offset?: number }): Tensor {
    return diagonals.diagflat(this, options);
  }
  trace(): Tensor {
    return diagonals.trace(this);
  }
  unfold(dim: number, size: number, step: number): Tensor {
    return views.unfold(this, dim, size, step);
  }
  sumTo(shape: Shape): Tensor {
    return reductions.sumTo(this, shape);
  }

  // ---- arithmetic ----------------------------------------------------------------------------------------------------

  /** this + alpha · other */
  add(other: Operand, { alpha = 1 } = {}): Tensor {
    return binary.add(this, alpha === 1 ? other : binary.mul(other as Tensor, alpha));
  }
  sub(other: Operand, { alpha = 1 } = {}): Tensor {
    return binary.sub(this, alpha === 1 ? other : binary.mul(other as Tensor, alpha));
  }
  mul(other: Operand): Tensor {
    return binary.mul(this, other);
  }
  div(other: Operand, options: { roundingMode?: arithmetic.RoundingMode } = {}): Tensor {
    return arithmetic.div(this, other, options);
  }
  remainder(other: Operand): Tensor {
    return binary.remainder(this, other);
  }
  fmod(other: Operand): Tensor {
    return binary.fmod(this, other);
  }
  pow(exponent: Operand): Tensor {
    if (exponent === 2) return unary.square(this);
    if (exponent === 1) return casts.clone(this);
    if (exponent === 0.5) return unary.sqrt(this);
    return binary.pow(this, exponent);
  }
  maximum(other: Operand): Tensor {
    return binary.maximum(this, other);
  }
  minimum(other: Operand): Tensor {
    return binary.minimum(this, other);
  }
  atan2(other: Operand): Tensor {
    return binary.atan2(this, other);
  }
  lerp(end: Tensor, weight: Operand): Tensor {
    return binary.lerp(this, end, weight);
  }
  trueDivide(other: Operand): Tensor {
    return binary.trueDivide(this, other);
  }
  floorDivide(other: Operand): Tensor {
    return arithmetic.floorDivide(this, other);
  }
  divide(other: Operand, options: { roundingMode?: arithmetic.RoundingMode } = {}): Tensor {
    return arithmetic.div(this, other, options);
  }
  multiply(other: Operand): Tensor {
    return binary.mul(this, other);
  }
  subtract(other: Operand, options: { alpha?: number } = {}): Tensor {
    return this.sub(other, options);
  }
  /** this + value · a · b */
  addcmul(a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return arithmetic.addcmul(this, a, b, options);
  }
  /** this + value · a / b */
  addcdiv(a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return arithmetic.addcdiv(this, a, b, options);
  }
  floatPower(other: Operand): Tensor {
    return arithmetic.floatPower(this, other);
  }
  ldexp(other: Operand): Tensor {
    return arithmetic.ldexp(this, other);
  }
  gcd(other: Operand): Tensor {
    return arithmetic.gcd(this, other);
  }
  lcm(other: Operand): Tensor {
    return arithmetic.lcm(this, other);
  }
  arctan2(other: Operand): Tensor {
    return binary.atan2(this, other);
  }
  hypot(other: Operand): Tensor {
    return angles.hypot(this, other);
  }
  copysign(other: Operand): Tensor {
    return signs.copysign(this, other);
  }
  heaviside(values: Tensor): Tensor {
    return signs.heaviside(this, values);
  }
  xlogy(other: Operand): Tensor {
    return logarithms.xlogy(this, other);
  }
  logaddexp(other: Operand): Tensor {
    return logarithms.logaddexp(this, other);
  }
  logaddexp2(other: Operand): Tensor {
    return logarithms.logaddexp2(this, other);
  }
  bitwiseAnd(other: Operand): Tensor {
    return bitwise.bitwiseAnd(this, other);
  }
  bitwiseOr(other: Operand): Tensor {
    return bitwise.bitwiseOr(this, other);
  }
  bitwiseXor(other: Operand): Tensor {
    return bitwise.bitwiseXor(this, other);
  }
  bitwiseNot(): Tensor {
    return bitwise.bitwiseNot(this);
  }
  bitwiseLeftShift(other: Operand): Tensor {
    return bitwise.bitwiseLeftShift(this, other);
  }
  bitwiseRightShift(other: Operand): Tensor {
    return bitwise.bitwiseRightShift(this, other);
  }
  matmul(other: Tensor): Tensor {
    return products.matmul(this, other);
  }
  mm(other: Tensor): Tensor {
    return products.mm(this, other);
  }
  bmm(other: Tensor): Tensor {
    return products.bmm(this, other);
  }
  dot(other: Tensor): Tensor {
    return products.dot(this, other);
  }
  vdot(other: Tensor): Tensor {
    return sums.vdot(this, other);
  }
  inner(other: Tensor): Tensor {
    return sums.inner(this, other);
  }
  outer(other: Tensor): Tensor {
    return sums.outer(this, other);
  }
  ger(other: Tensor): Tensor {
    return sums.outer(this, other);
  }
  mv(vector: Tensor): Tensor {
    return sums.mv(this, vector);
  }
  /** beta · this + alpha · (mat1 · mat2) */
  addmm(mat1: Tensor, mat2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addmm(this, mat1, mat2, options);
  }
  addmv(mat: Tensor, vec: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addmv(this, mat, vec, options);
  }
  addr(vec1: Tensor, vec2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addr(this, vec1, vec2, options);
  }
  addbmm(batch1: Tensor, batch2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addbmm(this, batch1, batch2, options);
  }
  baddbmm(batch1: Tensor, batch2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.baddbmm(this, batch1, batch2, options);
  }
  cross(other: Tensor, options?: { dim?: number }): Tensor {
    return crosses.cross(this, other, options);
  }
  kron(other: Tensor): Tensor {
    return crosses.kron(this, other);
  }
  matrixPower(n: number): Tensor {
    return powers.matrixPower(this, n);
  }
  det(): Tensor {
    return elimination.det(this);
  }
  logdet(): Tensor {
    return elimination.logdet(this);
  }
  slogdet(): { sign: Tensor; logabsdet: Tensor } {
    return elimination.slogdet(this);
  }
  inverse(): Tensor {
    return elimination.inv(this);
  }
  pinverse(options?: { rtol?: number }): Tensor {
    return pseudo.pinv(this, options);
  }
  cholesky(options?: { upper?: boolean }): Tensor {
    return triangular.cholesky(this, options);
  }
  choleskySolve(l: Tensor, options?: { upper?: boolean }): Tensor {
    return triangular.choleskySolve(this, l, options);
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
  greater(other: Operand): Tensor {
    return binary.gt(this, other);
  }
  greaterEqual(other: Operand): Tensor {
    return binary.ge(this, other);
  }
  less(other: Operand): Tensor {
    return binary.lt(this, other);
  }
  lessEqual(other: Operand): Tensor {
    return binary.le(this, other);
  }
  notEqual(other: Operand): Tensor {
    return binary.ne(this, other);
  }
  logicalAnd(other: Operand): Tensor {
    return binary.logicalAnd(this, other);
  }
  logicalOr(other: Operand): Tensor {
    return binary.logicalOr(this, other);
  }
  logicalXor(other: Operand): Tensor {
    return binary.logicalXor(this, other);
  }
  logicalNot(): Tensor {
    return unary.logicalNot(this);
  }
  isnan(): Tensor {
    return unary.isnan(this);
  }
  isinf(): Tensor {
    return unary.isinf(this);
  }
  isfinite(): Tensor {
    return unary.isfinite(this);
  }
  isposinf(): Tensor {
    return unary.isposinf(this);
  }
  isneginf(): Tensor {
    return unary.isneginf(this);
  }
  isreal(): Tensor {
    return unary.isreal(this);
  }
  signbit(): Tensor {
    return signs.signbit(this);
  }
  isclose(other: Tensor, options: closeness.ClosenessOptions = {}): Tensor {
    return closeness.isclose(this, other, options);
  }
  /** Is every element close to that of `other`? Read back at once. */
  allclose(other: Tensor, options: closeness.ClosenessOptions = {}): boolean {
    return closeness.allclose(this, other, options);
  }
  /** One shape and equal elements? Read back at once. */
  equal(other: Tensor): boolean {
    return closeness.equal(this, other);
  }
  isin(testElements: Operand, options: { assumeUnique?: boolean; invert?: boolean } = {}): Tensor {
    return search.isin(this, testElements, options);
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
    const isOptions = first !== null && typeof first === "object" && !isTensor(first);
    return choices.clamp(
      this,
      isOptions ? first : { min: (first as Operand) ?? undefined, max: max ?? undefined },
    );
  }
  clip(options: { min?: Operand; max?: Operand }): Tensor;
  clip(min?: Operand | null, max?: Operand | null): Tensor;
  clip(first?: Operand | null | { min?: Operand; max?: Operand }, max?: Operand | null): Tensor {
    return this.clamp(first as Operand, max);
  }
  clampMin(min: Operand): Tensor {
    return choices.clampMin(this, min);
  }
  clampMax(max: Operand): Tensor {
    return choices.clampMax(this, max);
  }
  maskedFill(mask: Tensor, value: Operand): Tensor {
    return choices.maskedFill(this, mask, value);
  }
  nanToNum(options: choices.NanToNumOptions = {}): Tensor {
    return choices.nanToNum(this, options);
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
    return isFloating(this.dtype) ? unary.floor(this) : this;
  }
  ceil(): Tensor {
    return isFloating(this.dtype) ? unary.ceil(this) : this;
  }
  round(options: { decimals?: number } = {}): Tensor {
    return isFloating(this.dtype) ? unary.round(this, options) : this;
  }
  trunc(): Tensor {
    return isFloating(this.dtype) ? unary.trunc(this) : this;
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
  expm1(): Tensor {
    return unary.expm1(this);
  }
  log(): Tensor {
    return unary.log(this);
  }
  log1p(): Tensor {
    return unary.log1p(this);
  }
  log2(): Tensor {
    return unary.log2(this);
  }
  log10(): Tensor {
    return unary.log10(this);
  }
  sin(): Tensor {
    return unary.sin(this);
  }
  cos(): Tensor {
    return unary.cos(this);
  }
  tan(): Tensor {
    return unary.tan(this);
  }
  erf(): Tensor {
    return unary.erf(this);
  }
  absolute(): Tensor {
    return unary.abs(this);
  }
  negative(): Tensor {
    return unary.neg(this);
  }
  positive(): Tensor {
    return signs.positive(this);
  }
  sgn(): Tensor {
    return unary.sign(this);
  }
  frac(): Tensor {
    return unary.frac(this);
  }
  fix(): Tensor {
    return this.trunc();
  }
  exp2(): Tensor {
    return logarithms.exp2(this);
  }
  asin(): Tensor {
    return unary.asin(this);
  }
  acos(): Tensor {
    return unary.acos(this);
  }
  atan(): Tensor {
    return unary.atan(this);
  }
  sinh(): Tensor {
    return unary.sinh(this);
  }
  cosh(): Tensor {
    return unary.cosh(this);
  }
  asinh(): Tensor {
    return unary.asinh(this);
  }
  acosh(): Tensor {
    return unary.acosh(this);
  }
  atanh(): Tensor {
    return unary.atanh(this);
  }
  arcsin(): Tensor {
    return unary.asin(this);
  }
  arccos(): Tensor {
    return unary.acos(this);
  }
  arctan(): Tensor {
    return unary.atan(this);
  }
  arcsinh(): Tensor {
    return unary.asinh(this);
  }
  arccosh(): Tensor {
    return unary.acosh(this);
  }
  arctanh(): Tensor {
    return unary.atanh(this);
  }
  sinc(): Tensor {
    return angles.sinc(this);
  }
  rad2deg(): Tensor {
    return angles.rad2deg(this);
  }
  deg2rad(): Tensor {
    return angles.deg2rad(this);
  }
  erfc(): Tensor {
    return errorFunction.erfc(this);
  }
  erfinv(): Tensor {
    return errorFunction.erfinv(this);
  }
  lgamma(): Tensor {
    return gamma.lgamma(this);
  }
  digamma(): Tensor {
    return gamma.digamma(this);
  }
  polygamma(n: number): Tensor {
    return gamma.polygamma(n, this);
  }
  logit(options: { eps?: number | null } = {}): Tensor {
    return logarithms.logit(this, options);
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
  prod(...args: DimsFirst<SumOptions>): Tensor {
    return reductions.prod(this, ...args);
  }
  amax(...args: DimsFirst): Tensor {
    return reductions.amax(this, ...args);
  }
  amin(...args: DimsFirst): Tensor {
    return reductions.amin(this, ...args);
  }
  aminmax(...args: DimsFirst): { min: Tensor; max: Tensor } {
    return reductions.aminmax(this, ...args);
  }
  /** The greatest element; along a dimension, with positions; or of this and another tensor. */
  max(): Tensor;
  max(other: Tensor): Tensor;
  max(dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  max(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  max(...args: unknown[]): Tensor | ValuesAndIndices {
    return reductions.max(this, ...(args as [number]));
  }
  /** The least element; along a dimension, with positions; or of this and another tensor. */
  min(): Tensor;
  min(other: Tensor): Tensor;
  min(dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  min(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  min(...args: unknown[]): Tensor | ValuesAndIndices {
    return reductions.min(this, ...(args as [number]));
  }
  argmax(...args: DimFirst): Tensor {
    return reductions.argmax(this, ...args);
  }
  argmin(...args: DimFirst): Tensor {
    return reductions.argmin(this, ...args);
  }
  any(...args: DimsFirst): Tensor {
    return reductions.any(this, ...args);
  }
  all(...args: DimsFirst): Tensor {
    return reductions.all(this, ...args);
  }
  var(...args: DimsFirst<VarOptions>): Tensor {
    return reductions.variance(this, ...args);
  }
  std(...args: DimsFirst<VarOptions>): Tensor {
    return reductions.std(this, ...args);
  }
  norm(options: NormOptions = {}): Tensor {
    return reductions.norm(this, options);
  }
  logsumexp(...args: DimsFirst): Tensor {
    return soft.logsumexp(this, ...args);
  }
  nansum(...args: DimsFirst<SumOptions>): Tensor {
    return statistics.nansum(this, ...args);
  }
  nanmean(...args: DimsFirst<SumOptions>): Tensor {
    return statistics.nanmean(this, ...args);
  }
  countNonzero(...args: DimsFirst): Tensor {
    return statistics.countNonzero(this, ...args);
  }
  /** The lower median of all elements; along a dimension, with positions. */
  median(): Tensor;
  median(dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  median(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  median(...args: unknown[]): Tensor | ValuesAndIndices {
    return order.median(this, ...(args as [number]));
  }
  nanmedian(): Tensor;
  nanmedian(dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  nanmedian(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  nanmedian(...args: unknown[]): Tensor | ValuesAndIndices {
    return order.nanmedian(this, ...(args as [number]));
  }
  mode(...args: DimFirst): ValuesAndIndices {
    return order.mode(this, ...args);
  }
  kthvalue(k: number, ...args: DimFirst): ValuesAndIndices {
    return order.kthvalue(this, k, ...args);
  }
  quantile(q: Operand, ...args: DimFirst<order.QuantileOptions>): Tensor {
    return order.quantile(this, q, ...args);
  }
  nanquantile(q: Operand, ...args: DimFirst<order.QuantileOptions>): Tensor {
    return order.nanquantile(this, q, ...args);
  }
  cov(options: statistics.CovOptions = {}): Tensor {
    return statistics.cov(this, options);
  }
  corrcoef(): Tensor {
    return statistics.corrcoef(this);
  }
  renorm(p: number, dim: number, maxnorm: number): Tensor {
    return statistics.renorm(this, p, dim, maxnorm);
  }
  histc(options: { bins?: number; min?: number; max?: number } = {}): Tensor {
    return counting.histc(this, options);
  }
  bincount(options: counting.BincountOptions = {}): Tensor {
    return counting.bincount(this, options);
  }
  diff(options: integral.DiffOptions = {}): Tensor {
    return integral.diff(this, options);
  }
  softmax(dim: number, options: { dtype?: DType } = {}): Tensor {
    return soft.softmax(this, dim, options);
  }
  logSoftmax(dim: number, options: { dtype?: DType } = {}): Tensor {
    return soft.logSoftmax(this, dim, options);
  }
  cumsum(dim: number, options: { dtype?: DType } = {}): Tensor {
    return scans.cumsum(this, dim, options);
  }
  cumprod(dim: number, options: { dtype?: DType } = {}): Tensor {
    return scans.cumprod(this, dim, options);
  }
  cummax(dim: number): ValuesAndIndices {
    return scans.cummax(this, dim);
  }
  cummin(dim: number): ValuesAndIndices {
    return scans.cummin(this, dim);
  }
  logcumsumexp(dim: number): Tensor {
    return scans.logcumsumexp(this, dim);
  }

  // ---- order, positions, parts ---------------------------------------------------------------------------------------

  sort(...args: DimFirst<sorting.SortOptions>): ValuesAndIndices {
    return sorting.sort(this, ...args);
  }
  argsort(...args: DimFirst<sorting.SortOptions>): Tensor {
    return sorting.argsort(this, ...args);
  }
  msort(): Tensor {
    return sorting.msort(this);
  }
  topk(k: number, ...args: DimFirst<sorting.TopkOptions>): ValuesAndIndices {
    return sorting.topk(this, k, ...args);
  }
  /** The distinct elements in ascending order; an array if more than they is asked for. */
  unique(options: distinct.WithMore & { sorted?: boolean }): Tensor[];
  unique(options?: distinct.UniqueOptions & { sorted?: boolean }): Tensor;
  unique(options: distinct.UniqueOptions = {}): Tensor | Tensor[] {
    return distinct.unique(this, options);
  }
  uniqueConsecutive(options: distinct.WithMore): Tensor[];
  uniqueConsecutive(options?: distinct.UniqueOptions): Tensor;
  uniqueConsecutive(options: distinct.UniqueOptions = {}): Tensor | Tensor[] {
    return distinct.uniqueConsecutive(this, options);
  }
  gather(dim: number, index: Tensor): Tensor {
    return indexing.gather(this, dim, index);
  }
  scatter(
    dim: number,
    index: Tensor,
    source: Operand,
    options?: { reduce?: "add" | "multiply" },
  ): Tensor {
    return indexing.scatter(this, dim, index, source, options);
  }
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return indexing.scatterAdd(this, dim, index, source);
  }
  scatterReduce(
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: folding.ScatterReduction,
    options?: folding.ScatterReduceOptions,
  ): Tensor {
    return folding.scatterReduce(this, dim, index, source, reduce, options);
  }
  indexSelect(dim: number, index: Tensor): Tensor {
    return along.indexSelect(this, dim, index);
  }
  indexAdd(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number }): Tensor {
    return along.indexAdd(this, dim, index, source, options);
  }
  indexCopy(dim: number, index: Tensor, source: Tensor): Tensor {
    return along.indexCopy(this, dim, index, source);
  }
  indexFill(dim: number, index: Tensor, value: Operand): Tensor {
    return along.indexFill(this, dim, index, value);
  }
  indexReduce(
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: "prod" | "mean" | "amax" | "amin",
    options?: folding.ScatterReduceOptions,
  ): Tensor {
    return along.indexReduce(this, dim, index, source, reduce, options);
  }
  /** What PyTorch writes as x[i, :, j]. */
  index(indices: readonly advanced.AdvancedIndex[]): Tensor {
    return advanced.index(this, indices);
  }
  indexPut(
    indices: readonly advanced.AdvancedIndex[],
    values: Operand,
    options?: { accumulate?: boolean },
  ): Tensor {
    return advanced.indexPut(this, indices, values, options);
  }
  take(index: Tensor): Tensor {
    return flatIndex.take(this, index);
  }
  put(index: Tensor, source: Tensor, options?: { accumulate?: boolean }): Tensor {
    return flatIndex.put(this, index, source, options);
  }
  takeAlongDim(index: Tensor, options?: number | { dim?: number }): Tensor {
    return flatIndex.takeAlongDim(this, index, options);
  }
  maskedSelect(mask: Tensor): Tensor {
    return masks.maskedSelect(this, mask);
  }
  maskedScatter(mask: Tensor, source: Tensor): Tensor {
    return masks.maskedScatter(this, mask, source);
  }
  nonzero(options?: { asTuple?: false }): Tensor;
  nonzero(options: { asTuple: true }): Tensor[];
  nonzero(options?: { asTuple?: boolean }): Tensor | Tensor[] {
    return masks.nonzero(this, options);
  }
  argwhere(): Tensor {
    return masks.argwhere(this);
  }
  selectScatter(source: Tensor, dim: number, index: number): Tensor {
    return scatterViews.selectScatter(this, source, dim, index);
  }
  sliceScatter(source: Tensor, options?: scatterViews.SliceScatterOptions): Tensor {
    return scatterViews.sliceScatter(this, source, options);
  }
  diagonalScatter(source: Tensor, options?: diagonals.DiagonalOptions): Tensor {
    return scatterViews.diagonalScatter(this, source, options);
  }
  tril(options?: { diagonal?: number }): Tensor {
    return triangles.tril(this, options);
  }
  triu(options?: { diagonal?: number }): Tensor {
    return triangles.triu(this, options);
  }
  split(size: number | readonly number[], dim?: join.DimArgument): Tensor[] {
    return join.split(this, size, dim);
  }
  chunk(chunks: number, dim?: join.DimArgument): Tensor[] {
    return join.chunk(this, chunks, dim);
  }
  tensorSplit(indicesOrSections: number | readonly number[], dim?: join.DimArgument): Tensor[] {
    return stacks.tensorSplit(this, indicesOrSections, dim);
  }
  hsplit(indicesOrSections: number | readonly number[]): Tensor[] {
    return stacks.hsplit(this, indicesOrSections);
  }
  vsplit(indicesOrSections: number | readonly number[]): Tensor[] {
    return stacks.vsplit(this, indicesOrSections);
  }
  dsplit(indicesOrSections: number | readonly number[]): Tensor[] {
    return stacks.dsplit(this, indicesOrSections);
  }
  unbind(dim?: join.DimArgument): Tensor[] {
    return join.unbind(this, dim);
  }
  pad(padding: readonly number[], options: { mode?: join.PadMode; value?: number } = {}): Tensor {
    return join.pad(this, padding, options);
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
  add_(other: Operand, { alpha = 1 } = {}): this {
    return inplace.write(this, "add_", this.add(other, { alpha }));
  }
  sub_(other: Operand, { alpha = 1 } = {}): this {
    return inplace.write(this, "sub_", this.sub(other, { alpha }));
  }
  mul_(other: Operand): this {
    return inplace.write(this, "mul_", this.mul(other));
  }
  div_(other: Operand): this {
    return inplace.write(this, "div_", this.div(other));
  }
  clamp_(options: { min?: Operand; max?: Operand }): this {
    return inplace.write(this, "clamp_", this.clamp(options));
  }
  relu_(): this {
    return inplace.write(this, "relu_", this.relu());
  }
  maskedFill_(mask: Tensor, value: Operand): this {
    return inplace.write(this, "maskedFill_", this.maskedFill(mask, value));
  }
  maskedScatter_(mask: Tensor, source: Tensor): this {
    return inplace.write(this, "maskedScatter_", this.maskedScatter(mask, source));
  }
  scatter_(
    dim: number,
    index: Tensor,
    source: Operand,
    options?: { reduce?: "add" | "multiply" },
  ): this {
    return inplace.write(this, "scatter_", this.scatter(dim, index, source, options));
  }
  scatterAdd_(dim: number, index: Tensor, source: Tensor): this {
    return inplace.write(this, "scatterAdd_", this.scatterAdd(dim, index, source));
  }
  scatterReduce_(
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: folding.ScatterReduction,
    options?: folding.ScatterReduceOptions,
  ): this {
    const value = this.scatterReduce(dim, index, source, reduce, options);
    return inplace.write(this, "scatterReduce_", value);
  }
  indexAdd_(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number }): this {
    return inplace.write(this, "indexAdd_", this.indexAdd(dim, index, source, options));
  }
  indexCopy_(dim: number, index: Tensor, source: Tensor): this {
    return inplace.write(this, "indexCopy_", this.indexCopy(dim, index, source));
  }
  indexFill_(dim: number, index: Tensor, value: Operand): this {
    return inplace.write(this, "indexFill_", this.indexFill(dim, index, value));
  }
  indexPut_(
    indices: readonly advanced.AdvancedIndex[],
    values: Operand,
    options?: { accumulate?: boolean },
  ): this {
    return inplace.write(this, "indexPut_", this.indexPut(indices, values, options));
  }
  put_(index: Tensor, source: Tensor, options?: { accumulate?: boolean }): this {
    return inplace.write(this, "put_", this.put(index, source, options));
  }
  tril_(options?: { diagonal?: number }): this {
    return inplace.write(this, "tril_", this.tril(options));
  }
  triu_(options?: { diagonal?: number }): this {
    return inplace.write(this, "triu_", this.triu(options));
  }

  // ---- random --------------------------------------------------------------------------------------------------------

  /** Uniform on [0, 1); `uniform_(from, to)` on that. */
  uniform_(...args: NumberArguments<"from" | "to">): this {
    return random.uniform_(this, ...args);
  }
  /** Normal; `normal_(mean, std)`. */
  normal_(...args: NumberArguments<"mean" | "std">): this {
    return random.normal_(this, ...args);
  }
  exponential_(...args: NumberArguments<"lambd">): this {
    return random.exponential_(this, ...args);
  }
  cauchy_(...args: NumberArguments<"median" | "sigma">): this {
    return random.cauchy_(this, ...args);
  }
  logNormal_(...args: NumberArguments<"mean" | "std">): this {
    return random.logNormal_(this, ...args);
  }
  geometric_(p: number, options?: GeneratorOption): this {
    return random.geometric_(this, p, options);
  }
  /** Whole numbers; `random_(to)`, `random_(from, to)`. */
  random_(...args: NumberArguments<"from" | "to">): this {
    return random.random_(this, ...args);
  }
  bernoulli_(
    ...args: readonly (number | Tensor | (GeneratorOption & { p?: number | Tensor }))[]
  ): this {
    return random.bernoulli_(this, ...args);
  }
  bernoulli(p?: number | (GeneratorOption & { p?: number }), options?: GeneratorOption): Tensor {
    return samples.bernoulli(this, p, options);
  }
  multinomial(numSamples: number, options?: samples.MultinomialOptions): Tensor {
    return samples.multinomial(this, numSamples, options);
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

function autograd(what: string): Autograd {
  if (!state.autograd)
    throw new DlError(
      "no-autograd",
      `${what} needs automatic differentiation: add import "@dl/autograd" to the program, before the forward pass`,
    );
  return state.autograd;
}
