"""torch.nn.init: what each function writes after a seed, and the gains."""

import warnings

import torch
from torch.nn import init as I

from .common import camel, camel_keys, write

NONLINEARITIES = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


def init():
    warnings.simplefilter("ignore")
    cases = []

    def case(name, shape, *args, dtype=torch.float32, seed=0, own=None, **options):
        """`own`: the seed of a generator that is given."""
        torch.manual_seed(seed)
        t = torch.empty(shape, dtype=dtype).fill_(7)
        g = {"generator": torch.Generator().manual_seed(own)} if own is not None else {}
        getattr(I, name)(t, *args, **options, **g)
        # What is drawn next shows how much of the stream was used.
        cases.append({"fn": camel(name[:-1]) + "_", "shape": list(shape), "dtype": str(dtype)[6:], "seed": seed, "own": own, "args": list(args), "options": camel_keys(options), "result": t, "next": torch.rand(1)})

    vectors = [[1], [5], [15], [16], [17], [40]]
    matrices = [[1, 1], [2, 3], [3, 5], [4, 4], [5, 4], [1, 20], [7, 3]]
    weights = matrices + [[4, 2, 3], [2, 3, 3, 1], [3, 1, 2, 1, 2]]
    for shape in vectors + [[3, 4], [2, 3, 4]]:
        for dtype in (torch.float32, torch.float64):
            case("uniform_", shape, dtype=dtype)
            case("normal_", shape, dtype=dtype, seed=1)
            case("trunc_normal_", shape, dtype=dtype, seed=2)
    for shape in ([5], [4, 5]):
        case("uniform_", shape, a=-1.0, b=3.0, seed=3)
        case("normal_", shape, mean=1.0, std=2.0, seed=4)
        for o in ({"std": 0.02}, {"std": 1.5}, {"mean": 1.0, "std": 2.0, "a": 0.0, "b": 3.0}, {"a": 2.0, "b": 3.0}, {"a": -0.1, "b": 0.1}, {"mean": 5.0, "a": -1.0, "b": 1.0}, {"mean": -3.0, "std": 0.5, "a": -2.5, "b": 4.0}):
            case("trunc_normal_", shape, seed=5, **o)
            case("trunc_normal_", shape, seed=6, dtype=torch.float64, **o)
    for shape in ([0], [3], [2, 2]):
        case("constant_", shape, 0.3)
        case("ones_", shape)
        case("zeros_", shape)
    for shape in ([1, 1], [3, 3], [2, 5], [4, 2]):
        case("eye_", shape)
    for shape, groups in (([2, 2, 3], 1), ([4, 2, 1], 2), ([3, 5, 2], 1), ([4, 2, 3, 3], 2), ([6, 1, 3, 2], 3), ([5, 2, 1, 4], 1), ([2, 3, 3, 1, 2], 1), ([4, 2, 2, 2, 3], 4)):
        case("dirac_", shape, groups=groups)
    for shape in weights:
        case("xavier_uniform_", shape, seed=7)
        case("xavier_normal_", shape, seed=8)
        case("kaiming_uniform_", shape, seed=9)
        case("kaiming_normal_", shape, seed=10)
        case("orthogonal_", shape, seed=11)
        case("kaiming_uniform_", shape, seed=12, a=5**0.5, mode="fan_out")
        case("kaiming_normal_", shape, seed=13, mode="fan_out", nonlinearity="relu")
    for shape in ([3, 4], [4, 5, 2]):
        case("xavier_uniform_", shape, gain=1.7, seed=14, dtype=torch.float64)
        case("xavier_normal_", shape, gain=0.3, seed=15, dtype=torch.float64)
        case("orthogonal_", shape, gain=2.0, seed=16, dtype=torch.float64)
        for n in NONLINEARITIES:
            case("kaiming_uniform_", shape, nonlinearity=n, seed=17)
            case("kaiming_normal_", shape, nonlinearity=n, a=0.3, seed=18)
    for shape in matrices:
        for sparsity in (0.0, 0.1, 0.5, 1.0):
            case("sparse_", shape, sparsity, seed=19)
    case("sparse_", [6, 5], 0.34, std=2.0, seed=20)
    case("sparse_", [6, 5], 0.34, seed=20, dtype=torch.float64)
    for name in ("uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_"):
        case(name, [4, 5], own=77)
    case("sparse_", [4, 5], 0.5, own=77)
    gains = [{"nonlinearity": n, "gain": I.calculate_gain(n)} for n in NONLINEARITIES] + [{"nonlinearity": "leaky_relu", "param": p, "gain": I.calculate_gain("leaky_relu", p)} for p in (0, 0.2, 1, 5**0.5, -0.5)]
    write("init", {"fills": cases, "gains": gains})
