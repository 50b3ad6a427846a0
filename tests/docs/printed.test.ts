import { describe, expect, test } from "vitest";
import { agree, printed, readings } from "./printed.ts";

describe("printed(value)", () => {
  const check = async (value: unknown, text: string) => expect(await printed(value)).toBe(text);

  test("shows numbers, text, nothing", async () => {
    await check(0.5, "0.5");
    await check("a b", "a b");
    await check(undefined, "undefined");
    await check(3n, "3n");
  });
  test("shows lists and typed arrays alike", () =>
    check([[1], Float32Array.of(2, 3)], "[[1], [2, 3]]"));
  test("shows fields, and text inside in quotes", () =>
    check({ a: ["x"], b: {} }, '{ a: ["x"], b: {} }'));
  test("waits for promises", () => check(Promise.resolve([Promise.resolve(1)]), "[1]"));
  test("reads tensors", () => check({ x: { tolist: async () => [1, 2] } }, "{ x: [1, 2] }"));
  test("shows what says how it reads", async () => {
    await check(new RangeError("no"), "RangeError: no");
    await check(
      Object.assign(() => 0, { toString: () => "Linear(2, 3)" }),
      "Linear(2, 3)",
    );
  });
  test("reads text with and without quotes, a tensor also as its text", async () => {
    expect(await readings("cpu")).toEqual(["cpu", '"cpu"']);
    const tensor = { tolist: () => 1, toString: () => "tensor(1)" };
    expect(await readings(tensor)).toEqual(["1", "tensor(1)"]);
  });
});

describe("agree(expected, actual)", () => {
  const same = (expected: string, actual: string) => expect(agree(expected, actual)).toBe(true);
  const differ = (expected: string, actual: string) => expect(agree(expected, actual)).toBe(false);

  test("takes numbers within 1e-4", () => {
    same("[0.33333, -1e-5]", "[0.3333333432674408, -0.00001]");
    differ("0.3333", "0.3335");
    differ("1", "-1");
  });
  test("takes whole numbers only if they are equal", () => {
    differ("60000", "60001");
    same("60000", "60000.5");
  });
  test("takes rounding errors beside 0", () => same("[0, 1]", "[2.9e-8, 1]"));
  test("takes NaN and the infinities as they are", () => {
    same("[NaN, -Infinity]", "[NaN, -Infinity]");
    differ("NaN", "0");
    differ("Infinity", "-Infinity");
  });
  test("takes numbers in words as words", () => differ("float32", "float64"));
  test("does not mind white space", () => same("[[1,2],\n  [3, 4],]", "[[1, 2], [3, 4]]"));
  test("minds everything else", () => {
    differ("[1, 2]", "[1, 2, 3]");
    differ("true", "false");
  });
});
