"""torch.special, and what came after pointwise.py: ordinary numbers with gradients, extremes without."""

import math

import torch

from .calls import Calls
from .common import pattern, write

nan, inf = math.nan, math.inf
EXTREMES = torch.tensor([nan, inf, -inf, 0.0, -0.0, 1e-30, 1e-5, -1e-5, 0.5, 1.0, -1.0, 7.9999, 8.0, 20.0, -20.0])
INTS = torch.tensor([[0, 1, 7], [2, 3, 5]], dtype=torch.int32)


def numbers(low, high, *shape, seed=1):
    return (torch.as_tensor(pattern(*shape, seed=seed, scale=1)).as_subclass(torch.Tensor) + 0.5) * (high - low) + low


def special():
    c = Calls()
    unary(c)
    normal(c)
    bessel(c)
    polynomials(c)
    gammas(c)
    floats(c)
    histograms(c)
    gradients(c)
    positions(c)
    write("special", c.cases)


def unary(c):
    domains = {"expit": (-6, 6), "gammaln": (0.2, 9), "psi": (0.2, 9), "digamma": (0.2, 9), "entr": (0.1, 3), "erf": (-3, 3), "erfc": (-3, 3), "erfinv": (-0.9, 0.9), "exp2": (-5, 5), "expm1": (-3, 3), "log1p": (-0.9, 5), "logit": (0.1, 0.9), "round": (-5, 5), "sinc": (-3, 3)}
    for name, (low, high) in domains.items():
        c.add(f"special.{name}", numbers(low, high, 2, 3))
    c.add("special.softmax", pattern(2, 3, seed=3), 1)
    c.add("special.log_softmax", pattern(2, 3, seed=3), 0)
    c.add("special.logsumexp", pattern(2, 3, seed=3), 1)
    c.add("special.polygamma", 2, numbers(0.3, 5, 4))
    c.add("special.xlogy", numbers(0.3, 5, 4), numbers(0.3, 5, 4, seed=2))
    c.add("special.xlog1py", numbers(0.3, 5, 4), numbers(0.3, 5, 4, seed=2))


def normal(c):
    wide = torch.cat([numbers(-5, 5, 20), torch.tensor([-0.5, 0.5, 0.0, -1.0, 1.0])])
    for name in ("erfcx", "ndtr", "log_ndtr"):
        c.add(f"special.{name}", wide)
        c.add(f"special.{name}", numbers(-2, 2, 2, 3))
        c.add(f"special.{name}", EXTREMES, grads=False)
        c.add(f"special.{name}", INTS)
        c.add(f"special.{name}", torch.tensor(0.3))
    c.add("special.erfcx", torch.tensor([-8.5, 30.0, 1e5, 1e20]), grads=False)
    # The gradient of PyTorch is less exact for smaller numbers.
    c.add("special.log_ndtr", torch.tensor([-5.5, -3.0, 8.0]))
    c.add("special.log_ndtr", torch.tensor([-100.0, -30.0, -12.5, 8.0]), grads=False)
    c.add("special.ndtri", numbers(0.01, 0.99, 20))
    c.add("special.ndtri", torch.tensor([0.0, 1.0, -0.5, 1.5, nan, 0.5, 1e-30, 1e-38, 1e-10, 1e-3, 0.999999]), grads=False)
    c.add("special.ndtri", torch.zeros(0, 2))


def bessel(c):
    both = torch.cat([numbers(-30, 30, 30), numbers(-1, 1, 6)])
    right = torch.cat([numbers(0.05, 3, 12), numbers(3, 40, 12), torch.tensor([2.0, 8.0])])
    for name in ("i0", "i0e", "i1", "i1e"):
        c.add(f"special.{name}", numbers(-5, 5, 2, 5))
        c.add(f"special.{name}", both if name.endswith("e") else numbers(-12, 12, 12))
        c.add(f"special.{name}", torch.tensor([0.0, 0.5, 20.0]))
        c.add(f"special.{name}", EXTREMES[EXTREMES.isfinite() | EXTREMES.isnan()], grads=False)
        c.add(f"special.{name}", INTS)
    c.add("i0", numbers(-5, 5, 4))
    c.add("special.i0e", torch.tensor([inf, -inf, 1e4]), grads=False)
    for name in ("bessel_j0", "bessel_j1", "spherical_bessel_j0"):
        c.add(f"special.{name}", both, grads=False)
        c.add(f"special.{name}", EXTREMES, grads=False)
        c.add(f"special.{name}", INTS, grads=False)
        c.add(f"special.{name}", torch.tensor(1.5), grads=False)
    for name in ("bessel_y0", "bessel_y1", "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1"):
        c.add(f"special.{name}", right, grads=False)
        c.add(f"special.{name}", EXTREMES[EXTREMES.abs() < inf], grads=False)
        c.add(f"special.{name}", INTS + 1, grads=False)
    for name in ("modified_bessel_i0", "modified_bessel_i1"):
        c.add(f"special.{name}", numbers(-9, 9, 12), grads=False)
    c.add("special.airy_ai", torch.cat([numbers(-12, 6, 40), torch.tensor([-4.0, 2.0, 0.0, 30.0])]), grads=False)
    c.add("special.airy_ai", torch.tensor([[-1.5], [0.25]]), grads=False)


