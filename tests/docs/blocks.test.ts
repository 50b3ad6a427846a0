import { describe, expect, test } from "vitest";
import { exampleBlocks, markdownBlocks } from "./blocks.ts";
import { instrument } from "./instrument.ts";

const fence = "```";

describe("markdownBlocks(file, text)", () => {
  const page = (...lines: string[]) => markdownBlocks("a.md", lines.join("\n"));

  test("finds ts blocks, and no others", () => {
    const blocks = page(
      "# a",
      `${fence}ts`,
      "one",
      fence,
      `${fence}tsx`,
      "two",
      fence,
      fence,
      "three",
      fence,
    );
    expect(blocks).toEqual([{ title: "a.md:3", file: "a.md", line: 3, code: "one" }]);
  });
  test("puts what came before into a continued block, each line where it was", () => {
    const [, block] = page(
      `${fence}ts`,
      "a",
      "b",
      fence,
      "text",
      `${fence}ts continued`,
      "c",
      fence,
    );
    expect(block).toEqual({ title: "a.md:7", file: "a.md", line: 2, code: "a\nb\n\n\n\nc" });
  });
  test("keeps the reason for not running a block", () => {
    expect(page(`${fence}ts no-run: needs a browser`, fence)[0].noRun).toBe("needs a browser");
  });
});

describe("exampleBlocks(file, source)", () => {
  const lines = (...text: string[]) =>
    exampleBlocks("a.ts", text.join("\n")).map(({ line, code }) => [line, code]);

  test("finds bare code up to the next tag", () => {
    const found = lines(
      "/**",
      " * @example",
      " * f(1)",
      " *   f(2)",
      " *",
      " * @see x",
      " */",
      "f();",
    );
    expect(found).toEqual([[3, "f(1)\n  f(2)"]]);
  });
  test("finds fenced code, indented comments, and several examples", () => {
    const found = lines(
      "  /** @example f(1) */",
      "  /**",
      "   * @example",
      `   * ${fence}ts`,
      "   * g()",
      `   * ${fence}`,
      "   * @example",
      "   * h()",
      "   */",
    );
    expect(found).toEqual([
      [1, "f(1)"],
      [5, "g()"],
      [8, "h()"],
    ]);
  });
  test("finds nothing in other comments", () =>
    expect(lines("/* @example a */", "// @example b")).toEqual([]));
});

describe("instrument(block)", () => {
  const run = (code: string) => instrument({ title: "", file: "a.ts", line: 10, code });
  const becomes = (code: string, text: string) => expect(run(code).code).toBe(text);

  test("compares an expression", () =>
    becomes("f(x); // => 1", "await checks.check(10, async () => [f(x)]); // => 1"));
  test("compares the arguments of console.log", () =>
    becomes("console.log(a, b) // => 1 2", "await checks.check(10, async () => [a, b]) // => 1 2"));
  test("compares what a name was set to", () =>
    becomes(
      "const x = f(); // => 1",
      "const x = f();; await checks.check(10, async () => [x]); // => 1",
    ));
  test("does not await where that cannot be", () =>
    becomes(
      "function f() { g() // => 1\n}",
      "function f() { checks.check(10, async () => [g()]) // => 1\n}",
    ));
  test("reads values on the next line, and on more of them", () => {
    const { expected } = run("f()\n// => [1,\n//      2]\n// and so on\ng() // => 3");
    expect(expected).toEqual([
      [11, "[1, 2]"],
      [14, "3"],
    ]);
  });
  test("refuses a comment with no value before it", () =>
    expect(() => run("for (;;) {} // => 1")).toThrow(
      'a.ts:10: "// =>" after something that has no value',
    ));
  test("knows which names come from outside", () => {
    const { free } = run("import { a } from 'a';\nconst b = c.d({ e: f, g });\n(h: I) => h;");
    expect([...free].sort()).toEqual(["c", "f", "g", "h", "I"].sort());
  });
});
