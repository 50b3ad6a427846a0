"""Reductions, running totals, order statistics, sorting and searching: dimensions, ties, NaN, nothing, gradients."""

import math

import torch

from .common import pattern, plain, write
from .op_case import Cases

nan, inf = math.nan, math.inf
INTS = torch.tensor([[3, -1, 0, 3], [2, 5, 5, -7], [0, 0, 1, 4]], dtype=torch.int32)
BOOLS = torch.tensor([[True, False, True], [True, True, True]])
HOLES = torch.tensor([[1.0, nan, 3.0, -2.0], [nan, nan, 0.5, 0.25], [4.0, 2.0, inf, -1.0], [nan, nan, nan, nan]])
TIES = torch.tensor([[2.0, 1.0, 2.0, 0.5, 1.0], [3.0, 3.0, 3.0, 3.0, 3.0], [-1.0, 0.0, -0.0, 5.0, 0.0]])


def reductions():
    cases = Cases()
    plain_reductions(cases)
    products(cases)
    norms(cases)
    statistics(cases)
    order(cases)
    quantiles(cases)
    scans(cases)
    integrals(cases)
    sorting(cases)
    searching(cases)
    counting(cases)
    write("reductions", list(cases))


def distinct(*shape, scale=7, seed=3):
    """Numbers that differ, so that their order is one."""
    n = math.prod(shape)
    return ((torch.arange(n, dtype=torch.float32) * 37 + 11 * seed) % 101 / 101 - 0.5).reshape(shape) * scale


X = distinct(2, 3, 4)


def along(c, name, x, dims=(0, -1), function=True, fn=None, grads=True, several=None):
    f = fn or getattr(torch, name)
    for dim in dims:
        for keep in (False, True):
            c.op(name, lambda t: f(t, dim=dim, keepdim=keep), [x], [dim], {"keepdim": keep}, grads=grads)
        if function:
            c.op(name, lambda t: f(t, dim=dim), [x], [], {"dim": dim}, call="function", grads=grads)
    for dim in several or ():
        c.op(name, lambda t: f(t, dim=dim), [x], [list(dim)], grads=grads)
        c.op(name, lambda t: f(t, dim=dim, keepdim=True), [x], [], {"dim": list(dim), "keepdim": True}, call="function", grads=grads)


