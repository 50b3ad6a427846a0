/** Models written with @dl/nn load PyTorch's state dictionaries without renaming, and give PyTorch's results. */
import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { scope, setBackend, type Tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor } from "./fixture.ts";

class BasicBlock extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  relu = new nn.ReLU({ inplace: true });
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  downsample: nn.Sequential | null;

  constructor(inputs: number, outputs: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(outputs);
    this.downsample =
      stride === 1 && inputs === outputs
        ? null
        : new nn.Sequential(
            new nn.Conv2d(inputs, outputs, 1, { stride, bias: false }),
            new nn.BatchNorm2d(outputs),
          );
  }
  forward(x: Tensor) {
    const identity = this.downsample ? this.downsample(x) : x;
    const out = this.relu(this.bn1(this.conv1(x)));
    return this.relu(this.bn2(this.conv2(out)).add(identity));
  }
}
const stage = (inputs: number, outputs: number, stride: number) =>
  new nn.Sequential(new BasicBlock(inputs, outputs, stride), new BasicBlock(outputs, outputs));

class ResNet18 extends nn.Module {
  conv1 = new nn.Conv2d(3, 8, 7, { stride: 2, padding: 3, bias: false });
  bn1 = new nn.BatchNorm2d(8);
  relu = new nn.ReLU({ inplace: true });
  maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  layer1 = stage(8, 8, 1);
  layer2 = stage(8, 16, 2);
  layer3 = stage(16, 32, 2);
  layer4 = stage(32, 64, 2);
  avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
  fc = new nn.Linear(64, 10);

  forward(images: Tensor) {
    let x = this.maxpool(this.relu(this.bn1(this.conv1(images))));
    x = this.layer4(this.layer3(this.layer2(this.layer1(x))));
    return this.fc(this.avgpool(x).flatten({ startDim: 1 }));
  }
}

class Tagger extends nn.Module {
  embedding = new nn.Embedding(20, 6);
  lstm = new nn.LSTM(6, 8, { numLayers: 2, bidirectional: true, batchFirst: true, dropout: 0.3 });
  fc = new nn.Linear(16, 5);

  forward(words: Tensor) {
    const [output] = this.lstm(this.embedding(words));
    return this.fc(output);
  }
}

class Classifier extends nn.Module {
  embedding = new nn.Embedding(20, 12);
  position = new nn.Parameter(zeros(1, 7, 12));
  encoder = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(12, 3, {
      dimFeedforward: 20,
      dropout: 0.1,
      activation: "gelu",
      batchFirst: true,
      normFirst: true,
    }),
    2,
    { norm: new nn.LayerNorm(12) },
  );
  head = new nn.Linear(12, 4);

  forward(words: Tensor) {
    return this.head(this.encoder(this.embedding(words).add(this.position)).mean(1));
  }
}

interface Case {
  readonly model: string;
  readonly state: Record<string, FixtureTensor>;
  readonly input: FixtureTensor;
  readonly evaluated: FixtureTensor;
  readonly trained: FixtureTensor;
}
const MODELS: Record<string, new () => nn.Module> = { ResNet18, Tagger, Classifier };

function withoutDropout(module: nn.Module): void {
  const m = module as { p?: number; dropout?: unknown };
  if (module instanceof nn.Dropout) m.p = 0;
  if (typeof m.dropout === "number") m.dropout = 0;
}

for (const wasm of [true, false]) {
  describe(`checkpoints of PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const c of fixture<Case[]>("checkpoints")) {
      test(c.model, () => {
        setBackend(cpu({ wasm }));
        scope(() => {
          const model = new MODELS[c.model]();
          expect(Object.keys(model.stateDict())).toEqual(Object.keys(c.state));
          model.loadStateDict(
            Object.fromEntries(Object.entries(c.state).map(([k, t]) => [k, toTensor(t)])),
          );
          const x = toTensor(c.input);
          model.eval();
          expectNear(
            noGrad(() => model(x) as Tensor),
            c.evaluated,
            1e-4,
            "in evaluation mode",
          );
          model.train().apply(withoutDropout);
          expectNear(model(x) as Tensor, c.trained, 1e-4, "in training mode");
        });
      });
    }
  });
}
