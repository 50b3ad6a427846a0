import { requireCount, type Sized } from "../sampler.ts";
import { type Fold, generatorOf, type Randomness, samplesOf } from "./fold.ts";

export interface BootstrapOptions extends Randomness {
  /** How many samples of the samples are drawn. Default 100. */
  nSplits?: number;
  /** How many indices are drawn for one. Default: as many as there are samples. */
  numSamples?: number;
}

/**
 * Bootstrap samples: `train` is drawn with replacement, `test` is what was not drawn, ascending (about 37% of the
 * whole, and perhaps nothing where there are few samples). For bagging, and for the spread of a statistic.
 *
 * @example
 * const [{ train, test }] = new Bootstrap({ seed: 1 }).split(4);
 * train.length // => 4
 * test.some((i) => train.includes(i)) // => false
 */
export class Bootstrap {
  readonly nSplits: number;
  readonly #options: BootstrapOptions;
  constructor(options: BootstrapOptions = {}) {
    const { nSplits = 100, numSamples } = options;
    requireCount(nSplits, "Bootstrap: nSplits");
    if (numSamples !== undefined) requireCount(numSamples, "Bootstrap: numSamples");
    this.nSplits = nSplits;
    this.#options = options;
  }
  /** @param x the dataset, or how many samples it has. */
  *split(x: Sized | number): IterableIterator<Fold> {
    const n = samplesOf(x, "Bootstrap");
    const generator = generatorOf(this.#options, "Bootstrap");
    for (let k = 0; k < this.nSplits; k++) {
      const train = new Int32Array(this.#options.numSamples ?? n);
      generator.fillInt(train, 0, n);
      const drawn = new Uint8Array(n);
      for (const i of train) drawn[i] = 1;
      yield { train, test: Int32Array.from(drawn.keys()).filter((i) => drawn[i] === 0) };
    }
  }
}
