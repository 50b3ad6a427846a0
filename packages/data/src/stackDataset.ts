import { DlError } from "@dl/tensor/core";
import { asDataset, Dataset, requireIndex } from "./dataset.ts";

type AnyMap = Dataset<any> | readonly any[];
type SampleOf<D> = D extends readonly (infer T)[]
  ? T
  : D extends { get(index: number): infer T }
    ? Awaited<T>
    : never;
/** What stacked datasets give: `[x, y]`, or `{ x, y }`. */
type Stacked<D> = D extends readonly [infer One]
  ? One extends AnyMap
    ? [SampleOf<One>]
    : { [K in keyof One]: SampleOf<One[K]> }
  : { [K in keyof D]: SampleOf<D[K]> };

/**
 * Datasets of equal length side by side: sample `i` is the samples `i` of all of them, in an array, or in an object
 * under the names that were given.
 *
 * @see https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.StackDataset
 *
 * @example
 * new StackDataset([10, 20], ["a", "b"]).get(1) // => [20, "b"]
 * new StackDataset({ x: [10, 20], name: ["a", "b"] }).get(1) // => { x: 20, name: "b" }
 */
export class StackDataset<
  const D extends readonly AnyMap[] | readonly [Record<string, AnyMap>],
> extends Dataset<Stacked<D>> {
  readonly datasets: readonly Dataset<unknown>[];
  readonly length: number;
  readonly #names: readonly string[] | undefined;

  constructor(...datasets: D) {
    super();
    const [first] = datasets;
    const named = datasets.length === 1 && !Array.isArray(first) && !("get" in (first as object));
    this.#names = named ? Object.keys(first as object) : undefined;
    const list: readonly AnyMap[] = named
      ? Object.values(first as Record<string, AnyMap>)
      : (datasets as readonly AnyMap[]);
    if (list.length === 0) throw new DlError("value", "StackDataset: it needs a dataset");
    this.datasets = list.map(asDataset);
    this.length = list[0].length;
    const other = this.datasets.findIndex((d) => d.length !== this.length);
    if (other >= 0)
      throw new DlError(
        "value",
        `StackDataset: datasets have as many samples each: ${this.#name(0)} has ${this.length}, ` +
          `${this.#name(other)} has ${this.datasets[other].length}`,
      );
  }
  #name(k: number): string {
    return this.#names ? this.#names[k] : `dataset ${k}`;
  }

  get(index: number, seed?: number): Stacked<D> | Promise<Stacked<D>> {
    requireIndex(index, this.length, "StackDataset");
    const parts = this.datasets.map((d) => d.get(index, seed));
    return parts.some((p) => p instanceof Promise)
      ? Promise.all(parts).then((all) => this.#join(all))
      : this.#join(parts);
  }
  #join(parts: readonly unknown[]): Stacked<D> {
    const names = this.#names;
    return (
      names ? Object.fromEntries(names.map((name, k) => [name, parts[k]])) : parts
    ) as Stacked<D>;
  }
}
