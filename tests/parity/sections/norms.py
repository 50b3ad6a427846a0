"""Normalisation: results, gradients, running statistics afterwards, evaluation."""

import torch

from .common import pattern, write
from .module_case import module_case


def norms():
    cases = []
    add = lambda *args, **more: cases.append(module_case(*args, **more))
    shapes = {1: (2, 4, 5), 2: (3, 4, 3, 2), 3: (2, 4, 2, 1, 3)}
    batch_options = ({}, {"affine": False}, {"bias": False}, {"momentum": 0.3, "eps": 1e-3}, {"momentum": None}, {"track_running_stats": False})
    for options in batch_options:
        add("BatchNorm3d", [4], options, [pattern(*shapes[3])])
        add("BatchNorm1d", [4], options, [pattern(7, 4, scale=20.0)])
    add("BatchNorm1d", [4], {}, [pattern(2, 4)])
    add("BatchNorm1d", [1], {}, [pattern(5, 1)])
    add("BatchNorm1d", [4], {}, [pattern(1, 4, 3)])
    add("BatchNorm2d", [1], {}, [pattern(1, 1, 2, 1)])
    add("BatchNorm2d", [4], {"dtype": torch.float64}, [pattern(*shapes[2], dtype=torch.float64)])
    for rank, shape in shapes.items():
        for options in ({}, {"affine": True}, {"affine": True, "bias": False}, {"track_running_stats": True}, {"affine": True, "track_running_stats": True, "momentum": 0.3, "eps": 1e-3}):
            add(f"InstanceNorm{rank}d", [4], options, [pattern(*shape, scale=5.0)])
            add(f"InstanceNorm{rank}d", [4], options, [pattern(*shape[1:])])
        add(f"InstanceNorm{rank}d", [4], {"affine": True, "track_running_stats": True}, [pattern(*shape)], training=False)
    add("InstanceNorm1d", [1], {"affine": True}, [pattern(1, 1, 2)])
    for groups, channels, shape in [(2, 4, (2, 4, 3)), (1, 4, (3, 4)), (4, 4, (2, 4, 3, 2)), (3, 6, (2, 6, 2, 2, 1)), (1, 1, (1, 1, 2)), (2, 6, (1, 6))]:
        for options in ({}, {"affine": False}, {"bias": False}, {"eps": 0.1}):
            add("GroupNorm", [groups, channels], options, [pattern(*shape, scale=4.0)], evaluate=False)
    for normalized, shape in [(5, (3, 5)), ([5], (2, 3, 5)), ([3, 4], (2, 3, 4)), ([2, 3, 2], (2, 3, 2)), (7, (7,)), (3, (0, 3))]:
        for options in ({}, {"elementwise_affine": False}, {"bias": False}, {"eps": 0.1}):
            add("LayerNorm", [normalized], options, [pattern(*shape, scale=4.0)], evaluate=False)
        for options in ({}, {"elementwise_affine": False}, {"eps": 0.1}):
            add("RMSNorm", [normalized], options, [pattern(*shape, scale=4.0)], evaluate=False)
    # In float32 PyTorch subtracts products that are nearly equal, and is off by more than the tolerance.
    double = {"dtype": torch.float64}
    add("LayerNorm", [4], double, [torch.tensor([[1e4, 1e4, 1e4, 1e4], [1e-4, 2e-4, 3e-4, 4e-4]], dtype=torch.float64)], evaluate=False)
    add("LayerNorm", [1], double, [pattern(4, 1, dtype=torch.float64)], evaluate=False)
    add("RMSNorm", [1], double, [pattern(4, 1, dtype=torch.float64)], evaluate=False)
    add("RMSNorm", [4], {}, [torch.tensor([[1e4, 1e4, -1e4, 1e4], [1e-4, 2e-4, 3e-4, 4e-4], [0.0, 0.0, 0.0, 0.0]])], evaluate=False)
    add("RMSNorm", [4], {"dtype": torch.float64}, [pattern(2, 4, dtype=torch.float64)], evaluate=False)
    add("LayerNorm", [4], {"dtype": torch.float64}, [pattern(2, 4, dtype=torch.float64)], evaluate=False)
    for size in (1, 2, 3, 4, 5, 7):
        for shape in ((2, 5, 3), (1, 4, 2, 2), (2, 1, 2), (1, 3, 2, 1, 2)):
            add("LocalResponseNorm", [size], {"alpha": 0.5}, [pattern(*shape, scale=4.0)], evaluate=False)
    add("LocalResponseNorm", [3], {}, [pattern(2, 5, 3, scale=20.0)], evaluate=False)
    add("LocalResponseNorm", [3], {"alpha": 1.0, "beta": 0.5, "k": 2.0}, [pattern(2, 5, 3, scale=4.0)], evaluate=False)
    for size in (2, 3, 4, 5):
        for shape in ((2, 6, 2, 1), (1, 9, 1, 2), (1, 3, 2, 2)):
            add("CrossMapLRN2d", [size], {"alpha": 0.5}, [pattern(*shape, scale=4.0)], evaluate=False)
    add("CrossMapLRN2d", [3], {}, [pattern(1, 4, 2, 2, scale=20.0)], evaluate=False)
    add("CrossMapLRN2d", [3], {"alpha": 1.0, "beta": 0.5, "k": 2.0}, [pattern(1, 4, 2, 2, scale=4.0)], evaluate=False)
    write("norms", cases)
