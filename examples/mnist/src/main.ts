/** Trains a classifier of handwritten digits, shows how it goes, and says how well it does on digits it has not seen. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { webgpu } from "@dl/backend-webgpu";
import { DataLoader, Subset } from "@dl/data";
import { Adam, SGD } from "@dl/optim";
import { manualSeed, setBackend } from "@dl/tensor";
import { chart } from "../../shared/src/chart.ts";
import { Progress } from "../../shared/src/progress.ts";
import { augmentation, schedule } from "./best.ts";
import { loadDigits } from "./digits.ts";
import { models } from "./models.ts";
import { parseOptions } from "./options.ts";
import { evaluate, trainEpoch } from "./train.ts";

const options = parseOptions(process.argv.slice(2));
const { batchSize, limit = Infinity } = options;

setBackend(options.backend === "webgpu" ? await webgpu() : cpu());
const digits = await loadDigits(options.data);
const epochs = options.epochs ?? (options.best ? 5 : digits.name === "MNIST" ? 1 : 3);

// Seed, model, loader, in this order: then weights, order of the images and losses are those of PyTorch.
manualSeed(options.seed);
const { create, loss: criterion } = models[options.model];
const model = create();
const train = new Subset(
  digits.train,
  Array.from({ length: Math.min(limit, digits.train.length) }, (_, i) => i),
);
const trainLoader = new DataLoader(train, { batchSize, shuffle: true });
const testLoader = new DataLoader(digits.test, { batchSize: 500 });
const best = options.best ? schedule(model, epochs * trainLoader.length, options.lr) : undefined;
const plain = (): Adam | SGD =>
  options.optimizer === "adam"
    ? new Adam(model.parameters(), { lr: options.lr ?? 1e-3 })
    : new SGD(model.parameters(), { lr: options.lr ?? 0.05 });
const optimizer = best?.optimizer ?? plain();
const extras = best && { augment: augmentation(), scheduler: best.scheduler };

console.log(String(model));
console.log(
  `${digits.name}: ${train.length} images to train on, ${digits.test.length} to test on; ` +
    `${epochs} epoch${epochs === 1 ? "" : "s"} of ${trainLoader.length} batches`,
);

let interrupted = false;
const stop = (): void => {
  interrupted = true;
};
process.once("SIGINT", stop);

const losses: number[] = [];
const progress = new Progress();
for (let epoch = 0; epoch < epochs && !interrupted; epoch++) {
  await trainEpoch(
    model,
    trainLoader,
    criterion,
    optimizer,
    async ({ batch, images, loss, accuracy }) => {
      losses.push(loss);
      if (progress.isDue || batch === trainLoader.length) {
        const right = 100 * (await accuracy.compute());
        progress.show(
          `epoch ${epoch + 1}/${epochs}   batch ${batch}/${trainLoader.length}   loss ${loss.toFixed(4)}   accuracy ${right.toFixed(2)} %`,
          epoch * train.length + images,
          epochs * train.length,
        );
      }
      return !interrupted;
    },
    extras,
  );
}
progress.end();
process.off("SIGINT", stop);

if (interrupted) {
  console.log(`stopped after ${losses.length} batches`);
  process.exit(130);
}
console.log(`\nloss over ${losses.length} batches\n${chart(losses)}\n`);
const accuracy = await evaluate(model, testLoader);
console.log(
  `on ${digits.test.length} ${digits.name === "MNIST" ? "test images of MNIST" : "drawn digits that it has not seen"}:`,
);
console.log(`test accuracy: ${(100 * accuracy).toFixed(2)} %`);
