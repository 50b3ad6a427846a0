import { type Buffer, expr as e, program, type View } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { memoryOf } from "./backend.ts";
import { Heap } from "./heap.ts";
import { cpu } from "./index.ts";
import { Memory } from "./memory.ts";
import { generator, valuesOf, viewOf } from "./testing.ts";

const MIB = 2 ** 20;
const collect = (globalThis as { gc?: () => void }).gc;
const macrotask = () => new Promise((done) => setTimeout(done, 0));

describe("buffers", () => {
  test("hold what was written, and give copies", () => {
    const memory = new Memory(MIB);
    const buffer = memory.alloc(8);
    memory.write(buffer, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0);
    memory.write(buffer, Uint8Array.of(9), 2);
    const copy = memory.read(buffer, 0, 8);
    expect(copy).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(copy)]).toEqual([1, 2, 9, 4, 5, 6, 7, 8]);
    new Uint8Array(copy).fill(0);
    expect([...new Uint8Array(memory.read(buffer, 1, 3))]).toEqual([2, 9, 4]);
  });

  test("may be empty", () => {
    const memory = new Memory(MIB);
    const buffer = memory.alloc(0);
    memory.write(buffer, new Uint8Array(0), 0);
    expect(memory.read(buffer, 0, 0).byteLength).toBe(0);
    memory.free(buffer);
    expect(memory.stats()).toMatchObject({ live: 0, buffers: 0 });
  });

  test("refuse writes and reads beyond their end", () => {
    const memory = new Memory(MIB);
    const buffer = memory.alloc(4);
    expect(() => memory.write(buffer, new Uint8Array(4), 1)).toThrow(
      "bytes 1 to 5 of a buffer of 4",
    );
    expect(() => memory.read(buffer, 0, 5)).toThrow("bytes 0 to 5 of a buffer of 4");
  });

  test("are counted", () => {
    const memory = new Memory(MIB);
    const buffers = [memory.alloc(1000), memory.alloc(2000)];
    expect(memory.stats()).toMatchObject({ live: 3000, peak: 3000, buffers: 2 });
    memory.free(buffers[0]);
    expect(memory.stats()).toMatchObject({ live: 2000, peak: 3000, buffers: 1 });
  });

  test("that were dropped are reclaimed when the collector finds them", async () => {
    expect(collect, "vitest.config.ts passes --expose-gc").toBeTypeOf("function");
    const memory = new Memory(2 ** 30);
    for (let i = 0; i < 100; i++) memory.alloc(1000);
    for (let turn = 0; turn < 50 && memory.counts.finalized < 100; turn++) {
      await macrotask();
      collect!();
    }
    expect(memory.counts.finalized).toBeGreaterThanOrEqual(99);
    expect(memory.stats().buffers).toBeLessThanOrEqual(1);
  });

  test("say what to do when there is no room", () => {
    const memory = new Memory(2 ** 30);
    expect(() => memory.alloc(2 ** 32)).toThrow(/4096\.0 MiB more do not fit.*smaller batches/);
    expect(memory.stats()).toMatchObject({ live: 0, buffers: 0 });
    memory.alloc(1000);
  });

  test("keep their contents while the memory grows", () => {
    const memory = new Memory(2 ** 30);
    const first = memory.alloc(4);
    memory.write(first, Int32Array.of(42), 0);
    const before = memory.int32;
    const large = memory.alloc(64 * MIB);
    expect(memory.stats().reserved).toBeGreaterThan(64 * MIB);
    expect(memory.int32).not.toBe(before);
    expect(new Int32Array(memory.read(first, 0, 4))[0]).toBe(42);
    memory.free(large);
  });
});

