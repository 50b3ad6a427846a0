import { readSafetensors, writeSafetensors } from "@dl/io";
import { describe, expect, test } from "vitest";
import { toTensor } from "./fixture.ts";
import { replay } from "./replay.ts";
import { safetensors } from "./safetensors.ts";

replay(...safetensors);

describe("files of PyTorch's safetensors", () => {
  test("what is float32 here becomes the nearest number of fewer bits", async () => {
    const exact = [1 / 3, 1 + 1 / 256, 1 + 3 / 256, 3.4e38, 1e-40, -0, NaN];
    const narrow = async (to: "BF16" | "F16") =>
      Object.values(
        readSafetensors(
          await writeSafetensors(
            { x: toTensor({ shape: [7], dtype: "float32", data: exact }) },
            {
              dtypes: { x: to },
            },
          ),
        ).tensors,
      )[0].tolistSync();
    // torch.tensor(exact).bfloat16(), and .half()
    expect(await narrow("BF16")).toEqual([
      0.333984375,
      1,
      1.015625,
      Infinity,
      9.183549615799121e-41,
      -0,
      NaN,
    ]);
    expect(await narrow("F16")).toEqual([
      0.333251953125,
      1.00390625,
      1.01171875,
      Infinity,
      0,
      -0,
      NaN,
    ]);
  });
});
