/** `pnpm bench:loading [--quick] [--images N]`: what loaders cost. See ../../README.md. */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { cpu } from "@dl/backend-cpu";
import { MissingFilesError } from "@dl/data/node";
import { setBackend } from "@dl/tensor";
import { median } from "../child/measure.ts";
import { pythonWithTorch } from "../peers/peers.ts";
import { makePictures, ours, PyTorchLoader, WORKERS } from "./jpeg.ts";
import { programs, slowdown } from "./steps.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    quick: { type: "boolean", default: false },
    images: { type: "string", default: "512" },
  },
});
const rounds = values.quick ? 3 : 9;
if (loadavg()[0] > 0.7) console.error(`This machine is busy (load ${loadavg()[0].toFixed(1)}).`);
setBackend(cpu());

const percent = (share: number): string =>
  `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)} %`;
console.log("Training steps with batches of 64 from a loader, against steps on one batch:\n");
for (const program of programs())
  try {
    const { name, step, loaded, augmented } = await slowdown(
      program,
      rounds,
      values.quick ? 5 : 20,
    );
    console.log(
      `  ${name.padEnd(31)} step ${step.toFixed(1)} ms   loaded ${percent(loaded)}   augmented ${percent(augmented)}`,
    );
  } catch (error) {
    if (!(error instanceof MissingFilesError)) throw error;
    console.log(`  ${program.name} IS LEFT OUT: ${error.message}`);
  }

const pictures = await makePictures(Number(values.images));
try {
  const epochs = await Promise.all(WORKERS.map((n) => ours(pictures.root, n)));
  const python = pythonWithTorch();
  if (!python)
    console.error("PYTORCH IS LEFT OUT: no Python that can import torch; DL_PYTHON names one.");
  const peer = python ? new PyTorchLoader(python, pictures.root) : null;
  const speeds = WORKERS.map(() => ({ ours: [] as number[], theirs: [] as number[] }));
  // The first round is not counted: threads and processes start in it.
  for (let round = 0; round <= rounds; round++)
    for (const [k, workers] of WORKERS.entries()) {
      const a = await epochs[k]();
      const b = (await peer?.epoch(workers)) ?? Number.NaN;
      if (round === 0) continue;
      speeds[k].ours.push(a);
      speeds[k].theirs.push(b);
    }
  peer?.stop();
  console.log(`\nImages per second from ${values.images} JPEG files of 500 × 375, as 224 × 224:\n`);
  for (const [k, workers] of WORKERS.entries()) {
    const { ours: a, theirs: b } = speeds[k];
    const ratio = median(a.map((x, i) => x / b[i]));
    console.log(
      `  ${workers} workers   ours ${median(a).toFixed(0)}` +
        (peer ? `   PyTorch ${median(b).toFixed(0)}   ours / PyTorch ${ratio.toFixed(2)}` : ""),
    );
  }
} finally {
  pictures.remove();
}
process.exit(0);
