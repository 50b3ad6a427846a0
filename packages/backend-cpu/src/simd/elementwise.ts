/** Maps and reductions as WebAssembly: plans (dimensions merged and ordered), kernels compiled once, parameters written. */
import {
  bytesPerElement,
  computeType,
  IDENTITY,
  type Program,
  type ReduceOp,
  type View,
} from "@dl/tensor";
import type { Memory } from "../memory.ts";
import { BINARY, UNARY } from "../reference/functions.ts";
import { positionStrides } from "../reference/transfer.ts";
import { type Plan, plan } from "../reference/walk.ts";
import { ConstantPool } from "./constants.ts";
import type { Engine } from "./engine.ts";
import {
  type ElementType,
  elementBytes,
  elementType,
  FLAG_AT,
  type Kind,
  kindOf,
  type Lowering,
  pointerAt,
  SPLAT,
  STRIDED,
  scalarAt,
  sizeAt,
  strideAt,
  type Target,
  UNIT,
} from "./lowering.ts";
import { mapKernel } from "./mapKernel.ts";
import {
  byStride,
  compact,
  contiguousElsewhere,
  kindsAt,
  padded,
  prefersRows,
  type Turned,
  turning,
} from "./plans.ts";
import { reduceKernel } from "./reduceKernel.ts";
import { Transpose } from "./transpose.ts";

/** The parameters stand at the memory's beginning. */
const PARAMETERS = 0;
type Kernel = (parameters: number) => void;
const REDUCE_NUMBER: Readonly<Record<ReduceOp, number>> = { sum: 0, prod: 1, max: 2, min: 3 };
const TYPE_NUMBER: Readonly<Record<ElementType, number>> = {
  float32: 0,
  int32: 1,
  byte: 2,
  position: 3,
};

/** Three kinds of each of four types. */
const KEY_STEP = 12;
const NUMBERED_OPERANDS = 13;

const FLOATS: readonly ElementType[] = ["float32", "float32"];

export class Elementwise {
  private readonly memory: Memory;
  private readonly target: Target;
  private readonly transpose: Transpose;
  /** Of the operands of the current contiguous map. */
  private readonly addresses = new Array<number>(NUMBERED_OPERANDS).fill(0);
  private readonly maps: Map<number | string, Kernel>[] = [];
  private readonly reductions: Map<number | string, Kernel>[] = [];

  constructor({ memory, shared, machine }: Engine) {
    this.memory = memory;
    const pool = new ConstantPool(memory);
    this.transpose = new Transpose(memory, shared);
    this.target = {
      shared,
      hasMadd: machine.hasMadd,
      constantAddress: (bits) => pool.address(bits),
    };
  }

  /** Answers false for what these kernels do not cover: other compute types than float32. */
  map(
    program: Program,
    inputs: readonly View[],
    outputs: readonly View[],
    scalars: readonly number[],
  ): boolean {
    if (this.mapContiguous(program, inputs, outputs, scalars)) return true;
    const isMove = program === IDENTITY && inputs[0].dtype === outputs[0].dtype;
    if (isMove && inputs[0].contiguous && outputs[0].contiguous) {
      this.move(inputs[0], outputs[0]);
      return true;
    }
    // A copy of any four bytes is one of float32.
    const types =
      isMove && bytesPerElement(inputs[0].dtype) === 4
        ? FLOATS
        : this.typesOfMap(program, inputs, outputs);
    if (!types) return false;
    const { shape, strides: order } = outputs[0];
    const strides = [
      ...inputs.map((v) => v.strides),
      ...positionStrides(shape.length, program.axes),
      ...outputs.map((v) => v.strides),
    ];
    const walk = padded(plan(shape, byStride(shape, order), strides), 3);
    const operands = [...inputs, ...program.axes.map(() => null), ...outputs];
    const turned = inputs.flatMap((_, k) => {
      const column = contiguousElsewhere(walk, k, types);
      return column === undefined ? [] : [{ k, column }];
    });
    if (turned.length === 0)
      this.runMap(program, walk, this.addressesOf(operands, types), types, scalars);
    else if (isMove && kindOf(walk.strides[1].at(-1)!) === UNIT) {
      const [source, target] = this.addressesOf(operands, types);
      this.transpose.run(turning(walk, source, target, walk.strides[1], turned[0]));
    } else this.mapTurned(program, walk, turned, operands, types, scalars);
    return true;
  }

