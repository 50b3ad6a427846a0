"""Files of NumPy: arrays of every dtype in both orders and byte orders, versions 1 to 3; and what numpy.save writes."""

import base64
import io

import numpy as np

from .common import write


def exact(x):
    """Floating point numbers as text with all their digits."""
    flat = x.reshape(-1).tolist()
    return [{"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(v), repr(v)) for v in flat] if x.dtype.kind == "f" else flat


def npy():
    cases = []

    def case(name, x, version=(1, 0), ours=True):
        file = io.BytesIO()
        np.lib.format.write_array(file, x, version=version)
        bytes = file.getvalue()
        saved = io.BytesIO()
        np.save(saved, x)
        # Ours are the same bytes where the dtype is one of ours and the order little-endian.
        same = ours and bytes == saved.getvalue() and x.dtype.str in ("<f4", "<f8", "<f2", "<i4", "|u1", "|b1")
        fortran = bool(x.flags.f_contiguous and not x.flags.c_contiguous)
        cases.append({"name": name, "dtype": x.dtype.name, "shape": list(x.shape), "data": exact(x), "fortran": fortran, "same": same, "base64": base64.b64encode(bytes).decode()})

    whole = {"i1": [-128, 0, 127], "i2": [-32768, 0, 32767], "u2": [0, 1, 65535], "i4": [-(2**31), 0, 2**31 - 1], "i8": [-(2**31), 0, 2**31 - 1], "u1": [0, 1, 255], "u4": [0, 2**31 - 1], "u8": [0, 2**31 - 1]}
    floating = [0.0, -0.0, 1.5, -2.25, 1 / 3, 6e-8, 65504.0, float("inf"), float("-inf"), float("nan")]
    for order, called in [("<", "little-endian"), (">", "big-endian")]:
        for kind, values in whole.items():
            if order == "<" or kind[1] != "1":
                case(f"{called} {kind}", np.array(values, order + kind))
        for kind in ["f2", "f4", "f8"]:
            case(f"{called} {kind}", np.array(floating, order + kind))
    case("b1", np.array([[True, False], [False, True]]))
    for shape in [(), (0,), (1,), (2, 0, 3), (1, 3), (3, 1), (2, 3), (2, 3, 4), (1, 2, 1, 3), (12,)]:
        x = np.arange(int(np.prod(shape)), dtype="<f4").reshape(shape)
        case(f"{list(shape)}", x)
        case(f"{list(shape)} in Fortran's order", np.asfortranarray(x))
    case("big-endian in Fortran's order", np.asfortranarray(np.arange(6, dtype=">f8").reshape(2, 3)))
    for version in [(2, 0), (3, 0)]:
        case(f"version {version[0]}", np.arange(6, dtype="<i4").reshape(2, 3), version)
    case("a header that needs more than 128 bytes", np.zeros((1,) * 32, "<f4"))
    write("npy", cases)
