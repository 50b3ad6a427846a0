/** Exclusive or: no line separates its classes, so one layer cannot learn it; two can. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { inputs, learn, models } from "./learn.ts";

setBackend(cpu());

for (const name of Object.keys(models)) {
  const { losses, predictions } = await learn(name);
  console.log(
    `${name}: loss ${losses[0].toFixed(4)}, after 1000 steps ${losses.at(-1)!.toFixed(4)}`,
  );
  for (const [i, [a, b]] of inputs.entries())
    console.log(`  ${a} xor ${b} = ${a ^ b}   predicted ${predictions[i].toFixed(3)}`);
}
