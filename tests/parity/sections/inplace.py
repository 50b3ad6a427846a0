"""Methods that write into their tensor: of a copy of the first input, so that gradients reach it."""

import torch

from .common import camel, gradients, pattern, plain, write

INTS = torch.tensor([[-3, 0, 7], [2, -1, 5]], dtype=torch.int32)
BYTES = torch.tensor([3, 0, 255, 17], dtype=torch.uint8)
BOOLS = torch.tensor([True, False, True])


class Cases(list):
    def add(self, name, x, *others, args=(), options=None, frozen=(), **more):
        """`args` in our spelling where they are not the other tensors; `frozen`: numbers of inputs without gradient."""
        inputs = [x, *[t for t in others if isinstance(t, torch.Tensor)]]
        kwargs = options or {}

        def call(method, leaves):
            rest = iter(leaves[1:])
            given = [next(rest) if isinstance(o, torch.Tensor) else o for o in others]
            return getattr(leaves[0].clone(), method)(*given, *args, **kwargs)

        # A few have no gradient in place, though the op has one; a few have none at all.
        for method in (name, name[:-1], None):
            try:
                outputs, grads = gradients(lambda *leaves: call(method, leaves), inputs) if method else ([call(name, [plain(t) for t in inputs])], [None] * len(inputs))
                break
            except RuntimeError as error:
                assert "implemented" in str(error), error
        at = 0
        arguments = ["$0"] if len(inputs) > 1 else []
        for o in others:
            if isinstance(o, torch.Tensor):
                at += 1
                arguments.append(f"${at}")
            else:
                arguments.append(o)
        # Zeros without memory cannot be read.
        grads = [torch.zeros(g.shape, dtype=g.dtype) if g is not None and torch._is_zerotensor(g) else g for g in grads]
        grads = [None if i in frozen else g for i, g in enumerate(grads)]
        self.append({"op": f"{camel(name)}_", "call": "method", "args": [*arguments, *args], "options": {camel(k): v for k, v in kwargs.items()} or None, "inputs": inputs, "outputs": outputs, "grads": grads, **more})

    def refuse(self, name, x, *others):
        """PyTorch throws: the result does not go into the tensor."""
        try:
            getattr(plain(x).clone(), name)(*[plain(o) if isinstance(o, torch.Tensor) else o for o in others])
        except (RuntimeError, IndexError):
            self.append({"refused": f"{camel(name)}_", "args": ["$0", *[f"${i + 1}" if isinstance(o, torch.Tensor) else o for i, o in enumerate(others)]], "options": None, "inputs": [x, *[o for o in others if isinstance(o, torch.Tensor)]], "outputs": [], "grads": []})
        else:
            raise AssertionError(name)


def numbers(low, high, *shape, seed=1):
    return (torch.as_tensor(pattern(*shape, seed=seed, scale=1)).as_subclass(torch.Tensor) + 0.5) * (high - low) + low


def inplace():
    cases = Cases()
    unary(cases)
    binary(cases)
    products(cases)
    shapes(cases)
    refused(cases)
    write("inplace", list(cases))