  /** With operands that lie across the order of the loops brought into it first. */
  private mapTurned(
    program: Program,
    walk: Plan,
    turned: readonly Turned[],
    operands: readonly (View | null)[],
    types: readonly ElementType[],
    scalars: readonly number[],
  ): void {
    const layouts = turned.map(({ k }) => compact(walk.sizes, walk.strides[k]));
    const bytes = layouts.reduce((sum, { count }) => sum + 4 * count, 0);
    this.memory.withScratch(bytes, (scratch) => {
      const addresses = this.addressesOf(operands, types);
      const strides = [...walk.strides];
      let target = scratch;
      turned.forEach((which, i) => {
        const layout = layouts[i];
        this.transpose.run(turning(walk, addresses[which.k], target, layout.strides, which));
        addresses[which.k] = target;
        strides[which.k] = layout.strides;
        target += 4 * layout.count;
      });
      this.runMap(program, { ...walk, strides }, addresses, types, scalars);
    });
  }

  private runMap(
    program: Program,
    walk: Plan,
    addresses: readonly number[],
    types: readonly ElementType[],
    scalars: readonly number[],
  ): void {
    const loops = walk.sizes.length;
    const kernel = this.mapKernel(program, kindsAt(walk, loops - 1, types), types);
    this.run(kernel, walk, [loops - 3, loops - 2, loops - 1], addresses, types, scalars);
  }

  /** Of all operands, positions counting from 0: finding one may grow the memory, so they come before its arrays. */
  private addressesOf(operands: readonly (View | null)[], types: readonly ElementType[]): number[] {
    return operands.map((v, k) =>
      v ? this.memory.address(v.buffer) + v.offset * elementBytes(types[k]) : 0,
    );
  }

  private typesOfMap(
    program: Program,
    inputs: readonly View[],
    outputs: readonly View[],
  ): ElementType[] | undefined {
    if (computeType(inputs, outputs) !== "float32") return undefined;
    if (outputs.some((v) => v.dtype === "uint8")) return undefined;
    return typesOf(program, inputs, outputs);
  }

  /** Bytes as they are. */
  private move(input: View, output: View): void {
    const width = bytesPerElement(input.dtype);
    const from = this.memory.address(input.buffer) + input.offset * width;
    const to = this.memory.address(output.buffer) + output.offset * width;
    this.memory.array("uint8").copyWithin(to, from, from + input.numel * width);
  }

  /**
   * Everything contiguous or one number: a single loop with next to nothing to plan. Most of a program's
   * small maps are such, so this is written to allocate nothing.
   */
  private mapContiguous(
    program: Program,
    inputs: readonly View[],
    outputs: readonly View[],
    scalars: readonly number[],
  ): boolean {
    const first = inputs.length;
    const count = first + outputs.length;
    if (program.axes.length > 0 || count > NUMBERED_OPERANDS) return false;
    const { addresses } = this;
    let key = 0;
    let hasFloat = false;
    for (let k = 0; k < count; k++) {
      const v = k < first ? inputs[k] : outputs[k - first];
      const type = elementType(v.dtype);
      if (!type || (k >= first && v.dtype === "uint8")) return false;
      if (type === "float32") hasFloat = true;
      const kind = v.contiguous ? UNIT : isOneNumber(v) ? SPLAT : STRIDED;
      if (kind === STRIDED) return false;
      key = key * KEY_STEP + kind + 3 * TYPE_NUMBER[type];
      addresses[k] = this.memory.address(v.buffer) + v.offset * elementBytes(type);
    }
    // Without one they are integers, and computed with as such.
    if (!hasFloat) return false;
    const kernel =
      this.maps[program.id]?.get(key) ?? this.contiguousKernel(program, inputs, outputs);
    const { int32, float32 } = this.memory;
    int32[sizeAt(0) >> 2] = 1;
    int32[sizeAt(1) >> 2] = 1;
    int32[sizeAt(2) >> 2] = outputs[0].numel;
    for (let k = 0; k < count; k++) {
      const v = k < first ? inputs[k] : outputs[k - first];
      int32[pointerAt(k) >> 2] = addresses[k];
      int32[strideAt(k, 0) >> 2] = 0;
      int32[strideAt(k, 1) >> 2] = 0;
      int32[strideAt(k, 2) >> 2] = v.contiguous ? bytesPerElement(v.dtype) : 0;
    }
    for (let i = 0; i < scalars.length; i++) float32[scalarAt(count, i) >> 2] = scalars[i];
    kernel(PARAMETERS);
    return true;
  }

