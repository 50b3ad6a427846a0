"""What the sections share: tensors as JSON, gradients, and numbers that need no file."""

import json
import math
import os

import torch

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")
torch.set_num_threads(2)

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


class Pattern(torch.Tensor):
    """A tensor whose numbers both sides compute, so that the fixture holds two numbers instead of all."""


def pattern(*shape, seed=0, scale=2.0, dtype=torch.float32):
    """Numbers within ±scale/2 that repeat after 1000: element i is ((i + 131 seed) · 7919 mod 1000 / 1000 − ½) · scale."""
    size = math.prod(shape)
    values = (((torch.arange(size) + 131 * seed) * 7919 % 1000).double() / 1000 - 0.5) * scale
    out = values.to(dtype).reshape(shape).as_subclass(Pattern)
    out.seed, out.scale = seed, scale
    return out


def plain(x):
    """Of a pattern the tensor, for arithmetic."""
    return x.as_subclass(torch.Tensor) if isinstance(x, Pattern) else x


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(w.capitalize() for w in rest)


def camel_keys(options):
    return {camel(k): v for k, v in options.items()}


def dump(x):
    if x is None or isinstance(x, (str, bool)):
        return x
    if isinstance(x, torch.dtype):
        return DTYPES[x]
    if isinstance(x, Pattern):
        return {"shape": list(x.shape), "dtype": DTYPES[x.dtype], "pattern": [x.seed, x.scale]}
    if isinstance(x, torch.Tensor):
        return {"shape": list(x.shape), "dtype": DTYPES[x.dtype], "data": [number(v) for v in x.detach().reshape(-1).tolist()]}
    if isinstance(x, dict):
        return {k: dump(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [dump(v) for v in x]
    return number(x)


def rounded(x, digits):
    """Dumped numbers with fewer digits: what a tolerance of 1e-5 does not see makes a file a fifth larger."""
    if isinstance(x, float):
        return float(f"{x:.{digits}g}")
    if isinstance(x, dict):
        return {k: rounded(v, digits) for k, v in x.items()}
    return [rounded(v, digits) for v in x] if isinstance(x, list) else x


def write(name, value, digits=9):
    path = os.path.normpath(os.path.join(FIXTURES, f"{name}.json"))
    with open(path, "w") as f:
        json.dump({"torch": torch.__version__.split("+")[0], "cases": rounded(dump(value), digits)}, f, separators=(",", ":"))
        f.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")


def gradients(fn, inputs):
    """Outputs, and the gradients of Σ weight · output with weights that differ everywhere."""
    inputs = [plain(x) for x in inputs]
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
