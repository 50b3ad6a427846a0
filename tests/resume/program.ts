/** Trains, and writes a checkpoint after every step, over and over; goes on from it if it is there. */
import { existsSync } from "node:fs";
import { loadCheckpoint, saveCheckpoint } from "@dl/io/node";
import { Training } from "./training.ts";

const [path, steps, times] = process.argv.slice(2);
const run = new Training();
if (existsSync(path)) {
  const { extra: _, ...parts } = run.contents;
  run.goOn((await loadCheckpoint(path, parts)).extra);
}
while (run.done < Number(steps)) {
  await run.step();
  for (let i = 0; i < Number(times); i++) await saveCheckpoint(path, run.contents);
  console.log(`step ${run.done}`);
}
console.log(`bits:\n${await run.bits()}`);