def plain_reductions(c):
    for name in ("amax", "amin", "sum", "mean", "nansum", "nanmean"):
        along(c, name, X, several=[(0, -1), (-3, 1)])
        c.op(name, getattr(torch, name), [HOLES], note="NaN", grads=False)
        c.op(name, lambda t: getattr(torch, name)(t, dim=1), [HOLES[:3]], [1], note="NaN", grads=name in ("nansum", "nanmean"))
        c.op(name, getattr(torch, name), [torch.tensor(2.5)], call="function")
    for name in ("amax", "amin"):
        along(c, name, TIES, dims=(1,))
        c.op(name, getattr(torch, name), [INTS])
        c.op(name, lambda t: getattr(torch, name)(t, dim=1), [BOOLS], [1])
        c.op(name, lambda t: getattr(torch, name)(t, dim=1), [torch.zeros(0, 3)], [1])
    for name in ("sum", "nansum", "prod"):
        c.op(name, getattr(torch, name), [INTS])
        c.op(name, lambda t: getattr(torch, name)(t, dim=0), [BOOLS], [0])
        c.op(name, getattr(torch, name), [torch.zeros(0)])
        c.op(name, lambda t: getattr(torch, name)(t, dim=0), [torch.zeros(0, 2)], [0])
        c.op(name, lambda t: getattr(torch, name)(t, dtype=torch.float64), [X], [], {"dtype": "float64"}, grads=False)
        c.op(name, lambda t: getattr(torch, name)(t, dim=1, dtype=torch.float32), [INTS], [1], {"dtype": "float32"})
    c.op("mean", torch.mean, [torch.zeros(0)])
    c.op("mean", lambda t: torch.mean(t, dtype=torch.float32), [INTS], [], {"dtype": "float32"})
    for name in ("aminmax",):
        along(c, name, X)
        along(c, name, TIES, dims=(1,))
        c.op(name, torch.aminmax, [X], call="function")
        c.op(name, torch.aminmax, [INTS])
    for name in ("max", "min"):
        fn = getattr(torch, name)
        c.op(name, fn, [X])
        c.op(name, fn, [TIES], call="function")
        c.op(name, fn, [INTS], call="function")
        c.op(name, fn, [HOLES], grads=False)
        along(c, name, X, dims=(0, 1, -1))
        c.op(name, lambda t: fn(t, 1), [TIES], [1], note="ties")
        c.op(name, lambda t: fn(t, 1), [HOLES], [1], note="NaN")
        c.op(name, lambda t: fn(t, 0), [INTS], [0])
        c.op(name, fn, [X, distinct(4, seed=8)], note="two tensors")
        c.op(name, fn, [TIES, TIES.flip(0)], call="function", note="two tensors")
        c.op(name, lambda t: fn(t, 0), [torch.tensor(1.5)], [0])
        c.op(name, lambda t: fn(t, 1), [torch.zeros(0, 3)], [1])
    for name in ("argmax", "argmin"):
        fn = getattr(torch, name)
        along(c, name, X, grads=False)
        for x in (X, TIES, HOLES, INTS, torch.tensor(3.0)):
            c.op(name, fn, [x], grads=False)
        c.op(name, lambda t: fn(t, 1), [TIES], [1], grads=False)
        c.op(name, lambda t: fn(t, 1), [HOLES], [1], grads=False)
        c.op(name, lambda t: fn(t, keepdim=True), [X], [], {"keepdim": True}, grads=False)
    for name in ("all", "any"):
        fn = getattr(torch, name)
        for x in (BOOLS, INTS, HOLES, torch.zeros(2, 0), torch.zeros(0, 2, dtype=torch.bool), torch.tensor(True)):
            c.op(name, fn, [x], grads=False)
        for x in (BOOLS, INTS, torch.zeros(2, 0)):
            c.op(name, lambda t: fn(t, dim=1), [x], [1], grads=False)
            c.op(name, lambda t: fn(t, dim=0, keepdim=True), [x], [], {"dim": 0, "keepdim": True}, call="function", grads=False)
        c.op(name, lambda t: fn(t, dim=(0, 1)), [BOOLS], [[0, 1]], grads=False)
    for x in (INTS, HOLES, BOOLS, torch.zeros(0)):
        c.op("count_nonzero", torch.count_nonzero, [x], grads=False)
    c.op("count_nonzero", lambda t: torch.count_nonzero(t, dim=1), [INTS], [1], grads=False)
    c.op("count_nonzero", lambda t: torch.count_nonzero(t, dim=(0, 1)), [INTS], [], {"dim": [0, 1]}, call="function", grads=False)
    along(c, "logsumexp", X, several=[(0, 2)])
    for rows in ([[-inf, -inf], [0.0, -inf]], [[inf, 1.0], [inf, inf]], [[1000.0, 999.0], [-1000.0, -1001.0]], [[nan, 1.0], [nan, inf]]):
        c.op("logsumexp", lambda t: torch.logsumexp(t, 1), [torch.tensor(rows)], [1], grads=rows[0][0] == 1000)
    c.op("logsumexp", lambda t: torch.logsumexp(t, 1), [torch.zeros(2, 0)], [1])
    c.op("logsumexp", lambda t: torch.logsumexp(t, 0), [INTS], [0])
    c.op("logsumexp", lambda t: torch.logsumexp(t, 1), [torch.tensor([[-inf, -inf], [0.0, -inf]])], [1], note="gradient of -inf")


