"""Random numbers after a seed: creation, filling in place, sampling, and sequences of them in one stream."""

import torch

from .common import DTYPES, camel, write

D = {"float32": torch.float32, "float64": torch.float64, "int32": torch.int32, "uint8": torch.uint8, "bool": torch.bool}
IN_PLACE = ("uniform_", "normal_", "cauchy_", "log_normal_", "geometric_", "random_")


def call(name, *args, dtype=None, **options):
    """One draw: what our side is called with, and PyTorch's result."""
    kind = D[dtype] if dtype else None
    if name in IN_PLACE:
        shape, *rest = args
        result = getattr(torch.empty(shape, dtype=kind), name)(*rest)
        ours = [shape, *rest]
    elif name == "bernoulli_tensor_":
        shape, p = args
        result, ours = torch.empty(shape, dtype=kind).bernoulli_(p), [shape, p]
    elif name == "normal" and isinstance(args[-1], list):
        result, ours = torch.normal(args[0], args[1], args[2], dtype=kind), list(args)
    elif name in ("normal", "bernoulli", "multinomial", "poisson"):
        result, ours = getattr(torch, name)(*args, **options), list(args)
    else:
        result, ours = getattr(torch, name)(*args, dtype=kind, **options), list(args)
    given = {"dtype": DTYPES[kind]} if kind else {}
    return {"fn": camel(name[:-1]) + "_" if name.endswith("_") else camel(name), "args": ours, "options": {**given, **options}, "result": result}


def case(seed, *calls):
    torch.manual_seed(seed)
    return {"seed": seed, "calls": [call(c[0], *c[1:-1], **c[-1]) for c in calls]}


def random():
    cases = []
    for n in range(1, 41):
        for dtype in ("float32", "float64"):
            k = {"dtype": dtype}
            cases.append(case(n, ("rand", [n], k), ("randn", [n], k)))
            cases.append(case(1000 + n, ("normal", 1.5, 0.5, [n], k), ("uniform_", [n], -2.0, 3.0, k)))
        cases.append(case(n, ("randperm", n, {"dtype": "int32"}), ("randint", 10, [n], {"dtype": "int32"}), ("randint", -5, 100 * n, [n], {"dtype": "int32"})))
    for high in (2, 2**24 + 1, 2**28 - 1, 2**28, 2**30, 2**31 - 1):
        cases.append(case(7, ("randint", high, [3], {"dtype": "int32"}), ("randint", -1, high - 1, [2, 2], {"dtype": "float64"})))
    for high in (2**32 - 1, 2**32, 2**40):
        cases.append(case(7, ("randint", high, [3], {"dtype": "float64"})))
    f32, f64 = {"dtype": "float32"}, {"dtype": "float64"}
    for seed in (0, 1, 42, 2**31 + 5, 2**40 + 3, -1):
        cases.append(case(seed, ("rand", [3], f32), ("randn", [3], f32), ("randn", [2, 9], f32), ("randn", [1], f64), ("randperm", 5, {"dtype": "int32"}), ("normal_", [3], 1.0, 2.0, f64), ("uniform_", [2, 2], f32)))
    for shape in ([1], [5], [3, 7]):
        for k in (f32, f64):
            cases.append(case(3, ("cauchy_", shape, k), ("cauchy_", shape, 2.0, 0.5, k)))
            cases.append(case(4, ("log_normal_", shape, k), ("log_normal_", shape, 0.0, 0.5, k), ("randn", [2], k)))
            cases.append(case(5, ("geometric_", shape, 0.3, k), ("geometric_", shape, 0.9, k)))
            cases.append(case(6, ("uniform_", shape, k), ("normal_", shape, k), ("normal_", shape, 0.0, 0.0, k)))
            cases.append(case(7, ("random_", shape, k), ("random_", shape, 10, k), ("random_", shape, -3, 4, k)))
        for dtype in ("int32", "uint8", "bool"):
            cases.append(case(8, ("random_", shape, {"dtype": dtype})))
        cases.append(case(9, ("geometric_", shape, 0.2, {"dtype": "int32"}), ("random_", shape, 3, 9, {"dtype": "uint8"})))
    for k in (torch.float32, torch.float64):
        mean, std = torch.arange(6, dtype=k).reshape(2, 3), torch.tensor([0.5, 1, 2], dtype=k)
        cases.append(case(10, ("normal", mean, std, {}), ("normal", mean, 2.0, {}), ("normal", 3.0, std, {}), ("normal", mean, {})))
        cases.append(case(11, ("normal", torch.zeros(20, dtype=k), torch.arange(20, dtype=k), {}), ("normal", torch.ones(4, 1, dtype=k), torch.ones(5, dtype=k), {})))
        p = torch.arange(12, dtype=k).reshape(3, 4) / 11
        cases.append(case(12, ("bernoulli", p, {}), ("bernoulli", p.t().contiguous(), {})))
        cases.append(case(13, ("bernoulli_tensor_", [3, 4], p, {"dtype": "float32"}), ("bernoulli_tensor_", [2, 4], p[1], {"dtype": "int32"})))
        cases.append(case(14, ("multinomial", p, 5, {"replacement": True}), ("multinomial", p[2], 9, {"replacement": True}), ("multinomial", torch.tensor([0.0, 1, 0, 2, 0], dtype=k), 8, {"replacement": True})))
        cases.append(case(15, ("poisson", torch.tensor([0, 0.1, 1, 5, 9.99, 10, 12, 30, 100, 1000, 1e6], dtype=k), {}), ("poisson", torch.full((20,), 11.0, dtype=k), {}), ("poisson", torch.full((10,), 3.0, dtype=k), {})))
    write("random", cases)
