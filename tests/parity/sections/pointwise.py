"""Functions of one, two and three operands, element by element: ordinary numbers, extremes, other dtypes, gradients."""

import math

import torch

from .common import pattern, write
from .op_case import Cases

nan, inf = math.nan, math.inf
TINY = 1e-40
EXTREMES = torch.tensor([nan, inf, -inf, 0.0, -0.0, TINY, -TINY, 1e-20, 3e38, -3e38, 0.5, -0.5, 1.0, -1.0, 2.5, -3.5])
SMALL_EXTREMES = EXTREMES[(EXTREMES.abs() < 1e3) | ~EXTREMES.isfinite()]
INTS = torch.tensor([[-3, 0, 7], [2, -1, 5]], dtype=torch.int32)
BOOLS = torch.tensor([True, False, True])


def pointwise():
    cases = Cases()
    unary(cases)
    special(cases)
    rounding(cases)
    binary(cases)
    division(cases)
    comparison(cases)
    choice(cases)
    integers(cases)
    write("pointwise", list(cases))


def numbers(low, high, *shape, seed=1):
    return (torch.as_tensor(pattern(*shape, seed=seed, scale=1)).as_subclass(torch.Tensor) + 0.5) * (high - low) + low


def unary(c):
    domains = {
        "asin": (-0.95, 0.95), "acos": (-0.95, 0.95), "atan": (-4, 4), "sinh": (-4, 4), "cosh": (-4, 4), "asinh": (-9, 9),
        "acosh": (1.05, 9), "atanh": (-0.95, 0.95), "tan": (-1.4, 1.4), "exp2": (-9, 9), "expm1": (-3, 3), "log1p": (-0.9, 5),
        "log2": (0.1, 9), "log10": (0.1, 9), "rsqrt": (0.1, 9), "reciprocal": (0.2, 3), "square": (-3, 3), "sigmoid": (-6, 6),
        "sinc": (-4, 4), "rad2deg": (-7, 7), "deg2rad": (-400, 400), "erf": (-3, 3), "logit": (0.05, 0.95), "frac": (-5, 5),
        "arcsin": (-0.9, 0.9), "arccos": (-0.9, 0.9), "arctan": (-2, 2), "arcsinh": (-2, 2), "arccosh": (1.1, 3), "arctanh": (-0.9, 0.9),
        "absolute": (-2, 2), "negative": (-2, 2), "fix": (-5, 5), "sgn": (-2, 2), "positive": (-2, 2),
    }
    inexact = {"sinc"}
    for name, (low, high) in domains.items():
        fn = getattr(torch, name)
        c.op(name, fn, [numbers(low, high, 2, 7)])
        c.op(name, fn, [numbers(low, high, 3)], call="function")
        extremes = SMALL_EXTREMES if name in inexact | {"rad2deg", "deg2rad", "tan"} else EXTREMES
        if name in inexact:
            extremes = extremes[extremes.isfinite() & ~extremes.isnan()]
        c.op(name, fn, [extremes], note="extremes", grads=name not in ("square", "sinc"))
        if name not in ("positive", "negative", "absolute", "sgn", "square", "fix", "frac"):
            c.op(name, fn, [INTS], note="integers")
            c.op(name, fn, [BOOLS], note="bools")
        elif name != "frac":
            c.op(name, fn, [INTS], note="integers")
        c.op(name, fn, [torch.zeros(0, 3)], note="nothing")
    c.op("sinc", torch.sinc, [torch.tensor([0.0, 0.1, -0.1, 0.3, 0.49, 0.51, -1.0, 17.25])], note="near 0")
    for name in ("isposinf", "isneginf", "isreal", "signbit"):
        values = EXTREMES[1:] if name == "signbit" else EXTREMES
        c.op(name, getattr(torch, name), [values], grads=False)
        c.op(name, getattr(torch, name), [INTS], grads=False, call="function")
    for name in ("isnan", "isinf", "isfinite"):
        c.op(name, getattr(torch, name), [INTS], grads=False)
    c.op("sign", torch.sign, [torch.tensor([nan, -0.0, 0.0, inf, -inf])], grads=False)


