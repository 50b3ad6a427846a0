/** A run that is stopped and goes on from a checkpoint ends with the bits of one that was not. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCheckpoint, writeCheckpoint } from "@dl/io";
import { loadCheckpoint } from "@dl/io/node";
import { afterAll, describe, expect, test } from "vitest";
import { Training } from "./training.ts";

const STEPS = 40;
const whole = (async () => {
  const run = new Training();
  for (let i = 0; i < STEPS; i++) await run.step();
  return run.bits();
})();

/** Random whole numbers below n. */
let seed = 11;
const below = (n: number): number =>
  Math.floor(((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32) * n);

describe("a run that stopped after a step, with everything built anew", () => {
  test.each(Array.from({ length: 20 }, () => [below(STEPS), 1 + below(5)]))(
    "step %i, and every %i steps after it",
    async (first, every) => {
      let run = new Training();
      for (let i = 0, stop = first; i < STEPS; i++) {
        if (i === stop) {
          const bytes = await writeCheckpoint(run.contents);
          // What it does afterwards is lost, and spoils the default generator.
          if (i % 2 === 0) await run.step();
          run = new Training();
          const { extra: _, ...parts } = run.contents;
          run.goOn(readCheckpoint(bytes, parts).extra);
          expect(run.done).toBe(i);
          stop += every * 3;
        }
        await run.step();
      }
      expect(await run.bits()).toBe(await whole);
    },
  );
});

test("a checkpoint holds the moment of the call, whatever training does while it is written", async () => {
  let run = new Training();
  for (let i = 0; i < 7; i++) await run.step();
  const written = writeCheckpoint(run.contents);
  await run.step();
  await run.step();
  const bytes = await written;
  run = new Training();
  const { extra: _, ...parts } = run.contents;
  run.goOn(readCheckpoint(bytes, parts).extra);
  while (run.done < STEPS) await run.step();
  expect(await run.bits()).toBe(await whole);
});

test("parts that do not fit leave model, optimizer, scheduler, loader and generator as they were", async () => {
  const run = new Training();
  for (let i = 0; i < 3; i++) await run.step();
  const other = new Training({ hidden: 17 });
  for (let i = 0; i < 9; i++) await other.step();
  const bytes = await writeCheckpoint({ ...other.contents, generator: run.contents.generator });

  const undisturbed = new Training();
  for (let i = 0; i < 12; i++) await undisturbed.step();
  const expected = await undisturbed.bits();

  const tried = new Training();
  for (let i = 0; i < 7; i++) await tried.step();
  const { extra: _, ...parts } = tried.contents;
  expect(() => readCheckpoint(bytes, parts)).toThrow(
    /nothing is changed:\n(.|\n)*optimizer: Adam(.|\n)*exp_avg of parameter 0 has shape \[17, 5\](.|\n)*\n {2}model: .*(.|\n)*0.weight is \[17, 5\]/,
  );
  while (tried.done < 12) await tried.step();
  expect(await tried.bits()).toBe(expected);
});

const folder = mkdtempSync(join(tmpdir(), "dl-resume-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a program that is killed again and again while it writes checkpoints", async () => {
  const path = join(folder, "run.safetensors");
  let kills = 0;
  let last = -1;
  for (;;) {
    const { child, ended, started } = program(path);
    // It writes all the time: wherever it is killed, it is most likely within a checkpoint.
    if (kills < 6) {
      await started;
      await new Promise((done) => setTimeout(done, below(120)));
      if (child.kill("SIGKILL")) kills++;
    }
    const { signal, code, output } = await ended;
    if (signal === null) {
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output.trim().split("bits:\n")[1]).toBe(await whole);
      break;
    }
    if (existsSync(path)) {
      // Whatever happened, the file is whole, and no older than before.
      const { done } = (await loadCheckpoint(path)).extra;
      expect(done).toBeGreaterThanOrEqual(last);
      last = done;
    }
  }
  expect(kills).toBeGreaterThan(1);
}, 120_000);

function program(path: string): {
  child: ChildProcess;
  started: Promise<void>;
  ended: Promise<{ signal: string | null; code: number | null; output: string }>;
} {
  const file = join(import.meta.dirname, "program.ts");
  const child = spawn(process.execPath, ["--conditions=@dl/source", file, path, String(STEPS)]);
  let output = "";
  const started = new Promise<void>((done) => {
    child.stdout.on("data", (text) => {
      output += text;
      if (output.includes("step")) done();
    });
    child.once("exit", () => done());
  });
  child.stderr.on("data", (text) => (output += text));
  const ended = new Promise<{ signal: string | null; code: number | null; output: string }>(
    (done) => child.once("close", (code, signal) => done({ code, signal, output })),
  );
  return { child, started, ended };
}
