/**
 * Expressions into vector code. A kernel's operands are pointers that advance, each with a kind that says what a step of
 * its innermost dimension looks like; nodes are computed into local variables, for several vectors side by side.
 *
 * Kernels read everything that changes between calls (sizes, pointers, strides, scalars) from a block of parameters, so
 * one is compiled per program, dtypes and kinds, never per shape.
 */
import type { BinaryOp, DType, Expr, ExprOp, Program, UnaryOp } from "@dl/tensor/core";
import { bitsOf, Fn, I32, V128, type VectorOp } from "./assembler.ts";
import { Constants } from "./constants.ts";
import type { Machine } from "./gemm/tile.ts";
import { type Helper, type Vec, Vectors } from "./vectors.ts";

/** Innermost stride: 0, 1 element, anything else. */
export const SPLAT = 0;
export const UNIT = 1;
export const STRIDED = 2;
export type Kind = 0 | 1 | 2;
export const kindOf = (stride: number): Kind =>
  stride === 0 ? SPLAT : stride === 1 ? UNIT : STRIDED;

/** What can be loaded and stored; everything is computed in float32. Positions are operands whose address is their value. */
export type ElementType = "float32" | "int32" | "byte" | "position";
export function elementType(dtype: DType): ElementType | undefined {
  if (dtype === "float32" || dtype === "int32") return dtype;
  return dtype === "uint8" || dtype === "bool" ? "byte" : undefined;
}
export const elementBytes = (type: ElementType): number =>
  type === "byte" || type === "position" ? 1 : 4;

// Parameters, in bytes: four loop sizes, a flag, then per operand a pointer and four strides (bytes), then scalars.
export const LOOPS = 4;
export const sizeAt = (loop: number): number => 4 * loop;
export const FLAG_AT = 16;
export const pointerAt = (k: number): number => 32 + 20 * k;
export const strideAt = (k: number, loop: number): number => pointerAt(k) + 4 + 4 * loop;
export const scalarAt = (operands: number, i: number): number => pointerAt(operands) + 4 * i;

export interface Target extends Machine {
  readonly functions: Functions;
  readonly shared: boolean;
  /** Address at which these 32 bits stand in all four lanes, if there is room for them. */
  constantAddress(bits: number): number | undefined;
}

/** One instruction each. */
const DIRECT = {
  neg: "f32x4.neg",
  abs: "f32x4.abs",
  sqrt: "f32x4.sqrt",
  floor: "f32x4.floor",
  ceil: "f32x4.ceil",
  round: "f32x4.nearest",
  trunc: "f32x4.trunc",
  add: "f32x4.add",
  sub: "f32x4.sub",
  mul: "f32x4.mul",
  div: "f32x4.div",
  max: "f32x4.max",
  min: "f32x4.min",
  lt: "f32x4.lt",
  le: "f32x4.le",
  eq: "f32x4.eq",
  and: "v128.and",
  or: "v128.or",
  not: "v128.not",
} as const satisfies { readonly [P in ExprOp]?: VectorOp };
/** What takes several instructions. */
export type FunctionOp = Exclude<UnaryOp | BinaryOp, keyof typeof DIRECT | "sign">;
/** Code for functions. Programs with others are left to the reference kernels. */
export type Functions = {
  readonly [P in FunctionOp]?: (v: Vectors, ...args: [Vec, Vec]) => Vec;
};
const SIMPLE: readonly ExprOp[] = ["input", "const", "scalar", "index", "select", "cast", "sign"];
export const isCovered = ({ order }: Program, functions: Functions): boolean =>
  order.every(({ op }) => op in DIRECT || op in functions || SIMPLE.includes(op));

export interface KernelShape {
  readonly program: Program;
  readonly kinds: readonly Kind[];
  /** Of inputs, positions and outputs. */
  readonly types: readonly ElementType[];
}

/** Up to so many nodes a kernel works on all vectors side by side, on half of them: beyond, the registers run out. */
const UNROLL_LIMITS = [24, 120];

export class Lowering {
  readonly f = new Fn([I32]);
  readonly count: number;
  readonly firstOutput: number;
  readonly unroll: number;
  /** Nodes that change with the row of the inner loop, with its elements. */
  readonly rowNodes: readonly Expr[];
  readonly body: readonly Expr[];
  /** Locals with the innermost stride of each operand, in bytes. */
  readonly steps: readonly number[];
  /** Locals with the current address of each operand. */
  pointers: readonly number[] = [];
  private readonly shape: KernelShape;
  private readonly vectors: Vectors;
  private readonly functions: Functions;
  private readonly constants: Constants;
  private readonly slots: Map<Expr, number>[] = [];
  private readonly varying: ReadonlySet<Expr>;
  private scratchPointer = -1;
  private scratchVector = -1;