def products(c):
    for x in ([2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [1.5, -2.0, 4.0], [0.0]):
        c.op("prod", torch.prod, [torch.tensor(x)])
        c.op("prod", lambda t: torch.prod(t, 0), [torch.tensor(x)], [0], call="function")
    m = torch.tensor([[1.0, 0.0, 2.0], [3.0, -1.0, 0.5], [0.0, 0.0, 4.0]])
    along(c, "prod", m, dims=(0, 1, -1))
    along(c, "prod", X, dims=(1,))
    c.op("prod", torch.prod, [X])


def norms(c):
    x = torch.tensor([[3.0, -4.0, 0.0], [0.0, 0.0, 0.0], [1.0, -1.0, 1.0]])
    for p in (0, 0.5, 1, 1.5, 2, 3, 4.5, inf, -inf, -1, "fro"):
        ours = p if p == "fro" else float(p)
        zero_ok = p not in (-1, -inf)
        c.op("norm", lambda t: torch.norm(t, p), [X], [], {"p": ours})
        c.op("norm", lambda t: torch.norm(t, p, dim=1), [x if zero_ok else X[0]], [], {"p": ours, "dim": 1})
        c.op("norm", lambda t: torch.norm(t, p, dim=(0, 1), keepdim=True), [X], [], {"p": ours, "dim": [0, 1], "keepdim": True}, call="function")
    c.op("norm", torch.norm, [X])
    c.op("norm", torch.norm, [torch.zeros(3)])
    c.op("norm", torch.norm, [torch.tensor(-2.0)])
    c.op("norm", torch.norm, [torch.zeros(0)])
    c.op("norm", lambda t: torch.norm(t, dtype=torch.float64), [X], [], {"dtype": "float64"}, grads=False)
    for p, dim, most in ((2, 0, 4), (1, 1, 5), (3, -1, 2), (inf, 0, 2)):
        c.op("renorm", lambda t: torch.renorm(t, p, dim, most), [X], [float(p), dim, most])
        c.op("renorm", lambda t: torch.renorm(t, p, dim, most), [x], [float(p), dim, most], call="function", grads=p != inf)


def statistics(c):
    for name in ("var", "std"):
        fn = getattr(torch, name)
        along(c, name, X, function=False, several=None)
        c.op(name, lambda t: fn(t, dim=(0, 2)), [X], [[0, 2]])
        c.op(name, fn, [X])
        for n in (0, 1, 2, 3):
            c.op(name, lambda t: fn(t, dim=1, correction=n), [X], [1], {"correction": n}, grads=n < 3)
        c.op(name, lambda t: fn(t, unbiased=False), [X], [], {"unbiased": False})
        c.op(name, fn, [torch.tensor([2.0, 2.0, 2.0])], note="equal")
        c.op(name, fn, [torch.tensor([1.0])], grads=False)
        c.op(name, fn, [torch.zeros(0)], grads=False)
        both = name + "_mean"
        fn2 = getattr(torch, both)
        c.op(both, fn2, [X], call="function")
        c.op(both, lambda t: fn2(t, dim=1, keepdim=True, correction=0), [X], [1], {"keepdim": True, "correction": 0}, call="function")
        c.op(both, lambda t: fn2(t, dim=(0, -1)), [X], [], {"dim": [0, -1]}, call="function")
    m = distinct(3, 5)
    w, f = torch.tensor([0.5, 1.0, 0.25, 2.0, 1.5]), torch.tensor([1, 2, 1, 3, 1])
    for x in (m, m[0], m[:, :1], torch.tensor(2.0), INTS):
        c.op("cov", lambda t: torch.cov(t), [x], grads=x is m)
        c.op("corrcoef", torch.corrcoef, [x], call="function", grads=x is m)
    for n in (0, 1, 2):
        c.op("cov", lambda t: torch.cov(t, correction=n), [m], [], {"correction": n})
        c.op("cov", lambda t: torch.cov(t, correction=n, fweights=f), [m], [], {"correction": n, "fweights": f})
        c.op("cov", lambda t: torch.cov(t, correction=n, aweights=w), [m], [], {"correction": n, "aweights": w}, call="function")
        c.op("cov", lambda t: torch.cov(t, correction=n, fweights=f, aweights=w), [m], [], {"correction": n, "fweights": f, "aweights": w})
    c.op("corrcoef", torch.corrcoef, [torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])])
    for options in ({"bins": 5, "min": -2, "max": 2}, {"bins": 4}, {}, {"bins": 3, "min": 0, "max": 1}):
        c.op("histc", lambda t: torch.histc(t, **options), [distinct(3, 5)], [], options, grads=False)
    c.op("histc", lambda t: torch.histc(t, 4, -1, 3), [torch.tensor([-1.0, 3.0, 0.0, 1.0, 2.0, 5.0, -2.0])], [], {"bins": 4, "min": -1, "max": 3}, grads=False)
    c.op("histc", lambda t: torch.histc(t, 3), [torch.tensor([2.0, 2.0])], [], {"bins": 3}, call="function", grads=False)
    c.op("histc", lambda t: torch.histc(t, 3), [torch.zeros(0)], [], {"bins": 3}, grads=False)


