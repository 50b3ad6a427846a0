import { describe, expect, test } from "vitest";
import { type Comparison, disagree, ratio, type Times } from "./compare.ts";
import { countsTable, duration, rowsOf, table } from "./report.ts";

const times = (peer: string, ms: number[], rest: Partial<Times> = {}): Times => ({
  peer,
  version: "1.0.0",
  ms,
  ...rest,
});
const comparison = (ours: Times, ...others: Times[]): Comparison => ({
  workload: { name: "gemm-10", kind: "gemm", m: 10, k: 10, n: 10 },
  threads: 1,
  ours,
  others,
});

describe("ratio(ours, other)", () => {
  test("is the median of the rounds' ratios, not the ratio of medians", () =>
    expect(ratio(times("ours", [1, 20, 3]), times("a", [2, 10, 3]))).toBe(1));
  test("takes the rounds that both have", () =>
    expect(ratio(times("ours", [1, 2]), times("slow", [4]))).toBe(0.25));
  test("does not exist without times", () =>
    expect(ratio(times("ours", []), times("a", [1]))).toBeUndefined());
});

describe("disagree(ours, other)", () => {
  const check = (a: number, b: number) =>
    disagree(times("ours", [], { checksum: a }), times("a", [], { checksum: b }));
  test("lets roundings pass", () => expect(check(1, 1.001)).toBe(false));
  test("sees another result", () => expect(check(1, 1.1)).toBe(true));
  test("sees NaN", () => expect(check(1, Number.NaN)).toBe(true));
  test("says nothing where a side has no number", () =>
    expect(disagree(times("ours", []), times("a", [], { checksum: 1 }))).toBe(false));
});

describe("a report", () => {
  const result = comparison(
    times("ours", [2, 2, 2], { checksum: 1 }),
    times("fast", [1, 1, 1], { checksum: 1 }),
    times("wrong", [1, 1, 1], { checksum: 2 }),
    times("poor", [], { cannot: "there is no product" }),
  );
  test("has a row for each peer, also for one that cannot", () =>
    expect(rowsOf(result)).toMatchObject([
      { workload: "gemm-10", threads: 1, ours_ms: 2, peer: "fast", peer_ms: 1, ratio: 2 },
      { note: expect.stringMatching(/^RESULTS DIFFER/) },
      { peer_ms: null, ratio: null, note: "cannot: there is no product" },
    ]));
  test("says below the table what is wrong", () => {
    const text = table([result], ["fast", "wrong", "poor"]);
    expect(text).toContain("1.00 ms 2.00×");
    expect(text).toContain("[2] poor cannot: there is no product");
    expect(text).toContain("[1] RESULTS DIFFER");
  });
  test("tells what a GPU was given to do", () => {
    const counts = { dispatches: 17, submits: 1 };
    const onGpu = comparison(times("ours", [1], { counts }), times("poor", []));
    expect(countsTable([onGpu], ["poor"])).toMatch(/^gemm-10 +17 in 1$/m);
  });
  test("writes times in the unit that suits", () =>
    expect([0.0012, 12.34, 123.4, 1234].map(duration)).toEqual([
      "1.20 µs",
      "12.3 ms",
      "123 ms",
      "1.23 s",
    ]));
});
