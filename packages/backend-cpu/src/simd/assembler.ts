/**
 * A small WebAssembly assembler: a function as a growing list of bytes, and a module around functions.
 *
 * Instructions are named as in the specification (https://webassembly.github.io/spec/core/binary/instructions.html);
 * every method appends code and returns the function, so that code reads in the order in which the stack machine runs.
 */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;

/** Single-byte instructions. */
const PLAIN = {
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.lt_s": 0x48,
  "i32.gt_s": 0x4a,
  "i32.le_s": 0x4c,
  "i32.ge_s": 0x4e,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.div_u": 0x6e,
  "i32.rem_u": 0x70,
  "i32.lt_u": 0x49,
  "f32.le": 0x5f,
  "f32.eq": 0x5b,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.shl": 0x74,
  "i32.shr_s": 0x75,
  "i32.shr_u": 0x76,
  "i64.add": 0x7c,
  "i64.sub": 0x7d,
  "i64.mul": 0x7e,
  "i64.or": 0x84,
  "i64.shl": 0x86,
  "i64.shr_u": 0x88,
  "f64.mul": 0xa2,
  "i32.wrap_i64": 0xa7,
  "i64.extend_i32_u": 0xad,
  "f64.convert_i64_s": 0xb9,
  "f32.add": 0x92,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
} as const;

/** Behind the prefix 0xfd. */
const VECTOR = {
  "i32x4.splat": 17,
  "i32x4.eq": 55,
  "f32x4.eq": 65,
  "f32x4.ne": 66,
  "f32x4.lt": 67,
  "f32x4.le": 69,
  "f32x4.ge": 70,
  "f64x2.eq": 71,
  "f64x2.ne": 72,
  "f64x2.lt": 73,
  "f64x2.ge": 76,
  "v128.not": 77,
  "v128.and": 78,
  "v128.andnot": 79,
  "v128.or": 80,
  "v128.xor": 81,
  "v128.bitselect": 82,
  "v128.any_true": 83,
  "f32x4.demote_f64x2_zero": 94,
  "f64x2.promote_low_f32x4": 95,
  "i8x16.narrow_i16x8_s": 101,
  "f32x4.ceil": 103,
  "f32x4.floor": 104,
  "f32x4.trunc": 105,
  "f32x4.nearest": 106,
  "f64x2.trunc": 122,
  "i16x8.narrow_i32x4_s": 133,
  "i16x8.extend_low_i8x16_u": 137,
  "i32x4.extend_low_i16x8_u": 169,
  "i32x4.shl": 171,
  "i32x4.shr_s": 172,
  "i32x4.shr_u": 173,
  "i32x4.add": 174,
  "i32x4.sub": 177,
  "i32x4.mul": 181,
  "i64x2.shl": 203,
  "i64x2.shr_s": 204,
  "i64x2.add": 206,
  "i64x2.sub": 209,
  "f32x4.abs": 224,
  "f32x4.neg": 225,
  "f32x4.sqrt": 227,
  "f32x4.add": 228,
  "f32x4.sub": 229,
  "f32x4.mul": 230,
  "f32x4.div": 231,
  "f32x4.min": 232,
  "f32x4.max": 233,
  "f32x4.pmin": 234,
  "f32x4.pmax": 235,
  "f64x2.abs": 236,
  "f64x2.neg": 237,
  "f64x2.sqrt": 239,
  "f64x2.add": 240,
  "f64x2.sub": 241,
  "f64x2.mul": 242,
  "f64x2.div": 243,
  "f64x2.pmin": 246,
  "f64x2.pmax": 247,
  "i32x4.trunc_sat_f32x4_s": 248,
  "f32x4.convert_i32x4_s": 250,
  "f32x4.relaxed_madd": 261,
  "f64x2.relaxed_madd": 263,
} as const;
export type VectorOp = keyof typeof VECTOR;

const floatBits = new Float32Array(1);
const bitsOfFloat = new Int32Array(floatBits.buffer);
export function bitsOf(x: number): number {
  floatBits[0] = x;
  return bitsOfFloat[0];
}

/** Unsigned LEB128. */
export function leb(n: number): number[] {
  const out: number[] = [];
  let rest = n >>> 0;
  do {
    const low = rest & 127;
    rest >>>= 7;
    out.push(rest ? low | 128 : low);
  } while (rest);
  return out;
}
/** Signed LEB128 of an int32. */
function signedLeb(n: number): number[] {
  const out: number[] = [];
  for (let rest = n | 0; ; ) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && !(low & 64)) || (rest === -1 && low & 64)) {
      out.push(low);
      return out;
    }
    out.push(low | 128);
  }
}