def special(c):
    poles = torch.tensor([nan, inf, -inf, 0.0, -0.0, -1.0, -2.0, -17.0])
    wide = torch.tensor([1e-44, 1e-38, -1e-38, 3e-20, -3e-20, 1e-5, -1e-5, 0.01, 0.3, 0.4999, 0.5, 0.7, 0.99, 0.9999999, 1.0, 1.0000001, 1.01, 1.3, 1.4616, 1.4999999, 1.5, 1.7, 1.999, 2.0, 2.001, 2.3, 2.5, 2.6, 3.0, 4.5, 7.9, 8.0, 8.1, 11.0, 33.3, 1e3, 1e6, 1e20, 4e36])
    left = torch.tensor([-0.1, -0.45, -0.5, -0.7, -1.3, -1.5, -2.2, -2.9, -3.6, -5.5, -7.6, -8.4, -12.3, -33.3])  # PyTorch loses digits close to poles, by sin(pi x) in float32
    for x, note in ((wide, "right"), (left, "left")):
        c.op("lgamma", torch.lgamma, [x], note=note, relative=True, grads=False)
        c.op("digamma", torch.digamma, [x[(x - 1.4616).abs() > 0.1]], note=note, relative=True, grads=False)
        c.op("lgamma", torch.lgamma, [x[x.abs() > 1e-19]], note=note + ", with gradient", call="function")
        c.op("digamma", torch.digamma, [x[x.abs() > 1e-5]], note=note + ", with gradient", call="function")
    c.op("lgamma", torch.lgamma, [poles], note="poles", grads=False)
    c.op("digamma", torch.digamma, [poles], note="poles", grads=False)
    c.op("lgamma", torch.lgamma, [torch.tensor([0.0, nan, inf])], note="poles, with gradient")
    for x in (INTS.abs() + 1, BOOLS | True, torch.zeros(0)):
        c.op("lgamma", torch.lgamma, [x])
        c.op("digamma", torch.digamma, [x])
    for n in (0, 1, 2, 3):
        x = torch.tensor([0.1, 0.4, 0.9, 1.6, 2.4, 3.3, 7.9, 9.5, 40.0])
        c.op("polygamma", lambda t: torch.polygamma(n, t), [x], [n], relative=True, tolerance=1e-5)
        c.op("polygamma", lambda t: torch.polygamma(n, t), [x], [n, "$0"], call="function")
    c.op("polygamma", lambda t: torch.polygamma(1, t), [left], [1], tolerance=1e-5)
    tail = torch.tensor([-6.0, -3.0, -1.0, -0.5, -0.4999, -1e-5, 0.0, 1e-20, 0.3, 0.4999, 0.5, 0.5001, 1.0, 1.7, 2.5, 3.0, 4.4, 5.1, 6.3, 7.7, 8.8, 9.1, 9.3, 10.0, 12.0, 40.0])
    c.op("erfc", torch.erfc, [tail], relative=True)
    c.op("erfc", torch.erfc, [EXTREMES], note="extremes", grads=False)
    inside = torch.tensor([0.0, 1e-30, -1e-30, 1e-4, 0.1, -0.3, 0.5, 0.7, -0.9, 0.95, 0.99, -0.9961, 0.999, 0.99999, 0.999999, 0.99999994, -0.99999994])
    c.op("erfinv", torch.erfinv, [inside], relative=True, tolerance=1e-5, grads=False)
    c.op("erfinv", torch.erfinv, [numbers(-0.95, 0.95, 3, 5)])
    c.op("erfinv", torch.erfinv, [torch.tensor([1.0, -1.0, 1.5, -2.0, nan, inf])], note="outside", grads=False)
    for name in ("erfc", "erfinv"):
        fn = getattr(torch, name)
        c.op(name, fn, [INTS], call="function")
        c.op(name, fn, [BOOLS])
        c.op(name, fn, [torch.zeros(2, 0)])
    c.op("entr", torch.special.entr, [numbers(0.05, 2, 6)], call="function")
    c.op("entr", torch.special.entr, [torch.tensor([0.0, -1.0, inf, nan, 1.0])], call="function", grads=False)
    for eps in (0.1, 1e-6, 0.0):
        c.op("logit", lambda x: torch.logit(x, eps), [torch.tensor([0.0, 0.05, 0.1, 0.4, 0.9, 0.97, 1.0, nan])], [], {"eps": eps}, grads=eps > 0)
    c.op("logit", torch.logit, [torch.tensor([-0.5, 0.0, 0.3, 1.0, 1.5])], call="function")


