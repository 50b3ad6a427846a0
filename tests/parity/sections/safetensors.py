"""Files of safetensors: whole models beside what they give, and small ones of every dtype, byte for byte."""

import base64
import os

import torch
from safetensors.torch import save, save_file

from .checkpoints import Classifier, ResNet18, Tagger
from .common import FIXTURES, pattern, plain, write


def models():
    """State dictionaries with random weights, as files; inputs and outputs for the fixture."""
    torch.manual_seed(4)
    words = (torch.arange(21) * 7 % 20).reshape(3, 7).to(torch.int32)
    cases = []
    for file, model, options, x in [
        ("resnet18", ResNet18, {"widths": [4, 8, 12, 16]}, pattern(2, 3, 32, 32)),
        ("lstm", Tagger, {}, words),
        ("transformer", Classifier, {"width": 16, "heads": 4}, words),
    ]:
        module = model(**options)
        for key, t in module.state_dict().items():
            # As after some training.
            if key.endswith("num_batches_tracked"):
                t.fill_(3)
            elif key.endswith("running_var"):
                t.copy_(torch.rand(t.shape) + 0.5)
            elif key.endswith("running_mean") or key == "position":
                t.copy_(torch.randn(t.shape) / 4)
        module.eval()
        state = module.state_dict()
        path = os.path.normpath(os.path.join(FIXTURES, f"{file}.safetensors"))
        save_file(state, path, metadata={"format": "pt"})
        print(f"{path}: {os.path.getsize(path)} bytes")
        with torch.no_grad():
            out = module(plain(x))
        cases.append({"file": file, "model": model.__name__, "options": list(options.values()), "keys": list(state), "input": x, "output": out})
    return cases


def tensor_of(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def exact(t):
    """Floating point numbers as text with all their digits, because these are compared to the last bit."""
    if t.is_floating_point():
        return [{"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(v), repr(v)) for v in t.double().reshape(-1).tolist()]
    return t.reshape(-1).tolist()


WHOLE = {"int8": [-128, 0, 127], "int16": [-32768, 0, 32767], "uint16": [0, 1, 65535], "int32": [-(2**31), 0, 2**31 - 1], "int64": [-(2**31), 0, 2**31 - 1], "uint8": [0, 1, 255], "uint32": [0, 2**31 - 1], "uint64": [0, 2**31 - 1]}
FLOATING = [0.0, -0.0, 1.5, -2.25, 1 / 3, 1e-7, 65504.0, 1e30, float("inf"), float("-inf"), float("nan")]


def files():
    cases = []

    def case(name, tensors, metadata=None):
        bytes = save(tensors, metadata=metadata)
        listed = [{"name": k, "dtype": str(t.dtype)[6:], "shape": list(t.shape), "data": exact(t)} for k, t in tensors.items()]
        cases.append({"name": name, "tensors": listed, "metadata": list(metadata.items()) if metadata is not None else None, "base64": base64.b64encode(bytes).decode()})

    for dtype, values in WHOLE.items():
        case(dtype, {"x": tensor_of(values, dtype)})
    for dtype in ["float64", "float32", "float16", "bfloat16"]:
        case(dtype, {"x": tensor_of(FLOATING, dtype)})
    case("rounding to the nearest", {"x": tensor_of([1 + k / 512 for k in range(16)] + [3.4e38, -1e-40, 6e-8, 65519.0], "bfloat16")})
    case("bool", {"x": torch.tensor([[True, False], [False, True]])})
    every = {f"{i:02}.{dtype}": tensor_of([1, 0], dtype) for i, dtype in enumerate(["bool", *WHOLE, "float64", "float32", "float16", "bfloat16"])}
    case("every dtype, in the order of the format", every)
    case("nothing", {})
    case("nothing with empty metadata and a tensor", {"x": torch.zeros(1)}, {})
    case("a scalar and an empty tensor", {"scalar": torch.tensor(2.5), "empty": torch.zeros(2, 0, 3), "b": torch.ones(1, 1, 2)})
    case("names of many kinds", {n: torch.tensor([float(i)]) for i, n in enumerate(["z", "", "a.b", "10", "9", "é", "\ue000", "😀", 'quote " slash / backslash \\', "line\nfeed\ttab\x01\x7f\u2028", "__proto__", "constructor", "toString"])})
    case("metadata", {"x": torch.zeros(1)}, {'ключ "': "значение \\ \n 😀"})
    for n in range(8):
        case(f"a header of another length, {n}", {"x" * (n + 1): torch.tensor([1], dtype=torch.uint8)})
    return cases


def safetensors():
    write("safetensors", {"models": models(), "files": files()})
