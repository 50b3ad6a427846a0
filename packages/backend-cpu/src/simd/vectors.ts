/**
 * A notation for vector code: an operation takes vectors, or numbers as constants, and gives the vector of its results.
 *
 *     const z = v.mul(x, x);
 *     return v.madd(v.mul(z, x), v.polynomial(z, [0.1666666, 0.0750052]), x);
 *
 * One vector of the notation is several in the code, worked on side by side, instruction by instruction: a function is a
 * chain of instructions that wait for one another, and the processor looks only some hundred ahead.
 */
import { bitsOf, type Fn, V128, type VectorOp } from "./assembler.ts";
import type { Constants } from "./constants.ts";

/** Local variables, one for each of the vectors side by side; a single one is meant for all of them. */
export type Vec = readonly number[];
/** These 32 bits in every lane. */
export interface Bits {
  readonly bits: number;
}
/** A number is a constant in all lanes. */
export type Operand = Vec | number | Bits;

export const bits = (n: number): Bits => ({ bits: n | 0 });
const SIGN = bits(0x80000000);

/** A function of the module beside its first, for what is rare or long. */
export interface Helper {
  readonly name: string;
  readonly fn: Fn;
}

/** What all code of one function shares. */
export interface Workshop {
  readonly f: Fn;
  readonly constants: Constants;
  /** Relaxed SIMD: a fused multiply-add, and a selection in one instruction. */
  readonly hasMadd: boolean;
  readonly helpers: Helper[];
  readonly temporaries: number[];
  /** How many of the temporaries hold something. */
  used: number;
}

/** Operations on lanes of one kind. */
abstract class Lanes<Shape extends "f32x4" | "f64x2"> {
  protected readonly w: Workshop;
  private readonly shape: Shape;

  constructor(w: Workshop, shape: Shape) {
    this.w = w;
    this.shape = shape;
  }

  private push(x: Operand, u: number): void {
    const { f, constants } = this.w;
    if (typeof x === "number") {
      if (this.shape === "f32x4") constants.push(bitsOf(x));
      else constants.pushDouble(x);
    } else if ("bits" in x) constants.push(x.bits);
    else f.get(x.length === 1 ? x[0] : x[u]);
  }
  /** Fresh variables, in which what `write` leaves on the stack is kept. */
  each(args: readonly Operand[], write: (u: number) => unknown, count = 1): Vec {
    const { w } = this;
    const length = args.reduce(
      (n: number, a) => (Array.isArray(a) ? Math.max(n, a.length) : n),
      count,
    );
    return Array.from({ length }, (_, u) => {
      for (const a of args) this.push(a, u);
      write(u);
      const t = (w.temporaries[w.used++] ??= w.f.local(V128));
      w.f.set(t);
      return t;
    });
  }

  op(name: VectorOp, ...args: readonly Operand[]): Vec {
    return this.each(args, () => this.w.f.v(name));
  }
  shuffle(x: Vec, y: Vec, lanes: readonly number[]): Vec {
    return this.each([x, y], () => this.w.f.shuffle(lanes));
  }
  constant(value: number): Vec {
    return this.each([value], () => {});
  }
  /** A copy that may be assigned to. */
  variable(x: Vec): Vec {
    return this.each([x], () => {});
  }
  assign(target: Vec, x: Operand): void {
    target.forEach((local, u) => {
      this.push(x, u);
      this.w.f.set(local);
    });
  }
  /** Runs `body` if any lane of the mask is set. */
  ifAny(mask: Vec, body: () => unknown): void {
    this.pushAny(mask).if(body);
  }
  whileAny(mask: () => Vec, body: () => unknown): void {
    this.w.f.while(() => this.pushAny(mask()), body);
  }
  private pushAny(mask: Vec): Fn {
    const { f } = this.w;
    mask.forEach((local, u) => {
      f.get(local);
      if (u) f.v("v128.or");
    });
    return f.v("v128.any_true");
  }

