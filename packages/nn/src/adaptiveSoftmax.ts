import { cat, DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import { checkCounts } from "./check.ts";
import { ModuleList, Sequential } from "./containers.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { LayerOptions } from "./parameter.ts";

export interface AdaptiveLogSoftmaxOptions extends LayerOptions {
  /** Each tail's projection is smaller than the one before by this factor. Default 4. */
  divValue?: number;
  /** Give the head a bias. Default false. */
  headBias?: boolean;
}

/** Of every target its log-probability, and the mean of their negatives. */
export interface AdaptiveLogSoftmaxResult {
  /** `[N]`, or a scalar for one sample. */
  output: Tensor;
  /** A scalar. */
  loss: Tensor;
}

/**
 * Softmax over many classes, ordered from frequent to rare, in clusters: a head for the frequent classes and for which
 * cluster of rare ones, and a smaller tail for each cluster.
 *
 *     log p(c) = head[c]                            for c in the head
 *     log p(c) = head[cluster of c] + tail[c]       else
 *     x [N, in], target [N], or x [in], target []
 *
 * All tails are computed for all samples, because shapes here never depend on data; the numbers are those of PyTorch,
 * which computes a tail for the samples that need it.
 *
 * @param cutoffs where the clusters begin, in rising order: `[10, 100]` is a head of 10 classes, a tail of 90 and one of
 *   the rest.
 * @throws DlError "index" for a target that is no class, where it can be read without waiting.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveLogSoftmaxWithLoss.html
 *
 * @example
 * const softmax = new AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10]);
 * softmax.logProb(zeros(3, 16)).shape // => [3, 20]
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  readonly inFeatures: number;
  readonly nClasses: number;
  /** With `nClasses` at the end. */
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly headBias: boolean;
  readonly shortlistSize: number;
  readonly nClusters: number;
  readonly headSize: number;
  head: Linear;
  tail: ModuleList<Sequential>;

  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    { divValue = 4, headBias = false, ...options }: AdaptiveLogSoftmaxOptions = {},
  ) {
    super();
    checkCounts("AdaptiveLogSoftmaxWithLoss", { inFeatures, nClasses });
    const rises = cutoffs.every((c, i) => Number.isInteger(c) && c > (cutoffs[i - 1] ?? 0));
    if (cutoffs.length === 0 || !rises || cutoffs[cutoffs.length - 1] >= nClasses) {
      throw new DlError(
        "value",
        `AdaptiveLogSoftmaxWithLoss: cutoffs [${cutoffs}] have to be whole numbers in rising order, from 1 to nClasses − 1 = ${nClasses - 1}`,
      );
    }
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = divValue;
    this.headBias = headBias;
    this.shortlistSize = cutoffs[0];
    this.nClusters = cutoffs.length;
    this.headSize = this.shortlistSize + this.nClusters;
    this.head = new Linear(inFeatures, this.headSize, { bias: headBias, ...options });
    this.tail = new ModuleList(
      cutoffs.map((start, i) => {
        const hidden = Math.floor(inFeatures / divValue ** (i + 1));
        const size = this.cutoffs[i + 1] - start;
        const plain = { bias: false, ...options };
        return new Sequential(
          new Linear(inFeatures, hidden, plain),
          new Linear(hidden, size, plain),
        );
      }),
    );
  }

  resetParameters(): void {
    for (const layer of this.modules()) if (layer instanceof Linear) layer.resetParameters();
  }

  forward(x: Tensor, target: Tensor): AdaptiveLogSoftmaxResult {
    const isBatch = target.rank === 1 && x.rank === 2 && target.shape[0] === x.shape[0];
    if (!isBatch && !(target.rank === 0 && x.rank === 1)) {
      throw new ShapeError(
        `AdaptiveLogSoftmaxWithLoss: the input has to be [N, ${this.inFeatures}] with a target [N], or [${this.inFeatures}] with a target [], got ${formatShape(x.shape)} and ${formatShape(target.shape)}`,
      );
    }
    this._check(target);
    const rows = isBatch ? x : x.unsqueeze(0);
    const index = target.reshape([-1, 1]).to("int32");
    const logProb = this.logProb(rows).gather(1, index).squeeze(1);
    return { output: isBatch ? logProb : logProb.squeeze(0), loss: logProb.neg().mean() };
  }

  /** Log-probabilities of all classes: `[N, in]` → `[N, nClasses]`. */
  logProb(x: Tensor): Tensor {
    const head = this.head(x).logSoftmax(1);
    const { shortlistSize } = this;
    const tails = [...this.tail].map((tail, i) =>
      tail(x)
        .logSoftmax(1)
        .add(head.narrow(1, shortlistSize + i, 1)),
    );
    return cat([head.narrow(1, 0, shortlistSize), ...tails], 1);
  }

  /** The likeliest class of each sample: `[N, in]` → `[N]`, int32. */
  predict(x: Tensor): Tensor {
    return this.logProb(x).argmax(1);
  }

  private _check(target: Tensor): void {
    const { nClasses } = this;
    if (!target.device.readSync && !target.memory.storage.host) return;
    target.dataSync().forEach((c: number, i: number) => {
      if (Number.isInteger(c) && c >= 0 && c < nClasses) return;
      throw new DlError(
        "index",
        `AdaptiveLogSoftmaxWithLoss: target ${c} at position ${i} is not one of 0 … ${nClasses - 1}`,
      );
    });
  }
}
