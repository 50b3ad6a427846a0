import { DlError, type Tensor } from "@dl/tensor/core";
import type { Metric } from "./metric.ts";

type Results<M extends Record<string, Metric<any>>> = {
  [K in keyof M]: M[K] extends Metric<infer T> ? T : never;
};

/**
 * Several metrics of the same predictions and targets.
 *
 * @example
 * const metrics = new MetricCollection({ accuracy: new Accuracy(), recall: new Recall() });
 * metrics.update(tensor([0.9, 0.6, 0.2]), tensor([1, 0, 1]));
 * await metrics.compute() // => { accuracy: 0.3333, recall: 0.5 }
 */
export class MetricCollection<M extends Record<string, Metric<any>>> {
  readonly metrics: M;

  constructor(metrics: M) {
    this.metrics = metrics;
  }

  update(prediction: Tensor, target: Tensor): void {
    for (const metric of Object.values(this.metrics)) metric.update(prediction, target);
  }
  async compute(): Promise<Results<M>> {
    const names = Object.keys(this.metrics);
    const values = await Promise.all(names.map((name) => this.metrics[name].compute()));
    return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Results<M>;
  }
  /** The same at once, on a backend that can be waited for. */
  computeSync(): Results<M> {
    return Object.fromEntries(
      Object.entries(this.metrics).map(([name, metric]) => [name, metric.computeSync()]),
    ) as Results<M>;
  }
  reset(): void {
    for (const metric of Object.values(this.metrics)) metric.reset();
  }
  /** Takes in what a collection of the same names has seen. */
  merge(other: MetricCollection<M>): this {
    const names = Object.keys(this.metrics).join(", ");
    const others = Object.keys(other.metrics).join(", ");
    if (names !== others)
      throw new DlError(
        "value",
        `MetricCollection: merge needs the same metrics: ${names}; the other has ${others}`,
      );
    for (const [name, metric] of Object.entries(this.metrics)) metric.merge(other.metrics[name]);
    return this;
  }

  /**
   * The results as lines of text: a number, a list or a matrix each; curves and other data are left out.
   *
   * @param options.digits after the point. Default 4.
   *
   * @example
   * const metrics = new MetricCollection({ accuracy: new Accuracy(), matrix: new ConfusionMatrix(2) });
   * metrics.update(tensor([1, 0, 1], { dtype: "int32" }), tensor([1, 1, 1]));
   * (await metrics.table()).split("\n") // => ["accuracy  0.6667", "matrix    0  0", "          1  2"]
   */
  async table({ digits = 4 }: { digits?: number } = {}): Promise<string> {
    const results = Object.entries(await this.compute());
    const width = Math.max(0, ...results.map(([name]) => name.length));
    return results
      .flatMap(([name, value]) =>
        linesOf(value, digits).map((line, i) => `${(i === 0 ? name : "").padEnd(width)}  ${line}`),
      )
      .join("\n");
  }
  /** Prints the table. */
  async print(options: { digits?: number } = {}): Promise<void> {
    console.log(await this.table(options));
  }
}

function linesOf(value: unknown, digits: number): string[] {
  if (typeof value === "number") return [shown(value, digits)];
  if (isMatrix(value)) {
    const cells = value.map((row) => row.map((x) => shown(x, digits)));
    const width = Math.max(...cells.flat().map((cell) => cell.length));
    return cells.map((row) => row.map((cell) => cell.padStart(width)).join("  "));
  }
  if (Array.isArray(value) && value.every((x) => typeof x === "number"))
    return [value.map((x) => shown(x, digits)).join("  ")];
  if (hasOwnText(value)) return String(value).trimEnd().split("\n");
  return [];
}
const shown = (x: number, digits: number): string =>
  Number.isInteger(x) ? String(x) : x.toFixed(digits);
const isMatrix = (x: unknown): x is number[][] =>
  Array.isArray(x) &&
  x.length > 0 &&
  x.every((row) => Array.isArray(row) && row.every((v) => typeof v === "number"));
const hasOwnText = (x: unknown): boolean =>
  typeof x === "object" &&
  x !== null &&
  !Array.isArray(x) &&
  x.toString !== Object.prototype.toString;
