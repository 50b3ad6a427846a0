"""Functions that resample: interpolate in every mode, grid_sample, affine_grid, and padding as a function."""

import torch
import torch.nn.functional as F

from .common import camel, camel_keys, gradients, pattern, write


def resample():
    cases = []

    def add(name, inputs, args=(), options=None, grads=None):
        options = options or {}
        outputs, found = gradients(lambda *x: getattr(F, name)(*x, *args, **options), inputs)
        given = {k: v for k, v in camel_keys(options).items()}
        cases.append({"fn": camel(name), "inputs": list(inputs), "args": list(args), "options": given, "outputs": outputs, "grads": grads or found})

    interpolation(add)
    grids(add)
    pads(add)
    others(add)
    write("resample", cases)


def interpolation(add):
    x1, x2, x3 = pattern(2, 2, 5), pattern(1, 2, 4, 5), pattern(1, 1, 3, 2, 4)
    one1, one2 = pattern(1, 2, 1), pattern(1, 1, 1, 3)
    go = lambda x, **options: add("interpolate", [x], (), options)
    for mode in ("nearest", "nearest-exact", "area"):
        for size in (1, 3, 5, 8, 13):
            go(x1, size=size, mode=mode)
        for size in ((1, 7), (4, 5), (9, 2)):
            go(x2, size=size, mode=mode)
        for size in (2, (3, 5, 1)):
            go(x3, size=size, mode=mode)
        for factor in (2, 0.5, 1.3, 0.7):
            go(x1, scale_factor=factor, mode=mode)
        go(x2, scale_factor=(1.7, 0.6), mode=mode)
        go(x2, scale_factor=(1.7, 0.6), mode=mode, recompute_scale_factor=True)
        go(one1, size=3, mode=mode)
    for name, x, small, sizes in (
        ("linear", x1, one1, (1, 3, 5, 12)),
        ("bilinear", x2, one2, ((1, 7), (4, 5), (9, 2), 6)),
        ("bicubic", x2, one2, ((1, 7), (4, 5), (9, 2), 6)),
        ("trilinear", x3, pattern(1, 1, 1, 2, 1), (2, (3, 5, 1), (6, 2, 7))),
    ):
        for corners in (False, True, None):
            options = {} if corners is None else {"align_corners": corners}
            for size in sizes if corners is not None else sizes[:1]:
                go(x, size=size, mode=name, **options)
            go(x, scale_factor=1.7, mode=name, **options)
            go(x, scale_factor=0.6, mode=name, **options)
            go(x, scale_factor=1.7, mode=name, recompute_scale_factor=True, **options)
            go(small, scale_factor=3, mode=name, **options)
    # Factors that change no size, and that double one without being 2.
    # Of nearest in one and three dimensions PyTorch's gradient is not that of its result: it goes by the sizes alone.
    for factor in (1.1, 1.3, 2.3):
        go(pattern(1, 2, 3), scale_factor=factor, mode="linear")
        for mode in ("nearest", "nearest-exact"):
            add("interpolate", [pattern(1, 2, 3)], (), {"scale_factor": factor, "mode": mode}, [None])
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        for factor in ((1.2, 1.1), (2.2, 1.0), (1.1, 2.4), (2.3, 2.3), (1.3, 0.7)):
            # Where bicubic changes neither size PyTorch's gradient is not that of its result; with antialias below
            # neither, where one size stays.
            grads = [None] if (mode, factor) == ("bicubic", (1.2, 1.1)) else None
            add("interpolate", [pattern(1, 1, 3, 2)], (), {"scale_factor": factor, "mode": mode}, grads)
    for mode in ("bilinear", "bicubic", "lanczos"):
        for factor in ((1.01, 2.0), (0.7, 1.2)):
            add("interpolate", [pattern(1, 1, 5, 3)], (), {"scale_factor": factor, "mode": mode, "antialias": True}, [None])
    for factor in (1.1, (2.2, 1.1, 1.0)):
        go(pattern(1, 1, 3, 2, 4), scale_factor=factor, mode="trilinear")
    add("interpolate", [pattern(1, 1, 3, 2, 4)], (), {"scale_factor": (1.1, 2.3, 1.2), "mode": "nearest"}, [None])
    # Past a size of the result PyTorch's kernel for nearest in two dimensions is another.
    add("interpolate", [pattern(1, 1, 61, 2)], (), {"scale_factor": (2.03, 2.3), "mode": "nearest"}, [None])
    add("interpolate", [pattern(1, 1, 62, 2)], (), {"scale_factor": (2.03, 2.3), "mode": "nearest"}, [None])
    for mode in ("bilinear", "bicubic"):
        for corners in (False, True):
            for size in ((2, 3), (1, 1), (4, 5), (7, 2)):
                go(pattern(1, 1, 7, 6), size=size, mode=mode, align_corners=corners, antialias=True)
            go(pattern(1, 2, 6, 7), scale_factor=0.4, mode=mode, align_corners=corners, antialias=True)
    for size in ((2, 3), (1, 5), (9, 6)):
        go(pattern(1, 1, 7, 6), size=size, mode="lanczos", antialias=True)
    # Factors whose products with float32 positions fall on whole numbers, or just beside.
    for n, m in ((10, 3), (3, 10), (49, 7), (7, 49), (30, 17)):
        for mode in ("nearest", "nearest-exact"):
            go(pattern(1, 1, n), size=m, mode=mode)
    for factor in (0.35, 0.1, 0.3, 1.1, 3.3):
        for mode in ("nearest", "nearest-exact"):
            go(pattern(1, 1, 30), scale_factor=factor, mode=mode)