def order(c):
    for name in ("median", "nanmedian"):
        fn = getattr(torch, name)
        c.op(name, fn, [X])
        c.op(name, fn, [TIES], call="function", note="ties")
        c.op(name, fn, [HOLES[:3]], note="NaN", grads=name == "nanmedian")
        c.op(name, fn, [HOLES[3]], note="only NaN", grads=False)
        c.op(name, fn, [torch.zeros(0)], grads=False)
        c.op(name, fn, [torch.tensor(2.0)])
        c.op(name, fn, [INTS])
        along(c, name, X, dims=(0, 1, -1))
        along(c, name, HOLES[:2], dims=(0,), function=False)
        c.op(name, lambda t: fn(t, 1), [distinct(2, 5)], [1], note="an odd number")
        c.op(name, lambda t: fn(t, 0), [torch.tensor([7, 3, 9, 1], dtype=torch.int32)], [0])
        c.op(name, lambda t: fn(t, 0), [torch.tensor(2.0)], [0])
    for k in (1, 2, 3):
        c.op("kthvalue", lambda t: torch.kthvalue(t, k, 1), [X], [k, 1])
        c.op("kthvalue", lambda t: torch.kthvalue(t, k, -1, keepdim=True), [X], [k], {"dim": -1, "keepdim": True}, call="function" if k < 1 else "method")
        c.op("kthvalue", lambda t: torch.kthvalue(t, k), [torch.tensor([7, 3, 9, 1], dtype=torch.int32)], [k])
    c.op("kthvalue", lambda t: torch.kthvalue(t, 3), [torch.tensor([1.0, nan, 0.0])], [3])
    c.op("kthvalue", lambda t: torch.kthvalue(t, 1), [torch.tensor(1.0)], [1])
    for x in (TIES, INTS, torch.tensor([[1.0, 1.0, 2.0, 2.0], [2.0, 1.0, 2.0, 1.0]]), torch.tensor([3.0])):
        c.op("mode", lambda t: torch.mode(t), [x])
        c.op("mode", lambda t: torch.mode(t, 0, keepdim=True), [x], [0], {"keepdim": True}, call="function")
    c.op("mode", lambda t: torch.mode(t), [torch.tensor(4.0)])


def quantiles(c):
    q = torch.tensor([0.0, 0.3, 0.5, 0.71, 1.0])
    for name in ("quantile", "nanquantile"):
        fn = getattr(torch, name)
        for how in ("linear", "lower", "higher", "midpoint", "nearest"):
            c.op(name, lambda t: fn(t, 0.4, interpolation=how), [X], [0.4], {"interpolation": how})
            c.op(name, lambda t, p: fn(t, p, dim=1, interpolation=how), [X, q], ["$0", "$1"], {"dim": 1, "interpolation": how}, grads=False)
            c.op(name, lambda t: fn(t, 0.6, dim=-1, interpolation=how), [HOLES[:3]], [0.6, -1], {"interpolation": how}, grads=name == "nanquantile")
        c.op(name, lambda t: fn(t, 0.25, dim=0, keepdim=True), [X], [0.25], {"dim": 0, "keepdim": True}, call="function")
        c.op(name, lambda t: fn(t, 0.25, keepdim=True), [X], [0.25], {"keepdim": True})
        c.op(name, lambda t, p: fn(t, p, keepdim=True), [X, q], ["$0", "$1"], {"keepdim": True}, grads=False)
        c.op(name, lambda t, p: fn(t, p, dim=1, keepdim=True), [X, q], ["$0", "$1"], {"dim": 1, "keepdim": True}, call="function", grads=False)
        c.op(name, lambda t, p: fn(t, p), [X, q], ["$0", "$1"], grads=False)
        c.op(name, lambda t: fn(t, 0.5), [torch.tensor(3.0)], [0.5])
        c.op(name, lambda t: fn(t, 0.5, dim=0), [torch.tensor([[1.0, nan], [2.0, nan], [4.0, nan]])], [0.5, 0], grads=False)
        c.op(name, lambda t: fn(t, torch.tensor(0.3)), [TIES], ["$0", 0.3])


