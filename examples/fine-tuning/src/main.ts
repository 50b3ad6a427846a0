/** What a network has learnt about many digits serves for a few of other classes. */
import "@dl/autograd";
import { existsSync, mkdirSync } from "node:fs";
import { relative, resolve } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { percent, table } from "../../shared/src/table.ts";
import { load, source, target } from "./data.ts";
import { Network } from "./network.ts";
import { pretrain } from "./train.ts";
import { compare, save } from "./transfer.ts";

setBackend(cpu());
const out = resolve(import.meta.dirname, "../out");
mkdirSync(out, { recursive: true });
const shown = (path: string): string => relative(process.cwd(), path);

const { name, data } = await load();
const checkpoint = resolve(out, `pretrained-on-${name.replace(" ", "-")}.safetensors`);
if (existsSync(checkpoint)) console.log(`found ${shown(checkpoint)} from an earlier run`);
else {
  const many = source(data);
  console.log(`pretraining on ${many.length} images of 28×28, the digits 0 to 4 of ${name}`);
  manualSeed(0);
  const network = new Network();
  await pretrain(network, many, {
    report: (batch, of, loss) => console.log(`batch ${batch} of ${of}   loss ${loss.toFixed(4)}`),
  });
  await save(checkpoint, network);
  console.log(`wrote ${shown(checkpoint)}`);
}

manualSeed(0);
const digits = target(data);
console.log(
  `\n${digits.train.y.numel} of the digits 5 to 9 as 20×20 to train on, ${digits.test.y.numel} to test on\n`,
);
const outcomes = await compare(checkpoint, digits);
console.log(
  table(
    ["", "weights trained", "test accuracy"],
    outcomes.map(({ name, trained, test }) => [name, trained.toLocaleString("en"), percent(test)]),
  ),
);
const best = outcomes.reduce((a, b) => (b.test > a.test ? b : a));
const tuned = resolve(out, "tuned.safetensors");
await save(tuned, best.network);
console.log(`\nwrote ${shown(tuned)}; in Python: safetensors.torch.load_file("${shown(tuned)}")`);
