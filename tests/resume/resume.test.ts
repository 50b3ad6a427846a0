/** A run that is stopped and goes on from a checkpoint ends with the bits of one that was not. */
import { readCheckpoint, writeCheckpoint } from "@dl/io";
import { describe, expect, test } from "vitest";
import { draws } from "./killing.ts";
import { Training } from "./training.ts";

const STEPS = 40;
const whole = (async () => {
  const run = new Training();
  for (let i = 0; i < STEPS; i++) await run.step();
  return run.bits();
})();

const below = draws(11);

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