  private contiguousKernel(
    program: Program,
    inputs: readonly View[],
    outputs: readonly View[],
  ): Kernel {
    const operands = [...inputs, ...outputs];
    return this.mapKernel(
      program,
      operands.map((v) => (v.contiguous ? UNIT : SPLAT)),
      operands.map((v) => elementType(v.dtype)!),
    );
  }

  reduce(
    op: ReduceOp,
    program: Program,
    inputs: readonly View[],
    output: View,
    axes: readonly number[],
    scalars: readonly number[],
  ): boolean {
    if (computeType(inputs, [output]) !== "float32" || inputs.length === 0) return false;
    const types = typesOf(program, inputs, [output]);
    if (!types || (output.dtype !== "float32" && output.dtype !== "int32")) return false;
    const { shape } = inputs[0];
    if (shape.includes(0)) return false;
    const rank = shape.length;
    const isReduced = shape.map((_, d) => axes.includes(d));
    const outStrides = output.strides.map((s, d) => (isReduced[d] ? 0 : s));
    const strides = [
      ...inputs.map((v) => v.strides),
      ...positionStrides(rank, program.axes),
      outStrides,
    ];
    const lead = inputs.reduce((best, v) =>
      v.strides.filter((s) => s !== 0).length > best.strides.filter((s) => s !== 0).length
        ? v
        : best,
    ).strides;
    const order = byStride(shape, lead);
    const kept = plan(
      shape,
      order.filter((d) => !isReduced[d]),
      strides,
    );
    const reduced = plan(
      shape,
      order.filter((d) => isReduced[d]),
      strides,
    );
    const isRow = prefersRows(
      kept,
      reduced,
      inputs.findIndex((v) => v.strides === lead),
    );
    const k = padded(kept, 2);
    const r = padded(reduced, 2);
    // All loops in one plan: what the kernel does not loop over, kept dimensions first, then the kernel's own.
    const [kn, rn] = [k.sizes.length, r.sizes.length];
    const sequence: [Plan, number][] = [];
    for (let d = 0; d < kn - 2; d++) sequence.push([k, d]);
    for (let d = 0; d < rn - 2; d++) sequence.push([r, d]);
    if (isRow) sequence.push([k, kn - 2], [k, kn - 1], [r, rn - 2], [r, rn - 1]);
    else sequence.push([k, kn - 2], [r, rn - 2], [r, rn - 1], [k, kn - 1]);
    const walk: Plan = {
      sizes: sequence.map(([p, d]) => p.sizes[d]),
      strides: strides.map((_, o) => sequence.map(([p, d]) => p.strides[o][d])),
      count: 0,
    };
    const loops = walk.sizes.length;
    const kernel = this.reduceKernel(op, isRow, program, kindsAt(walk, loops - 1, types), types);
    const operands = [...inputs, ...program.axes.map(() => null), output];
    this.run(
      kernel,
      walk,
      [loops - 4, loops - 3, loops - 2, loops - 1],
      this.addressesOf(operands, types),
      types,
      scalars,
      rn - 2,
    );
    return true;
  }

