/** A training run in which everything is random: initialisation, order of the data, dropout. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, TensorDataset } from "@dl/data";
import type { CheckpointContents } from "@dl/io";
import { mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, CosineAnnealingLR, type Optimizer } from "@dl/optim";
import { defaultGenerator, Generator, manualSeed, rand, setBackend, type Tensor } from "@dl/tensor";

setBackend(cpu());

const SAMPLES = 22;
/** Samples of a batch: the last one of an epoch is smaller. */
const BATCH = 4;

export class Training {
  readonly model: nn.Sequential;
  readonly optimizer: Adam;
  readonly scheduler: CosineAnnealingLR;
  readonly loader: DataLoader<[Tensor, Tensor], [Tensor, Tensor]>;
  readonly losses: number[] = [];
  done = 0;
  #epoch: AsyncIterator<[Tensor, Tensor]> | undefined;

  constructor({ hidden = 16 } = {}) {
    manualSeed(1);
    this.model = new nn.Sequential(
      new nn.Linear(5, hidden),
      new nn.BatchNorm1d(hidden),
      new nn.ReLU(),
      new nn.Dropout(0.3),
      new nn.Linear(hidden, 1),
    );
    this.optimizer = new Adam(this.model.parameters(), { lr: 0.01, amsgrad: true });
    this.scheduler = new CosineAnnealingLR(this.optimizer, 30);
    const data = new Generator(3);
    const dataset = new TensorDataset(
      rand(SAMPLES, 5, { generator: data }),
      rand(SAMPLES, 1, { generator: data }),
    );
    this.loader = new DataLoader(dataset, { batchSize: BATCH, shuffle: true }) as any;
  }

  /** Everything that goes into a checkpoint. The dataset and the sizes are the program's. */
  get contents(): CheckpointContents {
    const { model, optimizer, scheduler, loader, done, losses } = this;
    return {
      model,
      optimizer,
      scheduler,
      loader,
      generator: defaultGenerator,
      extra: { done, losses },
    };
  }
  /** Takes over what `extra` was. */
  goOn({ done, losses }: { done: number; losses: number[] }): this {
    this.done = done;
    this.losses.push(...losses);
    return this;
  }

  async step(): Promise<void> {
    const [x, y] = await this.#next();
    this.optimizer.zeroGrad();
    const loss = mseLoss(this.model(x), y);
    loss.backward();
    this.optimizer.step();
    this.scheduler.step();
    this.losses.push(await loss.item());
    this.done++;
  }
  async #next(): Promise<[Tensor, Tensor]> {
    for (;;) {
      this.#epoch ??= this.loader[Symbol.asyncIterator]();
      const { value, done } = await this.#epoch.next();
      if (!done) return value;
      this.#epoch = undefined;
    }
  }

  /** All numbers that training changes, as text: equal if every bit is. */
  bits(): Promise<string> {
    const { losses, scheduler, model, optimizer } = this;
    return bitsOf([...losses, ...scheduler.getLastLr()], model, optimizer);
  }
}

/** These numbers, those of a model and of an optimizer, and the next random one. */
export async function bitsOf(
  numbers: readonly number[],
  model: nn.Module,
  optimizer: Optimizer,
): Promise<string> {
  const out: string[] = [numbers.map(hex).join(" ")];
  for (const [name, t] of Object.entries(model.stateDict())) {
    out.push(`${name} ${[...(await t.data())].map(hex).join(" ")}`);
  }
  for (const entries of Object.values(optimizer.stateDict().state)) {
    for (const [name, entry] of Object.entries(entries)) {
      const numbers = typeof entry === "number" ? [entry] : await (entry as Tensor).data();
      out.push(`${name} ${[...numbers].map(hex).join(" ")}`);
    }
  }
  return [...out, String(defaultGenerator.uint32())].join("\n");
}

const hex = (x: number): string => Buffer.from(Float64Array.of(x).buffer).toString("hex");