def grids(add):
    x2, x3 = pattern(2, 2, 4, 5), pattern(1, 2, 3, 2, 4)
    far2 = pattern(2, 3, 3, 2, seed=3, scale=5.1)
    near2 = pattern(2, 2, 4, 2, seed=4, scale=1.9)
    far3 = pattern(1, 2, 2, 3, 3, seed=5, scale=4.7)
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            for corners in (False, True):
                options = {"mode": mode, "padding_mode": padding, "align_corners": corners}
                add("grid_sample", [x2, far2], (), options)
                add("grid_sample", [x2, near2], (), options)
                add("grid_sample", [pattern(1, 1, 1, 1), pattern(1, 2, 2, 2, seed=6, scale=4)], (), options)
                if mode != "bicubic":
                    add("grid_sample", [x3, far3], (), options)
    # Positions on elements and edges, and far outside.
    exact = torch.tensor([[[[-1.0, -1], [1, 1], [0, 0], [0.5, -0.5], [-3, 3], [1e6, -1e6]]]])
    for padding in ("zeros", "border", "reflection"):
        for corners in (False, True):
            for mode in ("bilinear", "nearest", "bicubic"):
                options = {"mode": mode, "padding_mode": padding, "align_corners": corners}
                inside = exact[:, :, : 5 if mode == "bicubic" or padding == "reflection" else 6]
                add("grid_sample", [pattern(1, 1, 3, 3), inside], (), options)
    for corners in (False, True, None):
        options = {} if corners is None else {"align_corners": corners}
        add("affine_grid", [pattern(2, 2, 3)], [[2, 1, 3, 4]], options)
        add("affine_grid", [pattern(1, 2, 3)], [[1, 2, 1, 1]], options)
        add("affine_grid", [pattern(1, 3, 4)], [[1, 1, 2, 3, 2]], options)


def pads(add):
    for mode in ("constant", "reflect", "replicate", "circular"):
        add("pad", [pattern(2, 3, 5)], [[2, 1]], {"mode": mode})
        add("pad", [pattern(2, 2, 3, 4)], [[1, 2, 2, 1]], {"mode": mode})
        add("pad", [pattern(1, 1, 3, 2, 3)], [[1, 2, 1, 0, 2, 1]], {"mode": mode})
    add("pad", [pattern(3)], [[1, 2]])
    add("pad", [pattern(2, 3, 4)], [[1, 0, 0, 1, 2, 1]], {"value": -1.5})
    add("pad", [pattern(2, 3, 4)], [[-1, -1, 1, -2]], {"value": 2})
    add("pad", [pattern(2, 3)], [[0, 0]])


def others(add):
    add("conv_transpose1d", [pattern(1, 2, 4), pattern(2, 3, 3, seed=1)], (), {"stride": 2})
    add("conv1d", [pattern(1, 2, 6), pattern(3, 2, 3, seed=1)], (), {"padding": "same"})
    add("conv3d", [pattern(2, 3, 3, 3), pattern(1, 2, 2, 2, 2, seed=1)])
    add("max_pool1d", [pattern(2, 6)], [2])
    add("max_pool3d", [pattern(1, 1, 4, 4, 4)], [2], {"stride": 1, "return_indices": True})
    add("adaptive_max_pool2d", [pattern(1, 1, 5, 5)], [3], {"return_indices": True})
    add("lp_pool2d", [pattern(1, 1, 5, 5)], [2, 3], {"stride": 1})
    add("unfold", [pattern(1, 2, 3, 3)], [2])
    add("fold", [pattern(1, 8, 4)], [[3, 3], 2])
    add("pixel_shuffle", [pattern(1, 4, 2, 2)], [2])
    add("pixel_unshuffle", [pattern(1, 1, 4, 4)], [2])
