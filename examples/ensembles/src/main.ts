/** Several models know more than one: averages, votes, bagging, boosting. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { lineChart } from "@dl/io/plot";
import { manualSeed, setBackend } from "@dl/tensor";
import { writePicture } from "../../shared/src/files.ts";
import { percent, table } from "../../shared/src/table.ts";
import { averaging, bagged, boosted, load, type Result } from "./compare.ts";

setBackend(cpu());
manualSeed(0);
const parts = load();
console.log(`${parts.train.y.numel} digits to train on, ${parts.test.y.numel} to test on\n`);

console.log("ten networks that differ in their seed …");
const seeds = await averaging(parts);
console.log("ten networks on digits drawn with replacement …");
const bags = await bagged(parts);
console.log("forty weak networks, one after the other …\n");
const boost = await boosted(parts);
const cells = ({ name, models, accuracy }: Result) => [name, models, percent(accuracy)];
console.log(
  table(["", "models", "test accuracy"], [...seeds, bags.result, ...boost.results].map(cells)),
);
console.log(
  `\nout-of-bag accuracy ${percent(bags.outOfBag)}: of each training digit, by the networks that were not given it`,
);
await writePicture(
  "ensembles",
  "boosting.svg",
  lineChart(boost.errors, {
    title: "AdaBoost: weighted error of each network; chance is 0.9",
    xLabel: "round",
    yLabel: "error",
  }),
);
