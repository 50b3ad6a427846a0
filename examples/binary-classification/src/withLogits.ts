import { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "@dl/losses";
import { type Tensor, tensor, zeros } from "@dl/tensor";

export interface Comparison {
  readonly logit: number;
  /** Loss and gradient of sigmoid followed by BCELoss. */
  readonly bce: readonly [loss: number, gradient: number];
  readonly withLogits: readonly [loss: number, gradient: number];
}

/**
 * A prediction that is more and more sure, and wrong: the target is 0. The loss is the logit itself, nearly, and its
 * gradient 1. In float32 the sigmoid of 17 is 1 already, so after it BCELoss sees log(0), which it takes for −100, and
 * nothing flows back: the worst mistakes teach nothing. From the logit itself all of it can be computed.
 */
export function compare(logits: readonly number[]): Comparison[] {
  const run = (logit: number, loss: (x: Tensor) => Tensor): [number, number] => {
    const x = tensor([logit], { requiresGrad: true });
    const value = loss(x);
    value.backward();
    return [value.itemSync(), x.grad!.itemSync()];
  };
  return logits.map((logit) => ({
    logit,
    bce: run(logit, (x) => binaryCrossEntropy(x.sigmoid(), zeros(1))),
    withLogits: run(logit, (x) => binaryCrossEntropyWithLogits(x, zeros(1))),
  }));
}
