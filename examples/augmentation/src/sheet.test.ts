import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend, type Tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { MIXED, ROWS, sheet, svg } from "./sheet.ts";

beforeAll(() => {
  setBackend(cpu());
});
const after = (seed: number) => {
  manualSeed(seed);
  return sheet(3);
};

describe("the sheet of augmented samples", () => {
  test("has a row for each transform, and the pictures unchanged in the first", () => {
    const { names, image, size } = after(0);
    expect(image.shape).toEqual([3, (ROWS.length + MIXED.length) * size, 3 * size]);
    expect(names[0]).toBe("Identity()");
  });
  test("is the same after the same seed, and another after another", async () => {
    expect(await svg(after(1))).toBe(await svg(after(1)));
    expect(await svg(after(1))).not.toBe(await svg(after(2)));
  });
  test("flips what it flips, and mixes what it mixes", () => {
    const { names, image, size } = after(0);
    const row = (name: string): Tensor =>
      image.slice(1, ...at(names.findIndex((n) => n.startsWith(name)) * size));
    const at = (from: number): [number, number] => [from, from + size];
    const picture = (of: Tensor, i: number): Tensor => of.slice(2, ...at(i * size));
    const same = (a: Tensor, b: Tensor): boolean => a.sub(b).abs().max().itemSync() < 1e-5;
    const before = row("Identity");
    const kinds = [0, 1, 2].map((i) => {
      const [was, is] = [picture(before, i), picture(row("RandomHorizontalFlip"), i)];
      return same(was, is) ? "same" : same(was.flip(2), is) ? "flipped" : "other";
    });
    expect(kinds).not.toContain("other");
    expect(kinds).toContain("flipped");
    // Of each image and the one before it.
    const mixed = picture(row("MixUp"), 1);
    const [one, other] = [picture(before, 1), picture(before, 0)];
    const share = mixed.sub(other).mul(one.sub(other)).sum().div(one.sub(other).square().sum());
    expect(same(mixed, other.add(one.sub(other).mul(share)))).toBe(true);
  });
});
