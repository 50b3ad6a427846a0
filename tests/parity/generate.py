"""Writes the fixtures that the tests of this folder replay: inputs, outputs, gradients and curves from PyTorch.

    pip install torch==2.13.0 numpy
    DL_DATA=/path/to/data python tests/parity/generate.py [section ...]

Sections: ops, losses, optim, mnist, curves. The same bytes come out on every run.
"""

import gzip
import hashlib
import json
import math
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(2)


# ---- writing ---------------------------------------------------------------------------------------------------------

DTYPES = {torch.float32: "float32", torch.float64: "float64", torch.int64: "int32", torch.int32: "int32", torch.uint8: "uint8", torch.bool: "bool"}


def number(x):
    if isinstance(x, bool):
        return int(x)
    if isinstance(x, float):
        if math.isnan(x):
            return "NaN"
        if math.isinf(x):
            return "Infinity" if x > 0 else "-Infinity"
        return float(f"{x:.9g}")
    return x


def dump(x):
    if x is None or isinstance(x, (str, bool)):
        return x
    if isinstance(x, torch.Tensor):
        return {"shape": list(x.shape), "dtype": DTYPES[x.dtype], "data": [number(v) for v in x.detach().reshape(-1).tolist()]}
    if isinstance(x, dict):
        return {k: dump(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [dump(v) for v in x]
    return number(x)


def write(name, value):
    path = os.path.join(HERE, "fixtures", f"{name}.json")
    with open(path, "w") as f:
        json.dump({"torch": torch.__version__.split("+")[0], "cases": dump(value)}, f, separators=(",", ":"))
        f.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")


def gradients(fn, inputs):
    """Outputs, and the gradients of Σ weight · output with weights that differ everywhere."""
    leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    out = fn(*leaves)
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    total = 0
    for o in outs:
        if o.requires_grad:
            weight = (0.5 + (torch.arange(o.numel()) * 7 % 11) / 8).reshape(o.shape)
            total = total + (o * weight.to(o.dtype)).sum()
    if isinstance(total, torch.Tensor):
        total.backward()
    return [o.detach() for o in outs], [x.grad if x.is_floating_point() else None for x in leaves]


# ---- ops: the method or function of this name, with arguments in our spelling ------------------------------------------


def ops():
    torch.manual_seed(0)
    cases = []
    EXTREMES = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -0.0, 88.8, -88.8, 1e4, -1e4, 0.5, -0.5, 1.5, 2.5, 1e-6])

    def add(op, fn, inputs, args=(), options=None, call="method", grads=True):
        outputs, grad = gradients(fn, inputs)
        cases.append({"op": op, "call": call, "args": list(args), "options": options, "inputs": inputs, "outputs": outputs, "grads": grad if grads else [None] * len(inputs)})

    unary = {
        "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "square": torch.square, "floor": torch.floor, "ceil": torch.ceil,
        "round": torch.round, "trunc": torch.trunc, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal,
        "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "log2": torch.log2, "log10": torch.log10,
        "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "erf": torch.erf,
        "relu": torch.relu, "isnan": torch.isnan, "isinf": torch.isinf, "isfinite": torch.isfinite, "logicalNot": torch.logical_not,
    }
    for name, fn in unary.items():
        add(name, fn, [torch.randn(2, 5) * 2])
        periodic = name in ("sin", "cos", "tan")
        add(name, fn, [EXTREMES[(EXTREMES.abs() < 1e3) | ~EXTREMES.isfinite()] if periodic else EXTREMES])
    for name, fn in {"silu": F.silu, "gelu": F.gelu, "logSigmoid": F.logsigmoid, "geluTanh": lambda x: F.gelu(x, approximate="tanh")}.items():
        add(name, fn, [torch.randn(2, 5) * 3], call="function")
    add("leakyRelu", lambda x: F.leaky_relu(x, 0.1), [torch.randn(7)], [0.1], call="function")
    add("elu", lambda x: F.elu(x, 1.3), [torch.randn(7)], [1.3], call="function")
    add("softplus", lambda x: F.softplus(x, 2, 3), [torch.randn(7) * 3], [2, 3], call="function")
    add("hardtanh", lambda x: F.hardtanh(x, -1, 0.5), [torch.randn(7)], [-1, 0.5], call="function")

    a, b = torch.randn(2, 3, 4), torch.randn(3, 1)
    ties = torch.tensor([1.0, 2, 3, 2]), torch.tensor([1.0, 3, 2, 2])
    for name, fn in {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum, "minimum": torch.minimum, "atan2": torch.atan2, "remainder": torch.remainder, "fmod": torch.fmod}.items():
        add(name, fn, [a, b])
        add(name, fn, [b, a])
        add(name, fn, list(ties))
    for name, fn in {"eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge, "logicalAnd": torch.logical_and, "logicalOr": torch.logical_or}.items():
        add(name, fn, list(ties))
    add("pow", torch.pow, [a.abs() + 0.1, b])
    add("pow", lambda x: x.pow(3), [a], [3])
    add("pow", lambda x: x.pow(0), [torch.tensor([0.0, 2])], [0])
    add("pow", lambda x: x.pow(-1.5), [a.abs() + 0.1], [-1.5])
    add("lerp", torch.lerp, [a, a.flip(0), torch.rand(4)])
    for options, kw in [({"min": -0.5}, {"min": -0.5}), ({"max": 0.5}, {"max": 0.5}), ({"min": -0.5, "max": 0.5}, {"min": -0.5, "max": 0.5})]:
        add("clamp", lambda x: torch.clamp(x, **kw), [a], [], options)

    for name, fn in {"sum": torch.sum, "mean": torch.mean, "amax": torch.amax, "amin": torch.amin, "logsumexp": torch.logsumexp}.items():
        for dim in (0, -1, [0, 2]):
            for keep in (False, True):
                add(name, lambda x: fn(x, dim=dim, keepdim=keep), [a], [dim], {"keepdim": keep})
    add("sum", torch.sum, [a])
    add("mean", torch.mean, [a])
    add("prod", torch.prod, [torch.tensor([2.0, 0.0, 3.0])])
    add("prod", lambda x: x.prod(1), [a], [1])
    add("amax", torch.amax, [ties[0]])
    add("var", torch.var, [a])
    add("var", lambda x: x.var(1, keepdim=True), [a], [1], {"keepdim": True})
    add("std", lambda x: x.std(1, correction=0), [a], [1], {"correction": 0})
    for p in (1, 2, 3, math.inf, 0):
        add("norm", lambda x: torch.linalg.vector_norm(x, p), [a], [], {"p": p})
    for dim in (0, 1, -1):
        add("softmax", lambda x: x.softmax(dim), [a], [dim])
        add("logSoftmax", lambda x: x.log_softmax(dim), [a], [dim])
        add("cumsum", lambda x: x.cumsum(dim), [a], [dim])
        add("argmax", lambda x: x.argmax(dim), [a], [dim])
        add("argmin", lambda x: x.argmin(dim), [a], [dim])
    add("softmax", lambda x: x.softmax(0), [torch.tensor([1000.0, -1000.0, 999.0])], [0])
    add("logSoftmax", lambda x: x.log_softmax(0), [torch.tensor([1000.0, -1000.0, 999.0])], [0])

    for x, y in [((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)), ((3, 4), (4, 5)), ((2, 3, 4), (2, 4, 2)), ((2, 1, 3, 4), (3, 4, 2)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((2, 2, 3, 4), (4, 2))]:
        add("matmul", torch.matmul, [torch.randn(x), torch.randn(y)])

    for name, fn, args in [
        ("reshape", lambda x: x.reshape(4, 6), [[4, 6]]), ("transpose", lambda x: x.transpose(0, 2), [0, 2]), ("permute", lambda x: x.permute(2, 0, 1), [[2, 0, 1]]),
        ("unsqueeze", lambda x: x.unsqueeze(1), [1]), ("flatten", lambda x: x.flatten(1), [1]), ("narrow", lambda x: x.narrow(2, 1, 2), [2, 1, 2]),
        ("select", lambda x: x.select(1, -1), [1, -1]), ("slice", lambda x: x[:, :, 0:4:2], [2, 0, 4, 2]), ("flip", lambda x: x.flip(0, 2), [[0, 2]]),
        ("unfold", lambda x: x.unfold(2, 2, 1), [2, 2, 1]), ("tril", lambda x: x.tril(), []), ("triu", lambda x: x.triu(), []),
        ("split", lambda x: x.split(2, 1), [2, 1]), ("chunk", lambda x: x.chunk(3, 2), [3, 2]), ("pad", lambda x: F.pad(x, [1, 2, 0, 1]), [[1, 2, 0, 1]]),
    ]:
        add(name, fn, [a], args)
    add("expand", lambda x: x.expand(2, 3, 4), [b], [[2, 3, 4]])
    add("squeeze", lambda x: x.squeeze(), [torch.randn(1, 3, 1)])
    add("pad", lambda x: F.pad(x, [2, 1], mode="reflect"), [torch.randn(2, 4)], [[2, 1]], {"mode": "reflect"})
    add("pad", lambda x: F.pad(x, [2, 1], mode="replicate"), [torch.randn(2, 4)], [[2, 1]], {"mode": "replicate"})
    add("pad", lambda x: F.pad(x, [2, 1], mode="circular"), [torch.randn(2, 4)], [[2, 1]], {"mode": "circular"})

    index = torch.tensor([[0, 2, 1], [1, 1, 0]])
    m = torch.randn(2, 3)
    cases.append({"op": "gather", "call": "method", "args": [1], "options": None, "inputs": [m, index], "outputs": [m.gather(1, index)], "grads": [None, None], "order": "dim first"})
    add_index = [torch.randn(3, 3), index, torch.randn(2, 3)]
    o, g = gradients(lambda x, i, s: x.scatter_add(0, i, s), add_index)
    cases.append({"op": "scatterAdd", "call": "method", "args": [0], "options": None, "inputs": add_index, "outputs": o, "grads": g, "order": "dim first"})
    for descending in (False, True):
        add("sort", lambda x: list(x.sort(dim=1, descending=descending)), [torch.randn(3, 6)], [], {"dim": 1, "descending": descending})
    add("topk", lambda x: list(x.topk(2)), [torch.randn(3, 6)], [2])
    add("max", lambda x: list(x.max(1)), [torch.randn(3, 6)], [1])

    for x, w, options, kw in [
        ((2, 3, 6, 5), (4, 3, 3, 3), {"padding": 1}, {"padding": 1}),
        ((2, 2, 9, 8), (3, 2, 3, 2), {"stride": [2, 1], "dilation": [1, 2], "padding": [1, 2]}, {"stride": (2, 1), "dilation": (1, 2), "padding": (1, 2)}),
        ((1, 4, 5, 5), (6, 2, 3, 3), {"groups": 2}, {"groups": 2}),
        ((1, 2, 4, 5), (3, 2, 2, 3), {"padding": "same"}, {"padding": "same"}),
        ((3, 6, 6), (2, 3, 3, 3), {"stride": 2}, {"stride": 2}),
    ]:
        add("conv2d", lambda x, w: F.conv2d(x, w, **kw), [torch.randn(x), torch.randn(w)], [], options, call="function")
    for size, options, kw in [(2, {}, {}), (3, {"stride": 2, "padding": 1}, {"stride": 2, "padding": 1}), (2, {"stride": 2, "ceilMode": True}, {"stride": 2, "ceil_mode": True}), (2, {"dilation": 2, "stride": 1}, {"dilation": 2, "stride": 1})]:
        add("maxPool2d", lambda x: F.max_pool2d(x, size, **kw), [torch.randn(2, 3, 7, 5)], [size], options, call="function")
    add("maxPool2d", lambda x: F.max_pool2d(x, 2), [torch.ones(1, 1, 4, 4)], [2], call="function")
    for size, options, kw in [
        (2, {}, {}), (3, {"stride": 2, "padding": 1}, {"stride": 2, "padding": 1}), (3, {"stride": 2, "padding": 1, "countIncludePad": False}, {"stride": 2, "padding": 1, "count_include_pad": False}),
        (2, {"ceilMode": True}, {"ceil_mode": True}), (3, {"stride": 2, "padding": 1, "ceilMode": True}, {"stride": 2, "padding": 1, "ceil_mode": True}), (2, {"divisorOverride": 3}, {"divisor_override": 3}),
    ]:
        add("avgPool2d", lambda x: F.avg_pool2d(x, size, **kw), [torch.randn(2, 3, 7, 5)], [size], options, call="function")
    for size in (1, 3, [2, 5], [4, None]):
        add("adaptiveAvgPool2d", lambda x: F.adaptive_avg_pool2d(x, size), [torch.randn(2, 3, 7, 5)], [size], call="function")
    write("ops", cases)


# ---- losses ------------------------------------------------------------------------------------------------------------


def losses():
    torch.manual_seed(0)
    cases = []

    def add(loss, fn, inputs, options=None, grads=(0,)):
        for reduction in ("none", "mean", "sum"):
            leaves = [x.clone().requires_grad_() if i in grads else x for i, x in enumerate(inputs)]
            out = fn(*leaves, reduction=reduction)
            (out * (0.5 + (torch.arange(out.numel()) * 7 % 11) / 8).reshape(out.shape)).sum().backward()
            cases.append({"loss": loss, "options": {**(options or {}), "reduction": reduction}, "inputs": inputs, "output": out.detach(), "grads": [x.grad if i in grads else None for i, x in enumerate(leaves)]})

    x, y = torch.randn(4, 3), torch.randn(4, 3)
    add("mseLoss", F.mse_loss, [x, y], grads=(0, 1))
    add("l1Loss", F.l1_loss, [x, y], grads=(0, 1))
    p, t = torch.rand(4, 3), (torch.rand(4, 3) > 0.5).float()
    w = torch.rand(3)
    add("binaryCrossEntropy", F.binary_cross_entropy, [p, t])
    add("binaryCrossEntropy", F.binary_cross_entropy, [torch.tensor([0.0, 1.0, 0.0, 1.0]), torch.tensor([0.0, 1.0, 1.0, 0.0])])
    add("binaryCrossEntropy", lambda a, b, reduction: F.binary_cross_entropy(a, b, weight=w, reduction=reduction), [p, t], {"weight": w})
    add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [x, torch.rand(4, 3)], grads=(0, 1))
    add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [torch.tensor([1000.0, -1000, 1000, -1000]), torch.tensor([1.0, 0, 0, 1])])
    add("binaryCrossEntropyWithLogits", lambda a, b, reduction: F.binary_cross_entropy_with_logits(a, b, pos_weight=w, reduction=reduction), [x, t], {"posWeight": w})
    add("binaryCrossEntropyWithLogits", lambda a, b, reduction: F.binary_cross_entropy_with_logits(a, b, weight=w, pos_weight=2 * w, reduction=reduction), [x, t], {"weight": w, "posWeight": 2 * w})

    logits, labels = torch.randn(5, 4), torch.tensor([0, 3, 1, 1, 2])
    ignoring = torch.tensor([0, -100, 1, -100, 2])
    spatial, spots = torch.randn(2, 4, 2, 3), torch.randint(4, (2, 2, 3))
    cw = torch.rand(4) + 0.1
    logp = logits.log_softmax(1)
    add("nllLoss", F.nll_loss, [logp, labels])
    add("nllLoss", F.nll_loss, [logp, ignoring])
    add("nllLoss", lambda a, b, reduction: F.nll_loss(a, b, weight=cw, ignore_index=1, reduction=reduction), [logp, labels], {"weight": cw, "ignoreIndex": 1})
    add("nllLoss", F.nll_loss, [spatial.log_softmax(1), spots])
    add("nllLoss", F.nll_loss, [logp[0], labels[0]])
    add("crossEntropy", F.cross_entropy, [logits, labels])
    add("crossEntropy", F.cross_entropy, [logits[0], labels[0]])
    add("crossEntropy", F.cross_entropy, [torch.tensor([[1000.0, -1000.0], [-1000.0, 1000.0]]), torch.tensor([1, 1])])
    add("crossEntropy", F.cross_entropy, [spatial, spots])
    target = torch.rand(5, 4).softmax(1)
    for weight in (None, cw):
        for smoothing in (0.0, 0.1):
            options = {k: v for k, v in {"weight": weight, "labelSmoothing": smoothing}.items() if v is not None}
            for b in (labels, ignoring, target):
                add("crossEntropy", lambda a, b, reduction: F.cross_entropy(a, b, weight=weight, label_smoothing=smoothing, reduction=reduction), [logits, b], options)
    write("losses", cases)


