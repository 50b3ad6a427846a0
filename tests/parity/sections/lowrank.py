"""Singular vectors by products with random ones: what does not depend on the vectors' signs."""

import torch

from .common import camel, camel_keys, write


def lowrank():
    generator = torch.Generator().manual_seed(0)
    cases = []

    def add(name, shape, rank, **options):
        def r(*shape):
            return (torch.randn(shape, generator=generator, dtype=torch.float64) * 100).round() / 100

        a = (r(*shape[:-2], shape[-2], rank) @ r(*shape[:-2], rank, shape[-1]) * 1e4).round() / 1e4
        if "M" in options:
            options["M"] = r(*shape[:-2], 1, shape[-1])
        torch.manual_seed(3)
        leaf = a.clone().requires_grad_()
        u, s, v = getattr(torch, name)(leaf, **options)
        product = u @ torch.diag_embed(s) @ v.mT
        weights = (torch.arange(s.numel()).reshape(s.shape) + 1).to(s)
        (s * weights).sum().backward()
        cases.append({"name": camel(name), "options": camel_keys(options) | ({"M": options["M"]} if "M" in options else {}), "input": a, "S": s, "product": product, "shapes": [list(u.shape), list(v.shape)], "grad": leaf.grad, "next": torch.rand(2)})

    add("svd_lowrank", (8, 6), 3, q=3)
    add("svd_lowrank", (6, 8), 3, q=3)
    add("svd_lowrank", (9, 7), 2, q=2, niter=0)
    add("svd_lowrank", (7, 7), 6, niter=4)
    add("svd_lowrank", (2, 5, 4), 2, q=2)
    add("svd_lowrank", (6, 5), 2, q=2, niter=3, M=None)
    add("svd_lowrank", (3, 5), 2, q=2, niter=3, M=None)
    add("svd_lowrank", (1, 1), 1, q=1)
    add("pca_lowrank", (8, 6), 3)
    add("pca_lowrank", (8, 4), 2, q=2)
    add("pca_lowrank", (4, 7), 2, q=2, center=False)
    add("pca_lowrank", (2, 6, 3), 2, q=2, niter=1)
    write("lowrank", cases, digits=8)
