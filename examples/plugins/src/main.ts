/** A layer, a loss, an optimizer, a scheduler and an activation of one's own, at work together. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { train } from "./train.ts";

setBackend(cpu());
console.log("a network learns the direction of waves, 32 new pictures in each step");
await train(300, ({ step, loss, lr }) => {
  console.log(
    `step ${String(step).padStart(3)}   lr ${lr.toExponential(2)}   loss ${loss.toFixed(4)}`,
  );
});
