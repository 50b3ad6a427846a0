/** Maps and reductions as WebAssembly: plans (dimensions merged and ordered), kernels compiled once, parameters written. */
import {
  bytesPerElement,
  computeType,
  IDENTITY,
  type MapCall,
  type Program,
  type ReduceOp,
  type View,
} from "@dl/tensor/core";
import type { Memory } from "../memory.ts";
import { type Kernel, Threads } from "../threads/threads.ts";
import type { ConstantPool } from "./constants.ts";
import type { Engine } from "./engine.ts";
import { Loops, partsOf, type Run } from "./loops.ts";
import {
  type ElementType,
  elementBytes,
  elementType,
  type Functions,
  isCovered,
  type Kind,
  kindOf,
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
  compact,
  kindsAt,
  type MapPlan,
  PlanCache,
  planMap,
  planReduction,
  type ReductionPlan,
  turning,
} from "./plans.ts";
import { reduceKernel } from "./reduceKernel.ts";
import { Transpose } from "./transpose.ts";

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

/** Parts of a job that has not run yet. */
interface Gathered {
  kernel: Kernel | null;
  stride: number;
  parts: number;
  operands: number;
  work: number;
}
/** So many operands stay where they are while the addresses of others are asked for (see memory.ts). */
const MOST_GATHERED = 48;

const fits = (g: Gathered, kernel: Kernel, stride: number, parts: number, operands: number) =>
  !g.kernel ||
  (g.kernel === kernel &&
    g.stride === stride &&
    g.parts + parts <= Threads.mostParts(stride) &&
    g.operands + operands <= MOST_GATHERED);

const FLOATS: readonly ElementType[] = ["float32", "float32"];

export class Elementwise {
  private readonly engine: Engine;
  private readonly memory: Memory;
  private readonly target: Target;
  private readonly transpose: Transpose;
  private readonly loops: Loops;
  private readonly plans = new PlanCache();
  /** While several maps are gathered into one job. */
  private gathered: Gathered | null = null;
  /** Of the operands of the current contiguous map. */
  private readonly addresses = new Array<number>(NUMBERED_OPERANDS).fill(0);
  private readonly maps: Map<number | string, Kernel>[] = [];
  private readonly reductions: Map<number | string, Kernel>[] = [];

