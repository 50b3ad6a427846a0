"""Ops: the method or function of this name, with arguments in our spelling."""

import math

import torch
import torch.nn.functional as F

from .common import gradients, write


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