def polynomials(c):
    x = torch.tensor([-1.5, -1.0, -0.7, -0.2, 0.0, 0.3, 0.9, 1.0, 1.3])
    names = [f"{prefix}chebyshev_polynomial_{kind}" for prefix in ("", "shifted_") for kind in "tuvw"]
    for name in [*names, "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p"]:
        for n in (0, 1, 2, 5):
            c.add(f"special.{name}", x, n, grads=False)
        c.add(f"special.{name}", x[2:7], 9, grads=False, tolerance=2e-5)
        c.add(f"special.{name}", INTS[:, :2], 3, grads=False)


def gammas(c):
    for p in (1, 2, 4):
        c.add("mvlgamma", numbers(2, 7, 5), p)
        c.add("special.multigammaln", numbers(2, 7, 2, 2), p)
    a = torch.tensor([0.1, 0.5, 1.0, 2.5, 7.0, 9.0, 30.0, 90.0, 120.0, 500.0])
    for name in ("igamma", "igammac"):
        for scale in (0.3, 0.9, 1.0, 1.1, 1.8):
            c.add(name, a, a * scale, frozen=(0,), tolerance=2e-5)
        c.add(name, a[:4].reshape(2, 2), torch.tensor([0.7, 3.0]), frozen=(0,))
        c.add(name, a[:3].double(), torch.tensor([0.7, 3.0, 0.2], dtype=torch.float64), frozen=(0,))
        edges = torch.tensor([0.0, 1.0, 2.0, inf, nan, -1.0])
        c.add(name, edges.reshape(-1, 1), edges.reshape(1, -1), grads=False)
    c.add("special.gammainc", a[:4], a[:4] * 0.7, frozen=(0,))
    c.add("special.gammaincc", a[:4], a[:4] * 1.7, frozen=(0,))
    x = torch.tensor([1.1, 2.0, 3.5, 7.0])
    c.add("special.zeta", x, torch.tensor([0.3, 1.0, 2.5, 40.0]), frozen=(0,))
    c.add("special.zeta", x.reshape(4, 1), torch.tensor([0.5, 3.0]), frozen=(0,))
    c.add("special.zeta", 2.0, torch.tensor([0.5, 3.0]))
    c.add("special.zeta", x, 1.0, grads=False)
    c.add("special.zeta", torch.tensor([1.0, 0.5, 2.0, 2.0, 3.0, 2.5, nan, 2.0]), torch.tensor([2.0, 2.0, 0.0, -3.0, -0.5, -0.5, 1.0, nan]), grads=False)


def floats(c):
    a, b = torch.tensor([1.0, nan, 3.0, nan, 2.0, -0.5]), torch.tensor([2.0, 2.0, nan, nan, 2.0, inf])
    for name in ("fmax", "fmin"):
        c.add(name, a, b)
        c.add(name, pattern(2, 3, seed=1), pattern(3, seed=2))
        c.add(name, INTS, torch.tensor([1, 4, 4], dtype=torch.int32))
        c.add(name, INTS, torch.tensor([1.5]), frozen=(0,))
        c.add(name, torch.zeros(0, 3), torch.zeros(3))
    c.add("frexp", torch.tensor([0.0, -0.0, 1e-40, 1.0, -2.0, 8.0, inf, nan, 3e38, 0.3, -1e-20, 1e-45]), grads=False)
    c.add("frexp", torch.tensor([0.0, 1.0, -2.0, 8.0, 0.3, -1e20]))
    c.add("frexp", torch.tensor([[5e-324, 1e308], [0.1, -7.0]], dtype=torch.float64), grads=False)
    values = torch.tensor([0.0, -0.0, 1.0, -1.0, 2.0, 1.1754944e-38, 2.3509887e-38, 4.7019774e-38, 1e-45, 1e-40, 3.4028235e38, inf, -inf, nan, 123.456, 1e-30])
    for toward in (inf, -inf, 0.0, 1.0):
        c.add("nextafter", values, torch.tensor([toward]), grads=False)
        c.add("nextafter", values.double(), torch.tensor([toward], dtype=torch.float64), grads=False)
    c.add("nextafter", torch.tensor([1.0]), torch.tensor([nan]), grads=False)
    c.add("nextafter", pattern(2, 3, seed=1), pattern(3, seed=2))
    x, y = pattern(2, 3, seed=1), pattern(3, seed=5)
    for p in (0, 1, 2, 3, 0.5, inf):
        c.add("dist", x, y, p=p, grads=p != 0)
    c.add("dist", x, y)
    c.add("sum_to_size", x, 1, 3)
    c.add("sum_to_size", x, 3)
    c.add("sum_to_size", x, 2, 1)
    c.add("reshape_as", x, torch.zeros(3, 2), frozen=(1,))
    c.add("row_stack", [x, pattern(3, seed=2)])
    c.add("divide", x, 3.0)
    c.add("clone", x)