  add(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.add`, x, y);
  }
  sub(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.sub`, x, y);
  }
  mul(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.mul`, x, y);
  }
  div(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.div`, x, y);
  }
  sqrt(x: Vec): Vec {
    return this.op(`${this.shape}.sqrt`, x);
  }
  abs(x: Vec): Vec {
    return this.op(`${this.shape}.abs`, x);
  }
  neg(x: Vec): Vec {
    return this.op(`${this.shape}.neg`, x);
  }
  trunc(x: Vec): Vec {
    return this.op(`${this.shape}.trunc`, x);
  }
  /** y < x ? y : x in one instruction, where min takes eight; of NaN in x, NaN. */
  pmin(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.pmin`, x, y);
  }
  /** x < y ? y : x; of NaN in x, NaN. */
  pmax(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.pmax`, x, y);
  }
  lt(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.lt`, x, y);
  }
  ge(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.ge`, x, y);
  }
  eq(x: Operand, y: Operand): Vec {
    return this.op(`${this.shape}.eq`, x, y);
  }
  isNaN(x: Vec): Vec {
    return this.op(`${this.shape}.ne`, x, x);
  }
  /** x · y + z, rounded once where the machine can. */
  madd(x: Operand, y: Operand, z: Operand): Vec {
    if (this.w.hasMadd) return this.op(`${this.shape}.relaxed_madd`, x, y, z);
    return this.add(this.mul(x, y), z);
  }
  and(x: Operand, y: Operand): Vec {
    return this.op("v128.and", x, y);
  }
  or(x: Operand, y: Operand): Vec {
    return this.op("v128.or", x, y);
  }
  xor(x: Operand, y: Operand): Vec {
    return this.op("v128.xor", x, y);
  }
  not(x: Vec): Vec {
    return this.op("v128.not", x);
  }
  /** x where the mask is set, else y. */
  select(mask: Vec, x: Operand, y: Operand): Vec {
    return this.each([x, y, mask], () => this.w.f.v("v128.bitselect"));
  }
  /** Horner's scheme, from the highest coefficient to the constant. */
  polynomial(x: Vec, [first, ...others]: readonly number[]): Vec {
    let y: Operand = first;
    for (const c of others) y = this.madd(y, x, c);
    return y as Vec;
  }
}

/** Two doubles to a vector: one vector of floats becomes two of these, its lower and its upper half. */
export class Doubles extends Lanes<"f64x2"> {
  constructor(w: Workshop) {
    super(w, "f64x2");
  }
  from(x: Vec): Vec {
    const upper = this.shuffle(x, x, [2, 3, 2, 3]);
    return x.flatMap((low, u) => this.op("f64x2.promote_low_f32x4", [low, upper[u]]));
  }
  /** Rounded to floats again. */
  toFloats(x: Vec): Vec {
    return this.join(this.op("f32x4.demote_f64x2_zero", x), [0, 1, 4, 5]);
  }
  /** One vector of each two: 32-bit lanes 0 to 3 are the lower half's, 4 to 7 the upper half's. */
  join(x: Vec, lanes: readonly number[]): Vec {
    const half = (which: number) => x.filter((_, i) => i % 2 === which);
    return this.shuffle(half(0), half(1), lanes);
  }
  /** A mask of 64-bit lanes from one of 32-bit lanes. */
  widen(mask: Vec): Vec {
    const low = this.shuffle(mask, mask, [0, 0, 1, 1]);
    const high = this.shuffle(mask, mask, [2, 2, 3, 3]);
    return mask.flatMap((_, u) => [low[u], high[u]]);
  }
  withSignOf(x: Vec, magnitude: Operand): Vec {
    return this.or(magnitude, this.and(x, -0));
  }
  shift(name: "i64x2.shl" | "i64x2.shr_s", x: Vec, count: number): Vec {
    return this.each([x], () => this.w.f.i32(count).v(name));
  }
}

/** Four floats, or four integers, to a vector. */
export class Vectors extends Lanes<"f32x4"> {
  readonly doubles: Doubles;

  constructor(w: Pick<Workshop, "f" | "constants" | "hasMadd">) {
    const workshop: Workshop = { ...w, helpers: [], temporaries: [], used: 0 };
    super(workshop, "f32x4");
    this.doubles = new Doubles(workshop);
  }
  get f(): Fn {
    return this.w.f;
  }
  get helpers(): readonly Helper[] {
    return this.w.helpers;
  }
  /** What operations gave so far is forgotten: their variables are free again. */
  begin(): void {
    this.w.used = 0;
  }
  /**
   * At the end of a loop's body: nothing of what operations gave, nor of these variables, lives on into its next turn.
   * Otherwise the engine believes it may, and joins no neighbouring vectors.
   */
  forget(variables: readonly number[] = []): void {
    this.assign([...this.w.temporaries, ...variables], 0);
    this.begin();
  }
  /** What follows the module's first function: the number by which a helper is called. */
  helper(name: string, write: () => Fn): number {
    const { helpers } = this.w;
    let at = helpers.findIndex((h) => h.name === name);
    if (at < 0) at = helpers.push({ name, fn: write() }) - 1;
    return 1 + at;
  }
  addInt(x: Operand, y: Operand): Vec {
    return this.op("i32x4.add", x, y);
  }
  subInt(x: Operand, y: Operand): Vec {
    return this.op("i32x4.sub", x, y);
  }
  shift(name: "i32x4.shl" | "i32x4.shr_s" | "i32x4.shr_u", x: Vec, count: number): Vec {
    return this.each([x], () => this.w.f.i32(count).v(name));
  }
  /** A magnitude with the sign of x. */
  withSignOf(x: Vec, magnitude: Vec): Vec {
    return this.or(magnitude, this.and(x, SIGN));
  }
  /** Computed in double precision, and rounded once. */
  inDoubles(args: readonly Vec[], body: (v: Doubles, ...args: Vec[]) => Vec): Vec {
    const { doubles } = this;
    return doubles.toFloats(body(doubles, ...args.map((x) => doubles.from(x))));
  }
}
