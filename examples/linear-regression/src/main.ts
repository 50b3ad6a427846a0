/** Fits a line: the first model of PyTorch's tutorials. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { learn, line } from "./learn.ts";

setBackend(cpu());
const { weight, bias, testLoss } = await learn(1000, (epoch, loss) =>
  console.log(`epoch ${String(epoch).padStart(4)}   loss ${loss.toExponential(3)}`),
);
console.log(`test loss ${testLoss.toExponential(3)}`);
console.log(`learned  y = ${weight.toFixed(4)} x + ${bias.toFixed(4)}`);
console.log(`true     y = ${line.weight.toFixed(4)} x + ${line.bias.toFixed(4)}`);
