"""Whole models whose state dictionaries load without renaming: a ResNet-18, an LSTM tagger, a transformer encoder."""

import torch
from torch import nn

from .common import pattern, plain, write


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.downsample = None if same else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + identity)


class ResNet18(nn.Module):
    """The layers and names of torchvision's resnet18, with an eighth of its channels."""

    def __init__(self, widths=(8, 16, 32, 64), classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        before = widths[0]
        for i, width in enumerate(widths):
            setattr(self, f"layer{i + 1}", nn.Sequential(BasicBlock(before, width, 1 if i == 0 else 2), BasicBlock(width, width)))
            before = width
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Tagger(nn.Module):
    def __init__(self, words=20, width=6, hidden=8, tags=5):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, hidden, num_layers=2, bidirectional=True, batch_first=True, dropout=0.3)
        self.fc = nn.Linear(2 * hidden, tags)

    def forward(self, words):
        return self.fc(self.lstm(self.embedding(words))[0])


class Classifier(nn.Module):
    def __init__(self, words=20, width=12, heads=3, layers=2, length=7, classes=4):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.position = nn.Parameter(torch.zeros(1, length, width))
        layer = nn.TransformerEncoderLayer(width, heads, dim_feedforward=20, dropout=0.1, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, classes)

    def forward(self, words):
        return self.head(self.encoder(self.embedding(words) + self.position).mean(1))


def checkpoints():
    words = (torch.arange(21) * 7 % 20).reshape(3, 7).to(torch.int32)
    cases = []
    for name, model, x in [("ResNet18", ResNet18(), pattern(2, 3, 32, 32)), ("Tagger", Tagger(), words), ("Classifier", Classifier(), words)]:
        state = {}
        for i, (key, t) in enumerate(model.state_dict().items()):
            if key.endswith("num_batches_tracked"):
                state[key] = torch.tensor(3)
            elif key.endswith("running_var"):
                state[key] = ((torch.arange(t.numel()) * 7 % 10) / 10 + 0.5).float()
            else:
                fan = max(1, t.numel() // t.shape[0]) if t.dim() > 1 else 4
                state[key] = pattern(*t.shape, seed=i, scale=round(3 / fan**0.5, 4))
        model.load_state_dict({k: plain(v) for k, v in state.items()})
        case = {"model": name, "state": state, "input": x}
        model.eval()
        with torch.no_grad():
            case["evaluated"] = model(plain(x))
        # Without dropout, training differs by the batch's statistics only.
        model.train()
        for m in model.modules():
            if isinstance(m, nn.Dropout):
                m.p = 0.0
            if isinstance(m, (nn.LSTM, nn.MultiheadAttention)):
                m.dropout = 0.0
        case["trained"] = model(plain(x)).detach()
        cases.append(case)
    write("checkpoints", cases)
