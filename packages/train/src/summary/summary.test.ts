import { readFileSync } from "node:fs";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { ones, setBackend, type Tensor } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { type Summary, type SummaryColumn, summary } from "../index.ts";

beforeEach(() => setBackend(cpu()));

class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 6, 5, { padding: 2 });
  conv2 = new nn.Conv2d(6, 16, 5);
  pool = new nn.AvgPool2d(2);
  fc1 = new nn.Linear(400, 120);
  fc2 = new nn.Linear(120, 84);
  fc3 = new nn.Linear(84, 10);
  forward(x: Tensor) {
    const features = this.pool(this.conv2(this.pool(this.conv1(x).tanh())).tanh());
    return this.fc3(this.fc2(this.fc1(features.flatten(1)).tanh()).tanh());
  }
}
class Block extends nn.Module {
  body = new nn.Sequential(
    new nn.Conv1d(4, 4, 3, { padding: 1, bias: false }),
    new nn.BatchNorm1d(4),
    new nn.ReLU(),
  );
  scale = new nn.Parameter(ones(4, 1));
  forward(x: Tensor) {
    return x.add(this.scale.mul(this.body(x)));
  }
}
class Nested extends nn.Module {
  stem = new nn.Conv1d(2, 4, 1).requiresGrad_(false);
  block = new Block();
  tail = new nn.Sequential(new nn.Sequential(new nn.Flatten(), new nn.Linear(28, 5)));
  unused = new nn.Linear(3, 3);
  forward(x: Tensor) {
    return this.tail(this.block(this.block(this.stem(x))));
  }
}
class Tagger extends nn.Module {
  embedding = new nn.Embedding(11, 6);
  lstm = new nn.LSTM(6, 7, { numLayers: 2, batchFirst: true });
  head = new nn.Linear(7, 3);
  forward(x: Tensor) {
    return this.head(this.lstm(this.embedding(x))[0]);
  }
}

const all: SummaryColumn[] = [
  "kernelSize",
  "inputSize",
  "outputSize",
  "numParams",
  "paramsPercent",
  "multAdds",
  "trainable",
];
const runs: Record<string, () => Summary> = {
  lenet: () => summary(new LeNet(), [3, 1, 28, 28]),
  "lenet, everything": () =>
    summary(new LeNet(), [1, 1, 28, 28], { columns: all, varNames: true, colWidth: 18 }),
  nested: () => summary(new Nested(), [2, 2, 7], { varNames: true }),
  "nested, one level": () =>
    summary(new Nested(), [2, 2, 7], { depth: 1, columns: ["numParams", "multAdds", "trainable"] }),
  tagger: () => summary(new Tagger(), [2, 5], { dtypes: "int32" }),
};
const file = new URL("../fixtures/summary.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8"));

describe("summary", () => {
  test.each(cases as any[])("is torchinfo's: $name", ({ name, text, ...numbers }) => {
    const got = runs[name]();
    expect(String(got)).toBe(text);
    expect(got).toMatchObject(numbers);
  });
  test("counts what is known of LeNet", () => {
    const { inputBytes, totalParams, layers } = summary(new LeNet(), [1, 1, 28, 28]);
    expect(inputBytes).toBe(4 * 28 * 28);
    // 6·25+6, 16·150+16, 400·120+120, 120·84+84, 84·10+10
    expect(totalParams).toBe(156 + 2416 + 48_120 + 10_164 + 850);
    expect(layers.map(({ name }) => name)).toEqual([
      "LeNet",
      "conv1",
      "pool",
      "conv2",
      "pool",
      "fc1",
      "fc2",
      "fc3",
    ]);
  });
  test("shows containers that are not called above their parts", () => {
    class Stack extends nn.Module {
      layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)]);
      forward(x: Tensor) {
        let y = x;
        for (const layer of this.layers) y = (layer as nn.Linear)(y);
        return y;
      }
    }
    const { layers, totalParams } = summary(new Stack(), [1, 2]);
    expect(layers.map(({ type, depth, index }) => `${type} ${depth}-${index}`)).toEqual([
      "Stack 0-1",
      "ModuleList 1-1",
      "Linear 2-1",
      "Linear 2-2",
    ]);
    expect([totalParams, layers[1].outputSize]).toEqual([12, null]);
  });
  test("leaves the model as it was: mode, hooks, random numbers", () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2), new nn.Dropout());
    const before = Object.values(model.stateDict()).map((t) => t.tolistSync());
    const text = String(summary(model, [ones(3, 2)]));
    expect(Object.values(model.stateDict()).map((t) => t.tolistSync())).toEqual(before);
    expect([model.training, text]).toEqual([true, String(summary(model, ones(3, 2)))]);
  });
  test("takes several inputs", () => {
    const { layers } = summary(new nn.Bilinear(2, 3, 4), [
      [5, 2],
      [5, 3],
    ]);
    expect(layers[0].outputSize).toEqual([5, 4]);
  });
  test("says what is wrong", () => {
    expect(() => summary((() => 1) as never, [1])).toThrow("a module is wanted");
    expect(() => summary(new nn.ReLU(), undefined as never)).toThrow("give its shape");
    expect(() => summary(new nn.ReLU(), [1], { columns: ["size" as never] })).toThrow(
      'no column "size"; there are kernelSize',
    );
  });
});
