"""Factorisations of matrices, what is solved with them, exponentials, ranks."""

import math
import warnings

import torch

from .calls import Calls
from .common import pattern, plain, write

warnings.filterwarnings("ignore", message=".*deprecated.*")


def factorizations():
    c = Calls()
    add = c.add
    generator = torch.Generator().manual_seed(0)
    f32, f64 = torch.float32, torch.float64

    def r(*shape, dtype=f64):
        """Patterns repeat, and so make matrices of low rank."""
        return (torch.randn(shape, generator=generator, dtype=f64) * 100).round().to(dtype) / 100

    def square(*shape, dtype=f64):
        return r(*shape, dtype=dtype) + 2 * torch.eye(shape[-1], dtype=dtype)

    def p(*shape, seed=0):
        return pattern(*shape, seed=seed, scale=3.0, dtype=f64)

    # P, L, U
    for shape in [(3, 3), (1, 1), (5, 3), (3, 5), (1, 4), (4, 1), (2, 4, 4), (2, 1, 2, 3), (0, 3, 3), (0, 0), (3, 0)]:
        a = r(*shape)
        add("linalg.lu_factor", a)
        add("linalg.lu", a)
        add("lu", a)
        factors = torch.linalg.lu_factor(a)
        add("lu_unpack", factors.LU, factors.pivots)
    add("linalg.lu_factor", r(4, 4, dtype=f32), tolerance=1e-4)
    singular = torch.tensor([[1.0, 2, 3], [2, 4, 6], [1, 1, 1]], dtype=f64)
    add("linalg.lu", singular, grads=False)
    add("lu", singular, get_infos=True, grads=False)
    add("lu", square(3, 3), get_infos=True)
    factors = torch.linalg.lu_factor(r(3, 2))
    add("lu_unpack", factors.LU, factors.pivots, unpack_data=False, grads=False)
    add("lu_unpack", factors.LU, factors.pivots, unpack_pivots=False)
    for a, b in [((3, 3), (3, 2)), ((1, 1), (1, 1)), ((2, 3, 3), (2, 3, 1)), ((2, 1, 3, 3), (4, 3, 2)), ((3, 3), (2, 3, 2)), ((3, 3), (3, 0))]:
        factors = torch.linalg.lu_factor(r(*a))
        right = p(*b, seed=1)
        add("lu_solve", right, factors.LU, factors.pivots)
        for adjoint in (False, True):
            add("linalg.lu_solve", factors.LU, factors.pivots, right, adjoint=adjoint)
            add("linalg.lu_solve", factors.LU, factors.pivots, plain(right).mT.contiguous(), left=False, adjoint=adjoint)

    # L, D
    for shape in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (2, 4, 4), (0, 0), (0, 3, 3)]:
        a = r(*shape)
        a = a + a.mT
        if shape[-1] > 2:
            a = a - torch.diag_embed(a.diagonal(dim1=-2, dim2=-1) * 0.9)
        for m in (a, plain(a).tril()) if shape == (5, 5) else (a,):
            add("linalg.ldl_factor", m, grads=False)
            factors = torch.linalg.ldl_factor(m)
            add("linalg.ldl_solve", factors.LD, factors.pivots, p(*shape[:-1], 2, seed=2), grads=False)
    hollow = torch.tensor([[0.0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]], dtype=f64)
    add("linalg.ldl_factor", hollow, grads=False)
    factors = torch.linalg.ldl_factor(hollow)
    add("linalg.ldl_solve", factors.LD, factors.pivots, p(4, 1), grads=False)
    factors = torch.linalg.ldl_factor(hollow[:3, :3].contiguous())
    add("linalg.ldl_solve", factors.LD, factors.pivots, p(2, 3, 1), grads=False)

    # reflections
    for shape in [(3, 3), (1, 1), (5, 3), (4, 1), (2, 4, 2), (0, 3, 2), (3, 0)]:
        a = r(*shape)
        add("geqrf", a, grads=False)
        packed, tau = torch.geqrf(a)
        add("linalg.householder_product", packed, tau)
        add("orgqr", packed, tau)
        if shape[-1] > 1:
            add("linalg.householder_product", packed, tau[..., :-1].contiguous())
        if 0 in shape:
            continue
        other = p(*shape[:-1], 2, seed=4)
        add("ormqr", packed, tau, other)
        add("ormqr", packed, tau, other, transpose=True)
        add("ormqr", packed, tau, plain(other).mT.contiguous(), left=False)
        add("ormqr", packed, tau, plain(other).mT.contiguous(), left=False, transpose=True)
    add("geqrf", r(2, 5), grads=False)
    add("geqrf", torch.tensor([[2.0, 1], [0, 3], [0, 0]]), grads=False)
    add("geqrf", r(3, 2, dtype=f32), grads=False, tolerance=1e-4)

    # tensors as matrices
    add("linalg.tensorinv", r(2, 2, 4, 1), ind=2)
    add("linalg.tensorinv", r(2, 3, 3, 2))
    add("linalg.tensorinv", r(6, 2, 3), ind=1)
    add("linalg.tensorinv", r(2, 3, 6), ind=2)
    add("linalg.tensorinv", r(1, 1), ind=1)
    add("linalg.tensorsolve", r(2, 3, 6), r(2, 3))
    add("linalg.tensorsolve", r(4, 2, 2), r(4))
    add("linalg.tensorsolve", r(2, 6, 3), r(2, 3), dims=[1])
    add("linalg.tensorsolve", r(3, 6, 2), r(6), dims=[0, 2])
    add("linalg.tensorsolve", r(1, 1), r(1))

    # exponentials
    for shape in [(1, 1), (2, 2), (3, 3), (5, 5), (2, 3, 3), (2, 1, 2, 2), (0, 2, 2), (0, 0)]:
        for name in ("linalg.matrix_exp", "matrix_exp"):
            add(name, r(*shape))
    add("matrix_exp", r(3, 3) * 10)
    add("matrix_exp", torch.zeros(2, 2))
    add("matrix_exp", r(3, 3) * 0.001)
    add("matrix_exp", torch.tensor([[0.0, 1, 5], [0, 0, 2], [0, 0, 0]]))
    add("matrix_exp", r(4, 4, dtype=f32), tolerance=1e-4)

    # rank and condition
    low = r(4, 2) @ r(2, 3)
    for a in (low, r(3, 3), r(2, 4, 3), torch.zeros(2, 2), torch.stack([singular, torch.eye(3, dtype=f64)]), torch.zeros(2, 0, 3), torch.ones(1, 1), r(5, 2, dtype=f32)):
        add("linalg.matrix_rank", a, grads=False)
        add("linalg.matrix_rank", a, atol=1.0, grads=False)
        add("linalg.matrix_rank", a, rtol=0.4, grads=False)
        add("linalg.matrix_rank", a, atol=0.5, rtol=0.3, grads=False)
    add("linalg.matrix_rank", singular + singular.mT, hermitian=True, grads=False)
    add("linalg.matrix_rank", torch.diag(torch.tensor([1.0, -2, 0, 1e-9])), hermitian=True, grads=False)
    for a in (square(3, 3), square(1, 1), square(2, 2, 2), square(4, 4)):
        for order in (None, 2, -2, "fro", "nuc", 1, -1, math.inf, -math.inf):
            # By the inverse PyTorch's gradient fails: it writes over what it saved.
            add("linalg.cond", a, p=order, grads=order in (None, 2, -2))
    for shape in [(4, 2), (2, 4), (2, 3, 1)]:
        add("linalg.cond", r(*shape))
        add("linalg.cond", r(*shape), p=-2)
    for order in ("fro", 1, -math.inf):
        add("linalg.cond", torch.stack([singular, torch.eye(3, dtype=f64)]), p=order, grads=False)
    add("linalg.cond", torch.zeros(2, 0, 0)), add("linalg.cond", torch.zeros(0, 3, 3), p=1, grads=False)

    # older names
    for shape in [(4, 3), (3, 3), (3, 5), (1, 1), (2, 4, 2), (0, 4, 2)]:
        a = r(*shape)
        add("qr", a)
        add("qr", a, some=False, grads=shape[-2] <= shape[-1])
        add("svd", a, compute_uv=False)
    for a, b in [((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 1)), ((1, 1), (1, 1)), ((3, 3), (2, 3, 2)), ((2, 1, 3, 3), (4, 3, 2))]:
        A, B = square(*a), p(*b, seed=5)
        for upper in (True, False):
            for transpose in (False, True):
                add("triangular_solve", B, A, upper=upper, transpose=transpose)
            add("triangular_solve", B, A, upper=upper, unitriangular=True)
    for shape in [(3, 3), (1, 1), (2, 4, 4), (0, 0)]:
        a = r(*shape)
        lower = torch.linalg.cholesky(a @ a.mT + torch.eye(shape[-1], dtype=f64))
        add("cholesky_inverse", lower)
        add("cholesky_inverse", lower.mT.contiguous(), upper=True)
    write("factorizations", c.cases, digits=8)
