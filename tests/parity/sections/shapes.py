"""Other shapes, orders and copies of the same elements."""

import itertools

import torch

from .calls import Calls
from .common import pattern, write


def shapes():
    c = Calls()
    add = c.add

    def p(*shape, seed=0, dtype=torch.float32):
        return pattern(*shape, seed=seed, scale=4.0, dtype=dtype)

    v, m, cube, four, number, none = p(5, seed=1), p(3, 4), p(2, 3, 4, seed=2), p(2, 1, 3, 2, seed=3), p(seed=4), p(0, 3)
    ints = torch.arange(6).reshape(2, 3)

    # joined
    for name in ("cat", "concat", "concatenate"):
        add(name, [m, p(2, 4, seed=5)])
    for dim in (0, 1, -1):
        add("cat", [m, p(3, 4, seed=5)], dim=dim)
    add("cat", [p(0), m])
    add("cat", [m, p(0, 4)])
    add("cat", [none, none], dim=1)
    add("cat", [m])
    add("cat", [ints, p(1, 3)])
    add("cat", [ints > 2, ints])
    for dim in (0, 1, 2, -1, -3):
        add("stack", [m, p(3, 4, seed=5)], dim=dim)
    add("stack", [number, p(seed=6), p(seed=7)])
    add("stack", [none, none], dim=-1)
    for name in ("hstack", "vstack", "dstack", "column_stack"):
        add(name, [v, p(5, seed=6)])
        add(name, [number, p(seed=6)])
        add(name, [m, p(3, 4, seed=6)])
        add(name, [cube, p(2, 3, 4, seed=6)])
        add(name, [ints, ints])
    add("hstack", [p(2, 3), p(2, 1, seed=6)])
    add("vstack", [p(2, 3), p(3, seed=6)])
    add("column_stack", [p(3), p(3, 2, seed=6), p(3, seed=7)])

    # taken apart
    for x, size, dim in [(m, 2, 0), (m, 2, 1), (m, 3, -1), (m, 5, 0), (cube, 1, -3), (v, [2, 3], 0), (cube, [1, 0, 3], 2), (cube, [0, 2], 0), (none, 2, 0), (none, 0, 0), (none, 2, 1), (ints, [1, 2], -1)]:
        add("split", x, size, dim=dim)
    for x, chunks, dim in [(m, 2, 0), (m, 3, 1), (v, 3, 0), (v, 4, -1), (v, 7, 0), (none, 3, 0), (cube, 2, -1)]:
        add("chunk", x, chunks, dim=dim)
    for x, at, dim in [(v, 2, 0), (v, 3, 0), (v, 7, 0), (v, [1, 3], 0), (v, [3, 1], 0), (v, [-2], 0), (v, [9], 0), (v, [], 0), (m, 3, 1), (cube, [1, 2], -1), (none, 2, 0), (cube, [0], 1)]:
        add("tensor_split", x, at, dim=dim)
    add("hsplit", m, 2), add("hsplit", m, [1, 3]), add("hsplit", v, 5), add("hsplit", cube, 3)
    add("vsplit", m, 3), add("vsplit", m, [2]), add("vsplit", cube, 2)
    add("dsplit", cube, 2), add("dsplit", cube, [1])
    for x, dim in [(m, 0), (m, 1), (cube, -1), (v, 0), (none, 0), (none, 1), (ints, 0)]:
        add("unbind", x, dim=dim)

    # copies
    for x, sizes in [(v, [2]), (v, [3, 2]), (v, [2, 1, 3]), (m, [1, 1]), (m, [2, 3]), (cube, [1, 2, 1]), (m, [2, 1, 2]), (number, [3]), (number, []), (m, [0, 2]), (none, [2, 2]), (ints, [2, 2])]:
        add("repeat", x, sizes, fn=lambda x, s: x.repeat(s))
    for x, sizes in [(v, [2]), (m, [2]), (m, [2, 3]), (cube, [2, 1]), (m, [2, 1, 2]), (number, [2, 2]), (m, []), (cube, [3])]:
        add("tile", x, sizes)
    for x, kw in [(v, {}), (m, {}), (m, {"dim": 0}), (m, {"dim": 1}), (cube, {"dim": -2}), (number, {}), (none, {"dim": 1}), (ints, {"dim": 0})]:
        add("repeat_interleave", x, 2, **kw)
        add("repeat_interleave", x, 1, **kw)
        add("repeat_interleave", x, torch.tensor([3]), **kw)
    add("repeat_interleave", v, 0, grads=False)
    add("repeat_interleave", v, torch.tensor([1, 0, 2, 3, 1]))
    add("repeat_interleave", v, torch.tensor([1, 0, 2, 3, 1]), output_size=7)
    add("repeat_interleave", m, torch.tensor([2, 0, 1]), dim=0)
    add("repeat_interleave", m, torch.tensor([1, 2, 0, 1]), dim=1, output_size=4)
    add("repeat_interleave", cube, torch.tensor([1, 2, 1]), dim=1)
    add("repeat_interleave", torch.tensor([0, 2, 1, 0, 3]))
    add("repeat_interleave", torch.zeros(0, dtype=torch.int64))

    # order
    for x, shifts, dims in [(v, 1, None), (v, -2, None), (v, 7, 0), (v, 0, 0), (m, 5, None), (m, 1, 0), (m, -1, 1), (m, [1, 2], [0, 1]), (m, [1, 1], [1, 1]), (cube, [1, -1, 3], [0, 1, -1]), (cube, 2, -2), (number, 2, None), (none, 1, 0), (none, 1, None), (ints, 1, 1)]:
        if dims is None:
            add("roll", x, shifts)
        else:
            add("roll", x, shifts, dims=dims)
    for x, k, dims in [(m, 1, [0, 1]), (m, 2, [0, 1]), (m, 3, [0, 1]), (m, -1, [0, 1]), (m, 4, [0, 1]), (m, 1, [1, 0]), (cube, 1, [1, 2]), (cube, -3, [0, -1]), (cube, 6, [2, 0]), (none, 1, [0, 1]), (ints, 1, [0, 1])]:
        add("rot90", x, k=k, dims=dims)
    add("rot90", m)
    for x, dims in [(m, [0]), (m, [1]), (m, [0, 1]), (cube, [-1, 0]), (cube, [1]), (v, [0]), (none, [0]), (cube, []), (ints, [0, 1])]:
        add("flip", x, dims)
    add("fliplr", m), add("fliplr", cube), add("flipud", m), add("flipud", v), add("flipud", cube), add("fliplr", none)
    for x, a, b in [(m, 0, 1), (m, -1, 0), (m, 1, 1), (cube, 0, 2), (cube, -1, -2), (four, 1, 3), (none, 0, 1)]:
        for name in ("transpose", "swapaxes", "swapdims"):
            add(name, x, a, b)
    for x, order in [(m, [1, 0]), (cube, [2, 0, 1]), (cube, [-1, 0, 1]), (cube, [0, 1, 2]), (four, [3, 1, 0, 2]), (number, []), (v, [0])]:
        add("permute", x, order)
    for x, a, b in [(cube, 0, 2), (cube, -1, 0), (cube, [0, 1], [1, 2]), (cube, [2, 0], [0, -1]), (four, [0, 1, 2], [3, 0, 1]), (cube, [], []), (m, 1, 1)]:
        add("movedim", x, a, b)
        add("moveaxis", x, a, b)
    add("t", m), add("t", v), add("t", number)
    add("adjoint", m, fn=lambda x: x.adjoint()), add("adjoint", cube, fn=lambda x: x.adjoint())

    # shape
    for x, shape in [(m, [4, 3]), (m, [-1]), (m, [2, -1, 2]), (cube, [6, 4]), (cube, [2, 3, 2, 2]), (number, [1, 1]), (p(1), []), (none, [3, 0]), (none, [0]), (none, [0, 3, 5]), (ints, [3, -1])]:
        add("reshape", x, shape)
    for x, kw in [(cube, {}), (cube, {"start_dim": 1}), (cube, {"end_dim": 1}), (cube, {"start_dim": -2, "end_dim": -1}), (number, {}), (v, {}), (none, {}), (four, {"start_dim": 1, "end_dim": 2})]:
        add("flatten", x, **kw)
    add("ravel", m), add("ravel", number), add("ravel", cube), add("ravel", none)
    for x, dim, sizes in [(m, 1, [2, 2]), (m, -1, [2, -1]), (cube, 2, [1, 4, 1]), (cube, 0, [-1]), (none, 0, [0, 4]), (v, 0, [5])]:
        add("unflatten", x, dim, sizes)
    s = p(1, 3, 1, 2, 1)
    add("squeeze", s)
    for dim in (0, 1, -1, 2):
        add("squeeze", s, dim)
    add("squeeze", s, [0, 2]), add("squeeze", s, [0, 1, -1]), add("squeeze", s, []), add("squeeze", number), add("squeeze", number, 0), add("squeeze", p(1, 1)), add("squeeze", none)
    for x, dim in [(m, 0), (m, 1), (m, 2), (m, -1), (m, -3), (number, 0), (number, -1), (none, 1)]:
        add("unsqueeze", x, dim)
    for name in ("expand", "broadcast_to"):
        fn = None if name == "broadcast_to" else lambda x, s: x.expand(s)
        for x, shape in [(v, [3, 5]), (p(3, 1), [3, 4]), (p(3, 1), [2, -1, 4]), (number, [2, 2]), (p(1, 2, 1), [3, 2, 2]), (p(1, 3), [0, 3]), (m, [-1, -1])]:
            add(name, x, shape, fn=fn)
    add("expand_as", p(3, 1), m, fn=lambda x, o: x.expand_as(o))
    add("broadcast_tensors", [p(3, 1), p(4, seed=5), number], fn=lambda x: torch.broadcast_tensors(*x))
    add("broadcast_tensors", [p(2, 1, 1), p(1, 3, 1, seed=5)], fn=lambda x: torch.broadcast_tensors(*x))
    for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
        for x in (number, v, m, cube, four, p(0), ints):
            add(name, x)
        add(name, [number, m])
        add(name, [v, cube])
    for x, dim, size, step in [(v, 0, 2, 1), (v, 0, 2, 2), (v, 0, 5, 1), (v, -1, 3, 3), (v, 0, 1, 4), (m, 1, 3, 1), (m, 0, 2, 1), (cube, 1, 2, 1), (cube, -1, 2, 3), (p(9), 0, 4, 2), (number, 0, 1, 1)]:
        add("unfold", x, dim, size, step, fn=lambda x, *a: x.unfold(*a))
    for x, dim, start, length in [(m, 0, 1, 2), (m, 1, 0, 4), (m, -1, -2, 2), (cube, 1, 2, 0), (cube, 2, 1, 3)]:
        add("narrow", x, dim, start, length)
    for x, dim, at in [(m, 0, 1), (m, 1, -1), (cube, 1, 2), (cube, -1, 0), (v, 0, 4), (ints, 1, 1)]:
        add("select", x, dim, at)

    # grids
    for tensors in ([v, p(3)], [v], [p(2), p(3, seed=5), p(4, seed=6)], [number, v], [p(0), v], [torch.arange(2), torch.arange(3)]):
        for indexing in ("ij", "xy"):
            add("meshgrid", tensors, indexing=indexing)
    add("meshgrid", [v, p(3)], fn=lambda x: torch.meshgrid(*x, indexing="ij"))
    add("cartesian_prod", [v, p(3)], fn=lambda x: torch.cartesian_prod(*x))
    add("cartesian_prod", [v], fn=lambda x: torch.cartesian_prod(*x))
    add("cartesian_prod", [p(2), p(3, seed=5), p(2, seed=6)], fn=lambda x: torch.cartesian_prod(*x))
    add("cartesian_prod", [p(2), p(0)], fn=lambda x: torch.cartesian_prod(*x))
    for x, r, replacement in itertools.product((v, p(1), torch.arange(4)), (0, 1, 2, 3), (False, True)):
        add("combinations", x, r=r, with_replacement=replacement)
    add("combinations", v), add("combinations", p(0))
    add("block_diag", [m, p(1, 2, seed=5), number, v], fn=lambda x: torch.block_diag(*x))
    add("block_diag", [p(2, 2)], fn=lambda x: torch.block_diag(*x))
    add("block_diag", [p(0, 2), p(2, 1)], fn=lambda x: torch.block_diag(*x))
    add("block_diag", [ints, ints], fn=lambda x: torch.block_diag(*x))
    for kw in ({}, {"N": 3}, {"N": 1}, {"N": 0}, {"N": 6, "increasing": True}, {"increasing": True}):
        # PyTorch writes in place here and so loses the gradient.
        add("vander", v, **kw, grads=False)
    add("vander", torch.tensor([1, 2, 3]), N=4)
    add("unravel_index", torch.tensor([[3, 5], [0, 1]]), [2, 3], fn=lambda i, s: torch.unravel_index(i, tuple(s)))
    add("unravel_index", torch.tensor([23, 7]), [2, 3, 4], fn=lambda i, s: torch.unravel_index(i, tuple(s)))
    write("shapes", c.cases)