export class Fn {
  readonly params: readonly number[];
  readonly results: readonly number[];
  private readonly locals: number[] = [];
  private readonly code: number[] = [];
  private readonly prologue: number[] = [];

  constructor(params: readonly number[], results: readonly number[] = []) {
    this.params = params;
    this.results = results;
  }

  /** A new local variable; its index. */
  local(type: number = I32): number {
    this.locals.push(type);
    return this.params.length + this.locals.length - 1;
  }
  /** Code that runs before everything else. */
  before({ code }: Fn): this {
    for (const b of code) this.prologue.push(b);
    return this;
  }
  bytes(...code: readonly number[]): this {
    for (let i = 0; i < code.length; i++) this.code.push(code[i]);
    return this;
  }
  /** An instruction and its operand as LEB128, nearly always of one byte: most of all code passes here. */
  private with(instruction: number, operand: number): this {
    const { code } = this;
    code.push(instruction);
    let rest = operand >>> 0;
    for (; rest > 127; rest >>>= 7) code.push((rest & 127) | 128);
    code.push(rest);
    return this;
  }
  get(local: number): this {
    return this.with(0x20, local);
  }
  set(local: number): this {
    return this.with(0x21, local);
  }
  tee(local: number): this {
    return this.with(0x22, local);
  }
  i32(n: number): this {
    return this.bytes(0x41, ...signedLeb(n));
  }
  i64(n: bigint): this {
    const out: number[] = [];
    for (let rest = BigInt.asIntN(64, n); ; ) {
      const low = Number(rest & 127n);
      rest >>= 7n;
      if ((rest === 0n && !(low & 64)) || (rest === -1n && low & 64))
        return this.bytes(0x42, ...out, low);
      out.push(low | 128);
    }
  }
  f64(x: number): this {
    return this.bytes(0x44, ...new Uint8Array(new Float64Array([x]).buffer));
  }
  call(index: number): this {
    return this.with(0x10, index);
  }
  op(name: keyof typeof PLAIN): this {
    this.code.push(PLAIN[name]);
    return this;
  }
  v(name: VectorOp): this {
    return this.with(0xfd, VECTOR[name]);
  }

