/** The models of sections/checkpoints.py: a ResNet-18 with few channels, an LSTM tagger, a transformer encoder. */
import * as nn from "@dl/nn";
import { type Tensor, zeros } from "@dl/tensor";

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

export class ResNet18 extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  relu = new nn.ReLU({ inplace: true });
  maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  layer1: nn.Sequential;
  layer2: nn.Sequential;
  layer3: nn.Sequential;
  layer4: nn.Sequential;
  avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
  fc: nn.Linear;

  constructor([a, b, c, d] = [8, 16, 32, 64]) {
    super();
    this.conv1 = new nn.Conv2d(3, a, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new nn.BatchNorm2d(a);
    this.layer1 = stage(a, a, 1);
    this.layer2 = stage(a, b, 2);
    this.layer3 = stage(b, c, 2);
    this.layer4 = stage(c, d, 2);
    this.fc = new nn.Linear(d, 10);
  }
  forward(images: Tensor) {
    let x = this.maxpool(this.relu(this.bn1(this.conv1(images))));
    x = this.layer4(this.layer3(this.layer2(this.layer1(x))));
    return this.fc(this.avgpool(x).flatten({ startDim: 1 }));
  }
}

export class Tagger extends nn.Module {
  embedding = new nn.Embedding(20, 6);
  lstm = new nn.LSTM(6, 8, { numLayers: 2, bidirectional: true, batchFirst: true, dropout: 0.3 });
  fc = new nn.Linear(16, 5);

  forward(words: Tensor) {
    const [output] = this.lstm(this.embedding(words));
    return this.fc(output);
  }
}

export class Classifier extends nn.Module {
  embedding: nn.Embedding;
  position: nn.Parameter;
  encoder: nn.TransformerEncoder;
  head: nn.Linear;

  constructor(width = 12, heads = 3) {
    super();
    this.embedding = new nn.Embedding(20, width);
    this.position = new nn.Parameter(zeros(1, 7, width));
    this.encoder = new nn.TransformerEncoder(
      new nn.TransformerEncoderLayer(width, heads, {
        dimFeedforward: 20,
        dropout: 0.1,
        activation: "gelu",
        batchFirst: true,
        normFirst: true,
      }),
      2,
      { norm: new nn.LayerNorm(width) },
    );
    this.head = new nn.Linear(width, 4);
  }
  forward(words: Tensor) {
    return this.head(this.encoder(this.embedding(words).add(this.position)).mean(1));
  }
}
