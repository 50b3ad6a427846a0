"""Products of matrices and tensors, distances, and torch.linalg."""

import math

import torch

from .calls import Calls
from .common import pattern, plain, write


def linalg():
    c = Calls()
    add = c.add

    def p(*shape, seed=0, scale=3.0, dtype=torch.float32):
        return pattern(*shape, seed=seed, scale=scale, dtype=dtype)

    def ints(*shape):
        return torch.arange(math.prod(shape)).reshape(shape) % 5 - 2

    # vectors and matrices
    for name in ("dot", "vdot", "inner"):
        for n in (1, 3, 7, 0):
            add(name, p(n), p(n, seed=1))
        add(name, ints(4), ints(4))
    for a, b in [((2, 3), (4, 3)), ((3,), (2, 3)), ((2, 3), (3,)), ((2, 2, 3), (4, 1, 3)), ((), (2, 3)), ((2,), ()), ((), ()), ((2, 0), (3, 0))]:
        add("inner", p(*a), p(*b, seed=1))
    for m, k in [(3, 4), (1, 1), (5, 1), (0, 3), (3, 0)]:
        add("mv", p(m, k), p(k, seed=1))
        add("addmv", p(m, seed=2), p(m, k), p(k, seed=1), beta=0.5, alpha=-2.0)
    add("addmv", p(seed=2), p(3, 4), p(4, seed=1))
    for m, k, n in [(2, 3, 4), (1, 5, 1), (0, 2, 3), (2, 0, 3), (7, 9, 5)]:
        add("mm", p(m, k), p(k, n, seed=1))
        add("bmm", p(3, m, k), p(3, k, n, seed=1))
        add("addmm", p(m, n, seed=2), p(m, k), p(k, n, seed=1))
        add("addmm", p(n, seed=2), p(m, k), p(k, n, seed=1), beta=2.0, alpha=0.5)
        add("addbmm", p(m, n, seed=2), p(3, m, k), p(3, k, n, seed=1))
        add("addbmm", p(m, n, seed=2), p(3, m, k), p(3, k, n, seed=1), beta=-1.0, alpha=0.5)
        add("baddbmm", p(3, m, n, seed=2), p(3, m, k), p(3, k, n, seed=1))
        add("baddbmm", p(3, m, n, seed=2), p(3, m, k), p(3, k, n, seed=1), beta=0.5, alpha=3.0)
    nan = torch.full((2, 4), math.nan)
    add("addmm", nan, p(2, 3), p(3, 4, seed=1), beta=0, frozen=[0])
    add("addmm", p(2, 1, seed=2), p(2, 3), p(3, 4, seed=1))
    add("addmm", p(seed=2), p(2, 3), p(3, 4, seed=1))
    add("addbmm", p(4, seed=2), p(3, 2, 3), p(3, 3, 4, seed=1))
    add("baddbmm", p(1, 4, seed=2), p(3, 2, 3), p(3, 3, 4, seed=1))
    add("baddbmm", p(3, 2, 1, seed=2), p(3, 2, 3), p(3, 3, 4, seed=1), beta=0)
    add("mm", ints(2, 3), ints(3, 4))
    add("bmm", ints(2, 2, 3), ints(2, 3, 2))
    add("addmm", ints(2, 4), ints(2, 3), ints(3, 4), beta=2, alpha=3)
    for name in ("outer", "ger"):
        for m, n in [(3, 4), (1, 1), (0, 2)]:
            add(name, p(m), p(n, seed=1))
    add("outer", ints(3), ints(2))
    add("addr", p(3, 4, seed=2), p(3), p(4, seed=1))
    add("addr", p(4, seed=2), p(3), p(4, seed=1), beta=0.5, alpha=2.0)
    for a, b in [((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 3)), ((2, 1, 3, 4), (5, 4, 2)), ((3, 4), (2, 4, 2)), ((4,), (2, 3, 4, 2)), ((2, 3, 4), (4,)), ((0, 3), (3, 2)), ((2, 0, 3), (3, 2)), ((1, 1), (1, 1))]:
        add("matmul", p(*a), p(*b, seed=1))
        add("linalg.matmul", p(*a), p(*b, seed=1))
    add("chain_matmul", p(2, 3), p(3, 1, seed=1), p(1, 4, seed=2), p(4, 2, seed=3))
    add("chain_matmul", p(2, 3))
    for shapes in [[(2, 3), (3, 4)], [(3,), (3, 4), (4, 2)], [(2, 3), (3, 4), (4,)], [(3,), (3, 2), (2,)], [(5, 2), (2, 6), (6, 1), (1, 4)], [(4,), (4,)]]:
        add("linalg.multi_dot", [p(*s, seed=i) for i, s in enumerate(shapes)])

    # einsum
    for equation, *shapes in [
        ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ij,jk->ki", (2, 3), (3, 4)), ("ij,kj->ik", (2, 3), (4, 3)), ("ji,jk", (3, 2), (3, 4)),
        ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), ("bij,bjk", (2, 3, 4), (2, 4, 2)), ("bij,jk->bik", (2, 3, 4), (4, 2)), ("bij,bjk->ik", (2, 3, 4), (2, 4, 2)),
        ("i,i->", (4,), (4,)), ("i,i", (4,), (4,)), ("i,j->ij", (3,), (4,)), ("i,j", (3,), (4,)), ("i,j->ji", (3,), (4,)), ("ij,ij->ij", (2, 3), (2, 3)), ("ij,ij->", (2, 3), (2, 3)), ("ij,ji->ij", (2, 3), (3, 2)),
        ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->i", (2, 3)), ("ij->j", (2, 3)), ("ij", (2, 3)), ("ba", (2, 3)), ("bA", (2, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("iij->ij", (3, 3, 2)), ("iji->j", (3, 2, 3)), ("iii->i", (3, 3, 3)), ("iijj->ij", (2, 2, 3, 3)), ("ijij->", (2, 3, 2, 3)),
        ("ii,i->i", (3, 3), (3,)), ("ii,ij->j", (3, 3), (3, 2)), ("...", (2, 3)), ("...->...", (2, 3)), ("...i->...", (2, 3, 4)), ("...ij->...ji", (2, 3, 4)), ("i...->...", (2, 3, 4)), ("i...->...i", (2, 3, 4)), ("...ii->...i", (2, 3, 3)), ("...->", (2, 3)), ("...i,...i->...", (2, 3, 4), (2, 3, 4)),
        ("...ij,...jk->...ik", (2, 3, 4), (5, 1, 4, 2)), ("...ij,...jk", (2, 3, 4), (4, 2)), ("...ij,jk", (2, 3, 4), (4, 2)), ("i...j,j->i...", (2, 5, 3), (3,)), ("...i,i", (2, 3), (3,)), ("b...,b", (2, 3, 4), (2,)), ("...a,...b->...ab", (2, 3), (2, 4)), ("...,...", (2, 3), (3,)), ("a...,...b->b...a", (2, 3), (3, 4)),
        ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), ("i,j,k->ijk", (2,), (3,), (4,)), ("ij,ij,ij->j", (2, 3), (2, 3), (2, 3)), ("i,ij,j", (2,), (2, 3), (3,)), ("ij,jk,ki", (2, 3), (3, 4), (4, 2)), ("bn,anm,bm->ba", (2, 3), (4, 3, 2), (2, 2)), ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)), ("bhqk,bhkd->bqhd", (2, 2, 3, 5), (2, 2, 5, 4)), ("nctkv,kvw->nctw", (1, 2, 3, 2, 2), (2, 2, 3)),
        ("ij,jk->ik", (1, 3), (3, 4)), ("ij,jk->ik", (2, 1), (3, 4)), ("ij,ij->ij", (1, 3), (2, 3)), ("ij,ij->i", (2, 1), (2, 3)), ("bij,bjk->bik", (1, 3, 4), (2, 4, 2)), ("i,i->i", (1,), (1,)), ("ij,ik->jk", (0, 2), (0, 3)), ("ij->i", (2, 0)), ("ij,jk", (0, 3), (3, 2)), (",ij", (), (2, 3)), (",", (), ()), ("->", ()), ("i,->i", (3,), ()), (" i j , j k -> i k ", (2, 3), (3, 4)), ("Zz,zA->AZ", (2, 3), (3, 4)), ("...->...", ()), ("ij,kl->", (2, 3), (2, 2)), ("ij,kl->jl", (2, 3), (2, 2)), ("abc,cd,ae->bde", (2, 3, 4), (4, 2), (2, 2)),
    ]:
        add("einsum", equation, *[p(*s, seed=i) for i, s in enumerate(shapes)])
    add("einsum", "ij,jk", ints(2, 3), ints(3, 2))
    add("einsum", "ii->i", ints(3, 3))
    same = p(3, 3)
    add("einsum", "ij,kj->ik", same, same)

    for a, b, dims in [((2, 3, 4), (3, 4, 2), 2), ((2, 3), (3, 4), 1), ((2, 3), (4,), 0), ((2, 3, 4), (4, 3, 5), [[1, 2], [1, 0]]), ((2, 3, 4), (3, 2), [[0, 1], [1, 0]]), ((2, 3), (2, 3), [[0, 1], [0, 1]]), ((3, 4), (3, 4), [[-1], [-1]]), ((2, 3), (4,), [[], []]), ((2, 1), (3, 2), [[1], [0]]), ((2, 3), (1, 2), [[1], [0]]), ((0, 3), (3, 2), 1)]:
        add("tensordot", p(*a), p(*b, seed=1), dims=dims)
    add("tensordot", p(2, 3, 4), p(3, 4, 2, seed=1))

    # distances
    x, y = p(4, 3), p(5, 3, seed=3)
    for order in (0, 0.5, 1, 1.5, 2, 3, 4.5, math.inf):
        add("cdist", x, y, p=order)
        add("cdist", p(2, 2, 3), p(2, 3, 3, seed=4), p=order)
        # The same row on both sides: a distance of 0.
        add("cdist", x, torch.cat([plain(y)[:1], plain(x)[1:2]]), p=order)
        add("cdist", torch.tensor([[1.0, 2.0, 5.0]]), torch.tensor([[2.0, 1.0, 5.0], [1.0, 2.0, 6.0]]), p=order)
        add("pdist", x, p=order, fn=lambda x, p: torch.nn.functional.pdist(x, p))
    add("cdist", x, y)
    add("cdist", p(3, 1, 2, 3), p(2, 4, 3, seed=5))
    add("cdist", p(2, 3), p(0, 3), grads=False)
    add("cdist", p(2, 0), p(3, 0), grads=False)
    add("cdist", p(1, 1), p(1, 1, seed=2))
    # From 26 rows on PyTorch multiplies matrices, and cancels.
    add("cdist", p(30, 2), p(3, 2, seed=4), p=2, tolerance=1e-4)

    # cross, kron
    for name in ("cross", "linalg.cross"):
        add(name, p(4, 3), p(4, 3, seed=1), dim=1)
        add(name, p(3, 2), p(3, 2, seed=1), dim=0)
        add(name, p(2, 3, 2), p(2, 3, 2, seed=1), dim=-2)
        add(name, p(1, 3), p(4, 3, seed=1), dim=-1)
        add(name, p(3), p(3, seed=1))
        add(name, ints(2, 3), ints(2, 3).flip(1))
    add("cross", p(3, 3), p(3, 3, seed=1))
    add("linalg.cross", p(3, 3), p(3, 3, seed=1))
    add("linalg.cross", p(0, 3), p(0, 3, seed=1))
    for a, b in [((2, 3), (3, 2)), ((2,), (3,)), ((2,), (2, 3)), ((2, 1, 2), (2, 3)), ((), (2, 2)), ((1, 1), (1, 1)), ((0, 2), (2, 2))]:
        add("kron", p(*a), p(*b, seed=1))
    add("kron", ints(2, 2), ints(1, 3))

    # square matrices, in both precisions
    def regular(*shape, seed=0, dtype=torch.float64):
        n = shape[-1]
        return plain(p(*shape, seed=seed, dtype=dtype)) + 3 * torch.eye(n, dtype=dtype)

    def symmetric(*shape, seed=0, dtype=torch.float64):
        m = plain(p(*shape, seed=seed, dtype=dtype))
        return m @ m.mT + torch.diag(torch.arange(1, shape[-1] + 1, dtype=dtype))

    f32 = torch.float32
    squares = [regular(3, 3), regular(1, 1), regular(5, 5, seed=1), regular(2, 3, 3, seed=2), regular(2, 1, 2, 2, seed=3), regular(0, 3, 3), regular(0, 0), regular(4, 4, seed=5, dtype=f32), -regular(3, 3, seed=6)]
    for a in squares:
        for name in ("linalg.inv", "inverse", "linalg.det", "det", "linalg.slogdet", "slogdet", "logdet"):
            negative = name == "logdet" and bool((torch.linalg.det(a) < 0).any())
            add(name, a, grads=not negative, tolerance=1e-4 if a.dtype == f32 else None)
    singular = torch.tensor([[1.0, 2], [2, 4]], dtype=torch.float64)
    # Without a graph PyTorch says 0 here.
    for m in ([[1.0, 2], [2, 4]], [[0.0, 0], [0, 0]], [[1.0, 2, 3], [4, 5, 6], [0, 0, 0]], [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]], [[0.0]]):
        add("det", torch.tensor(m, dtype=torch.float64), graph=True)
    add("slogdet", singular, grads=False)
    add("logdet", singular, grads=False)
    for a in (regular(3, 3), regular(2, 2, 2, seed=2), regular(3, 3, seed=4, dtype=f32)):
        for n in (0, 1, 2, 3, 5, -1, -2):
            add("linalg.matrix_power", a, n, tolerance=1e-4 if a.dtype == f32 else None)
            add("matrix_power", a, n, tolerance=1e-4 if a.dtype == f32 else None)
    f64 = torch.float64
    for a, b in [((3, 3), (3, 2)), ((3, 3), (3,)), ((2, 3, 3), (2, 3, 2)), ((2, 3, 3), (2, 3)), ((2, 3, 3), (3, 1)), ((3, 3), (2, 3, 2)), ((1, 1), (1, 1)), ((2, 1, 3, 3), (4, 3, 2)), ((3, 3), (3, 0))]:
        A, B = regular(*a, seed=7), p(*b, seed=8, dtype=f64)
        add("linalg.solve", A, B)
        if len(b) >= 2 and not (len(b) == len(a) - 1):
            add("linalg.solve", A, plain(B).mT.contiguous(), left=False)
            for upper in (True, False):
                add("linalg.solve_triangular", A, B, upper=upper)
                add("linalg.solve_triangular", A, B, upper=upper, unitriangular=True)
                add("linalg.solve_triangular", A, plain(B).mT.contiguous(), upper=upper, left=False)
    add("linalg.solve", regular(3, 3, seed=1, dtype=f32), p(3, 2, seed=2), tolerance=1e-4)
    for a in (symmetric(3, 3), symmetric(1, 1), symmetric(2, 4, 4, seed=1), symmetric(0, 0), symmetric(3, 3, seed=2, dtype=f32)):
        tolerance = 1e-4 if a.dtype == f32 else None
        add("linalg.cholesky", a, tolerance=tolerance)
        add("linalg.cholesky", a, upper=True, tolerance=tolerance)
        add("cholesky", a, tolerance=tolerance)
        b = p(*a.shape[:-1], 2, seed=3, dtype=a.dtype)
        add("cholesky_solve", b, torch.linalg.cholesky(a), tolerance=tolerance)
        add("cholesky_solve", b, torch.linalg.cholesky(a).mT.contiguous(), upper=True, tolerance=tolerance)
        # Gradients of eigenvalues alone are the same for any sign of the vectors.
        add("linalg.eigvalsh", a, tolerance=tolerance)
        add("linalg.eigvalsh", a, UPLO="U", options={"UPLO": "U"}, tolerance=tolerance)
    generator = torch.Generator().manual_seed(0)

    def r(*shape, dtype=torch.float64):
        """Patterns repeat, and so make matrices of low rank."""
        return (torch.randn(shape, generator=generator, dtype=torch.float64) * 100).round().to(dtype) / 100

    for shape in [(4, 3), (3, 3), (3, 5), (1, 1), (4, 1), (1, 3), (2, 4, 2), (2, 2, 4), (0, 4, 2)]:
        a = r(*shape)
        add("linalg.qr", a)
        if shape[-2] <= shape[-1]:
            add("linalg.qr", a, mode="complete")
        else:
            add("linalg.qr", a, mode="complete", grads=False)
        add("linalg.qr", a, mode="r", grads=False)
        add("linalg.svdvals", a)
        add("linalg.pinv", a)
        add("pinverse", a)
        rows = p(*shape[:-1], 2, seed=10, dtype=f64)
        add("linalg.lstsq", a, rows)
        add("linalg.lstsq", a, rows, driver="gels")
        add("linalg.lstsq", a, rows, driver="gelsd", frozen=[0, 1])
        for order in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
            if order == "nuc" or 0 not in shape:
                add("linalg.matrix_norm", a, ord=order)
                add("linalg.matrix_norm", a, ord=order, keepdim=True)
    add("linalg.pinv", torch.tensor([[1.0, 2], [2, 4], [0, 0]], dtype=f64), grads=False)
    add("linalg.lstsq", torch.tensor([[1.0, 2], [2, 4], [0, 0]], dtype=f64), r(3, 1), grads=False)
    for name in ("linalg.pinv", "linalg.qr", "linalg.svdvals"):
        add(name, r(4, 3, dtype=f32), tolerance=1e-4)
    cube = p(2, 3, 4, seed=11)
    for order in ("fro", 1, math.inf, -1):
        add("linalg.matrix_norm", cube, ord=order, dim=[0, 2])
        add("linalg.matrix_norm", cube, ord=order, dim=[1, 0], keepdim=True)
    add("linalg.matrix_norm", p(2, 3, 4, seed=11, dtype=f64), ord="nuc", dim=[0, 2])
    zeros = torch.tensor([[0.0, 0, 0], [1, 0, -2]])
    for order in (0, 0.5, 1, 1.5, 2, 3, -1, -2, math.inf, -math.inf):
        add("linalg.vector_norm", cube, ord=order)
        add("linalg.vector_norm", cube, ord=order, dim=1)
        add("linalg.vector_norm", cube, ord=order, dim=[0, -1], keepdim=True)
        if order > 0:
            add("linalg.vector_norm", zeros, ord=order, dim=1)
        add("linalg.norm", p(5, seed=2), ord=order)
        add("linalg.norm", cube, ord=order, dim=-1, keepdim=True)
    add("linalg.vector_norm", cube), add("linalg.vector_norm", p(seed=3)), add("linalg.vector_norm", p(0))
    add("linalg.norm", cube), add("linalg.norm", cube, dim=1), add("linalg.norm", cube, dim=[0, 1]), add("linalg.norm", p(2, 3), ord="fro"), add("linalg.norm", p(2, 3), ord=1), add("linalg.norm", cube, ord=-math.inf, dim=[2, 0])
    add("linalg.norm", p(2, 3, dtype=f64), ord="nuc")
    add("linalg.norm", p(2, 3, dtype=f64), ord=2)
    for a, b, dim in [((2, 3), (2, 3), -1), ((2, 3), (3,), -1), ((3, 1), (3, 4), 0), ((4,), (4,), 0)]:
        add("linalg.vecdot", p(*a), p(*b, seed=1), dim=dim)
    add("linalg.diagonal", p(2, 3, 4)), add("linalg.diagonal", p(2, 3, 4), offset=1), add("linalg.diagonal", p(2, 3, 4), dim1=0, dim2=1)
    add("linalg.vander", p(3)), add("linalg.vander", p(2, 3), N=4)
    write("linalg", c.cases)