def rounding(c):
    x = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, 2.345, -7.891, 123.456, -0.0, nan, inf])
    for decimals in (0, 1, 2, -1, -2):
        c.op("round", lambda t: torch.round(t, decimals=decimals), [x], [], {"decimals": decimals})
    for name in ("round", "floor", "ceil", "trunc", "fix"):
        c.op(name, getattr(torch, name), [INTS], call="function")
        c.op(name, getattr(torch, name), [INTS])


def binary(c):
    a, b = pattern(2, 3, 4, scale=4), pattern(3, 1, seed=2, scale=3)
    ties = torch.tensor([1.0, 2, 3, 2, nan, inf]), torch.tensor([1.0, 3, 2, 2, 1, nan])
    zeros = torch.tensor([0.0, -0.0, 0.0, -0.0, 1.0, -1.0, 1.0, inf, -inf, 3e30]), torch.tensor([0.0, 0.0, -0.0, -0.0, -0.0, 0.0, inf, inf, 2.0, 4e30])
    for name in ("hypot", "copysign", "atan2", "arctan2", "logaddexp", "logaddexp2", "maximum", "minimum", "multiply", "subtract", "true_divide"):
        fn = getattr(torch, name)
        c.op(name, fn, [a, b])
        c.op(name, fn, [b, a], call="function")
        c.op(name, fn, list(zeros), note="extremes", grads=name in ("copysign", "maximum", "minimum", "multiply", "subtract"))
        c.op(name, fn, list(ties), note="ties", grads=name not in ("hypot", "logaddexp", "logaddexp2", "copysign"))
        if name not in ("hypot", "logaddexp", "logaddexp2"):
            c.op(name, fn, [INTS, torch.tensor([2, -3, 1], dtype=torch.int32)], note="integers")
            c.op(name, fn, [INTS, numbers(1, 2, 3)], note="integers and floats")
    c.op("copysign", lambda x: torch.copysign(x, -2.0), [a], [-2.0])
    c.op("atan2", lambda x: torch.atan2(x, torch.tensor(2.0)), [a], [2])
    c.op("hypot", torch.hypot, [torch.tensor([3e-30, 1e-38, inf, nan]), torch.tensor([4e-30, 0.0, nan, inf])], grads=False)
    c.op("logaddexp", torch.logaddexp, [torch.tensor([-inf, -inf, inf, 1000.0, 0.0]), torch.tensor([-inf, 2.0, 5.0, 1000.0, 1e-8])], grads=False)
    c.op("logaddexp", torch.logaddexp, [torch.tensor([1000.0, -50.0, 0.0]), torch.tensor([1000.0, 50.0, 1.0])])
    c.op("logaddexp2", torch.logaddexp2, [torch.tensor([-inf, inf, 1000.0]), torch.tensor([-inf, 5.0, 1000.0])], grads=False)

    x, y = torch.tensor([0.0, 0.0, 0.0, 2.0, 2.0, -1.0, nan, 0.0]), torch.tensor([0.0, -1.0, 3.0, 0.5, 0.0, 2.0, 1.0, nan])
    c.op("xlogy", torch.xlogy, [x, y], grads=False)
    c.op("xlogy", torch.xlogy, [x[:4], y[:4].abs() + 0.5])
    c.op("xlogy", torch.xlogy, [torch.tensor([0.0, 0.0, 1.5]), torch.tensor([0.0, -1.0, 2.0])], note="gradient at 0")
    c.op("xlogy", lambda t: torch.xlogy(t, 3.0), [a], [3.0])
    c.op("xlogy", lambda t: torch.xlogy(2.0, t), [numbers(0.1, 4, 5)], [2, "$0"], call="function")
    c.op("xlogy", torch.xlogy, [INTS, INTS.abs()], note="integers")
    c.op("xlog1py", torch.special.xlog1py, [x, y - 1], call="function", grads=False)
    c.op("xlog1py", torch.special.xlog1py, [x[:4], numbers(-0.5, 3, 4)], call="function")

    h = torch.tensor([-1.5, 0.0, -0.0, 2.0, nan, inf])
    c.op("heaviside", torch.heaviside, [h, torch.tensor([0.5])], grads=False)
    c.op("heaviside", torch.heaviside, [h, torch.arange(6.0)], call="function", grads=False)
    c.op("heaviside", torch.heaviside, [INTS, torch.tensor(9, dtype=torch.int32)], grads=False)

    for value in (1, 0.5, -2):
        c.op("addcmul", lambda p, q, r: torch.addcmul(p, q, r, value=value), [a, b, pattern(4, seed=5)], [], {"value": value})
        c.op("addcdiv", lambda p, q, r: torch.addcdiv(p, q, r, value=value), [a, b, numbers(1, 2, 4)], [], {"value": value}, call="function")
    c.op("addcmul", torch.addcmul, [INTS, INTS, INTS])
    c.op("addcdiv", torch.addcdiv, [torch.ones(3), torch.tensor([1.0, 0.0, -1.0]), torch.zeros(3)], note="by 0", grads=False)
    for w in (0.0, 0.3, 0.5, 0.75, 1.0, 2.0, -1.0):
        c.op("lerp", lambda p, q: torch.lerp(p, q, w), [a, pattern(2, 3, 4, seed=9, scale=3)], [w])
    c.op("lerp", torch.lerp, [torch.tensor([1e8, 1.0, 3.0]), torch.tensor([1.0, 1e8, 3.0]), torch.tensor([1.0, 0.0, 0.6])], note="far ends")
    c.op("lerp", torch.lerp, [a, b.expand(3, 4), pattern(4, seed=3)], call="function")

    base = torch.tensor([0.0, 1.0, -2.0, 3.0, 0.5])
    for e in (0, 1, 2, 3, -1, 0.5, -0.5, 2.5):
        c.op("pow", lambda t: torch.pow(t, e), [base if e >= 0 and e == int(e) else numbers(0.2, 4, 5)], [e])
    for e in (2, 0.5, 3, 0):
        c.op("pow", lambda t: torch.pow(e, t), [numbers(0.1, 3, 2, 3)], [e, "$0"], call="function")
    c.op("pow", torch.pow, [torch.tensor([0.0, 0.0, 2.0, 0.0]), torch.tensor([0.0, 2.0, 0.0, 1.0])], note="at 0")
    c.op("pow", torch.pow, [torch.tensor([inf, -inf, nan, 1.0, -1.0, 2.0, 0.0, -0.0]), torch.tensor([0.0, 3.0, 0.0, nan, inf, -inf, -1.0, -1.0])], note="extremes", grads=False)
    c.op("pow", lambda t: torch.pow(t, 3), [INTS], [3], note="integers")
    c.op("pow", lambda t: torch.pow(2, t), [INTS.abs()], [2, "$0"], call="function", note="integers")
    c.op("pow", lambda t: torch.pow(t, 0.5), [INTS.abs()], [0.5], note="integers")
    c.op("float_power", lambda t: torch.float_power(t, 2), [INTS], [2], grads=False)
    c.op("float_power", lambda t: torch.float_power(t, -0.5), [numbers(0.1, 2, 4)], [-0.5], grads=False)
    c.op("float_power", torch.float_power, [numbers(0.1, 2, 4), INTS[0].repeat(2)[:4]], grads=False)
    c.op("float_power", lambda t: torch.float_power(2, t), [INTS], [2, "$0"], call="function", grads=False)
    # PyTorch's gradient for integer exponents is computed in integers: 0 for negative ones.
    c.op("ldexp", torch.ldexp, [pattern(2, 3), INTS], grads=False)
    c.op("ldexp", torch.ldexp, [pattern(2, 3), INTS.float()])
    c.op("ldexp", torch.ldexp, [pattern(5), torch.tensor([3], dtype=torch.int32)], call="function")