def histograms(c):
    x = torch.tensor([0.1, 0.4, 0.4, 1.7, 2.2, 3.0, -0.6, 0.95, 1.25])
    weight = torch.arange(9.0) + 0.5
    for bins in (1, 4, 7):
        c.add("histogram", x, bins, grads=False)
    c.add("histogram", x, 4, grads=False, range=(0.0, 2.0))
    c.add("histogram", x, 5, grads=False, range=(-1.0, 4.0), weight=weight, density=True)
    c.add("histogram", x.reshape(3, 3), 3, grads=False, weight=weight.reshape(3, 3))
    c.add("histogram", x, torch.tensor([-1.0, 0.4, 1.0, 3.0]), grads=False)
    c.add("histogram", x, torch.tensor([0.0, 0.4, 1.0]), grads=False, density=True)
    c.add("histogram", torch.ones(3), 2, grads=False)
    c.add("histogram", torch.zeros(0), 3, grads=False)
    c.add("histogram", x.double(), 4, grads=False)
    points = pattern(7, 2, seed=3, scale=4.0)
    c.add("histogramdd", points, [3, 4], grads=False)
    c.add("histogramdd", points, [2, 2], grads=False, range=[-1.0, 1.0, -2.0, 2.0])
    c.add("histogramdd", points, 3, grads=False, weight=torch.arange(7.0), density=True)
    c.add("histogramdd", points, [torch.tensor([-2.0, 0.0, 2.0]), torch.tensor([-2.0, -1.0, 0.5, 2.0])], grads=False)
    c.add("histogramdd", pattern(5, 1, seed=3), [3], grads=False)
    c.add("histogramdd", pattern(2, 3, 3, seed=3), [2, 1, 2], grads=False)


def gradients(c):
    x, m = pattern(6, seed=1), pattern(3, 4, seed=2)
    places = torch.tensor([0.0, 0.5, 1.5, 2.0, 4.0, 4.5])
    c.add("gradient", x)
    c.add("gradient", x, edge_order=2)
    c.add("gradient", x, spacing=0.5)
    c.add("gradient", x, ours=[x], options={"spacing": [places], "edgeOrder": 2}, spacing=(places,), edge_order=2)
    c.add("gradient", x, ours=[x], options={"spacing": [places]}, spacing=(places,))
    c.add("gradient", m)
    c.add("gradient", m, dim=1)
    c.add("gradient", m, dim=-2, edge_order=2)
    c.add("gradient", m, dim=[1, 0], spacing=[2.0, 0.25])
    rows, columns = places[:3], places[:4]
    c.add("gradient", m, ours=[m], options={"spacing": [rows, columns]}, spacing=(rows, columns))
    c.add("gradient", pattern(2, seed=1))
    c.add("gradient", torch.tensor([1, 4, 9, 16], dtype=torch.int32), fn=lambda t: torch.gradient(t.float()), grads=False)
    y = pattern(2, 5, seed=2)
    c.add("trapz", y)
    c.add("trapz", y, dim=0, dx=0.5)


def positions(c):
    m = torch.tensor([[0, 3, 0], [4, 0, 5]], dtype=torch.int32)
    for size in (0, 1, 3, 5):
        c.add("nonzero_static", m, ours=[m, size], options={}, size=size, grads=False)
    f, mask, none, one = m.float(), m > 0, torch.zeros(2, 0), torch.tensor(3.0)
    c.add("nonzero_static", f, ours=[f, 4], options={"fillValue": 7}, size=4, fill_value=7, grads=False)
    for t in (mask, none, one):
        c.add("nonzero_static", t, ours=[t, 2], options={}, size=2, grads=False)