def scans(c):
    for name in ("cumsum", "cumprod", "logcumsumexp"):
        fn = getattr(torch, name)
        for dim in (0, 1, -1):
            c.op(name, lambda t: fn(t, dim), [X], [dim])
            c.op(name, lambda t: fn(t, dim), [X], [dim], call="function")
        c.op(name, lambda t: fn(t, 0), [torch.tensor(1.5)], [0])
        c.op(name, lambda t: fn(t, 0), [torch.zeros(0, 2)], [0])
        c.op(name, lambda t: fn(t, 1), [torch.ones(3, 1)], [1])
        c.op(name, lambda t: fn(t, 1), [HOLES], [1], note="NaN", grads=False)
        if name != "logcumsumexp":
            c.op(name, lambda t: fn(t, 1), [INTS], [1])
            c.op(name, lambda t: fn(t, 1), [BOOLS], [1])
            c.op(name, lambda t: fn(t, 1, dtype=torch.float32), [INTS], [1], {"dtype": "float32"})
    for x in ([2.0, 0.0, 3.0, 4.0], [0.0, 2.0, 3.0], [2.0, 3.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 2.0, 0.0, 3.0], [0.0]):
        c.op("cumprod", lambda t: torch.cumprod(t, 0), [torch.tensor(x)], [0], note="zeros")
    c.op("cumprod", lambda t: torch.cumprod(t, 1), [torch.tensor([[1.0, 0.0, 2.0], [3.0, -1.0, 0.5], [0.0, 0.0, 4.0]])], [1])
    for x in ([-1000.0, 0.0, 1000.0], [1000.0, 0.0, -1000.0, 999.0], [-50.0, -60.0, 3.0]):
        c.op("logcumsumexp", lambda t: torch.logcumsumexp(t, 0), [torch.tensor(x)], [0])
    c.op("logcumsumexp", lambda t: torch.logcumsumexp(t, 0), [torch.tensor([-inf, -inf, 0.0, inf, 1.0])], [0], grads=False)
    c.op("logcumsumexp", lambda t: torch.logcumsumexp(t, 0), [torch.tensor([-inf, 1.0, 2.0])], [0])
    for name in ("cummax", "cummin"):
        fn = getattr(torch, name)
        for dim in (0, 1, -1):
            c.op(name, lambda t: fn(t, dim), [X], [dim])
        c.op(name, lambda t: fn(t, 1), [TIES], [1], call="function", note="ties")
        c.op(name, lambda t: fn(t, 1), [HOLES], [1], note="NaN")
        c.op(name, lambda t: fn(t, 1), [INTS], [1])
        c.op(name, lambda t: fn(t, 1), [BOOLS], [1])
        c.op(name, lambda t: fn(t, 0), [torch.tensor(1.5)], [0])
        c.op(name, lambda t: fn(t, 0), [torch.zeros(0, 2)], [0])


def integrals(c):
    before, behind = distinct(2, 1, 4, seed=7), distinct(2, 2, 4, seed=9)
    for n in (0, 1, 2, 3):
        c.op("diff", lambda t: torch.diff(t, n), [X], [], {"n": n})
    c.op("diff", lambda t: torch.diff(t, dim=1), [X], [], {"dim": 1}, call="function")
    c.op("diff", lambda t, p: torch.diff(t, dim=1, prepend=p), [X, before], ["$0"], {"dim": 1, "prepend": "$1"}, call="function")
    c.op("diff", lambda t, p, q: torch.diff(t, 2, 1, p, q), [X, before, behind], ["$0"], {"n": 2, "dim": 1, "prepend": "$1", "append": "$2"}, call="function")
    c.op("diff", torch.diff, [BOOLS])
    c.op("diff", torch.diff, [INTS])
    c.op("diff", torch.diff, [torch.zeros(2, 1)])
    c.op("diff", torch.diff, [torch.zeros(2, 0)])
    x = torch.tensor([0.0, 0.5, 2.0, 2.5])
    for name in ("trapezoid", "cumulative_trapezoid"):
        fn = getattr(torch, name)
        c.op(name, fn, [X], call="function")
        c.op(name, lambda t: fn(t, dx=0.3), [X], [], {"dx": 0.3}, call="function")
        c.op(name, lambda t: fn(t, dim=0), [X], [], {"dim": 0}, call="function")
        c.op(name, lambda t: fn(t, dim=1, dx=2), [X], [], {"dim": 1, "dx": 2}, call="function")
        c.op(name, fn, [X, x], ["$0"], {"x": "$1"}, call="function")
        c.op(name, lambda t, p: fn(t, p, dim=1), [X, x[:3]], ["$0"], {"x": "$1", "dim": 1}, call="function")
        c.op(name, lambda t, p: fn(t, p, dim=1), [X, distinct(2, 3, 4, seed=5)], ["$0"], {"x": "$1", "dim": 1}, call="function")
        c.op(name, fn, [torch.ones(2, 1)], call="function")