  constructor(shape: KernelShape, target: Target, innerLoop: number) {
    this.shape = shape;
    const { program, kinds } = shape;
    this.count = kinds.length;
    this.firstOutput = program.inputs + program.axes.length;
    this.constants = new Constants(this.f, (bits) => target.constantAddress(bits));
    this.functions = target.functions;
    this.vectors = new Vectors({
      f: this.f,
      constants: this.constants,
      hasMadd: target.hasMadd,
    });
    const levels = this.levels();
    const at = (level: number) => program.order.filter((e) => levels.get(e) === level);
    this.rowNodes = at(1);
    this.body = at(2);
    this.varying = new Set(this.body);
    const sideBySide = 2 * target.vectors;
    const isStrided = kinds.some((k) => k === STRIDED);
    this.unroll = isStrided
      ? 1
      : program.order.length <= UNROLL_LIMITS[0]
        ? sideBySide
        : program.order.length <= UNROLL_LIMITS[1]
          ? sideBySide / 2
          : 1;
    this.steps = kinds.map((_, k) => {
      const step = this.f.local();
      this.f.get(0).loadI32(strideAt(k, innerLoop)).set(step);
      return step;
    });
    this.run(at(0));
  }

  /** 0: never changes, 1: with the row, 2: with the element. */
  private levels(): Map<Expr, number> {
    const levels = new Map<Expr, number>();
    for (const e of this.shape.program.order) {
      if (e.op === "const" || e.op === "scalar") levels.set(e, 0);
      else if (e.op === "input" || e.op === "index")
        levels.set(e, this.shape.kinds[this.operandOf(e)] === SPLAT ? 1 : 2);
      else levels.set(e, Math.max(...e.args.map((a) => levels.get(a)!)));
    }
    return levels;
  }
  private operandOf(e: Expr): number {
    return e.op === "input"
      ? e.value
      : this.shape.program.inputs + this.shape.program.axes.indexOf(e.value);
  }
  /** Functions that the code calls. */
  get helpers(): readonly Helper[] {
    return this.vectors.helpers;
  }

  /** Pushes these 32 bits, in all four lanes. */
  constant(bits: number): void {
    this.constants.push(bits);
  }

  /** At the end of the loop over elements: no node's value lives on. */
  forget(): void {
    this.vectors.forget(
      this.slots.flatMap((slots) => this.body.flatMap((e) => slots.get(e) ?? [])),
    );
  }

  /** The local that holds a node's value in the u-th vector. */
  slot(e: Expr, u: number): number {
    const which = this.varying.has(e) ? u : 0;
    this.slots[which] ??= new Map();
    let slot = this.slots[which].get(e);
    if (slot === undefined) {
      slot = this.f.local(V128);
      this.slots[which].set(e, slot);
    }
    return slot;
  }

  /**
   * Computes nodes, for `vectors` vectors; or, as `lane`, for one element, in lane 0. Node by node, each for all vectors:
   * one expression is a chain of dependent instructions, and neighbouring chains keep the processor busy.
   */
  run(nodes: readonly Expr[], vectors = 1, lane = false): void {
    const { f } = this;
    const slots = (e: Expr): Vec => Array.from({ length: vectors }, (_, u) => this.slot(e, u));
    for (const e of nodes) {
      const compute = this.functions[e.op as FunctionOp];
      if (compute) {
        this.vectors.begin();
        this.vectors.assign(slots(e), compute(this.vectors, ...(e.args.map(slots) as [Vec, Vec])));
        continue;
      }
      for (let u = 0; u < vectors; u++) {
        this.push(e, u, lane);
        f.set(this.slot(e, u));
      }
    }
  }

  private push(e: Expr, u: number, lane: boolean): void {
    const { f } = this;
    const arg = (i: number) => f.get(this.slot(e.args[i], u));
    const direct = (DIRECT as { readonly [P in ExprOp]?: VectorOp })[e.op];
    if (direct) {
      e.args.forEach((_, i) => arg(i));
      f.v(direct);
    } else if (e.op === "const") this.constant(bitsOf(e.value));
    else if (e.op === "scalar") f.get(0).loadSplat(scalarAt(this.count, e.value));
    else if (e.op === "input" || e.op === "index") this.load(this.operandOf(e), u, lane);
    else if (e.op === "select") {
      arg(1);
      arg(2);
      arg(0).v("v128.bitselect");
    } else if (e.op === "cast") {
      arg(0);
      this.constant(bitsOf(1));
      f.v("v128.and");
    } else {
      // sign: (0 < x) − (x < 0)
      const x = this.slot(e.args[0], u);
      this.constant(bitsOf(1));
      this.constant(0);
      f.get(x).v("f32x4.lt").v("v128.and");
      this.constant(bitsOf(1));
      f.get(x);
      this.constant(0);
      f.v("f32x4.lt").v("v128.and").v("f32x4.sub");
    }
  }

  // ---- memory --------------------------------------------------------------------------------------------------------

  private pointerScratch(): number {
    if (this.scratchPointer < 0) this.scratchPointer = this.f.local();
    return this.scratchPointer;
  }
  private vectorScratch(): number {
    if (this.scratchVector < 0) this.scratchVector = this.f.local(V128);
    return this.scratchVector;
  }

