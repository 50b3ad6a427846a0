import { grad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { linearCrossEntropy } from "@dl/nn/functional";
import { manualSeed, setBackend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { reviveOptions, toTensor } from "./fixture.ts";
import * as cases from "./linearCrossEntropy.ts";
import { replay } from "./replay.ts";

replay(cases.linearCrossEntropy);

describe("LinearCrossEntropyLoss", () => {
  test("is printed as PyTorch prints it", () => {
    expect(String(new nn.LinearCrossEntropyLoss(5, 10, { outFeatures: [4, 3] }))).toBe(
      `LinearCrossEntropyLoss(
  in_features=5, num_classes=10, out_features=(4, 3), bias=False, reduction=mean, ignore_index=None, label_smoothing=0.0, options=None
  (linear): Linear(in_features=5, out_features=120, bias=False)
)`,
    );
    const options = new nn.LinearCrossEntropyOptions();
    expect(new nn.LinearCrossEntropyLoss(5, 10, { ignoreIndex: 3, options }).extraRepr()).toBe(
      "in_features=5, num_classes=10, out_features=(), bias=False, reduction=mean, ignore_index=3, label_smoothing=0.0, options=LinearCrossEntropyOptions(allow_retain_graph=False, batch_chunk_size=None, chunking_method='auto', acc_policy='auto', acc_dtype=None)",
    );
  });
  test("starts like a linear layer", () => {
    manualSeed(4);
    const { weight } = new nn.Linear(3, 7, { bias: false });
    manualSeed(4);
    expect(new nn.LinearCrossEntropyLoss(3, 7).linear.weight.equal(weight)).toBe(true);
  });
  test("has gradients of gradients where rows are divided, too", () => {
    setBackend(cpu());
    const second = (options: nn.LinearCrossEntropyOptions | null): Tensor => {
      const x = toTensor({ shape: [5, 3], dtype: "float64", pattern: [0, 2] }).requiresGrad_();
      const w = toTensor({ shape: [7, 3], dtype: "float64", pattern: [1, 3] }).requiresGrad_();
      const loss = linearCrossEntropy(x, w, tensor([0, 3, 6, 1, 2]), { options });
      const [g] = grad(loss, [w], { createGraph: true });
      return grad(g.square().sum(), [x])[0];
    };
    const wanted = second(null).dataSync();
    second(new nn.LinearCrossEntropyOptions({ batchChunkSize: 2 }))
      .dataSync()
      .forEach((v, i) => expect(v).toBeCloseTo(wanted[i], 10));
  });
  test("says what is wrong", () => {
    const given = reviveOptions({})!;
    const call = (i: Tensor, w: Tensor, t: Tensor) => () => linearCrossEntropy(i, w, t, given);
    const [x, w] = [
      tensor([[1, 2]]),
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ];
    expect(call(tensor([[1, 2, 3]]), w, tensor([0]))).toThrow(/last dimensions have to agree/);
    expect(call(x, w, tensor([[0]]))).toThrow(/shape \[1\] are wanted, got \[1, 1\]/);
    expect(() => linearCrossEntropy(x, w, tensor([[0.5, 0.5]]), { ignoreIndex: 0 })).toThrow(
      /for class indices only/,
    );
    expect(() => new nn.LinearCrossEntropyOptions({ chunkingMethod: "rows" })).toThrow(/"rows"/);
    expect(() =>
      new nn.LinearCrossEntropyOptions({
        batchChunkSize: 3,
        chunkingMethod: "aspect_ratio",
      }).rowsAtOnce(8, 2, 4),
    ).toThrow(/do not agree/);
  });
});
