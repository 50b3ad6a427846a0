"""PyTorch's side: reads requests from stdin, a JSON object a line, and answers on stdout. `pytorch.py THREADS`

Builds, measures and checks as src/child/ does for the JavaScript peers.
"""
import json
import math
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

SAMPLE_MS, SLOW_MS = 0.5, 2000


class Cannot(Exception):
    pass


# The inputs: src/child/data.ts has the same.
def values(shape, seed=0, scale=1.0):
    i = torch.arange(math.prod(shape), dtype=torch.int64)
    x = ((i + 131 * seed) * 7919 % 1000).double() / 1000 - 0.5
    return (x * scale).float().reshape(shape)


def labels(size, classes):
    return torch.arange(size) * 7 % classes


def checksum(result):
    x = result.detach().contiguous().flatten().double().abs()
    return (x * (1 + torch.arange(x.numel()) % 7 / 7)).sum().item() / x.numel()


class Run:
    """`run` is timed; `check` is called once before and gives a number that depends on the result. Without one, `run` is a
    step of training that returns its loss, and the second loss is that number."""

    def __init__(self, run, check=None):
        self.run, self.check = run, check or (lambda: [run(), run()][1])


def forward(op):
    return Run(op, lambda: checksum(op()))


def gradients(step, tensors):
    def check():
        step()
        return sum(checksum(t.grad) for t in tensors)

    return Run(step, check)


def gemm(w):
    outer = [w["batch"]] if "batch" in w else []
    a, b = values([*outer, w["m"], w["k"]]), values([*outer, w["k"], w["n"]], 1)
    return forward(lambda: a @ b)


def elementwise(w):
    x, y = values([w["size"]], 0, 4), values([w["size"]], 1)
    return forward(
        {
            "add": lambda: x + y,
            "relu": lambda: torch.relu(x),
            "exp": lambda: torch.exp(x),
            "gelu": lambda: F.gelu(x),
        }[w["op"]]
    )


def rows(w):
    x = values([w["rows"], w["columns"]], 0, 4)
    if w["op"] == "softmax":
        return forward(lambda: torch.softmax(x, 1))
    weight, bias = values([w["columns"]], 1), values([w["columns"]], 2)
    return forward(lambda: F.layer_norm(x, [w["columns"]], weight, bias))


def cross_entropy(w):
    x, y = values([w["rows"], w["classes"]], 0, 4), labels(w["rows"], w["classes"])
    if not w["backward"]:
        return forward(lambda: F.cross_entropy(x, y))
    x.requires_grad_()

    def step():
        x.grad = None
        F.cross_entropy(x, y).backward()

    return gradients(step, [x])


def conv(w):
    c, f, s, k, g = w["channels"], w["filters"], w["size"], w["kernel"], w["groups"]
    out = s + 2 * w["padding"] - k + 1
    x, weight = values([w["batch"], c, s, s]), values([f, c // g, k, k], 1)
    product = lambda: F.conv2d(x, weight, padding=w["padding"], groups=g)
    if not w["backward"]:
        return forward(product)
    gradient = values([w["batch"], f, out, out], 2)
    x.requires_grad_()
    weight.requires_grad_()

    def step():
        x.grad = weight.grad = None
        product().backward(gradient)

    return gradients(step, [x, weight])


def dispatch(w):
    x, y = values([w["size"]]), values([w["size"]], 1)
    x.requires_grad_(w["op"] != "add")
    if w["op"] != "addBackward":
        return forward(lambda: x + y)

    def step():
        x.grad = None
        (x + y).sum().backward()

    return gradients(step, [x])


class Block(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        stride = 1 if a == b else 2
        self.conv1 = nn.Conv2d(a, b, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(b)
        self.conv2 = nn.Conv2d(b, b, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(b)
        self.shortcut = (
            nn.Identity()
            if a == b
            else nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))
        )

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class LSTMClassifier(nn.Module):
    """A sequence of 28 rows of 28 pixels."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(28, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class TransformerClassifier(nn.Module):
    """One encoder block over 64 tokens of width 64, and the mean of its outputs."""

    def __init__(self):
        super().__init__()
        self.block = nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.block(x).mean(1))


MODELS = {
    "mlp": lambda: nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10)),
    "cnn": lambda: nn.Sequential(
        *[nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(3136, 10)],
    ),
    "cifar": lambda: nn.Sequential(
        *[nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
        *[nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)],
    ),
    "resnet": lambda: nn.Sequential(
        *[nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()],
        *[Block(16, 16), Block(16, 32), Block(32, 64)],
        *[nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)],
    ),
    "lstm": LSTMClassifier,
    "transformer": TransformerClassifier,
    "xor": lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)),
    "iris": lambda: nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)),
}


def start_from_known(model):
    with torch.no_grad():
        for index, (name, p) in enumerate(model.named_parameters()):
            if p.dim() > 1:
                fan_in = p.numel() // p.shape[0]
                p.copy_(values(p.shape, index + 1, 2 / math.sqrt(fan_in)))
            elif not name.endswith("weight"):
                p.zero_()


def training(w):
    model, classes = MODELS[w["model"]](), w["classes"]
    start_from_known(model)
    if w["optimizer"] == "adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    else:
        momentum = 0.9 if w["optimizer"] == "momentum" else 0
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=momentum)
    x = values([w["batch"], *w["shape"]])
    if classes == 1:
        y, loss_of = labels(w["batch"], 2).float().unsqueeze(1), F.binary_cross_entropy_with_logits
    else:
        y, loss_of = labels(w["batch"], classes), F.cross_entropy

    def step():
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Run(step)


BUILDERS = {
    "gemm": gemm,
    "elementwise": elementwise,
    "rows": rows,
    "crossEntropy": cross_entropy,
    "conv": conv,
    "training": training,
    "dispatch": dispatch,
}


def time_of(run, times):
    start = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - start) * 1000 / times


def warm_up(run, millis):
    start, last, count = time.perf_counter(), time_of(run, 1), 1
    while (count < 3 or (time.perf_counter() - start) * 1000 < millis) and last < SLOW_MS:
        last = time_of(run, max(1, min(100, int(SAMPLE_MS / last))))
        count += 1
    return max(1, math.ceil(SAMPLE_MS / last))


def measure(run, runs, millis):
    start, first = time.perf_counter(), time_of(run, 1)
    if first > millis:
        return first
    samples = []
    while (time.perf_counter() - start) * 1000 < millis or len(samples) < 3:
        samples.append(time_of(run, runs))
    return statistics.median(samples)


def say(reply):
    print(json.dumps(reply), flush=True)


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    say({"ready": {"version": torch.__version__}})
    name = None
    for line in sys.stdin:
        request = json.loads(line)
        w = request["workload"]
        try:
            if w["name"] != name:
                name, current = None, None
                if w["kind"] not in BUILDERS:
                    raise Cannot("nothing to compare with")
                current = BUILDERS[w["kind"]](w)
                start = time.perf_counter()
                sum_of = current.check()
                took = time.perf_counter() - start
                if took * 1000 > request["limit"]:
                    raise Cannot(f"a run takes {took:.0f} s")
                runs = warm_up(current.run, request["warmUp"])
                name = w["name"]
            say({"ms": measure(current.run, runs, request["millis"]), "checksum": sum_of})
        except Cannot as reason:
            say({"cannot": str(reason)})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}".split("\n")[0]})


main()
