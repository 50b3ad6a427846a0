/**
 * Which bytes of a growing memory are in use.
 *
 * Blocks come in size classes, four per power of two, so that a freed block fits the next tensor of about the same size
 * and both operations are a push or a pop. When the memory would have to grow although much of it lies idle in the wrong
 * classes, idle neighbours are joined and carved anew.
 */
export class Heap {
  /** Bytes in use, rounded up to their classes. */
  occupied = 0;
  private idle = 0;
  private readonly free: number[][] = Array.from({ length: 128 }, () => []);
  /** Joined idle ranges, by address. */
  private ranges: Range[] = [];
  /** Everything from here on has never been used. */
  private top: number;
  private capacity: number;
  /** Makes at least this many bytes available in total; answers how many there are now. */
  private readonly grow: (end: number) => number;

  constructor(start: number, capacity: number, grow: (end: number) => number) {
    this.top = start;
    this.capacity = capacity;
    this.grow = grow;
  }

  /** Address of a block, a multiple of 64. Throws what `grow` throws; nothing has changed then. */
  allocate(bytes: number): number {
    const size = classSize(bytes);
    const list = this.free[classOf(bytes)];
    let address = list.pop();
    if (address === undefined) address = this.carve(size);
    else this.idle -= size;
    this.occupied += size;
    return address;
  }

  release(address: number, bytes: number): void {
    const size = classSize(bytes);
    this.free[classOf(bytes)].push(address);
    this.idle += size;
    this.occupied -= size;
  }

  private carve(size: number): number {
    const again = this.takeRange(size);
    if (again !== undefined) return again;
    if (this.top + size > this.capacity && this.idle > this.capacity / 2) {
      this.join();
      const joined = this.takeRange(size);
      if (joined !== undefined) return joined;
    }
    if (this.top + size > this.capacity) this.capacity = this.grow(this.top + size);
    const address = this.top;
    this.top += size;
    return address;
  }

  private takeRange(size: number): number | undefined {
    const range = this.ranges.find((r) => r.end - r.start >= size);
    if (!range) return undefined;
    const address = range.start;
    range.start += size;
    this.idle -= size;
    if (range.start === range.end) this.ranges.splice(this.ranges.indexOf(range), 1);
    return address;
  }

  /** Turns all idle blocks into ranges, neighbours joined; what ends at the top becomes unused again. */
  join(): void {
    const blocks = this.ranges;
    this.free.forEach((list, c) => {
      for (const start of list) blocks.push({ start, end: start + SIZES[c] });
      list.length = 0;
    });
    blocks.sort((a, b) => a.start - b.start);
    const joined: Range[] = [];
    for (const block of blocks) {
      const last = joined.at(-1);
      if (last?.end === block.start) last.end = block.end;
      else joined.push(block);
    }
    const last = joined.at(-1);
    if (last?.end === this.top) {
      this.top = last.start;
      this.idle -= last.end - last.start;
      joined.pop();
    }
    this.ranges = joined;
  }
}

interface Range {
  start: number;
  end: number;
}

const ALIGNMENT = 64;
const SMALLEST = 64;

const SIZES: readonly number[] = Array.from({ length: 128 }, (_, c) => {
  const log = c >> 2;
  const size = 2 ** log * (1 + ((c & 3) + 1) / 4);
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
});

function classOf(bytes: number): number {
  const n = bytes <= SMALLEST ? SMALLEST - 1 : bytes - 1;
  const log = 31 - Math.clz32(n);
  return (log << 2) + ((n >>> (log - 2)) & 3);
}

/** What a block for this many bytes really takes. */
export const classSize = (bytes: number): number => SIZES[classOf(bytes)];