# ---- optimizers: given gradients, the parameters after each step -------------------------------------------------------


def optim():
    cases = []
    variants = [
        ("SGD", {}, {}), ("SGD", {"lr": 0.1, "momentum": 0.9}, None), ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, None), ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, None),
        ("SGD", {"lr": 0.1, "weight_decay": 0.1}, None), ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "maximize": True}, None),
        ("Adam", {}, None), ("Adam", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-4}, None), ("Adam", {"lr": 0.1, "weight_decay": 0.1}, None), ("Adam", {"lr": 0.1, "amsgrad": True}, None), ("Adam", {"lr": 0.1, "maximize": True}, None),
        ("AdamW", {}, None), ("AdamW", {"lr": 0.1, "weight_decay": 0.2, "amsgrad": True}, None),
        ("RMSprop", {}, None), ("RMSprop", {"lr": 0.1, "centered": True}, None), ("RMSprop", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}, None), ("RMSprop", {"lr": 0.1, "momentum": 0.9, "centered": True, "alpha": 0.9}, None),
        ("Adagrad", {}, None), ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}, None), ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}, None),
        ("Adadelta", {}, None), ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1}, None),
    ]
    for name, options, _ in variants:
        torch.manual_seed(0)
        params = [torch.randn(2, 3).requires_grad_(), torch.randn(4).requires_grad_()]
        start = [p.detach().clone() for p in params]
        optimizer = getattr(torch.optim, name)(params, **options)
        grads, after = [], []
        for _ in range(10):
            step = [torch.randn(2, 3), torch.randn(4)]
            for p, g in zip(params, step):
                p.grad = g.clone()
            optimizer.step()
            grads.append(step)
            after.append([p.detach().clone() for p in params])
        state = {str(k): v for k, v in optimizer.state_dict()["state"].items()}
        camel = {"".join(w if i == 0 else w.capitalize() for i, w in enumerate(k.split("_"))): v for k, v in options.items()}
        cases.append({"optimizer": name, "options": camel, "start": start, "grads": grads, "after": after, "state": state})
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.1)
    rates = []
    for _ in range(8):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    cases.append({"scheduler": "StepLR", "stepSize": 3, "gamma": 0.1, "lr": 0.5, "rates": rates})
    write("optim", cases)