def division(c):
    a = torch.tensor([7.0, -7.0, 7.0, -7.0, 0.3, -6.0, 6.0, 1e10])
    b = torch.tensor([2.0, 2.0, -2.0, -2.0, 0.1, 3.0, -3.0, 3.0])
    for mode in (None, "trunc", "floor"):
        for call in ("method", "function"):
            c.op("div", lambda x, y: torch.div(x, y, rounding_mode=mode), [a, b], [], {"roundingMode": mode}, call=call)
            c.op("divide", lambda x, y: torch.div(x, y, rounding_mode=mode), [pattern(2, 3, scale=9), pattern(3, seed=4)], [], {"roundingMode": mode}) if call == "method" else None
        c.op("div", lambda x, y: torch.div(x, y, rounding_mode=mode), [INTS, torch.tensor([2, 3, -2], dtype=torch.int32)], [], {"roundingMode": mode}, note="integers")
        c.op("div", lambda x: torch.div(x, 2, rounding_mode=mode), [INTS], [2], {"roundingMode": mode}, note="integers")
        c.op("div", lambda x: torch.div(x, 0.5, rounding_mode=mode), [INTS], [0.5], {"roundingMode": mode}, note="integers")
        c.op("div", lambda x, y: torch.div(x, y, rounding_mode=mode), [torch.tensor([1.0, -1.0, 0.0, inf, nan]), torch.tensor([0.0, 0.0, 0.0, 2.0, 1.0])], [], {"roundingMode": mode}, note="by 0", grads=False)
    for name in ("floor_divide", "remainder", "fmod"):
        fn = getattr(torch, name)
        grads = name != "floor_divide"
        c.op(name, fn, [a, b], grads=grads)
        c.op(name, fn, [pattern(2, 3, scale=9), numbers(0.5, 2, 3)], call="function", grads=grads)
        c.op(name, fn, [torch.tensor([1.0, -1.0, 0.0, inf, 5.0, -5.0, nan]), torch.tensor([0.0, 0.0, 0.0, 2.0, inf, inf, 1.0])], note="extremes", grads=False)
        c.op(name, fn, [INTS, torch.tensor([2, 3, -2], dtype=torch.int32)], note="integers")
        c.op(name, lambda x: fn(x, -2), [INTS], [-2], note="integers")
        c.op(name, lambda x: fn(x, 1.5), [pattern(2, 3, scale=9)], [1.5], grads=grads)
        c.op(name, fn, [torch.zeros(0, 2), torch.ones(2)], note="nothing", grads=False)
    c.op("remainder", lambda x: torch.remainder(5, x), [torch.tensor([2, -3, 4], dtype=torch.int32)], [5, "$0"], call="function")