  private load(k: number, u: number, lane: boolean): void {
    const { f } = this;
    const type = this.shape.types[k];
    const kind = this.shape.kinds[k];
    const p = this.pointers[k];
    if (type === "position") {
      f.get(p).v("i32x4.splat");
      if (kind !== SPLAT && !lane) {
        f.laneNumbers().v("i32x4.add");
        if (u) {
          this.constant(4 * u);
          f.v("i32x4.add");
        }
      }
    } else if (type === "byte") {
      if (kind === UNIT && !lane)
        f.get(p)
          .loadZero(4 * u)
          .v("i16x8.extend_low_i8x16_u")
          .v("i32x4.extend_low_i16x8_u");
      else if (kind === STRIDED && !lane)
        this.gather(k, (q, l) => f.get(this.vectorScratch()).get(q).loadByte().replaceI32(l));
      else f.get(p).loadByte().v("i32x4.splat");
    } else if (kind === SPLAT) f.get(p).loadSplat();
    else if (lane) f.get(p).loadZero();
    else if (kind === UNIT) f.get(p).loadV(16 * u);
    else this.gather(k, (q, l) => f.get(q).get(this.vectorScratch()).loadLane(l));
    if (type !== "float32") f.v("f32x4.convert_i32x4_s");
  }

  /** Four elements one by one. `read` leaves the vector with lane l filled on the stack. */
  private gather(k: number, read: (pointer: number, lane: number) => unknown): void {
    const { f } = this;
    const q = this.pointerScratch();
    const v = this.vectorScratch();
    f.get(this.pointers[k]).set(q);
    this.constant(0);
    f.set(v);
    for (let l = 0; l < 4; l++) {
      read(q, l);
      f.set(v);
      if (l < 3) f.bumpBy(q, this.steps[k]);
    }
    f.get(v);
  }

  /** Stores output `o` from the u-th vector. */
  store(o: number, u: number, lane: boolean): void {
    const { f } = this;
    const k = this.firstOutput + o;
    const expr = this.shape.program.exprs[o];
    const type = this.shape.types[k];
    const kind = this.shape.kinds[k];
    const p = this.pointers[k];
    const v = this.vectorScratch();
    f.get(this.slot(expr, u));
    if (type === "byte") {
      // A mask is stored as 0 or 1; a number counts as true unless it is 0.
      if (!expr.isMask) {
        this.constant(0);
        f.v("f32x4.ne");
      }
      this.constant(1);
      f.v("v128.and");
    } else if (expr.isMask) {
      this.constant(type === "int32" ? 1 : bitsOf(1));
      f.v("v128.and");
    } else if (type === "int32") f.v("i32x4.trunc_sat_f32x4_s");
    f.set(v);
    if (type === "byte") {
      if (kind === UNIT && !lane) {
        f.get(v).get(v).v("i16x8.narrow_i32x4_s").set(v);
        f.get(p)
          .get(v)
          .get(v)
          .v("i8x16.narrow_i16x8_s")
          .extractI32(0)
          .storeI32(4 * u);
      } else this.spread(k, lane, (q, l) => f.get(q).get(v).extractI32(l).storeByte());
    } else if (kind === UNIT && !lane)
      f.get(p)
        .get(v)
        .storeV(16 * u);
    else this.spread(k, lane, (q, l) => f.get(q).get(v).storeLane(l));
  }
  private spread(
    k: number,
    lane: boolean,
    write: (pointer: number, lane: number) => unknown,
  ): void {
    const { f } = this;
    const q = this.pointerScratch();
    f.get(this.pointers[k]).set(q);
    for (let l = 0; l < (lane ? 1 : 4); l++) {
      write(q, l);
      if (l < 3 && !lane) f.bumpBy(q, this.steps[k]);
    }
  }

  /** Moves pointers on by so many elements of the innermost dimension. */
  advance(pointers: readonly number[], elements: number, except = -1): void {
    pointers.forEach((p, k) => {
      const kind = this.shape.kinds[k];
      if (kind === SPLAT || k === except) return;
      if (kind === UNIT) this.f.bump(p, elements * elementBytes(this.shape.types[k]));
      else this.f.get(p).get(this.steps[k]).i32(elements).op("i32.mul").op("i32.add").set(p);
    });
  }

  /** Locals, one per operand. */
  pointerSet(): number[] {
    return this.shape.kinds.map(() => this.f.local());
  }
  copy(from: readonly number[], to: readonly number[]): void {
    from.forEach((p, k) => this.f.get(p).set(to[k]));
  }
  loadPointers(to: readonly number[]): void {
    to.forEach((p, k) => this.f.get(0).loadI32(pointerAt(k)).set(p));
  }
  /** Moves pointers on by one step of an outer loop. */
  stride(pointers: readonly number[], loop: number): void {
    pointers.forEach((p, k) =>
      this.f.get(p).get(0).loadI32(strideAt(k, loop)).op("i32.add").set(p),
    );
  }
  loadSize(loop: number, to: number): void {
    this.f.get(0).loadI32(sizeAt(loop)).set(to);
  }
}