# ---- the tutorials' programs -------------------------------------------------------------------------------------------


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10), nn.LogSoftmax(dim=1))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 7 * 7, 10)
    )


def load_mnist():
    folder = os.path.join(os.environ.get("DL_DATA", "./data"), "mnist")
    read = lambda name, offset: np.frombuffer(gzip.open(os.path.join(folder, name)).read(), np.uint8, offset=offset)
    images = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).copy()).float().div(255).sub(0.1307).div(0.3081)
    return images, torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8).copy()).long()


def train_digits(make, loss, optimizer_name, options, images, labels, count, dtype):
    """The initial weights, the first batches and the first losses."""
    torch.manual_seed(0)
    model = make()
    weights = {k: {"sha256": hashlib.sha256(v.numpy().tobytes()).hexdigest(), "first": v.flatten()[:8].clone()} for k, v in model.state_dict().items()}
    model = model.to(dtype)
    optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), **options)
    losses_, first = [], []
    for x, y in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
        if len(losses_) == count:
            break
        if len(first) < 3:
            first.append({"labels": y, "sum": x.double().sum().item()})
        optimizer.zero_grad()
        value = loss(model(x.to(dtype)), y)
        value.backward()
        optimizer.step()
        losses_.append(value.item())
    return weights, first, losses_


