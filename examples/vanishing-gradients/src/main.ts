/** What becomes of gradients on their way through nine layers. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { lineChart } from "@dl/io/plot";
import { manualSeed, setBackend } from "@dl/tensor";
import { writePicture } from "../../shared/src/files.ts";
import { table } from "../../shared/src/table.ts";
import { load } from "./digits.ts";
import { type Activation, activations, Deep, type Init, inits, look, train } from "./network.ts";

setBackend(cpu());
manualSeed(0);
const { x, y } = load();
const STEPS = 200;

const short = (v: number): string => (Number.isFinite(v) ? v.toExponential(1) : String(v));
const networks = Object.keys(activations).flatMap((activation) =>
  Object.keys(inits).map((init) => ({ activation: activation as Activation, init: init as Init })),
);
const create = ({ activation, init }: (typeof networks)[number]): Deep => {
  manualSeed(0);
  return new Deep(activation, init);
};

const numbers = networks.map((network) => ({ ...network, ...look(create(network), x, y) }));
const layers = numbers[0].gradient.map((_, i) => `layer ${i + 1}`);
for (const activation of Object.keys(activations)) {
  const of = numbers.filter((row) => row.activation === activation);
  console.log(`${activation}: norm of the gradient of each layer's weight, before training`);
  console.log(
    table(
      ["", ...of.map((row) => row.init)],
      layers.map((name, i) => [name, ...of.map((row) => short(row.gradient[i]))]),
    ),
  );
  console.log();
}
await writePicture(
  "vanishing-gradients",
  "gradients.svg",
  lineChart(
    Object.fromEntries(
      numbers
        .filter(({ init }) => init === "Xavier" || init === "Kaiming")
        .map(({ activation, init, gradient }) => [
          `${activation}, ${init}`,
          { x: gradient.map((_, i) => i + 1), y: gradient },
        ]),
    ),
    { xLabel: "layer", yLabel: "norm of the gradient", logScale: true },
  ),
);

console.log(`\n${STEPS} steps of gradient descent, rate 0.1:\n`);
const curves: Record<string, number[]> = {};
const rows: (string | number)[][] = [];
for (const network of networks) {
  const losses = await train(create(network), x, y, STEPS);
  const name = `${network.activation}, ${network.init}`;
  curves[name] = losses;
  console.log(`${name}: loss ${losses[0].toFixed(3)}, then ${losses.at(-1)!.toFixed(3)}`);
  const of = numbers.find(
    (row) => row.activation === network.activation && row.init === network.init,
  )!;
  rows.push([
    name,
    short(of.spread.at(-2)!),
    short(of.gradient[0] / of.gradient.at(-1)!),
    losses[0].toFixed(3),
    losses.at(-1)!.toFixed(3),
  ]);
}
console.log();
console.log(
  table(
    ["network", "spread, last hidden", "gradient, first : last layer", "first loss", "last loss"],
    rows,
  ),
);
console.log(`\nln 10 = ${Math.log(10).toFixed(3)} is the loss of one who knows nothing.`);
await writePicture(
  "vanishing-gradients",
  "losses.svg",
  lineChart(
    Object.fromEntries(Object.entries(curves).filter(([name]) => /Xavier|Kaiming/.test(name))),
    {
      width: 560,
      height: 320,
    },
  ),
);
