import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, drawDigits, ImageDataset } from "@dl/data";
import { MissingFilesError, mnist } from "@dl/data/node";
import { Adam } from "@dl/optim";
import { manualSeed, setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { models } from "./models.ts";
import { evaluate, trainEpoch } from "./train.ts";

setBackend(cpu());
const normalize = { mean: 0.1307, std: 0.3081 };
const real = await mnist({ train: false, normalize }).catch((error) => {
  if (error instanceof MissingFilesError) return null;
  throw error;
});
const drawn = drawDigits(3000, { seed: 5, normalize });

const sources = { MNIST: real, "drawn digits": drawn };
for (const [name, data] of Object.entries(sources)) {
  describe.skipIf(!data)(`after 2,500 digits of ${name}`, () => {
    const part = (from: number, to: number): ImageDataset =>
      new ImageDataset(
        data!.images.subarray(784 * from, 784 * to),
        data!.labels.subarray(from, to),
        [1, 28, 28],
        { normalize },
      );
    test.each([
      ["mlp", 0.8],
      ["cnn", 0.85],
    ] as const)("the %s knows most of 500 others", async (kind, share) => {
      manualSeed(0);
      const { create, loss } = models[kind];
      const model = create();
      const loader = new DataLoader(part(0, 2500), { batchSize: 50, shuffle: true });
      const losses: number[] = [];
      await trainEpoch(model, loader, loss, new Adam(model.parameters()), (step) => {
        losses.push(step.loss);
        return true;
      });
      expect(losses).toHaveLength(50);
      expect(losses[0]).toBeGreaterThan(2);
      const test = new DataLoader(part(2500, 3000), { batchSize: 250 });
      expect(await evaluate(model, test)).toBeGreaterThan(share);
    });
  });
}
