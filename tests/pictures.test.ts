/** What metrics compute and training records is what pictures are made of. */
import { cpu } from "@dl/backend-cpu";
import {
  confusionMatrixChart,
  lineChart,
  precisionRecallChart,
  reliabilityChart,
  renderSvg,
  rocChart,
} from "@dl/io/plot";
import {
  ConfusionMatrix,
  type PrecisionRecall,
  PrecisionRecallCurve,
  ReliabilityCurve,
  type ROC,
  ROCCurve,
  rocAuc,
} from "@dl/metrics";
import { setBackend, tensor } from "@dl/tensor";
import { History } from "@dl/train";
import { expect, test } from "vitest";

setBackend(cpu());
const scores = tensor([0.1, 0.4, 0.35, 0.8, 0.65, 0.2]);
const targets = tensor([0, 0, 1, 1, 1, 0]);
const computed = async <T>(metric: {
  update(scores: unknown, targets: unknown): void;
  compute(): T | Promise<T>;
}): Promise<T> => {
  metric.update(scores, targets);
  return metric.compute();
};

test("the area in the legend is that of @dl/metrics", async () => {
  const roc = (await computed(new ROCCurve())) as ROC;
  const area = Number(await rocAuc(scores, targets)).toFixed(3);
  expect(await renderSvg(rocChart({ net: roc }))).toContain(`net (area ${area})`);
});
test("curves, matrices and bins of @dl/metrics are drawn", async () => {
  const curve = (await computed(new PrecisionRecallCurve())) as PrecisionRecall;
  const matrix = new ConfusionMatrix(2);
  matrix.update(scores.gt(0.5).to("int32"), targets);
  for (const picture of [
    precisionRecallChart({ net: curve }),
    reliabilityChart(await computed(new ReliabilityCurve({ numBins: 4 }))),
    confusionMatrixChart(await matrix.compute()),
  ]) {
    expect(await renderSvg(picture)).not.toMatch(/NaN|undefined/);
  }
});
test("a history of @dl/train is drawn by its columns", async () => {
  const history = new History<any>();
  const record = { metrics: {}, lr: 0.1, lrs: [0.1], seconds: 1, examples: 1 };
  for (const epoch of [1, 2, 3]) {
    history.epochs.push({
      ...{ ...record, epoch, loss: 1 / epoch, validation: null },
      ...{ examplesPerSecond: 1, batches: 1, complete: true },
    });
  }
  const { loss, lr } = history.columns();
  const svg = await renderSvg(lineChart({ loss, lr }, { xLabel: "epoch" }));
  expect(svg).toContain("loss, lr");
});