def comparison(c):
    a, b = torch.tensor([1.0, 2.0, nan, inf, -inf, 0.0, 3.0]), torch.tensor([1.0, 2.5, nan, inf, inf, -0.0, nan])
    for name in ("greater", "greater_equal", "less", "less_equal", "not_equal", "logical_and", "logical_or", "logical_xor"):
        fn = getattr(torch, name)
        c.op(name, fn, [a, b], grads=False)
        c.op(name, fn, [INTS, torch.tensor([2, 0, 5], dtype=torch.int32)], grads=False, call="function")
        c.op(name, fn, [BOOLS, torch.tensor([True, True, False])], grads=False)
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        c.op(name, lambda x: getattr(torch, name)(x, 1.5), [INTS], [1.5], grads=False, note="integers and a fraction")
        c.op(name, getattr(torch, name), [INTS, numbers(-3, 6, 3)], grads=False)
    for options, kw in [({}, {}), ({"equalNan": True}, {"equal_nan": True}), ({"rtol": 0, "atol": 0.6}, {"rtol": 0, "atol": 0.6}), ({"rtol": 0.3}, {"rtol": 0.3}), ({"rtol": 0, "atol": 0}, {"rtol": 0, "atol": 0})]:
        c.op("isclose", lambda x, y: torch.isclose(x, y, **kw), [a, b], [], options, grads=False)
        c.op("allclose", lambda x, y: torch.allclose(x, y, **kw), [a, b], [], options, grads=False)
        c.op("allclose", lambda x, y: torch.allclose(x, y, **kw), [b[:2], b[:2] + 1e-7], [], options, grads=False, call="function")
        c.op("isclose", lambda x, y: torch.isclose(x, y, **kw), [INTS, INTS.flip(0)], [], options, grads=False, call="function")
    c.op("isclose", torch.isclose, [BOOLS, torch.tensor([True, True, True])], grads=False)
    c.op("equal", torch.equal, [a, a], grads=False)
    c.op("equal", torch.equal, [INTS, INTS], grads=False, call="function")
    c.op("equal", torch.equal, [INTS, INTS[0]], grads=False)
    c.op("equal", torch.equal, [torch.zeros(0), torch.zeros(0)], grads=False)