def mnist():
    images, labels = load_mnist()
    cases = []
    for name, make, loss, count in [("mlp", mlp, F.nll_loss, 50), ("cnn", cnn, F.cross_entropy, 20)]:
        for optimizer_name, options in [("Adam", {"lr": 1e-3}), ("SGD", {"lr": 0.01, "momentum": 0.9})]:
            run = lambda dtype: train_digits(make, loss, optimizer_name, options, images, labels, count, dtype)
            weights, first, losses_ = run(torch.float32)
            cases.append({"model": name, "optimizer": optimizer_name, "options": options, "weights": weights, "batches": first, "losses": losses_, "lossesInDouble": run(torch.float64)[2]})
    write("mnist", cases)


def curves():
    cases = {}
    x = torch.linspace(0, 1, 50).unsqueeze(1)
    y = 0.7 * x + 0.3
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    values = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.l1_loss(model(x), y)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    cases["linearRegression"] = values
    x, y = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), torch.tensor([[0.0], [1], [1], [0]])
    for name, make in [("xor", lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))), ("xorWithoutHiddenLayer", lambda: nn.Linear(2, 1))]:
        torch.manual_seed(0)
        model = make()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        values = []
        for _ in range(200):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(x), y)
            loss.backward()
            optimizer.step()
            values.append(loss.item())
        cases[name] = values
    write("curves", cases)


SECTIONS = {f.__name__: f for f in (ops, losses, optim, mnist, curves)}
if __name__ == "__main__":
    for section in sys.argv[1:] or SECTIONS:
        SECTIONS[section]()
