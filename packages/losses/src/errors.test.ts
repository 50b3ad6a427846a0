import { cpu } from "@dl/backend-cpu";
import { setBackend, tensor, zeros } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import * as L from "./index.ts";

beforeAll(() => setBackend(cpu()));

/** What is wrong → the call, and what its message says. */
const cases: Record<string, [call: () => unknown, message: RegExp]> = {
  "shapes that differ": [
    () => L.smoothL1Loss(zeros(3, 1), zeros(3)),
    /^smoothL1Loss: prediction \[3, 1\] and target \[3\].*target\.unsqueeze\(-1\)/,
  ],
  "a row of targets too many": [() => L.huberLoss(zeros(3), zeros(3, 1)), /target\.squeeze\(-1\)/],
  "unlike shapes": [() => L.klDiv(zeros(2, 3), zeros(3, 2)), /^klDiv: .*\[2, 3\].*\[3, 2\]/],
  "rates of another shape": [() => L.poissonNllLoss(zeros(2), zeros(3)), /^poissonNllLoss/],
  "distances of another shape": [
    () => L.hingeEmbeddingLoss(zeros(2), zeros(1)),
    /^hingeEmbeddingLoss/,
  ],
  "scores of another shape": [() => L.softMarginLoss(zeros(2), zeros(1)), /^softMarginLoss/],
  "focal targets of another shape": [
    () => L.sigmoidFocalLoss(zeros(2), zeros(2, 1)),
    /^sigmoidFocalLoss/,
  ],
  "labels of another shape": [
    () => L.multilabelSoftMarginLoss(zeros(2, 3), zeros(2)),
    /^multilabelSoftMarginLoss/,
  ],
  "a number where classes are wanted": [
    () => L.multilabelSoftMarginLoss(tensor(1), tensor(1)),
    /\[\.\.\., C\]/,
  ],
  "another reduction": [
    () => L.mseLoss(zeros(2), zeros(2), { reduction: "average" as "mean" }),
    /reduction "average" is not one of/,
  ],
  "another reduction of triplets": [
    () =>
      L.tripletMarginLoss(zeros(1, 2), zeros(1, 2), zeros(1, 2), {
        reduction: "batchmean" as "mean",
      }),
    /^tripletMarginLoss: reduction "batchmean"/,
  ],
  "a negative beta": [() => L.smoothL1Loss(zeros(2), zeros(2), { beta: -1 }), /beta -1/],
  "a delta of 0": [() => L.huberLoss(zeros(2), zeros(2), { delta: 0 }), /delta 0 .*positive/],
  "a weight of another shape": [
    () => L.mseLoss(zeros(2, 3), zeros(2, 3), { weight: zeros(3) }),
    /weight \[3\].*\[2, 3\]/,
  ],
  "a weight of another shape for huberLoss": [
    () => L.huberLoss(zeros(2, 3), zeros(2, 3), { weight: zeros(3) }),
    /^huberLoss: weight \[3\]/,
  ],
  "a weight that does not broadcast": [
    () => L.binaryCrossEntropy(zeros(2, 3), zeros(2, 3), { weight: zeros(2) }),
    /^binaryCrossEntropy: weight \[2\] does not broadcast.*\[2, 3\]/,
  ],
  "a weight that enlarges": [
    () => L.binaryCrossEntropyWithLogits(zeros(3), zeros(3), { weight: zeros(2, 3) }),
    /weight \[2, 3\] does not broadcast/,
  ],
  "a posWeight that does not broadcast": [
    () => L.binaryCrossEntropyWithLogits(zeros(2, 3), zeros(2, 3), { posWeight: zeros(2) }),
    /posWeight \[2\] does not broadcast/,
  ],
  "a negative variance": [
    () => L.gaussianNllLoss(zeros(2), zeros(2), tensor([1, -1])),
    /variance -1 at position \[1\] is negative/,
  ],
  "a negative number as variance": [
    () => L.gaussianNllLoss(zeros(2), zeros(2), -1),
    /variance -1 is negative/,
  ],
  "a variance of another shape": [
    () => L.gaussianNllLoss(zeros(4, 3), zeros(4, 3), zeros(3)),
    /variance \[3\] fits neither/,
  ],
  "a target that enlarges": [
    () => L.gaussianNllLoss(zeros(1, 3), zeros(4, 3), zeros(1, 3)),
    /target \[4, 3\] does not broadcast/,
  ],
  "pairs of unlike rank": [
    () => L.marginRankingLoss(zeros(2), zeros(2, 1), zeros(2)),
    /^marginRankingLoss: input1 \[2\], input2 \[2, 1\], target \[2\] .*one number of dimensions/,
  ],
  "pairs that do not broadcast": [
    () => L.marginRankingLoss(zeros(2), zeros(3), zeros(2)),
    /^marginRankingLoss.*do not broadcast/,
  ],
  "no p of 3": [
    () => L.multiMarginLoss(zeros(2, 3), tensor([0, 1]), { p: 3 as 2 }),
    /p 3 has to be 1 or 2/,
  ],
  "labels for other rows": [
    () => L.multiMarginLoss(zeros(2, 3), tensor([0])),
    /^multiMarginLoss: .*\[2, 3\] with \[1\]/,
  ],
  "a label that is no class": [
    () => L.multiMarginLoss(zeros(2, 3), tensor([0, 3])),
    /target 3 at position \[1\] is not one of the 3 classes/,
  ],
  "a class weight too few": [
    () => L.multiMarginLoss(zeros(2, 3), tensor([0, 1]), { weight: zeros(2) }),
    /one number per class, \[3\], got \[2\]/,
  ],
  "a listed label that is no class": [
    () => L.multilabelMarginLoss(zeros(1, 3), tensor([[0, -1, 3]])),
    /target 3 at position \[0, 2\] is neither/,
  ],
  "lists of three dimensions": [
    () => L.multilabelMarginLoss(zeros(1, 2, 3), zeros(1, 2, 3)),
    /\[N, C\] or \[C\] are wanted, got \[1, 2, 3\]/,
  ],
  "one target for two pairs": [
    () => L.cosineEmbeddingLoss(zeros(2, 3), zeros(2, 3), zeros(1)),
    /^cosineEmbeddingLoss: .*\[2, 3\] and \[2, 3\] with \[1\]/,
  ],
  "vectors of unlike length": [
    () => L.cosineEmbeddingLoss(zeros(2, 3), zeros(2, 4), zeros(2)),
    /\[2, 3\] and \[2, 4\]/,
  ],
  "triplets of unlike rank": [
    () => L.tripletMarginLoss(zeros(2, 3), zeros(3), zeros(2, 3)),
    /anchor \[2, 3\], positive \[3\], negative \[2, 3\]/,
  ],
  "a margin of 0": [
    () => L.tripletMarginLoss(zeros(2), zeros(2), zeros(2), { margin: 0 }),
    /margin 0 has to be positive/,
  ],
  "a margin of 0 in the constructor": [
    () => new L.TripletMarginWithDistanceLoss({ margin: -1 }),
    /margin -1 has to be positive/,
  ],
  "dice without positions": [
    () => L.diceLoss(zeros(2, 3), zeros(2, 3)),
    /positions.*got \[2, 3\].*unsqueeze\(1\)/,
  ],
  "dice of another shape": [
    () => L.diceLoss(zeros(2, 3, 4), zeros(2, 3)),
    /predictions \[2, 3, 4\].*\[2, 4\] are wanted, got \[2, 3\]/,
  ],
  "dice of a label that is no class": [
    () => L.diceLoss(zeros(1, 2, 2), tensor([[0, 2]])),
    /target 2 at position \[0, 1\]/,
  ],
  "another activation": [
    () => L.diceLoss(zeros(1, 2, 2), zeros(1, 2, 2), { activation: "tanh" as "none" }),
    /activation "tanh"/,
  ],
  "log-probabilities without classes": [
    () => L.ctcLoss(zeros(4), zeros(2), [4], [2]),
    /^ctcLoss: .*got \[4\] with \[2\]/,
  ],
  "log-probabilities of nobody": [
    () => L.ctcLoss(zeros(4, 0, 3), zeros(0, 2), [], []),
    /\[4, 0, 3\] have no elements/,
  ],
  "targets of other samples": [
    () => L.ctcLoss(zeros(4, 2, 3), zeros(3, 2), [4, 4], [2, 2]),
    /targets \[3, 2\] are for 3 samples/,
  ],
  "a blank that is no class": [
    () => L.ctcLoss(zeros(4, 1, 3), tensor([[1]]), [4], [1], { blank: 3 }),
    /blank 3 is not one of the 3 classes/,
  ],
  "a length too few": [
    () => L.ctcLoss(zeros(4, 2, 3), zeros(2, 2), [4], [1, 1]),
    /inputLengths \[1\] have to be one number for each of 2 samples/,
  ],
  "an input length beyond the predictions": [
    () => L.ctcLoss(zeros(4, 1, 3), tensor([[1]]), [5], [1]),
    /inputLengths\[0\] is 5.*0 … 4/,
  ],
  "a target length beyond the targets": [
    () => L.ctcLoss(zeros(4, 1, 3), tensor([[1]]), [4], [2]),
    /targetLengths\[0\] is 2.*0 … 1/,
  ],
  "lengths that do not add up": [
    () => L.ctcLoss(zeros(4, 2, 3), tensor([1, 2, 1]), [4, 4], [1, 1]),
    /add up to 2, the targets are 3 labels/,
  ],
  "a label in a sequence that is no class": [
    () => L.ctcLoss(zeros(4, 1, 3), tensor([[1, 3]]), [4], [2]),
    /label 3 at position \[0, 1\]/,
  ],
  "log-probabilities of whole numbers": [
    () => L.ctcLoss(zeros(4, 1, 3, { dtype: "int32" }), tensor([[1]]), [4], [1]),
    /floating, got int32/,
  ],
};

describe("losses refuse", () => {
  for (const [what, [call, message]] of Object.entries(cases))
    test(what, () => expect(call).toThrow(message));
});
