import { CONSTANTS_END, CONSTANTS_START, type Memory } from "../memory.ts";

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
