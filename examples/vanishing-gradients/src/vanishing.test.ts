import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { clouds, digits } from "./digits.ts";
import { type Activation, Deep, type Init, look, train } from "./network.ts";

setBackend(cpu());
const create = (activation: Activation, init: Init): Deep => {
  manualSeed(0);
  return new Deep(activation, init);
};
manualSeed(0);
const made = clouds(200);
const ratio = (activation: Activation, init: Init): number => {
  const { gradient } = look(create(activation, init), made.x, made.y);
  return gradient[0] / gradient.at(-1)!;
};

describe("the gradient of the first layer beside that of the last", () => {
  test("vanishes behind sigmoids", () => expect(ratio("sigmoid", "Xavier")).toBeLessThan(1e-3));
  test("does not behind tanh with Xavier", () => {
    expect(ratio("tanh", "Xavier")).toBeGreaterThan(0.2);
    expect(ratio("tanh", "Xavier")).toBeLessThan(5);
  });
  test("nor behind ReLU with Kaiming", () => {
    expect(ratio("ReLU", "Kaiming")).toBeGreaterThan(0.2);
    expect(ratio("ReLU", "Kaiming")).toBeLessThan(5);
  });
});
test("what comes out grows with weights that are too great, and dies with ones too small", () => {
  const last = (init: Init): number => look(create("ReLU", init), made.x, made.y).spread.at(-2)!;
  expect(last("normal, std 1")).toBeGreaterThan(1e4);
  expect(last("normal, std 0.01")).toBeLessThan(1e-6);
  expect(last("Kaiming")).toBeGreaterThan(0.2);
  expect(last("Kaiming")).toBeLessThan(5);
});
test("in 60 steps ReLU learns, sigmoid does not", async () => {
  const end = async (activation: Activation): Promise<number> =>
    (await train(create(activation, "Kaiming"), made.x, made.y, 60)).at(-1)!;
  expect(await end("sigmoid")).toBeGreaterThan(2.2);
  expect(await end("ReLU")).toBeLessThan(0.5);
});

const real = digits();
test.skipIf(!real)("PyTorch's gradients and losses", async () => {
  // torch.manual_seed(0) before each network: norms of the first and the last layer, losses of the first steps. Later
  // ReLU networks part: an input of ReLU that is 0 but for rounding lets its gradient through or not.
  const expected: [Activation, Init, number[], number[]][] = [
    ["sigmoid", "Xavier", [1.271201e-5, 0.539938], [2.3871560096740723, 2.35634446144104]],
    ["ReLU", "Kaiming", [1.475867, 2.266289], [2.853184, 2.369487]],
    ["ReLU", "Xavier", [6.036142e-2, 3.262039e-2], [2.304170846939087, 2.3010966777801514]],
  ];
  for (const [activation, init, norms, losses] of expected) {
    const model = create(activation, init);
    const { gradient } = look(model, real!.x, real!.y);
    expect(gradient[0] / norms[0]).toBeCloseTo(1, 3);
    expect(gradient.at(-1)! / norms[1]).toBeCloseTo(1, 3);
    const curve = await train(model, real!.x, real!.y, losses.length);
    curve.forEach((loss, step) => expect(loss).toBeCloseTo(losses[step], 4));
  }
});
