/** Optimizers go down one valley; learning rates go their ways. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { contourChart, lineChart } from "@dl/io/plot";
import { setBackend } from "@dl/tensor";
import { writePicture } from "../../shared/src/files.ts";
import { table } from "../../shared/src/table.ts";
import { best, optimizers, RATES, stepsBelow } from "./descend.ts";
import { bars, rates, schedules } from "./schedules.ts";
import { height, START } from "./valley.ts";

setBackend(cpu());
const STEPS = 300;

console.log(
  `(1 − x)² + 100 (y − x²)² from (${START}), ${STEPS} steps, each optimizer with the best rate of ${RATES.join(", ")}:\n`,
);
const paths = Object.keys(optimizers).map((name) => best(name, STEPS));
console.log(
  table(
    ["optimizer", "rate", "value at the end", "ends at", "steps to 0.01"],
    paths
      .toSorted((a, b) => a.values.at(-1)! - b.values.at(-1)!)
      .map((path) => [
        path.name,
        path.lr,
        path.values.at(-1)!.toExponential(1),
        `(${path.x.at(-1)!.toFixed(3)}, ${path.y.at(-1)!.toFixed(3)})`,
        stepsBelow(path, 0.01) ?? "–",
      ]),
  ),
);
console.log("\nLBFGS computes up to five losses in a step, the others one.\n");

// As many as can be told apart by their colours.
const names = ["SGD", "SGD, momentum", "Adagrad", "RMSprop", "Adam", "Rprop", "LBFGS"];
const shown = paths.filter(({ name }) => names.includes(name));
await writePicture(
  "optimizers",
  "paths.svg",
  contourChart(height, Object.fromEntries(shown.map(({ name, x, y }) => [name, { x, y }])), {
    title: `${STEPS} steps down Rosenbrock's valley, minimum at (1, 1)`,
    xRange: [-2, 2],
    yRange: [-1, 3],
    levels: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000],
    width: 560,
    height: 480,
  }),
);
await writePicture(
  "optimizers",
  "values.svg",
  lineChart(Object.fromEntries(shown.map((p) => [p.name, p.values])), {
    yLabel: "value",
    logScale: true,
    width: 560,
    height: 360,
  }),
);

console.log("\nLearning rates over 100 epochs, from 0 to 0.1:\n");
const curves = Object.fromEntries(Object.keys(schedules).map((name) => [name, rates(name)]));
for (const [name, y] of Object.entries(curves)) console.log(`${bars(y, 0.1)}  ${name}`);
console.log();
const drawn = Object.entries(curves).map(([name, y]) => [name.split(/[,:]/)[0], y] as const);
for (const [file, part] of Object.entries({ falling: drawn.slice(0, 7), bending: drawn.slice(7) }))
  await writePicture(
    "optimizers",
    `schedules-${file}.svg`,
    lineChart(Object.fromEntries(part), {
      xLabel: "epoch",
      yLabel: "learning rate",
      width: 560,
      height: 300,
    }),
  );