def sorting(c):
    for descending in (False, True):
        for dim in (0, 1, -1):
            c.op("sort", lambda t: torch.sort(t, dim=dim, descending=descending, stable=True), [TIES], [dim], {"descending": descending, "stable": True})
            c.op("argsort", lambda t: torch.argsort(t, dim=dim, descending=descending, stable=True), [TIES], [], {"dim": dim, "descending": descending, "stable": True}, call="function", grads=False)
        c.op("sort", lambda t: torch.sort(t, descending=descending, stable=True), [HOLES], [], {"descending": descending})
        c.op("sort", lambda t: torch.sort(t, descending=descending, stable=True), [INTS], [], {"descending": descending}, call="function")
        c.op("sort", lambda t: torch.sort(t, descending=descending, stable=True), [BOOLS], [], {"descending": descending})
    c.op("sort", torch.sort, [torch.tensor(2.0)])
    c.op("sort", torch.sort, [torch.zeros(2, 0)])
    c.op("argsort", lambda t: torch.argsort(t), [X], grads=False)
    c.op("msort", torch.msort, [X])
    c.op("msort", torch.msort, [INTS], call="function")
    for largest in (True, False):
        for k, dim in ((1, 0), (2, 1), (3, -1), (0, -1)):
            c.op("topk", lambda t: torch.topk(t, k, dim, largest), [X], [k, dim], {"largest": largest})
        c.op("topk", lambda t: torch.topk(t, 2, largest=largest), [X], [2], {"largest": largest, "sorted": True})
        c.op("topk", lambda t: torch.topk(t, 2, largest=largest), [torch.tensor([5, 1, 9], dtype=torch.int32)], [2], {"largest": largest}, call="function")
        c.op("topk", lambda t: torch.topk(t, 2, largest=largest), [torch.tensor([5.0, nan, 1.0])], [2], {"largest": largest})
    c.op("topk", lambda t: torch.topk(t, 1), [torch.tensor(5.0)], [1])
    flat = torch.tensor([3.0, 1.0, 3.0, 2.0, 1.0, 1.0])
    rows = torch.tensor([[2, 1], [1, 2], [2, 1], [1, 0]], dtype=torch.int32)
    for inverse in (False, True):
        for counts in (False, True):
            ours = {"returnInverse": inverse, "returnCounts": counts}
            kw = {"return_inverse": inverse, "return_counts": counts}
            for x in (flat, INTS, BOOLS, torch.zeros(0), torch.tensor(4.0), torch.tensor([nan, 1.0, nan, -0.0, 0.0])):
                c.op("unique", lambda t: torch.unique(t, **kw), [x], [], ours, grads=False)
                c.op("unique_consecutive", lambda t: torch.unique_consecutive(t, **kw), [x], [], ours, call="function", grads=False)
            for dim in (0, 1, -1):
                c.op("unique", lambda t: torch.unique(t, dim=dim, **kw), [rows], [], {**ours, "dim": dim}, call="function", grads=False)
                c.op("unique_consecutive", lambda t: torch.unique_consecutive(t, dim=dim, **kw), [rows[[0, 2, 1, 3, 3]]], [], {**ours, "dim": dim}, grads=False)
    c.op("unique", lambda t: torch.unique(t, dim=1), [TIES.reshape(1, 3, 5)[:, [0, 1, 0]]], [], {"sorted": True, "dim": 1}, grads=False)


