/** Running kernels for rows: their operands, and the division into parts. */
import type { View } from "@dl/tensor/core";
import { type Kernel, SCRATCH_BYTES } from "../../threads/threads.ts";
import { bitsOf } from "../assembler.ts";
import type { ConstantPool } from "../constants.ts";
import type { Engine } from "../engine.ts";
import { partsOf } from "../loops.ts";
import { ROW_WORDS, Rows } from "./code.ts";

const PART_BYTES = 64;
/** Cost of an element, in nodes of a program, for the division into parts. */
const WEIGHT = 16;

/** Operands by the names of the words. */
type Views = Partial<Record<"a" | "b" | "c" | "p" | "q" | "v" | "w", View | undefined>>;
const ROWS = ["a", "b", "c"] as const;
const NUMBERS = ["p", "q"] as const;
const COLUMNS = ["v", "w"] as const;

/** Writes a kernel. */
export type Write = (code: Rows) => void;

export class RowRunner {
  private readonly engine: Engine;
  private readonly pool: ConstantPool;
  private readonly kernels = new Map<Write, Kernel>();

  constructor(engine: Engine, pool: ConstantPool) {
    this.engine = engine;
    this.pool = pool;
  }

  /** Answers false for operands that are not covered. */
  run(write: Write, n: number, operands: Views, scalar = 0): boolean {
    const { memory, threads, shared, machine } = this.engine;
    const isOneNumber = operands.q?.strides.every((step) => step === 0) ?? false;
    for (const v of Object.values(operands)) {
      if (!v) continue;
      if (!v.contiguous && !(v === operands.q && isOneNumber)) return false;
      if (v.dtype !== "float32" && v !== operands.p) return false;
    }
    const { numel } = operands.a!;
    // A row of cross-entropy's goes through the scratch memory.
    if (numel === 0 || 4 * n > SCRATCH_BYTES) return false;
    let kernel = this.kernels.get(write);
    if (!kernel) {
      const code = new Rows(this.pool, machine);
      write(code);
      kernel = threads.compile(code.finish(shared));
      this.kernels.set(write, kernel);
    }
    const address = (v: View | undefined) => (v ? memory.address(v.buffer) + 4 * v.offset : 0);
    const at: Record<string, number> = {};
    for (const key of [...ROWS, ...NUMBERS, ...COLUMNS]) at[key] = address(operands[key]);
    const rows = numel / n;
    const parts = Math.min(rows, partsOf(numel * WEIGHT, threads.wanted));
    const size = Math.ceil(rows / parts);
    const start = threads.parameters;
    const { int32 } = memory;
    let part = 0;
    for (let from = 0; from < rows; from += size, part++) {
      const base = (start + part * PART_BYTES) >> 2;
      const word = (key: string) => base + ROW_WORDS.indexOf(key as (typeof ROW_WORDS)[number]);
      int32[word("rows")] = Math.min(size, rows - from);
      int32[word("n")] = n;
      int32[word("scalar")] = bitsOf(scalar);
      for (const key of ROWS) int32[word(key)] = at[key] + 4 * n * from;
      int32[word("p")] = at.p + 4 * from;
      int32[word("q")] = at.q + (isOneNumber ? 0 : 4 * from);
      int32[word("qStep")] = isOneNumber ? 0 : 4;
      for (const key of COLUMNS) int32[word(key)] = at[key];
    }
    threads.run(kernel, part, PART_BYTES);
    return true;
  }
}
