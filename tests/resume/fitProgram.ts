/** Trains with `fit` and a checkpoint after every epoch; goes on from it if it is there. */
import { existsSync } from "node:fs";
import { loadCheckpoint, saveCheckpoint } from "@dl/io/node";
import { fitted } from "./fitting.ts";

const [path, epochs, times] = process.argv.slice(2);
const bits = await fitted({
  epochs: Number(epochs),
  async last(parts) {
    for (let i = 0; i < Number(times); i++) await saveCheckpoint(path, parts);
    console.log("saved");
  },
  resume: async (parts) => existsSync(path) && (await loadCheckpoint(path, parts)),
});
console.log(`bits:\n${bits}`);
