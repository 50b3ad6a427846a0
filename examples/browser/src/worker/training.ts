import { noGrad } from "@dl/autograd";
import { DataLoader } from "@dl/data";
import { crossEntropy } from "@dl/losses";
import { Adam } from "@dl/optim";
import { adoptArray, type Backend, isTensor, type Tensor } from "@dl/tensor";
import { CNN } from "../../../mnist/src/models.ts";
import { type Digits, imageOf } from "./digits.ts";

type Batch = [images: Tensor, labels: Tensor];

/** A network that is being trained: where it is, and what one step is. It is on the backend that is set when it is made. */
export class Training {
  readonly backend: Backend;
  readonly model = new CNN();
  readonly #optimizer = new Adam(this.model.parameters(), { lr: 1e-3 });
  #batches: AsyncIterator<Batch> | null = null;
  #batchSize = 64;
  steps = 0;
  /** Passes through the data that are complete. */
  epochs = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  set lr(lr: number) {
    for (const group of this.#optimizer.paramGroups) group.lr = lr;
  }
  set batchSize(size: number) {
    if (size === this.#batchSize) return;
    this.#batchSize = size;
    this.newData();
  }
  /** Begins anew with the data. */
  newData(): void {
    this.#batches = null;
  }

  async nextBatch(digits: Digits): Promise<Batch> {
    for (;;) {
      this.#batches ??= new DataLoader(digits.train, {
        batchSize: this.#batchSize,
        shuffle: true,
      })[Symbol.asyncIterator]();
      const { done, value } = await this.#batches.next();
      if (!done) return value;
      this.epochs++;
      this.#batches = null;
    }
  }

  /** Hands the device a step's work. The loss is there when that is done; the next step may be handed over before. */
  step([images, labels]: Batch): Promise<number> {
    this.model.train();
    this.#optimizer.zeroGrad();
    const loss = crossEntropy(this.model(images), labels);
    loss.backward();
    this.#optimizer.step();
    this.steps++;
    return loss.item();
  }

  /** The classes that the network takes these images for. */
  async classes(images: Tensor): Promise<number[]> {
    this.model.eval();
    const classes = noGrad(() => this.model(images).argmax(1));
    return Array.from(await classes.data());
  }
  /** How likely each of the ten digits is, by the network's lights. */
  async probabilities(pixels: Uint8Array): Promise<number[]> {
    this.model.eval();
    const probabilities = noGrad(() => this.model(imageOf(pixels)).softmax(1));
    return Array.from(await probabilities.data());
  }

  /** The same on another backend, which has been set. */
  async copy(backend: Backend): Promise<Training> {
    const there = async (x: unknown) =>
      isTensor(x) ? adoptArray(await x.data(), x.dtype, x.shape, backend) : x;
    const all = async (record: object): Promise<any> => {
      const entries = Object.entries(record).map(async ([key, x]) => [key, await there(x)]);
      return Object.fromEntries(await Promise.all(entries));
    };
    const copy = new Training(backend);
    copy.model.loadStateDict(await all(this.model.stateDict()));
    const { state, param_groups } = this.#optimizer.stateDict();
    for (const [number, entries] of Object.entries(state))
      state[Number(number)] = await all(entries);
    copy.#optimizer.loadStateDict({ state, param_groups });
    copy.#batchSize = this.#batchSize;
    copy.steps = this.steps;
    copy.epochs = this.epochs;
    return copy;
  }
}
