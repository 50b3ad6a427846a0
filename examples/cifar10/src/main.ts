/** Photographs in ten classes: PyTorch's "Training a classifier", with a loss curve and the accuracy of each class. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { Subset } from "@dl/data";
import { confusionMatrixChart, lineChart } from "@dl/io/plot";
import { setBackend } from "@dl/tensor";
import { chart } from "../../shared/src/chart.ts";
import { writePicture } from "../../shared/src/files.ts";
import { Progress } from "../../shared/src/progress.ts";
import { percent, table } from "../../shared/src/table.ts";
import { load } from "./data.ts";
import { parseOptions } from "./options.ts";
import { best, evaluate, train, tutorial } from "./train.ts";

const options = parseOptions(process.argv.slice(2));
const { mode, epochs, seed } = options;
setBackend(cpu());
const photographs = await load({ root: options.data, download: options.download });
const first = (data: typeof photographs.train, limit: number) =>
  new Subset(
    data,
    Array.from({ length: Math.min(limit, data.length) }, (_, i) => i),
  );
const [seen, unseen] = [
  first(photographs.train, options.limit),
  first(photographs.test, options.test),
];

const recipe = mode === "best" ? best(seen, seed, epochs) : tutorial(seen, seed);
const { model, loader } = recipe;
console.log(String(model));
console.log(
  `${photographs.name}: ${seen.length} images to train on, ${unseen.length} to test on; ` +
    `${epochs} epoch${epochs === 1 ? "" : "s"} of ${loader.length} batches`,
);

let interrupted = false;
process.once("SIGINT", () => {
  interrupted = true;
});
const started = performance.now();
const progress = new Progress();
let running = Number.NaN;
const losses = await train(recipe, epochs, ({ epoch, batch, images, loss }) => {
  running = Number.isNaN(running) ? loss : 0.99 * running + 0.01 * loss;
  if (progress.isDue || batch === loader.length)
    progress.show(
      `epoch ${epoch + 1}/${epochs}   batch ${batch}/${loader.length}   loss ${running.toFixed(3)}`,
      epoch * seen.length + images,
      epochs * seen.length,
    );
  return !interrupted;
});
progress.end();
if (interrupted) {
  console.log(`stopped after ${losses.length} batches`);
  process.exit(130);
}
const seconds = (performance.now() - started) / 1000;
console.log(`trained for ${seconds.toFixed(0)} s`);

console.log(`\nloss over ${losses.length} batches\n${chart(losses)}\n`);
// A thousand points say as much as forty thousand.
const every = Math.ceil(losses.length / 1000);
const some = losses.map((y, x) => ({ x, y })).filter((_, i) => i % every === 0);
await writePicture(
  "cifar10",
  `loss-${mode}.svg`,
  lineChart(
    { training: { x: some.map((p) => p.x), y: some.map((p) => p.y) } },
    { title: `Loss on ${photographs.name}`, xLabel: "batch", smoothing: 0.9 },
  ),
);

const { accuracy, matrix } = await evaluate(model, unseen);
console.log(
  `\n${table(
    ["class", "accuracy", "mostly taken for"],
    matrix.map((row, c) => {
      const others = row.map((count, k) => (k === c ? -1 : count));
      const total = row.reduce((a, b) => a + b, 0);
      return [
        photographs.train.classes[c],
        percent(row[c] / total),
        photographs.train.classes[others.indexOf(Math.max(...others))],
      ];
    }),
  )}`,
);
await writePicture(
  "cifar10",
  `confusion-${mode}.svg`,
  confusionMatrixChart(matrix, { labels: photographs.train.classes }),
);
console.log(`\ntest accuracy: ${(100 * accuracy).toFixed(2)} % of ${unseen.length} images`);
