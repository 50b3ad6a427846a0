"""Making tensors, and what is asked of them: arguments in our spelling, results from PyTorch."""

import torch

from .common import DTYPES, write


def case(fn, args, result, options=None):
    return {"fn": fn, "args": args, "options": options, "result": result}


def creation():
    c = []
    for args, base in (((-1, 1, 3), 10.0), ((0, 3, 7), 2.0), ((0.1, 1.0, 1), 10.0), ((0, 1, 0), 10.0), ((2, -2, 6), 3.0), ((0, 4, 5), 0.5)):
        c.append(case("logspace", list(args), torch.logspace(*args, base=base), {"base": base}))
    c.append(case("logspace", [0, 1, 4], torch.logspace(0, 1, 4, dtype=torch.float64), {"dtype": "float64"}))
    for n, m in ((3, None), (2, 4), (0, None), (3, 1)):
        for dtype in (torch.float32, torch.int32, torch.bool):
            size = [n] if m is None else [n, m]
            c.append(case("eye", size, torch.eye(*size, dtype=dtype), {"dtype": DTYPES[dtype]}))
    c.append(case("scalarTensor", [3], torch.scalar_tensor(3)))
    c.append(case("scalarTensor", [3], torch.scalar_tensor(3, dtype=torch.int32), {"dtype": "int32"}))
    x = torch.tensor([[1.0, 2], [3, 4]])
    c.append(case("fill", [x, 7], torch.fill(x, 7)))
    c.append(case("fill", [x.int(), 7], torch.fill(x.int(), 7)))
    c.append(case("fill", [x, torch.tensor(2.5)], torch.fill(x, torch.tensor(2.5))))
    infos = []
    for dtype in (torch.float16, torch.float32, torch.float64):
        i = torch.finfo(dtype)
        infos.append({"dtype": str(dtype).split(".")[1], "bits": i.bits, "eps": repr(i.eps), "max": repr(i.max), "min": repr(i.min), "tiny": repr(i.tiny), "smallestNormal": repr(i.smallest_normal), "resolution": repr(i.resolution)})
    for dtype in (torch.int32, torch.uint8):
        i = torch.iinfo(dtype)
        infos.append({"dtype": str(dtype).split(".")[1], "bits": i.bits, "max": repr(i.max), "min": repr(i.min)})
    casts = [[DTYPES[a], DTYPES[b], torch.can_cast(a, b)] for a in (torch.float32, torch.float64, torch.int32, torch.uint8, torch.bool) for b in (torch.float32, torch.float64, torch.int32, torch.uint8, torch.bool)]
    write("creation", {"made": c, "infos": infos, "casts": casts, "binomial": binomial()})


def binomial():
    out = []
    given = [
        ([10.0, 100.0, 1000.0], [0.3]), ([5.0, 0.0, 7.0, 3.0], [0.5, 0.5, 0.0, 1.0]), ([40.0] * 12, [0.3]), ([40.0] * 12, [0.7]),
        ([3.0] * 20, [0.9]), ([100000.0, 12.0, 33.0], [0.01, 0.99, 0.4]), ([25.0] * 30, [0.45]), ([1e6] * 9, [0.37]),
    ]
    for seed, (count, prob) in enumerate(given):
        for dtype in (torch.float32, torch.float64):
            count_, prob_ = torch.tensor(count, dtype=dtype), torch.tensor(prob, dtype=dtype)
            torch.manual_seed(seed)
            result = torch.binomial(*torch.broadcast_tensors(count_, prob_))
            out.append({"seed": seed, "count": count_, "prob": prob_, "result": result, "next": torch.rand(1)})
    return out
