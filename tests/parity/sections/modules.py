"""The modules that need no section of their own."""

import torch

from .common import pattern, write
from .module_case import module_case


def modules():
    cases = []
    add = lambda *args, **more: cases.append(module_case(*args, **more))
    add("Linear", [5, 3], {}, [pattern(4, 5)])
    add("Linear", [5, 3], {"bias": False}, [pattern(2, 3, 5)])
    add("Linear", [5, 1], {}, [pattern(5)])
    for options in ({}, {"affine": False}, {"momentum": 0.3, "eps": 1e-3}, {"momentum": None}, {"track_running_stats": False}):
        add("BatchNorm1d", [4], options, [pattern(6, 4)])
        add("BatchNorm1d", [4], options, [pattern(2, 4, 3)])
        add("BatchNorm2d", [3], options, [pattern(2, 3, 4, 5)])
    write("modules", cases)
