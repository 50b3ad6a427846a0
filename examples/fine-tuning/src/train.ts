import { noGrad } from "@dl/autograd";
import { DataLoader, type Dataset } from "@dl/data";
import { crossEntropy } from "@dl/losses";
import { accuracy } from "@dl/metrics";
import type { Parameter } from "@dl/nn";
import { Adam } from "@dl/optim";
import type { Tensor } from "@dl/tensor";
import type { Part } from "./data.ts";
import type { Network } from "./network.ts";

/** Learns to see: one or more passes over many digits. Calls `report` now and then. */
export async function pretrain(
  network: Network,
  data: Dataset<[Tensor, Tensor]>,
  { epochs = 1, report = (_batch: number, _of: number, _loss: number): void => {} } = {},
): Promise<void> {
  const loader = new DataLoader(data, { batchSize: 64, shuffle: true });
  const optimizer = new Adam(network.parameters(), { lr: 2e-3 });
  network.train();
  let batch = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const [images, labels] of loader) {
      optimizer.zeroGrad();
      const loss = crossEntropy(network(images), labels);
      loss.backward();
      optimizer.step();
      batch++;
      if (batch % 20 === 0) report(batch, epochs * loader.length, await loss.item());
    }
  }
}

/** Freezes the body: its weights get no gradient, and its batch norm keeps the statistics that it has. */
export function freeze({ body }: Network): void {
  body.requiresGrad_(false);
  body.eval();
}

/** Trains those parameters on the whole of a small part. */
export async function tune(
  network: Network,
  groups: { params: Parameter[]; lr: number }[],
  { x, y }: Part,
  steps = 60,
): Promise<void> {
  const optimizer = new Adam(groups);
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    crossEntropy(network(x), y).backward();
    optimizer.step();
  }
}

export async function evaluate(network: Network, { x, y }: Part): Promise<number> {
  network.eval();
  return accuracy(
    noGrad(() => network(x)),
    y,
  );
}
