import { CONSTANTS_END, CONSTANTS_START, type Memory } from "../memory.ts";
import { Fn, V128 } from "./assembler.ts";

/** The digits of 2/π behind the point, 32 bits a word. */
const TWO_OVER_PI = [
  0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
];
/** Where they end in memory, the first word last, so that a 64-bit read has two in order. */
export const TWO_OVER_PI_END = CONSTANTS_START + 4 * TWO_OVER_PI.length;

/** Vector constants in memory, each in all four lanes, written when first asked for. */
export class ConstantPool {
  private readonly memory: Memory;
  private readonly addresses = new Map<number, number>();

  constructor(memory: Memory) {
    this.memory = memory;
    memory.int32.set(TWO_OVER_PI.toReversed(), CONSTANTS_START >> 2);
  }

  /** Where these 32 bits stand; undefined when the pool is full. */
  address(bits: number): number | undefined {
    let address = this.addresses.get(bits);
    if (address === undefined) {
      address = TWO_OVER_PI_END + 16 * this.addresses.size;
      if (address + 16 > CONSTANTS_END) return undefined;
      this.memory.int32.fill(bits, address >> 2, (address >> 2) + 4);
      this.addresses.set(bits, address);
    }
    return address;
  }
}

/**
 * The constants of one function, read into local variables before everything else. The engine rebuilds an immediate vector
 * at each use; what it cannot keep in a register it reads from the stack, within the instruction that uses it.
 */
export class Constants {
  private readonly f: Fn;
  private readonly addressOf: (bits: number) => number | undefined;
  private readonly locals = new Map<number, number>();
  private readonly doubles = new Map<string, number>();

  constructor(f: Fn, addressOf: (bits: number) => number | undefined) {
    this.f = f;
    this.addressOf = addressOf;
  }

  /** Pushes these 32 bits, in all four lanes. */
  push(bits: number): void {
    let local = this.locals.get(bits);
    if (local === undefined) {
      const address = this.addressOf(bits);
      local = this.f.local(V128);
      const read = new Fn([]);
      if (address === undefined) read.constantV(bits);
      else read.i32(address).loadV();
      this.f.before(read.set(local));
      this.locals.set(bits, local);
    }
    this.f.get(local);
  }

  /** Pushes this number, in both halves of a vector. */
  pushDouble(x: number): void {
    const key = Object.is(x, -0) ? "-0" : `${x}`;
    let local = this.doubles.get(key);
    if (local === undefined) {
      local = this.f.local(V128);
      this.f.before(new Fn([]).constantF64(x).set(local));
      this.doubles.set(key, local);
    }
    this.f.get(local);
  }
}
