import { expect, test } from "vitest";
import { bfloatToFloat, floatToBfloat, halfToFloat } from "./half.ts";

const every = Uint16Array.from({ length: 65536 }, (_, i) => i);

test("every float16 becomes the same number as in Float16Array", () =>
  expect(halfToFloat(every)).toEqual(new Float32Array(new Float16Array(every.slice().buffer))));

test("every bfloat16 comes back from float32, but that there is one NaN", () => {
  const floats = bfloatToFloat(every);
  expect(floatToBfloat(floats)).toEqual(
    every.map((bits, i) => (Number.isNaN(floats[i]) ? 0x7fc0 : bits)),
  );
});