def unary(c):
    domains = {
        "abs": (-2, 2), "absolute": (-2, 2), "acos": (-0.9, 0.9), "acosh": (1.1, 5), "arccos": (-0.9, 0.9), "arccosh": (1.1, 5), "arcsin": (-0.9, 0.9),
        "arcsinh": (-3, 3), "arctan": (-3, 3), "arctanh": (-0.9, 0.9), "asin": (-0.9, 0.9), "asinh": (-3, 3), "atan": (-3, 3), "atanh": (-0.9, 0.9),
        "ceil": (-3, 3), "cos": (-3, 3), "cosh": (-3, 3), "deg2rad": (-99, 99), "digamma": (0.5, 4), "erf": (-2, 2), "erfc": (-2, 2), "erfinv": (-0.9, 0.9),
        "exp": (-2, 2), "exp2": (-2, 2), "expm1": (-2, 2), "fix": (-3, 3), "floor": (-3, 3), "frac": (-3, 3), "lgamma": (0.5, 4), "log": (0.2, 4),
        "log10": (0.2, 4), "log1p": (-0.5, 4), "log2": (0.2, 4), "logit": (0.1, 0.9), "nan_to_num": (-2, 2), "neg": (-2, 2), "negative": (-2, 2),
        "rad2deg": (-3, 3), "reciprocal": (0.3, 3), "round": (-3, 3), "rsqrt": (0.3, 3), "sgn": (-2, 2), "sigmoid": (-3, 3), "sign": (-2, 2), "sin": (-3, 3),
        "sinc": (-2, 2), "sinh": (-2, 2), "sqrt": (0.2, 4), "square": (-2, 2), "tan": (-1.2, 1.2), "tanh": (-2, 2), "trunc": (-3, 3), "relu": (-2, 2),
        "logical_not": (-2, 2),
    }
    for name, (low, high) in domains.items():
        c.add(f"{name}_", numbers(low, high, 2, 3), frozen=(0,) if name == "logical_not" else ())
    for name in ("floor", "abs", "neg", "sign", "square", "logical_not", "round", "trunc", "ceil", "bitwise_not", "relu"):
        c.add(f"{name}_", INTS)
    c.add("exp_", torch.zeros(0, 3))
    c.add("sin_", torch.tensor(1.25))
    c.add("logical_not_", BOOLS)
    c.add("bitwise_not_", BOOLS)
    c.add("logit_", numbers(0, 1, 5), options={"eps": 0.1})
    c.add("nan_to_num_", torch.tensor([float("nan"), 1.0, float("inf")]), options={"nan": 2.0, "posinf": 9.0})
    c.add("round_", numbers(-2, 2, 6), options={"decimals": 1})
    c.add("polygamma_", numbers(0.5, 4, 4), 1)


def binary(c):
    x, y = numbers(0.3, 3, 2, 3), numbers(0.4, 2, 2, 3, seed=2)
    row = numbers(0.4, 2, 3, seed=3)
    for name in ("arctan2", "atan2", "copysign", "divide", "fmod", "hypot", "multiply", "pow", "remainder", "subtract", "true_divide", "xlogy", "mul", "div", "add", "sub", "clamp_max", "clamp_min"):
        c.add(f"{name}_", x, y)
        c.add(f"{name}_", x, row)
        if name not in ("arctan2", "atan2", "hypot"):
            c.add(f"{name}_", x, 1.5)
    for name in ("eq", "ne", "lt", "le", "gt", "ge", "greater", "greater_equal", "less", "less_equal", "not_equal", "logical_and", "logical_or", "logical_xor"):
        # PyTorch forgets that the logical ones stop a gradient, and lets it through; the others have zeros, ours no history.
        c.add(f"{name}_", INTS.float(), torch.tensor([0.0, -1.0, 7.0]), frozen=(0, 1))
        c.add(f"{name}_", INTS, torch.tensor([0, -1, 7], dtype=torch.int32))
    for name in ("eq", "gt", "less_equal"):
        c.add(f"{name}_", INTS, 2)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm"):
        c.add(f"{name}_", INTS, torch.tensor([6, 3, 12], dtype=torch.int32))
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        c.add(f"{name}_", BYTES, 6)
        c.add(f"{name}_", BOOLS, torch.tensor([True, True, False]))
    for name in ("bitwise_left_shift", "bitwise_right_shift"):
        c.add(f"{name}_", INTS, torch.tensor([1, 0, 3], dtype=torch.int32))
        c.add(f"{name}_", BYTES, 2)
    c.add("floor_divide_", INTS, 2)
    c.add("floor_divide_", x, 0.7)
    c.add("divide_", x, y, options={"rounding_mode": "trunc"})
    c.add("div_", INTS, 2, options={"rounding_mode": "floor"})
    c.add("subtract_", x, y, options={"alpha": 2})
    c.add("heaviside_", torch.tensor([-1.0, 0.0, 2.0]), torch.tensor([0.5]), frozen=(0, 1))
    c.add("ldexp_", x, torch.tensor([1.0, 2.0, -1.0]), frozen=(1,))
    c.add("lerp_", x, y, 0.3)
    c.add("lerp_", x, y, row)
    c.add("addcmul_", x, y, row, options={"value": 0.5})
    c.add("addcdiv_", x, y, row)
    c.add("float_power_", x.double(), 1.5)
    c.add("clamp_", x, options={"min": 0.5, "max": 2.0})
    c.add("clip_", x, 0.7, 1.5)
    c.add("clip_", x, y)
    c.add("pow_", INTS.abs(), 2)
    c.add("i0_", x)
    c.add("mvlgamma_", x + 1, 2)
    c.add("nextafter_", x, y)
    # A wider result is narrowed, in the same category.
    c.add("mul_", x, y.double())
    c.add("add_", BYTES, torch.tensor([1, 2, 3, 4], dtype=torch.int32))
    c.add("add_", x, INTS)


