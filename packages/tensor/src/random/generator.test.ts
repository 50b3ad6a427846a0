import { describe, expect, test } from "vitest";
import { Generator } from "./generator.ts";

// Values printed by PyTorch 2.13 on the CPU.
const float32 = (n: number, fill: (out: Float32Array) => void) => {
  const out = new Float32Array(n);
  fill(out);
  return Array.from(out);
};
const float64 = (n: number, fill: (out: Float64Array) => void) => {
  const out = new Float64Array(n);
  fill(out);
  return Array.from(out);
};
const close = (actual: readonly number[], expected: readonly number[], digits: number) => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((x, i) => expect(actual[i]).toBeCloseTo(x, digits));
};

describe("Generator, against torch.manual_seed(0)", () => {
  test("uniform float32 numbers are equal to the last bit", () =>
    expect(float32(3, (out) => new Generator(0).fillUniform(out))).toEqual([
      0.49625658988952637, 0.7682217955589294, 0.08847743272781372,
    ]));
  test("uniform float64 numbers go on in the same stream", () => {
    const g = new Generator(0);
    float32(3, (out) => g.fillUniform(out));
    expect(float64(2, (out) => g.fillUniform(out))).toEqual([
      0.0562441839043476, 0.07262971157225484,
    ]);
  });
  test("uniform on an interval", () =>
    expect(float32(3, (out) => new Generator(0).fillUniform(out, -2, 3))).toEqual([
      0.48128294944763184, 1.841109037399292, -1.5576128959655762,
    ]));
  test("fewer than sixteen normal numbers", () =>
    close(
      float32(5, (out) => new Generator(0).fillNormal(out)),
      [
        1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991,
        -1.0845223665237427,
      ],
      7,
    ));
  test("seventeen normal numbers: sixteen at a time, and the tail again; then a few more", () => {
    const g = new Generator(0);
    close(
      float32(17, (out) => g.fillNormal(out)).slice(0, 4),
      [-1.1258398294448853, -1.6959311962127686, 0.5666506290435791, 0.7935083508491516],
      6,
    );
    close(
      float32(3, (out) => g.fillNormal(out)),
      [0.4153595268726349, 0.6425596475601196, -2.1881401538848877],
      6,
    );
  });
  test("normal numbers of another mean and deviation", () => {
    const g = new Generator(0);
    close(
      float32(5, (out) => g.fillNormal(out, 1, 2)),
      [
        4.081992149353027, 0.4131421744823456, -3.357578754425049, 2.1368625164031982,
        -1.1690447330474854,
      ],
      6,
    );
    close(
      float32(20, (out) => g.fillNormal(out, 1, 2)).slice(0, 3),
      [0.8229371309280396, 2.04776668548584, -0.33174264430999756],
      6,
    );
  });
  test("normal float64 numbers", () => {
    const g = new Generator(0);
    close(
      float64(4, (out) => g.fillNormal(out)),
      [1.5409961082440433, -0.2934289057609464, -2.1787893820745574, 0.5684312772806678],
      14,
    );
    close(
      float64(16, (out) => g.fillNormal(out)).slice(0, 3),
      [-0.8840250045832653, -1.2755469302148053, -0.623224579866079],
      14,
    );
  });
  test("a permutation, then whole numbers", () => {
    const g = new Generator(0);
    expect([...g.permutation(10)]).toEqual([4, 1, 7, 5, 3, 9, 0, 8, 6, 2]);
    const ints = new Int32Array(6);
    g.fillInt(ints, 0, 1000);
    expect([...ints]).toEqual([683, 101, 866, 756, 399, 878]);
    g.fillInt(ints, -5, 5);
    expect([...ints]).toEqual([1, 1, 3, -1, -2, 1]);
  });
  test("a saved state goes on where it was", () => {
    const g = new Generator(7);
    g.normal();
    const state = JSON.parse(JSON.stringify(g.getState()));
    const rest = float32(20, (out) => g.fillNormal(out));
    expect(float32(20, (out) => new Generator().setState(state).fillNormal(out))).toEqual(rest);
  });
});
