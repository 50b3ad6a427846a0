import "@dl/autograd";
import * as L from "@dl/losses";
import type { Tensor } from "@dl/tensor";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  isFixtureTensor,
  revive,
  reviveOptions,
  weightedSum,
} from "./fixture.ts";
import { section } from "./replay.ts";

interface LossCase {
  readonly loss: string;
  readonly options: Record<string, unknown>;
  /** Tensors, and numbers or lists of numbers. */
  readonly inputs: unknown[];
  readonly output: FixtureTensor;
  readonly grads: (FixtureTensor | null)[];
  /** The class has not all of these options. */
  readonly functional?: boolean;
  /** What the first input goes through. */
  readonly before?: "logSoftmax";
}

const CLASSES: Record<string, keyof typeof L> = {
  mseLoss: "MSELoss",
  l1Loss: "L1Loss",
  smoothL1Loss: "SmoothL1Loss",
  huberLoss: "HuberLoss",
  binaryCrossEntropy: "BCELoss",
  binaryCrossEntropyWithLogits: "BCEWithLogitsLoss",
  nllLoss: "NLLLoss",
  crossEntropy: "CrossEntropyLoss",
  klDiv: "KLDivLoss",
  poissonNllLoss: "PoissonNLLLoss",
  gaussianNllLoss: "GaussianNLLLoss",
  hingeEmbeddingLoss: "HingeEmbeddingLoss",
  marginRankingLoss: "MarginRankingLoss",
  softMarginLoss: "SoftMarginLoss",
  multiMarginLoss: "MultiMarginLoss",
  multilabelMarginLoss: "MultiLabelMarginLoss",
  multilabelSoftMarginLoss: "MultiLabelSoftMarginLoss",
  cosineEmbeddingLoss: "CosineEmbeddingLoss",
  tripletMarginLoss: "TripletMarginLoss",
  tripletMarginWithDistanceLoss: "TripletMarginWithDistanceLoss",
  ctcLoss: "CTCLoss",
  sigmoidFocalLoss: "FocalLoss",
  diceLoss: "DiceLoss",
};
const DISTANCES: Record<string, L.DistanceFunction> = {
  manhattan: (a, b) => a.sub(b).abs().sum(-1),
  cosine: (a, b) => {
    const lengths = a.square().sum(-1).mul(b.square().sum(-1)).sqrt();
    return a.mul(b).sum(-1).div(lengths).neg().add(1);
  },
};
type LossFunction = (...inputs: unknown[]) => Tensor;
type LossClass = new (options?: object) => LossFunction;

function run(c: LossCase): void {
  const inputs = c.inputs.map(revive);
  c.grads.forEach((g, k) => {
    if (g) (inputs[k] as Tensor).requiresGrad = true;
  });
  const options = reviveOptions(c.options)!;
  if (options.distanceFunction)
    options.distanceFunction = DISTANCES[options.distanceFunction as string];
  const [first, ...rest] = inputs as Tensor[];
  const operands = [c.before ? first.logSoftmax(-1) : first, ...rest];
  const loss = (L as unknown as Record<string, LossFunction>)[c.loss](...operands, options);
  expectNear(loss, c.output, 2e-6, c.loss);
  if (!c.functional) {
    const Criterion = L[CLASSES[c.loss]] as unknown as LossClass;
    expectNear(new Criterion(options)(...operands), c.output, 2e-6, CLASSES[c.loss]);
  }
  weightedSum([loss])?.backward();
  c.grads.forEach((expected, k) => {
    if (expected)
      expectNear((inputs[k] as Tensor).grad!, expected, 1e-5, `${c.loss}, gradient ${k}`);
  });
}

export const losses = ["losses", "criteria"].map((name) =>
  section(`${name} against PyTorch`, fixture<LossCase[]>(name), {
    name: (c) => c.loss,
    title: (c, i) => {
      const shown = c.inputs.map((x) =>
        isFixtureTensor(x) ? `[${x.shape}] ${x.dtype}` : JSON.stringify(x),
      );
      const options = Object.entries(c.options).map(
        ([k, v]) => `${k}: ${typeof v === "object" ? "tensor" : v}`,
      );
      return `${i}: ${c.loss}(${[...shown, ...options].join(", ")})`;
    },
    run,
  }),
);
