import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { coverage } from "../scripts/vocabulary/table.ts";

describe("docs/coverage.md", () => {
  const { text, missing, stale, doubtful } = coverage();

  test("has every name of PyTorch, or a reason in scripts/vocabulary/reasons.json", () => {
    expect(missing).toEqual([]);
  });
  test("gives reasons only for what is not there", () => {
    expect(stale).toEqual([]);
  });
  test("finds every gradient right", () => {
    expect(doubtful).toEqual([]);
  });
  test("is what `pnpm coverage` writes", () => {
    const written = readFileSync(new URL("../docs/coverage.md", import.meta.url), "utf8");
    const changed = (a: string, b: string) => {
      const lines = new Set(b.split("\n"));
      return a.split("\n").filter((line) => !lines.has(line));
    };
    // The lines that differ say more than two long texts.
    expect(changed(text, written), "run `pnpm coverage`: not in the file").toEqual([]);
    expect(changed(written, text), "run `pnpm coverage`: only in the file").toEqual([]);
    expect(written === text).toBe(true);
  });
});
