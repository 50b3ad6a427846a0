import { CONSTANTS_END, CONSTANTS_START, type Memory } from "../memory.ts";
import { Fn, V128 } from "./assembler.ts";

/** Vector constants in memory, each in all four lanes, written when first asked for. */
export class ConstantPool {
  private readonly memory: Memory;
  private readonly addresses = new Map<number, number>();

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** Where these 32 bits stand; undefined when the pool is full. */
  address(bits: number): number | undefined {
    let address = this.addresses.get(bits);
    if (address === undefined) {
      address = CONSTANTS_START + 16 * this.addresses.size;
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
}