def searching(c):
    line = torch.tensor([-1.0, 0.0, 0.0, 2.0, 5.0])
    values = torch.tensor([[0.0, 3.0, -9.0], [9.0, 2.0, nan], [inf, -inf, -0.0]])
    table = torch.tensor([[1.0, 3.0, 5.0, 7.0], [2.0, 2.0, 4.0, 8.0]])
    queries = torch.tensor([[3.0, 6.0, 0.0], [2.0, 9.0, 4.0]])
    for right in (False, True):
        ours = {"right": right}
        c.op("searchsorted", lambda s, v: torch.searchsorted(s, v, right=right), [line, values], [], ours, call="function", grads=False)
        c.op("searchsorted", lambda s, v: torch.searchsorted(s, v, right=right), [table, queries], [], ours, call="function", grads=False)
        c.op("searchsorted", lambda s: torch.searchsorted(s, 2, right=right), [line], [2], ours, call="function", grads=False)
        c.op("searchsorted", lambda s, v: torch.searchsorted(s, v, right=right), [torch.tensor([1, 4, 4, 9], dtype=torch.int32), INTS], [], ours, call="function", grads=False)
        c.op("searchsorted", lambda s, v: torch.searchsorted(s, v, right=right), [torch.zeros(0), queries], [], ours, call="function", grads=False)
        c.op("searchsorted", lambda s, v: torch.searchsorted(s, v, side="right" if right else "left"), [line, values], [], {"side": "right" if right else "left"}, call="function", grads=False)
        c.op("bucketize", lambda v, s: torch.bucketize(v, s, right=right), [values, line], [], ours, call="function", grads=False)
        c.op("bucketize", lambda s: torch.bucketize(4.5, s, right=right), [line], [4.5, "$0"], ours, call="function", grads=False)
    shuffled = table[:, [2, 0, 3, 1]]
    sorter = torch.argsort(shuffled, stable=True)
    c.op("searchsorted", lambda s, v: torch.searchsorted(s, v, sorter=sorter), [shuffled, queries], [], {"sorter": sorter.int()}, call="function", grads=False)
    c.op("searchsorted", lambda s, v: torch.searchsorted(s, v), [torch.tensor([1.0, 2.0, nan]), values], [], call="function", grads=False)
    for invert in (False, True):
        for x, t in ((INTS, torch.tensor([0, 5], dtype=torch.int32)), (HOLES, torch.tensor([nan, 0.5, inf])), (INTS, torch.zeros(0, dtype=torch.int32)), (torch.zeros(0, 2), line)):
            c.op("isin", lambda p, q: torch.isin(p, q, invert=invert), [x, t], [], {"invert": invert}, call="function", grads=False)
        c.op("isin", lambda p: torch.isin(p, 3, invert=invert), [INTS], [3], {"invert": invert}, call="function", grads=False)
        c.op("isin", lambda p: torch.isin(3, p, invert=invert), [INTS], [3, "$0"], {"invert": invert}, call="function", grads=False)
    many = pattern(100, scale=30, seed=4)
    c.op("isin", torch.isin, [plain(pattern(40, scale=60)).round(), plain(many).round()], call="function", grads=False)
    c.op("isin", torch.isin, [HOLES, torch.cat([plain(many).round(), torch.tensor([nan, 3.0])])], call="function", grads=False)


def counting(c):
    x = torch.tensor([0, 3, 1, 3, 3], dtype=torch.int32)
    w = torch.tensor([0.5, 1.0, -2.0, 0.25, 3.0])
    c.op("bincount", torch.bincount, [x])
    for n in (0, 3, 7):
        c.op("bincount", lambda t: torch.bincount(t, minlength=n), [x], [], {"minlength": n}, call="function")
    c.op("bincount", lambda t: torch.bincount(t, w), [x], [], {"weights": w})
    c.op("bincount", lambda t: torch.bincount(t, w.double(), 6), [x], [], {"weights": w.double(), "minlength": 6})
    c.op("bincount", lambda t: torch.bincount(t, x), [x], [], {"weights": x})
    c.op("bincount", lambda t: torch.bincount(t, minlength=2), [torch.zeros(0, dtype=torch.int32)], [], {"minlength": 2})