def choice(c):
    a = torch.tensor([[-2.0, -1.0, 0.5], [1.0, 3.0, nan]])
    low, high = torch.tensor([-1.0, 0.0, 0.5]), torch.tensor([[1.0], [2.0]])
    c.op("clamp", torch.clamp, [a, low, high], ["$0", "$1", "$2"])
    c.op("clamp", lambda x, m: torch.clamp(x, min=m), [a, low], [], {"min": "$1"})
    c.op("clamp", lambda x, m: torch.clamp(x, max=m), [a, high], [], {"max": "$1"})
    c.op("clamp", torch.clamp, [a, high, low], ["$0", "$1", "$2"], note="min above max")
    c.op("clamp", lambda x: torch.clamp(x, -1, 1), [a], [], {"min": -1, "max": 1}, call="function")
    c.op("clamp", lambda x: torch.clamp(x, 2, 1), [a], [], {"min": 2, "max": 1}, note="min above max")
    c.op("clip", lambda x: torch.clip(x, -1, 1), [a], [], {"min": -1, "max": 1})
    c.op("clip", lambda x: torch.clip(x, -1, 1), [a], [-1, 1])
    c.op("clip", lambda x: torch.clip(x, max=0.5), [a], [], {"max": 0.5}, call="function")
    c.op("clamp", lambda x: torch.clamp(x, 0, 3), [INTS], [0, 3])
    c.op("clamp", lambda x: torch.clamp(x, 0.5, 3), [INTS], [0.5, 3])
    for call in ("method", "function"):
        c.op("clamp_min", lambda x: torch.clamp_min(x, 0), [a], [0], call=call)
        c.op("clamp_max", lambda x: torch.clamp_max(x, 0.5), [a], [0.5], call=call)
        c.op("clamp_min", torch.clamp_min, [a, low], call=call)
        c.op("clamp_max", torch.clamp_max, [a, high], call=call)
        c.op("nan_to_num", torch.nan_to_num, [EXTREMES], call=call)
    c.op("nan_to_num", lambda x: torch.nan_to_num(x, 1.5, 2.5, -3.5), [EXTREMES], [], {"nan": 1.5, "posinf": 2.5, "neginf": -3.5})
    c.op("nan_to_num", lambda x: torch.nan_to_num(x, posinf=7), [EXTREMES], [], {"posinf": 7})
    c.op("nan_to_num", torch.nan_to_num, [INTS])
    c.op("nan_to_num", torch.nan_to_num, [EXTREMES[:5].double()], note="float64")
    mask = torch.tensor([[True], [False]])
    x, y = pattern(3), pattern(2, 3, seed=3)
    c.op("where", lambda p, q, r: torch.where(p, q, r), [mask, x, y], call="function")
    c.op("where", lambda p, q: torch.where(p, q, 0.5), [mask, x], [0.5], call="function")
    c.op("where", lambda p, q: torch.where(p, 2, q), [mask, x], ["$0", 2, "$1"], call="function")
    c.op("where", lambda p: torch.where(p, 1, 0), [mask], [1, 0], call="function")
    c.op("where", lambda p: torch.where(p, 1.5, 0), [mask], [1.5, 0], call="function")
    c.op("where", lambda p, q: torch.where(p, q, 2), [mask, INTS], [2], call="function")
    c.op("where", lambda p, q, r: torch.where(p, q, r), [mask, INTS, y], call="function")
    c.op("where", lambda p, q, r: torch.where(p, q, r), [mask, torch.tensor(1.0, dtype=torch.float64), y], call="function", note="zero-dimensional float64")
    c.op("where", lambda p, q, r: torch.where(p, q, r), [torch.tensor([True, False]), torch.tensor([nan, 1.0]), torch.tensor([1.0, nan])], call="function", note="NaN behind the mask")


