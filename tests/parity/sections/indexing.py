"""Reading and writing at positions that are data."""

import torch

from .calls import Calls
from .common import pattern, plain, write


def indexing():
    c = Calls()
    add = c.add

    def i(*values, shape=None):
        t = torch.tensor(values[0] if len(values) == 1 and isinstance(values[0], list) else list(values), dtype=torch.int64)
        return t.reshape(shape) if shape else t

    def p(*shape, seed=0, scale=4.0, dtype=torch.float32):
        return pattern(*shape, seed=seed, scale=scale, dtype=dtype)

    m, cube, v, number = p(3, 4), p(2, 3, 4, seed=1), p(5, seed=2), p(seed=3)
    ints = torch.arange(12).reshape(3, 4) % 7

    # gather and scatter
    add("gather", m, 1, i([[0, 3], [1, 1], [2, 0]]))
    add("gather", m, 0, i([[0, 2, 1, 1], [2, 2, 0, 0]]))
    add("gather", m, -2, i([[1, 2]]))
    add("gather", cube, 2, i([[[3], [0]]]))
    add("gather", cube, -1, torch.zeros(2, 3, 0, dtype=torch.int64), grads=False)
    add("gather", v, 0, i(4, 0, 0, 4))
    add("gather", number, 0, i(0, 0))
    add("gather", number, 0, torch.tensor(0))
    add("gather", ints, 1, i([[0], [1], [3]]))
    for dim, index in [(1, i([[0, 3], [1, 1], [2, 0]])), (0, i([[0, 2, 1], [2, 2, 0]])), (-1, i([[2, 0, 1, 3]]))]:
        distinct = index if dim != 1 else i([[0, 3], [1, 2], [2, 0]])
        # PyTorch has no gradient for a source that is larger than the index.
        add("scatter_add", m, dim, index, p(3, 4, seed=4), grads=False)
        add("scatter_reduce", m, dim, index, p(3, 4, seed=4), "amax", grads=False)
        source = p(*index.shape, seed=4)
        add("scatter", m, dim, distinct, source)
        add("scatter", m, dim, distinct, 2.5)
        add("scatter_add", m, dim, index, source)
        for reduce in ("sum", "prod", "mean", "amax", "amin"):
            add("scatter_reduce", m, dim, index, source, reduce)
            add("scatter_reduce", m, dim, index, source, reduce, include_self=False)
    add("scatter_add", v, 0, i(1, 1, 1, 0), p(4, seed=5))
    add("scatter_add", number, 0, i(0, 0, 0), p(3, seed=5), fn=lambda x, d, j, s: x.reshape(1).scatter_add(d, j, s).reshape(()))
    add("scatter", number, 0, torch.tensor(0), p(seed=9))
    add("scatter_add", cube, 1, torch.zeros(2, 0, 4, dtype=torch.int64), p(2, 3, 4, seed=4), frozen=[2])
    add("scatter_reduce", cube, 1, torch.zeros(2, 0, 4, dtype=torch.int64), p(2, 3, 4, seed=4), "amax", grads=False)
    add("scatter", ints, 1, i([[0], [1], [3]]), torch.tensor([[70], [80], [90]]))
    add("scatter_add", ints, 1, i([[0, 0], [1, 1], [3, 3]]), torch.ones(3, 2, dtype=torch.int64))
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        add("scatter_reduce", ints, 1, i([[0, 0], [1, 1], [3, 3]]), torch.tensor([[7, 8], [9, 2], [3, -8]]), reduce)
    ties, zeros = torch.tensor([1.0, 2, 3, 0]), torch.tensor([2.0, 2, 1, 3, 3, 0, 0])
    where = i(0, 0, 0, 2, 2, 3, 1)
    for reduce in ("prod", "mean", "amax", "amin"):
        for include in (True, False):
            add("scatter_reduce", ties, 0, where, zeros, reduce, include_self=include)
            add("scatter_reduce", cube, 1, i([[[0, 2, 2, 1]], [[1, 1, 0, 0]]]).expand(2, 3, 4), p(2, 3, 4, seed=7), reduce, include_self=include)
    several = torch.tensor([0.0, 2, 0, 3, 0, 5])
    add("scatter_reduce", ties, 0, i(0, 0, 0, 2, 2, 3), several, "prod", grads=False)
    add("scatter_reduce", torch.tensor([0.0, 2, 0]), 0, i(0, 0, 1, 2), torch.tensor([3.0, 4, 0, 5]), "prod")
    add("scatter_reduce", torch.tensor([1.0, float("nan"), 2]), 0, i(0, 0, 1, 2), torch.tensor([float("nan"), 4, 1, 5]), "amax", grads=False)
    add("scatter", m, 1, i([[0], [1], [2]]), 2.0, reduce="add", grads=False)
    add("scatter", m, 1, i([[0], [1], [2]]), 2.0, reduce="multiply", grads=False)
    long = (torch.arange(37) * 11) % 5
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        add("scatter_reduce", p(6, seed=8), 0, long, p(37, seed=6), reduce, include_self=False)

    # along a dimension, by a vector
    for x, dim, index in [(m, 0, i(2, 0, 2)), (m, 1, i(3)), (m, -1, i(0, 1, 1, 3, 2)), (cube, 1, i(2, 2, 0)), (cube, -3, i(1)), (v, 0, i(4, 4, 4)), (m, 0, torch.zeros(0, dtype=torch.int64))]:
        x_dim = dim % x.dim()
        shape = [index.numel() if d == x_dim else n for d, n in enumerate(x.shape)]
        source = p(*shape, seed=10)
        add("index_select", x, dim, index)
        add("index_add", x, dim, index, source)
        add("index_add", x, dim, index, source, alpha=-1.5)
        add("index_fill", x, dim, index, 7.5)
        if index.unique().numel() == index.numel():
            add("index_copy", x, dim, index, source)
        for reduce in ("prod", "mean", "amax", "amin"):
            add("index_reduce", x, dim, index, source, reduce)
            add("index_reduce", x, dim, index, source, reduce, include_self=False)
    add("index_fill", m, 1, i(3, 0, 3), p(seed=11))
    add("index_fill", m, 1, i(-1, 0, -4), 3)
    add("index_fill", ints, 0, i(1), 9)
    add("index_select", ints.to(torch.bool), 1, i(0, 1))
    add("index_select", number, 0, i(0))
    add("index_add", number, 0, i(0), p(seed=11))
    add("index_select", m, 1, torch.tensor(2))
    add("index_add", ints, 0, i(0, 0), torch.ones(2, 4, dtype=torch.int64), alpha=3)

    # flat positions
    add("take", m, i([[0, 11], [-1, 5], [5, -12]]))
    add("take", m, torch.tensor(3))
    add("take", number, i(0, -1))
    add("take", m, torch.zeros(0, 2, dtype=torch.int64), grads=False)
    add("put", m, i(0, -1, 5), p(3, seed=3))
    add("put", m, i([[0, -1], [5, 5]]), p(2, 2, seed=3), accumulate=True)
    add("take_along_dim", m, i([[3, -1, 0]]), dim=1)
    add("take_along_dim", m, i([[0, 2, 2, -1]]), dim=0)
    add("take_along_dim", m, i([[5, 2], [11, 0]]))
    add("take_along_dim", p(1, 4), i([[3], [0], [3]]), dim=-1)
    add("take_along_dim", cube, i([[[2], [0]]]), dim=1)

    # x[i, :, j]
    def at(x, *index):
        add("index", x, index, fn=lambda x, ix: x[tuple(slice(None) if k is None else k for k in ix)])

    def put(x, index, values, **kw):
        add("index_put", x, index, values, fn=lambda x, ix, value, **kw: index_put(x, ix, value, **kw), **kw)

    def index_put(x, index, values, accumulate=False):
        grid = torch.arange(x.numel()).reshape(x.shape)[tuple(slice(None) if k is None else k for k in index)].reshape(-1)
        spread = (values if isinstance(values, torch.Tensor) else torch.tensor(float(values), dtype=x.dtype)).expand(torch.arange(x.numel()).reshape(x.shape)[tuple(slice(None) if k is None else k for k in index)].shape)
        return x.reshape(-1).index_put((grid,), spread.reshape(-1), accumulate).reshape(x.shape)

    at(m, i(0, -1, 2))
    at(m, i(0, -1, 2), i(3, 3, -4))
    at(m, None, i([[0, 1], [2, -1]]))
    at(m, i([[0], [2]]), i([[1, 3, 1]]))
    at(cube, i(1, 0), None, i(3, 2))
    at(cube, None, i(1, 0), i(3, 2))
    at(cube, None, None, i(1, 1, 0))
    at(cube, i(1), i([[2, 0], [0, 0]]))
    at(m, plain(m) > 0)
    at(cube, torch.tensor([True, False]))
    at(cube, None, torch.tensor([True, False, True]), i(2, 3))
    at(cube, None, plain(cube)[0] > 0)
    at(v, torch.zeros(0, dtype=torch.int64))
    at(ints, i(1, 1))
    put(m, [i(0, -1)], p(2, 4, seed=12))
    put(m, [i(0, 2), i(1, -1)], p(2, seed=12))
    put(m, [i(0, 0, 2), i(1, 1, -1)], p(3, seed=12), accumulate=True)
    put(m, [None, i(0, 2)], p(2, seed=12))
    put(m, [i(0, 0)], p(1, 4, seed=12), accumulate=True)
    put(cube, [i(1, 0), None, i(3, 2)], p(2, 3, seed=12))
    put(cube, [None, i([[1], [0]]), i(3, 2)], p(2, 2, 2, seed=12), accumulate=True)
    put(m, [plain(m) > 0], p(seed=13))
    put(cube, [None, i(1)], 5.0)

    # masks
    for x, mask in [(m, plain(m) > 0), (m, torch.tensor([True, False, True, True])), (cube, torch.tensor([[True], [False], [True]])), (p(4), torch.tensor([[True, False, True, True], [False] * 4])), (m, torch.zeros(3, 4, dtype=torch.bool)), (number, torch.tensor(True))]:
        add("masked_select", x, mask)
        add("masked_scatter", x, mask, p(30, seed=14))
        if mask.dim() <= plain(x).dim():
            add("masked_fill", x, mask, -2.5)
            add("masked_fill", x, mask, p(seed=15))
    add("masked_scatter", m, plain(m) > 0, p(4, 5, seed=14))
    add("masked_scatter", ints, ints > 3, torch.arange(100, 112))
    add("masked_fill", ints, ints > 3, 0)
    for x in [torch.tensor([0.0, 1, 0, -2]), (plain(m) > 0), torch.zeros(2, 2), torch.tensor(3.0), torch.tensor(0.0), torch.zeros(0, 3), ints, torch.tensor([float("nan"), 0.0]), plain(cube).clamp(min=0)]:
        add("nonzero", x, grads=False)
        add("nonzero", x, grads=False, as_tuple=True)
        add("argwhere", x, grads=False)
        add("where", x != 0, grads=False)

    # parts replaced
    add("select_scatter", m, p(4, seed=16), 0, 1)
    add("select_scatter", m, p(3, seed=16), -1, -2)
    add("select_scatter", cube, p(2, 4, seed=16), 1, 0)
    add("select_scatter", v, p(seed=16), 0, 4)
    add("slice_scatter", m, p(3, 2, seed=16), dim=1, start=1, end=3)
    add("slice_scatter", m, p(2, 4, seed=16), start=0, end=3, step=2)
    add("slice_scatter", m, p(3, 4, seed=16))
    add("slice_scatter", v, p(2, seed=16), start=-2)
    add("slice_scatter", v, p(0, seed=16), start=3, end=2)
    for options in ({}, {"offset": 1}, {"offset": -2}, {"dim1": 1, "dim2": 0}, {"dim1": -1, "dim2": -2, "offset": 1}):
        add("diagonal_scatter", m, p(*plain(m).diagonal(**options).shape, seed=16), **options)
    add("diagonal_scatter", cube, p(3, 2, seed=16), dim1=0, dim2=-1)

    # triangles and diagonals
    for x in (m, cube, p(4, 3), p(1, 1), ints, plain(m) > 0, p(0, 3), p(2, 0, 3)):
        for name in ("tril", "triu"):
            for diagonal in (0, 1, -1, 5, -5):
                if diagonal:
                    add(name, x, diagonal=diagonal)
                else:
                    add(name, x)
    for row, col, offset in [(3, 3, 0), (3, 4, 1), (4, 3, -1), (2, 5, 7), (2, 2, -3), (0, 3, 0), (1, 1, 0)]:
        add("tril_indices", row, col, offset=offset)
        add("triu_indices", row, col, offset=offset)
    for offset in (0, 1, -1, 3, -3):
        add("diag", m, diagonal=offset)
        add("diag", p(3), diagonal=offset)
        add("diagflat", p(2, 2), offset=offset)
        add("diagonal", m, offset=offset)
        add("diagonal", cube, offset=offset)
        add("diagonal", cube, offset=offset, dim1=-1, dim2=0)
        add("diag_embed", m, offset=offset)
        add("diag_embed", cube, offset=offset, dim1=1, dim2=-1)
        add("diag_embed", m, offset=offset, dim1=2, dim2=0)
    add("diag", p(0))
    add("diagonal", ints)
    add("trace", m)
    add("trace", ints)
    add("trace", p(1, 1))
    write("indexing", c.cases)
