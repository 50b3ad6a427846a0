/** The programs of examples/xor and examples/mnist on a backend of our own: one line of each is another one. */
import "@dl/autograd";
import { DataLoader, Subset } from "@dl/data";
import { Adam } from "@dl/optim";
import { manualSeed, setBackend } from "@dl/tensor";
import { loadDigits } from "../../mnist/src/digits.ts";
import { models as classifiers } from "../../mnist/src/models.ts";
import { evaluate, trainEpoch } from "../../mnist/src/train.ts";
import { learn, models } from "../../xor/src/learn.ts";
import { counting } from "./backend.ts";
import { maxPool2d } from "./maxPool2d.ts";
import type { Row } from "./profile.ts";

const backend = counting();
setBackend(backend); // There: setBackend(cpu())

const [, network] = Object.keys(models);
const { losses, predictions } = await learn(network, 500);
console.log(`XOR, 500 steps: loss ${losses[0].toFixed(4)} … ${losses.at(-1)!.toFixed(4)}`);
console.log(`predicted ${predictions.map((p) => p.toFixed(3)).join(", ")}\n`);

const digits = await loadDigits(undefined);
const firstOf = (from: typeof digits.train, count: number) =>
  new Subset(from, [...Array(count).keys()]);

async function train(name: "mlp" | "cnn", batches: number, batchSize: number) {
  manualSeed(0);
  const model = classifiers[name].create();
  const loader = new DataLoader(firstOf(digits.train, batches * batchSize), {
    batchSize,
    shuffle: true,
  });
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  await trainEpoch(model, loader, classifiers[name].loss, optimizer, ({ batch, loss }) => {
    if (batch % 20 === 0 || batch === batches)
      console.log(`${digits.name}, ${name}: batch ${batch}/${batches}, loss ${loss.toFixed(4)}`);
    return true;
  });
  return model;
}

const mlp = await train("mlp", 100, 64);
const accuracy = await evaluate(
  mlp,
  new DataLoader(firstOf(digits.test, 1000), { batchSize: 500 }),
);
console.log(`accuracy on 1000 others: ${(100 * accuracy).toFixed(1)} %`);
console.log(`\neverything so far:\n${table(backend.profile())}`);

for (const overrides of [undefined, { maxPool2d }]) {
  console.log(`\n${overrides ? "maxPool2d" : "nothing"} overridden:`);
  const measured = counting(overrides);
  setBackend(measured);
  await train("cnn", 4, 32);
  console.log(table(measured.profile()));
}

function table(rows: readonly Row[]): string {
  const total = rows.reduce((t, r) => t + r.milliseconds, 0);
  const line = (kernel: string, ...cells: (string | number)[]): string =>
    kernel.padEnd(12) + cells.map((c) => String(c).padStart(12)).join("");
  return [
    line("kernel", "calls", "ms", "%", "elements", "MB"),
    ...rows.map(({ kernel, calls, milliseconds: ms, elements, bytes }) =>
      line(
        kernel,
        calls,
        ms.toFixed(1),
        ((100 * ms) / total).toFixed(1),
        elements,
        (bytes / 1e6).toFixed(1),
      ),
    ),
  ].join("\n");
}
