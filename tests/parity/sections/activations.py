"""Activation functions as layers, at kinks and extremes too."""

import math

import torch

from .common import pattern, write
from .module_case import module_case

INF, NAN = math.inf, math.nan

NAMES = [
    ("Threshold", [([0.1, 20.0], {}), ([-0.5, -1.0], {}), ([0.0, 0.0], {"inplace": False})], [0.1, -0.5, 0.0]),
    ("ReLU", [([], {})], []),
    ("Hardtanh", [([], {}), ([], {"min_val": -2.0, "max_val": 0.5})], [-1.0, 1.0, -2.0, 0.5]),
    ("ReLU6", [([], {})], [6.0]),
    ("Sigmoid", [([], {})], []),
    ("Hardsigmoid", [([], {})], [-3.0, 3.0]),
    ("Tanh", [([], {})], []),
    ("SiLU", [([], {})], []),
    ("Mish", [([], {})], []),
    ("Hardswish", [([], {})], [-3.0, 3.0]),
    ("ELU", [([], {}), ([], {"alpha": 0.5})], []),
    ("CELU", [([], {}), ([], {"alpha": 2.0}), ([], {"alpha": 0.5})], []),
    ("SELU", [([], {})], []),
    ("GELU", [([], {}), ([], {"approximate": "tanh"})], []),
    ("Hardshrink", [([], {}), ([], {"lambd": 1.0})], [0.5, -0.5, 1.0, -1.0]),
    ("LeakyReLU", [([], {}), ([], {"negative_slope": 0.2})], []),
    ("LogSigmoid", [([], {})], []),
    ("Softplus", [([], {}), ([], {"beta": 2.0}), ([], {"beta": 0.5, "threshold": 1.0})], [20.0, 2.0]),
    ("Softshrink", [([], {}), ([], {"lambd": 1.0}), ([], {"lambd": 0.0})], [0.5, -0.5, 1.0, -1.0]),
    ("Softsign", [([], {})], []),
    ("Tanhshrink", [([], {})], []),
]


def activations():
    cases = []
    add = lambda *args, **more: cases.append(module_case(*args, **{"evaluate": False, **more}))
    tensor = torch.tensor
    for name, settings, kinks in NAMES:
        for args, options in settings:
            add(name, args, options, [pattern(3, 5, scale=8.0)])
            add(name, args, options, [tensor([0.0, -0.0, 1e-6, -1e-6, 1e-20, *kinks])])
            add(name, args, options, [tensor([30.0, -30.0, 100.0, -100.0, 1e4, -1e4, 1e30, -1e30])])
            # In float32 PyTorch's GELU of ∞ is NaN for two elements and more, ∞ for one: as float64 has it, it is ∞.
            add(name, args, options, [tensor([INF, -INF, NAN], dtype=torch.float64 if name == "GELU" else torch.float32)])
        args, options = settings[0]
        add(name, args, options, [pattern(1, 1, 7, scale=3.0)])
        add(name, args, options, [tensor(-0.7)])
        add(name, args, options, [torch.zeros(0, 3)])
        add(name, args, options, [pattern(2, 3, scale=6.0, dtype=torch.float64)])
    for options in ({}, {"num_parameters": 3}, {"num_parameters": 3, "init": 0.5}):
        add("PReLU", [], options, [pattern(2, 3)])
        add("PReLU", [], options, [pattern(2, 3, 2, 2)])
    add("PReLU", [], {}, [pattern(5)])
    add("PReLU", [], {}, [tensor(-0.5)])
    add("PReLU", [], {}, [tensor([0.0, -0.0, INF, 1e30, 3.0])])
    add("PReLU", [], {}, [tensor([NAN, -INF])])
    for shape, options in [((2, 6), {}), ((4, 3), {"dim": 0}), ((2, 4, 3), {"dim": 1}), ((2, 4, 3), {"dim": -2}), ((2,), {}), ((3, 0), {})]:
        add("GLU", [], options, [pattern(*shape, scale=5.0)])
    add("GLU", [], {}, [tensor([1.0, 2.0, INF, 100.0, -100.0, -INF])])
    for name in ("Softmax", "LogSoftmax", "Softmin"):
        for dim, shape in [(1, (3, 4)), (0, (3, 4)), (-1, (2, 3, 5)), (1, (2, 3, 2, 2)), (0, (1,)), (1, (2, 1))]:
            add(name, [], {"dim": dim}, [pattern(*shape, scale=6.0)])
        add(name, [], {"dim": 1}, [tensor([[1e4, -1e4, 0.0], [100.0, 100.0, 100.0], [1e30, 0.0, -1e30]])])
        sign = -1 if name == "Softmin" else 1
        add(name, [], {"dim": 1}, [sign * tensor([[-INF, 0.0, 1.0], [NAN, 0.0, 1.0], [INF, 0.0, 1.0]])], grads=False)
    for shape in [(2, 3, 2, 2), (3, 2, 4), (1, 1, 2, 2)]:
        add("Softmax2d", [], {}, [pattern(*shape, scale=4.0)])
    for options in ({}, {"lower": 0.1, "upper": 0.3}):
        for x in (pattern(3, 5, scale=4.0), tensor([0.0, -1.0, 1e30, -1e30])):
            add("RReLU", [], options, [x], training=False)
    for x, y in [((4, 16), tensor([0, 2, 3, 9])), ((5, 16), tensor([9, 9, 1, 0, 5])), ((16,), tensor(4)), ((1, 16), tensor([0])), ((2, 16), tensor([1, 1]))]:
        for options in ({}, {"div_value": 2.0, "head_bias": True}):
            add("AdaptiveLogSoftmaxWithLoss", [16, 10, [2, 5]], options, [pattern(*x), y])
    write("activations", cases)