  /** Writes sizes, strides and scalars, and calls the kernel for every position of the loops that it does not have. */
  private run(
    kernel: Kernel,
    walk: Plan,
    inner: readonly number[],
    addresses: readonly number[],
    types: readonly ElementType[],
    scalars: readonly number[],
    outerReduced = 0,
  ): void {
    const bytes = types.map(elementBytes);
    const { int32, float32 } = this.memory;
    inner.forEach((d, loop) => {
      int32[sizeAt(loop) >> 2] = walk.sizes[d];
      for (let k = 0; k < addresses.length; k++)
        int32[strideAt(k, loop) >> 2] = walk.strides[k][d] * bytes[k];
    });
    for (let i = 0; i < scalars.length; i++)
      float32[scalarAt(addresses.length, i) >> 2] = scalars[i];
    const outer = walk.sizes.length - inner.length;
    const at = new Array<number>(outer).fill(0);
    for (;;) {
      for (let k = 0; k < addresses.length; k++) {
        let p = addresses[k];
        for (let d = 0; d < outer; d++) p += at[d] * walk.strides[k][d] * bytes[k];
        int32[pointerAt(k) >> 2] = p;
      }
      // After the first of several reduced positions the kernel joins what is there already.
      let isFirst = true;
      for (let d = outer - outerReduced; d < outer; d++) isFirst &&= at[d] === 0;
      int32[FLAG_AT >> 2] = isFirst ? 0 : 1;
      kernel(PARAMETERS);
      let d = outer - 1;
      while (d >= 0 && ++at[d] === walk.sizes[d]) at[d--] = 0;
      if (d < 0) return;
    }
  }

  private mapKernel(
    program: Program,
    kinds: readonly Kind[],
    types: readonly ElementType[],
  ): Kernel {
    this.maps[program.id] ??= new Map();
    return cached(this.maps[program.id], keyOf(kinds, types, 0), () =>
      this.instantiate(mapKernel({ program, kinds, types }, this.target)),
    );
  }
  private reduceKernel(
    op: ReduceOp,
    isRow: boolean,
    program: Program,
    kinds: readonly Kind[],
    types: readonly ElementType[],
  ): Kernel {
    this.reductions[program.id] ??= new Map();
    const key = keyOf(kinds, types, 2 * REDUCE_NUMBER[op] + (isRow ? 1 : 0));
    return cached(this.reductions[program.id], key, () =>
      this.instantiate(reduceKernel(op, isRow, { program, kinds, types }, this.target)),
    );
  }
  private instantiate({
    bytes,
    lowering,
  }: {
    bytes: Uint8Array<ArrayBuffer>;
    lowering: Lowering;
  }): Kernel {
    const functions = Object.fromEntries(
      lowering.imported.map((op) => [
        op,
        op in UNARY ? UNARY[op as keyof typeof UNARY] : BINARY[op as keyof typeof BINARY],
      ]),
    );
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory.wasm, ...functions },
    });
    return instance.exports.run as Kernel;
  }
}

function cached(
  kernels: Map<number | string, Kernel>,
  key: number | string,
  make: () => Kernel,
): Kernel {
  let kernel = kernels.get(key);
  if (!kernel) {
    kernel = make();
    kernels.set(key, kernel);
  }
  return kernel;
}

/** A number while it is exact: `start` is below 8, and 8 · 12¹³ below 2⁵³. */
function keyOf(
  kinds: readonly Kind[],
  types: readonly ElementType[],
  start: number,
): number | string {
  if (kinds.length > NUMBERED_OPERANDS) return `${start} ${kinds} ${types}`;
  let key = start;
  for (let k = 0; k < kinds.length; k++)
    key = key * KEY_STEP + kinds[k] + 3 * TYPE_NUMBER[types[k]];
  return key;
}

function isOneNumber({ strides }: View): boolean {
  for (let d = 0; d < strides.length; d++) if (strides[d] !== 0) return false;
  return true;
}

function typesOf(
  program: Program,
  inputs: readonly View[],
  outputs: readonly View[],
): ElementType[] | undefined {
  const types: ElementType[] = [];
  for (const v of inputs) {
    const type = elementType(v.dtype);
    if (!type) return undefined;
    types.push(type);
  }
  for (const _ of program.axes) types.push("position");
  for (const v of outputs) {
    const type = elementType(v.dtype);
    if (!type) return undefined;
    types.push(type);
  }
  return types;
}