describe("spilling", () => {
  const BLOCK = 4096;

  test("moves out what was unused longest, and brings it back", () => {
    const memory = new Memory(100 * BLOCK);
    const buffers = Array.from({ length: 400 }, (_, i) => {
      const buffer = memory.alloc(BLOCK);
      memory.write(buffer, new Int32Array(BLOCK / 4).fill(i), 0);
      return buffer;
    });
    expect(memory.counts.spilled).toBeGreaterThanOrEqual(300);
    expect(memory.stats().live).toBeLessThanOrEqual(100 * BLOCK);
    const g = generator(1);
    for (let turn = 0; turn < 2000; turn++) {
      const i = g.integer(0, 399);
      expect(memory.int32[memory.address(buffers[i]) >> 2]).toBe(i);
    }
    expect(memory.counts.restored).toBeGreaterThan(100);
    for (const buffer of buffers) memory.free(buffer);
    expect(memory.stats()).toMatchObject({ live: 0, buffers: 0 });
  });

  test("leaves the operands of one kernel where they are", () => {
    const memory = new Memory(4 * BLOCK);
    const buffers = Array.from({ length: 40 }, () => memory.alloc(BLOCK));
    const addresses = buffers.map((b) => memory.address(b));
    expect(buffers.map((b) => memory.address(b))).toEqual(addresses);
    expect(new Set(addresses).size).toBe(40);
  });

  test("reads what is out without bringing it back", () => {
    const memory = new Memory(10 * BLOCK);
    const buffers: Buffer[] = [];
    for (let i = 0; i < 200; i++) {
      buffers.push(memory.alloc(BLOCK));
      memory.write(buffers[i], new Int32Array(BLOCK / 4).fill(i), 0);
    }
    expect(new Int32Array(memory.read(buffers[0], 4, 8))).toEqual(Int32Array.of(0, 0));
    expect(new Int32Array(memory.read(buffers[1], 4, 8))).toEqual(Int32Array.of(1, 1));
    expect(memory.counts.restored).toBe(0);
  });

  test("does not change a single result", () => {
    const run = (budget: number): number[] => {
      const backend = cpu({ wasm: true, budget });
      const g = generator(7);
      const n = 1024;
      const make = () =>
        viewOf(
          backend,
          Array.from({ length: n }, () => g.next()),
          [32, 32],
        );
      const pool: View[] = Array.from({ length: 150 }, make);
      const add = program([e.mul(e.add(e.input(0), e.input(1)), 0.5)], 2);
      for (let turn = 0; turn < 1500; turn++) {
        const output = viewOf(backend, new Float32Array(n), [32, 32]);
        if (turn % 10 === 0) backend.matmul(g.pick(pool), g.pick(pool), output);
        else backend.map(add, [g.pick(pool), g.pick(pool)], [output], []);
        // The replaced one is dropped, not freed.
        pool[g.integer(0, pool.length - 1)] = output;
      }
      if (budget < 2 ** 20) expect(memoryOf.get(backend)!.counts.spilled).toBeGreaterThan(100);
      return pool.flatMap((v) => valuesOf(backend, v));
    };
    expect(run(2 ** 19)).toEqual(run(2 ** 30));
  });

  test("lets a synchronous loop that drops everything stay within the budget", () => {
    const memory = new Memory(MIB);
    for (let i = 0; i < 5000; i++) memory.address(memory.alloc(64 * 1024));
    // The last 64 operands stay, whatever the budget.
    expect(memory.stats().reserved).toBeLessThanOrEqual(32 * MIB);
  });
});

describe("the heap", () => {
  test("never hands out the same bytes twice", () => {
    const g = generator(3);
    const heap = new Heap(0, MIB, (end) => end + MIB);
    const used: { address: number; bytes: number }[] = [];
    for (let turn = 0; turn < 5000; turn++) {
      if (used.length > 0 && g.next() < 0.5) {
        const [block] = used.splice(g.integer(0, used.length - 1), 1);
        heap.release(block.address, block.bytes);
      } else {
        const bytes = g.pick([0, 1, 64, 65, 1000, 4096, 5000, 70_000, g.integer(0, 300_000)]);
        const block = { address: heap.allocate(bytes), bytes };
        expect(block.address % 64).toBe(0);
        for (const other of used) {
          const isApart =
            block.address + bytes <= other.address || other.address + other.bytes <= block.address;
          expect(isApart).toBe(true);
        }
        used.push(block);
      }
      if (turn % 500 === 0) heap.join();
    }
    for (const block of used) heap.release(block.address, block.bytes);
    expect(heap.occupied).toBe(0);
  });

  test("joins idle neighbours before it grows", () => {
    let grown = 0;
    const heap = new Heap(0, 64 * 1024, (end) => {
      grown++;
      return end;
    });
    const small = Array.from({ length: 16 }, () => heap.allocate(4096));
    for (const address of small) heap.release(address, 4096);
    const large = heap.allocate(60_000);
    expect(large).toBe(0);
    expect(grown).toBe(0);
  });

  test("is as it was when growing fails", () => {
    const heap = new Heap(0, 4096, () => {
      throw new RangeError("no");
    });
    expect(() => heap.allocate(10_000)).toThrow("no");
    expect(heap.occupied).toBe(0);
    expect(heap.allocate(4096)).toBe(0);
  });
});