  constructor(engine: Engine, pool: ConstantPool, functions: Functions) {
    const { memory, shared, machine } = engine;
    this.engine = engine;
    this.memory = memory;
    this.loops = new Loops(engine);
    this.transpose = new Transpose(memory, shared);
    this.target = {
      shared,
      functions,
      ...machine,
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
    const planned = this.plannedMap(program, inputs, outputs, isMove);
    if (!planned) return false;
    const { types, walk, turned } = planned;
    const operands = [...inputs, ...program.axes.map(() => null), ...outputs];
    if (turned.length === 0) {
      const addresses = this.addressesOf(operands, types);
      this.loops.run(this.mapRun(program, planned), addresses, scalars);
    } else if (isMove && kindOf(walk.strides[1].at(-1)!) === UNIT) {
      const [source, target] = this.addressesOf(operands, types);
      this.transpose.run(turning(walk, source, target, walk.strides[1], turned[0]));
    } else this.mapTurned(program, planned, operands, scalars);
    return true;
  }

  private plannedMap(
    program: Program,
    inputs: readonly View[],
    outputs: readonly View[],
    isMove: boolean,
  ): MapPlan | null {
    return this.plans.of(`${program.id}`, inputs, outputs, () => {
      // A copy of any four bytes is one of float32.
      const types =
        isMove && bytesPerElement(inputs[0].dtype) === 4
          ? FLOATS
          : this.typesOfMap(program, inputs, outputs);
      return types ? planMap(program, inputs, outputs, types) : null;
    });
  }

  /** With operands that lie across the order of the loops brought into it first. */
  private mapTurned(
    program: Program,
    planned: MapPlan,
    operands: readonly (View | null)[],
    scalars: readonly number[],
  ): void {
    const { types, walk, turned } = planned;
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
      const run = this.mapRun(program, { types, walk: { ...walk, strides }, turned: [] });
      this.loops.run(run, addresses, scalars);
    });
  }

  private mapRun(program: Program, planned: MapPlan): Run {
    if (planned.run) return planned.run;
    const { types, walk } = planned;
    const loops = walk.sizes.length;
    planned.run = {
      kernel: this.mapKernel(program, kindsAt(walk, loops - 1, types), types),
      walk,
      loops: [loops - 3, loops - 2, loops - 1],
      types,
      reduced: 0,
      divisible: [0, 1, 2],
      weight: program.order.length,
    };
    return planned.run;
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
    if (!isCovered(program, this.target.functions)) return undefined;
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
    let kernel = this.maps[program.id]?.get(key);
    if (!kernel) {
      if (!isCovered(program, this.target.functions)) return false;
      kernel = this.contiguousKernel(program, inputs, outputs);
    }
    const { numel } = outputs[0];
    const { threads } = this.engine;
    const { gathered } = this;
    const work = numel * program.order.length;
    const parts = partsOf(work, threads.wanted);
    if (parts === 1 && !gathered) {
      const start = threads.parameters;
      this.writeContiguous(start, inputs, outputs, scalars, 0, numel);
      kernel.run(start, 0);
      return true;
    }
    const stride = (scalarAt(count, scalars.length) + 63) & -64;
    const size = (Math.ceil(numel / parts) + 63) & -64;
    if (gathered && !fits(gathered, kernel, stride, parts, count)) this.runGathered();
    const start = threads.parameters + (gathered?.parts ?? 0) * stride;
    let part = 0;
    for (let from = 0; from < numel; from += size, part++) {
      const n = Math.min(size, numel - from);
      this.writeContiguous(start + part * stride, inputs, outputs, scalars, from, n);
    }
    if (!gathered) threads.run(kernel, part, stride);
    else {
      gathered.kernel = kernel;
      gathered.stride = stride;
      gathered.parts += part;
      gathered.operands += count;
      gathered.work += work;
    }
    return true;
  }

  /** Several maps of one program. Those of contiguous operands run together, as parts of one job; `map` runs one that is not covered. */
  mapEach(program: Program, calls: readonly MapCall[], map: (call: MapCall) => void): void {
    this.gathered = { kernel: null, stride: 0, parts: 0, operands: 0, work: 0 };
    try {
      for (const call of calls) {
        const { inputs, outputs, scalars } = call;
        if (this.mapContiguous(program, inputs, outputs, scalars)) continue;
        this.runGathered();
        const gathered: Gathered | null = this.gathered;
        this.gathered = null;
        map(call);
        this.gathered = gathered;
      }
      this.runGathered();
    } finally {
      this.gathered = null;
    }
  }

  private runGathered(): void {
    const { gathered } = this;
    if (!gathered?.kernel) return;
    const { threads } = this.engine;
    const { kernel, stride, parts } = gathered;
    // Little work is done sooner here than anybody else could begin.
    if (partsOf(gathered.work, threads.wanted) > 1) threads.run(kernel, parts, stride);
    else
      for (let i = 0; i < parts; i++) kernel.run(threads.parameters + i * stride, threads.scratch);
    gathered.kernel = null;
    gathered.parts = gathered.operands = gathered.work = 0;
  }

  /** The parameters of `n` elements from `from` on. */
  private writeContiguous(
    address: number,
    inputs: readonly View[],
    outputs: readonly View[],
    scalars: readonly number[],
    from: number,
    n: number,
  ): void {
    const { int32, float32 } = this.memory;
    const base = address >> 2;
    const first = inputs.length;
    const count = first + outputs.length;
    int32[base + (sizeAt(0) >> 2)] = 1;
    int32[base + (sizeAt(1) >> 2)] = 1;
    int32[base + (sizeAt(2) >> 2)] = n;
    for (let k = 0; k < count; k++) {
      const v = k < first ? inputs[k] : outputs[k - first];
      const bytes = v.contiguous ? bytesPerElement(v.dtype) : 0;
      int32[base + (pointerAt(k) >> 2)] = this.addresses[k] + from * bytes;
      int32[base + (strideAt(k, 0) >> 2)] = 0;
      int32[base + (strideAt(k, 1) >> 2)] = 0;
      int32[base + (strideAt(k, 2) >> 2)] = bytes;
    }
    for (let i = 0; i < scalars.length; i++) float32[base + (scalarAt(count, i) >> 2)] = scalars[i];
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
    if (inputs.length === 0) return false;
    const planned = this.plans.of(`${op} ${program.id} ${axes}`, inputs, [output], () => {
      if (computeType(inputs, [output]) !== "float32" || inputs[0].shape.includes(0)) return null;
      const types = typesOf(program, inputs, [output]);
      if (!types || (output.dtype !== "float32" && output.dtype !== "int32")) return null;
      if (!isCovered(program, this.target.functions)) return null;
      return planReduction(program, inputs, output, axes, types);
    });
    if (!planned) return false;
    this.loops.run(
      this.reductionRun(op, program, planned),
      this.addressesOf([...inputs, ...program.axes.map(() => null), output], planned.types),
      scalars,
    );
    return true;
  }

  private reductionRun(op: ReduceOp, program: Program, planned: ReductionPlan): Run {
    if (planned.run) return planned.run;
    const { types, walk, isRow, reduced } = planned;
    const loops = walk.sizes.length;
    planned.run = {
      kernel: this.reduceKernel(op, isRow, program, kindsAt(walk, loops - 1, types), types),
      walk,
      loops: [loops - 4, loops - 3, loops - 2, loops - 1],
      types,
      reduced,
      divisible: isRow ? [0, 1] : [0, 3],
      weight: program.order.length + 1,
    };
    return planned.run;
  }

  private mapKernel(
    program: Program,
    kinds: readonly Kind[],
    types: readonly ElementType[],
  ): Kernel {
    this.maps[program.id] ??= new Map();
    return cached(this.maps[program.id], keyOf(kinds, types, 0), () =>
      this.engine.threads.compile(mapKernel({ program, kinds, types }, this.target)),
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
      this.engine.threads.compile(reduceKernel(op, isRow, { program, kinds, types }, this.target)),
    );
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