  // Memory: the address is on the stack, `offset` is added to it.
  loadI32(offset = 0): this {
    this.code.push(0x28);
    return this.with(2, offset);
  }
  loadI64(offset = 0): this {
    this.code.push(0x29);
    return this.with(3, offset);
  }
  loadByte(offset = 0): this {
    this.code.push(0x2d);
    return this.with(0, offset);
  }
  storeByte(offset = 0): this {
    this.code.push(0x3a);
    return this.with(0, offset);
  }
  loadF32(offset = 0): this {
    this.code.push(0x2a);
    return this.with(2, offset);
  }
  storeF32(offset = 0): this {
    this.code.push(0x38);
    return this.with(2, offset);
  }
  storeI32(offset = 0): this {
    this.code.push(0x36);
    return this.with(2, offset);
  }
  loadV(offset = 0): this {
    this.code.push(0xfd, 0);
    return this.with(2, offset);
  }
  storeV(offset = 0): this {
    this.code.push(0xfd, 11);
    return this.with(2, offset);
  }
  /** memory.fill; address, byte and length are on the stack. */
  fillMemory(): this {
    return this.bytes(0xfc, 11, 0);
  }
  /** One 32-bit element into all lanes. */
  loadSplat(offset = 0): this {
    this.code.push(0xfd, 9);
    return this.with(2, offset);
  }
  /** One 32-bit element into lane 0, zeros elsewhere. */
  loadZero(offset = 0): this {
    this.code.push(0xfd, 0x5c);
    return this.with(2, offset);
  }
  /** Address and vector are on the stack. */
  loadLane(lane: number): this {
    return this.bytes(0xfd, 0x56, 2, 0, lane);
  }
  storeLane(lane: number): this {
    return this.bytes(0xfd, 0x5a, 2, 0, lane);
  }
  extractI32(lane: number): this {
    return this.bytes(0xfd, 27, lane);
  }
  replaceI32(lane: number): this {
    return this.bytes(0xfd, 28, lane);
  }
  replaceF64(lane: number): this {
    return this.bytes(0xfd, 34, lane);
  }
  /** Lanes 0–3 of the first vector, 4–7 of the second. */
  shuffle(lanes: readonly number[]): this {
    this.bytes(0xfd, 13);
    for (const lane of lanes) this.bytes(4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3);
    return this;
  }
  /** The same 32 bits in every lane. */
  constantV(bits: number): this {
    const b = [bits & 255, (bits >>> 8) & 255, (bits >>> 16) & 255, bits >>> 24];
    return this.bytes(0xfd, 12, ...b, ...b, ...b, ...b);
  }
  /** The same double in both halves. */
  constantF64(x: number): this {
    const b = new Uint8Array(new Float64Array([x]).buffer);
    return this.bytes(0xfd, 12, ...b, ...b);
  }
  /** 0, 1, 2, 3 as integers. */
  laneNumbers(): this {
    return this.bytes(0xfd, 12, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
  }

  /** local += by */
  bump(local: number, by: number): this {
    return this.get(local).i32(by).op("i32.add").set(local);
  }
  bumpBy(local: number, by: number): this {
    return this.get(local).get(by).op("i32.add").set(local);
  }
  /** The condition is on the stack. */
  if(yes: () => unknown, no?: () => unknown, result = 0x40): this {
    this.bytes(0x04, result);
    yes();
    if (no) {
      this.bytes(0x05);
      no();
    }
    return this.bytes(0x0b);
  }
  while(condition: () => unknown, body: () => unknown): this {
    this.bytes(0x02, 0x40, 0x03, 0x40);
    condition();
    this.op("i32.eqz").bytes(0x0d, 1);
    body();
    return this.bytes(0x0c, 0, 0x0b, 0x0b);
  }
  /** while (count >= step) { body; count −= step } */
  countdown(count: number, step: number, body: () => unknown): this {
    return this.get(count)
      .i32(step)
      .op("i32.ge_s")
      .if(() => {
        this.bytes(0x03, 0x40);
        body();
        this.get(count)
          .i32(step)
          .op("i32.sub")
          .tee(count)
          .i32(step)
          .op("i32.ge_s")
          .bytes(0x0d, 0, 0x0b);
      });
  }

  /** for (at = 0; at < count; at += step), with size = min(step, count − at). `count` is a local. */
  blocks(count: number, step: number, body: (at: number, size: number) => unknown): this {
    const [at, size] = [this.local(), this.local()];
    this.i32(0).set(at);
    return this.while(
      () => this.get(at).get(count).op("i32.lt_s"),
      () => {
        this.i32(step).get(count).get(at).op("i32.sub").tee(size);
        this.get(size).i32(step).op("i32.gt_s").op("select").set(size);
        body(at, size);
        this.bump(at, step);
      },
    );
  }
  /** Pushes pointer + index · scale, of locals. */
  at(pointer: number, index: number, scale: number): this {
    return this.get(index).get(scale).op("i32.mul").get(pointer).op("i32.add");
  }

  encode(): Bytes {
    const head = leb(this.locals.length);
    for (const type of this.locals) head.push(1, type);
    return sized(concatenated([head, this.prologue, this.code, [0x0b]]));
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Module code is long: it is copied as a whole, never spread. */
function concatenated(parts: readonly ArrayLike<number>[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
/** Preceded by how long it is. */
const sized = (body: ArrayLike<number>): Bytes => concatenated([leb(body.length), body]);

/** A module of exported functions over the memory `env.memory`. */
export function moduleBytes(
  functions: readonly { readonly name: string; readonly fn: Fn }[],
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const text = (s: string) => sized(Array.from(s, (c) => c.charCodeAt(0)));
  const list = (items: readonly ArrayLike<number>[]) => concatenated([leb(items.length), ...items]);
  const section = (id: number, items: readonly ArrayLike<number>[]) =>
    concatenated([[id], sized(list(items))]);
  const env = text("env");
  const memory = [env, text("memory"), [2, shared ? 3 : 1], leb(1), leb(65536)];
  const numbers = functions.map((_, i) => leb(i));
  return concatenated([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(
      1,
      functions.map(({ fn }) => concatenated([[0x60], sized(fn.params), sized(fn.results)])),
    ),
    section(2, [concatenated(memory)]),
    section(3, numbers),
    section(
      7,
      functions.map(({ name }, i) => concatenated([text(name), [0], numbers[i]])),
    ),
    section(
      10,
      functions.map(({ fn }) => fn.encode()),
    ),
  ]);
}
