import { bytesPerElement, type View } from "@dl/tensor/core";

/** What all calls of one kernel came to. */
export interface Row {
  readonly kernel: string;
  calls: number;
  milliseconds: number;
  /** Of operands and results, as a kernel walks them: what is broadcast counts every time. */
  elements: number;
  bytes: number;
}

export function profiler() {
  const rows = new Map<string, Row>();
  return {
    time<T>(kernel: string, views: readonly View[], run: () => T): T {
      const start = performance.now();
      const result = run();
      const milliseconds = performance.now() - start;
      if (result === false) return result; // An override that declined.
      const row = rows.get(kernel) ?? { kernel, calls: 0, milliseconds: 0, elements: 0, bytes: 0 };
      rows.set(kernel, row);
      row.calls++;
      row.milliseconds += milliseconds;
      for (const { numel, dtype } of views) {
        row.elements += numel;
        row.bytes += numel * bytesPerElement(dtype);
      }
      return result;
    },
    /** The slowest first. */
    table: () => [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds),
  };
}