def integers(c):
    a = torch.tensor([0, 1, -1, 6, -8, 12345, -98765, 2**31 - 1, -(2**31)], dtype=torch.int32)
    b = torch.tensor([3, -1, -1, 3, 5, -77, 4321, 255, 2**31 - 1], dtype=torch.int32)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        fn = getattr(torch, name)
        c.op(name, fn, [a, b])
        c.op(name, lambda x: fn(x, 6), [a], [6], call="function")
        c.op(name, fn, [BOOLS, torch.tensor([True, True, False])])
        c.op(name, fn, [torch.tensor([1, 200, 255], dtype=torch.uint8), torch.tensor([3, 100, 7], dtype=torch.uint8)])
        c.op(name, fn, [INTS, BOOLS])
    c.op("bitwise_not", torch.bitwise_not, [a])
    c.op("bitwise_not", torch.bitwise_not, [BOOLS], call="function")
    c.op("bitwise_not", torch.bitwise_not, [torch.tensor([0, 5, 255], dtype=torch.uint8)])
    shift = torch.tensor([0, 1, 4, 31, 2, 3, 5, 1, 30], dtype=torch.int32)
    for name in ("bitwise_left_shift", "bitwise_right_shift"):
        fn = getattr(torch, name)
        c.op(name, fn, [a, shift])
        c.op(name, fn, [b, shift], call="function")
        c.op(name, lambda x: fn(x, 3), [b], [3])
    g, h = torch.tensor([0, 0, 12, -9, 7, 1836311903, 100], dtype=torch.int32), torch.tensor([0, 5, 8, 6, -21, 1134903170, 0], dtype=torch.int32)
    c.op("gcd", torch.gcd, [g, h])
    c.op("gcd", torch.gcd, [INTS, torch.tensor([6], dtype=torch.int32)], call="function")
    c.op("lcm", torch.lcm, [g[[0, 1, 2, 3, 4, 6]], h[[0, 1, 2, 3, 4, 6]]])
    c.op("abs", torch.abs, [INTS])
    c.op("neg", torch.neg, [INTS])
    c.op("add", torch.add, [INTS, BOOLS])
    c.op("add", torch.add, [BOOLS, BOOLS.flip(0)])
    c.op("mul", torch.mul, [BOOLS, torch.tensor([True, True, False])])
    c.op("mul", lambda x: torch.mul(x, 2), [BOOLS], [2])
    c.op("mul", lambda x: torch.mul(x, 2.5), [BOOLS], [2.5])
    c.op("add", torch.add, [INTS, torch.tensor(1.5)])
    c.op("add", torch.add, [INTS, torch.tensor([1.5, 2.5, 3.5], dtype=torch.float64)])
    c.op("add", torch.add, [torch.tensor([1, 2, 3], dtype=torch.uint8), INTS])