def products(c):
    m, a, b = pattern(3, 4, seed=1), pattern(3, 2, seed=2), pattern(2, 4, seed=3)
    c.add("addmm_", m, a, b, options={"beta": 0.5, "alpha": 2.0})
    c.add("addmv_", pattern(3, seed=1), m, pattern(4, seed=2))
    c.add("addr_", m, pattern(3, seed=4), pattern(4, seed=2))
    p, q = pattern(2, 3, 5, seed=5), pattern(2, 5, 4, seed=6)
    c.add("addbmm_", m, p, q)
    c.add("baddbmm_", pattern(2, 3, 4, seed=1), p, q, options={"alpha": -1.0})
    c.add("cumsum_", m, 1)
    c.add("cumprod_", m, 0)
    c.add("cumsum_", INTS, 0)
    c.add("renorm_", m, 2, 0, 0.5)
    c.add("index_reduce_", m, 0, torch.tensor([0, 2, 0]), pattern(3, 4, seed=8), "amax", options={"include_self": True})
    c.add("fill_diagonal_", m, 7.0)
    c.add("fill_diagonal_", pattern(7, 3, seed=1), 2.0, options={"wrap": True})
    c.add("fill_diagonal_", pattern(7, 3, seed=1), 2.0)
    c.add("fill_diagonal_", pattern(3, 3, 3, seed=1), -1.0)


def shapes(c):
    m = pattern(2, 3, 1, seed=1)
    c.add("transpose_", m, 0, 1)
    c.add("swapaxes_", m, 0, -1)
    c.add("swapdims_", m, 1, 2)
    c.add("squeeze_", m)
    c.add("squeeze_", m, 2)
    c.add("squeeze_", m, 0)
    c.add("unsqueeze_", m, 1)
    c.add("t_", pattern(2, 3, seed=2))
    c.add("t_", pattern(3, seed=2))


def refused(c):
    for name in ("sqrt_", "exp_", "sigmoid_", "reciprocal_", "atan_", "digamma_"):
        c.refuse(name, INTS)
    x = pattern(2, 3, seed=1)
    c.refuse("add_", INTS, 0.5)
    c.refuse("mul_", INTS, x)
    c.refuse("div_", INTS, 2)
    c.refuse("add_", BOOLS, 1)
    c.refuse("pow_", INTS, 0.5)
    c.refuse("add_", pattern(3, seed=1), x)
    c.refuse("mul_", pattern(2, 1, seed=1), x)
    c.refuse("float_power_", x, 2)
    c.refuse("atan2_", pattern(3, seed=1), x)
    c.refuse("lerp_", pattern(3, seed=1), x, 0.5)
    c.refuse("fill_diagonal_", pattern(3, seed=1), 1.0)
