import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Runs vitest with our reporter on files of the given content. */
async function run(files: string[], ...options: string[]): Promise<{ last: string; code: number }> {
  const dir = mkdtempSync(join(tmpdir(), "dl-closing-line-"));
  files.forEach((text, i) => writeFileSync(join(dir, `${i}.test.ts`), text));
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const reporter = join(root, "scripts/closing-line.ts");
  const reporters = ["--reporter=default", `--reporter=${reporter}`];
  const child = spawn(
    process.execPath,
    [vitest, "run", "--root", dir, "--globals", ...reporters, ...options],
    // A process of its own: not a worker of the run that this test is part of.
    {
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  const code = await new Promise<number>((done) => child.once("close", done));
  rmSync(dir, { recursive: true });
  return { last: output.trimEnd().split("\n").at(-1) as string, code };
}

describe.concurrent("the last line of a test run", () => {
  test("counts what passed and says nothing of skipped tests when there are none", async () => {
    const two = "test('a', () => {}); describe('b', () => test('c', () => {}));";
    expect(await run([two, two])).toEqual({ last: "4 passed, 0 failed", code: 0 });
  });
  test("counts failed and skipped tests", async () => {
    const text =
      "test('a', () => {}); test('b', () => expect(1).toBe(2)); test.skip('c', () => {});";
    expect(await run([text])).toEqual({ last: "1 passed, 1 failed, 1 skipped", code: 1 });
  });
  test("counts a file that does not load, and an error outside of tests", async () => {
    const outside = "test('a', () => { void Promise.reject(new Error('outside')) });";
    const result = await run(["import './missing.ts';", outside]);
    expect(result).toEqual({ last: "1 passed, 2 failed", code: 1 });
  });
  test("counts a hook that fails", async () => {
    const text =
      "describe('a', () => { afterAll(() => { throw new Error('x') }); test('b', () => {}) });";
    expect(await run([text])).toEqual({ last: "1 passed, 1 failed", code: 1 });
  });
  test("counts tests whose worker died", async () => {
    const { last, code } = await run(["test('a', () => process.kill(process.pid, 'SIGKILL'));"]);
    expect(last).toMatch(/^0 passed, [12] failed$/);
    expect(code).toBe(1);
  });
  test("fails when every test is skipped, or there is none", async () => {
    const skipped = await run(["test.skip('a', () => {});"]);
    expect(skipped).toEqual({ last: "0 passed, 0 failed, 1 skipped", code: 1 });
    expect(await run([])).toEqual({ last: "0 passed, 0 failed", code: 1 });
    expect(await run([], "--passWithNoTests")).toEqual({ last: "0 passed, 0 failed", code: 0 });
  });
});
