"""Tensors like others, in-place arithmetic, and what a tensor says about itself."""

import torch

from .calls import Calls
from .common import pattern, plain, write


def basics():
    c = Calls()

    def p(*shape, seed=0, dtype=torch.float32):
        return pattern(*shape, seed=seed, scale=3.0, dtype=dtype)

    def seeded(name):
        def fn(*args, **kwargs):
            torch.manual_seed(0)
            return getattr(torch, name)(*args, **kwargs)

        return fn

    def add(name, x, *args, **kwargs):
        c.add(name, x, *args, grads=False, **kwargs)

    tensors = [p(2, 3), p(1), p(), p(0, 2), p(5, dtype=torch.float64), torch.arange(4).reshape(2, 2), torch.tensor([True, False])]
    for x in tensors:
        add("ones_like", x)
        for value in (0, 7, -2):
            if x.dtype != torch.bool or value == 0:
                add("full_like", x, value)
                add("new_full", x, [2, 3], value)
        add("new_zeros", x, [3, 1])
        add("new_zeros", x, [])
        for name in ("ones_like", "full_like", "rand_like", "randn_like"):
            args = [2.5] if name == "full_like" else []
            add(name, x, *args, fn=seeded(name), dtype=torch.float64)
        add("new_full", x, [2], 2.5, dtype=torch.float32)
        add("new_zeros", x, [2], dtype=torch.bool)
        if x.is_floating_point():
            add("rand_like", x, fn=seeded("rand_like"))
            add("randn_like", x, fn=seeded("randn_like"))
        if x.dtype != torch.bool:
            add("randint_like", x, 5, fn=seeded("randint_like"))
            add("randint_like", x, -3, 9, fn=seeded("randint_like"))
    for x, other in [(p(2, 3), p(3, 2)), (p(6), p(2, 1, 3)), (p(1), p()), (p(0, 3), p(2, 0)), (torch.arange(4), torch.zeros(2, 2))]:
        c.add("view_as", x, other, frozen=[1])

    # in place: no gradient of a leaf
    inplace = lambda name: lambda x, *args, **kwargs: getattr(x.clone(), name)(*args, **kwargs)
    for x in (p(2, 3), p(4, 1), p(), p(0, 2), p(5, dtype=torch.float64), torch.arange(6).reshape(2, 3) - 2):
        for bounds in ({"min": -1}, {"max": 1}, {"min": -1, "max": 1}, {"min": 1, "max": -1}):
            add("clamp_", x, fn=inplace("clamp_"), **bounds)
        if x.is_floating_point():
            add("div_", x, 2, fn=inplace("div_"))
            add("div_", x, p(*x.shape[-1:], seed=4, dtype=x.dtype), fn=inplace("div_"))
            add("div_", x, 0.4, fn=inplace("div_"), rounding_mode="trunc")
        add("div_", x, 2, fn=inplace("div_"), rounding_mode="floor")
        add("masked_fill_", x, plain(x) > 0, 7, fn=inplace("masked_fill_"))
        add("masked_fill_", x, torch.tensor(True), -1, fn=inplace("masked_fill_"))
    x = p(3, 2)
    add("clamp_", x, fn=inplace("clamp_"), min=p(2, seed=3), max=p(3, 1, seed=5))
    add("masked_fill_", x, torch.tensor([True, False]), torch.tensor(2.5), fn=inplace("masked_fill_"))
    write("basics", c.cases, digits=8)
