import { isGradEnabled, setGradEnabled } from "@dl/autograd";
import { emptyLike, ones, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { leftovers } from "./leftovers.ts";
import { replay } from "./replay.ts";

replay(leftovers);

describe("what no fixture can hold", () => {
  test("emptyLike has the shape, the dtype and the backend of another", () => {
    const like = zeros([2, 3], { dtype: "float64" });
    const made = emptyLike(like);
    expect([made.shape, made.dtype, made.device]).toEqual([[2, 3], "float64", like.device]);
    expect(emptyLike(like, { dtype: "int32", requiresGrad: false }).dtype).toBe("int32");
    expect(emptyLike(zeros([0])).shape).toEqual([0]);
  });
  test("setGradEnabled records, or does not, while a function runs", () => {
    const x = ones(2).requiresGrad_();
    const seen = () => [isGradEnabled(), x.mul(2).requiresGrad];
    expect(setGradEnabled(false, seen)).toEqual([false, false]);
    expect(setGradEnabled(false, () => setGradEnabled(true, seen))).toEqual([true, true]);
    expect(seen()).toEqual([true, true]);
  });
  test("gradients flow through what is written in place", () => {
    const x = ones(3).mul(2).requiresGrad_();
    const y = x.mul(1);
    y.div_(4).clamp_({ max: 0.25 });
    y.sum().backward();
    expect(x.grad!.tolistSync()).toEqual([0, 0, 0]);
    const z = x.mul(3);
    z.maskedFill_(x.gt(5), 1).sum().backward();
    expect(x.grad!.tolistSync()).toEqual([3, 3, 3]);
  });
});
