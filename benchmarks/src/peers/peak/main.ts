/**
 * Not a library but a limit, `main.ts THREADS narrow|wide`: how long the arithmetic of a product takes if multiply-adds run without
 * ever waiting for memory, and how long the bytes of a sum take if they are copied.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Cannot, type Runnable } from "../../child/answer.ts";
import { serve } from "../../child/serve.ts";
import { bytes, flops, type Spec } from "../../workloads/spec.ts";
import type { Width } from "./kernels.ts";
import { type Probe, rate } from "./rate.ts";

const width = process.argv[3] as Width;
const workers = Array.from(
  { length: Number(process.argv[2]) - 1 },
  () => new Worker(new URL("./worker.ts", import.meta.url)),
);

/** Of all threads together, each with its share of the bytes. */
async function rateOfAll(probe: Probe): Promise<number> {
  const others = workers.map(async (worker) => {
    worker.postMessage(probe);
    const [result] = await once(worker, "message");
    return result as number;
  });
  const own = rate(probe);
  return (await Promise.all(others)).reduce((a, b) => a + b, own);
}

function limit(spec: Spec): Runnable {
  const [work, traffic] = [flops(spec), bytes(spec)];
  if (!work && !traffic) throw new Cannot("there is no such limit");
  const share = traffic / (workers.length + 1);
  return {
    run: () => {},
    measure: async (millis) => {
      if (work) return work / (await rateOfAll({ millis, width }));
      return traffic / (await rateOfAll({ millis, width, bytes: share }));
    },
  };
}

await rateOfAll({ millis: 100, width });
await serve("wasm", { gemm: limit, conv: limit, elementwise: limit });
