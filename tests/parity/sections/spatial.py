"""Convolutions, pooling, padding, folding and upsampling as modules; and the weights that convolutions start with."""

import math

import torch
from torch import nn

from .common import camel_keys, pattern, plain, write
from .module_case import module_case


def spatial():
    cases = []

    def add(name, args=(), options=None, inputs=(), **more):
        more.setdefault("evaluate", False)
        cases.append(module_case(name, args, options, inputs, **more))

    convolutions(add)
    transposes(add)
    pooling(add)
    adaptive(add)
    unpooling(add)
    padding(add)
    folding(add)
    upsampling(add)
    cases.extend(fractional())
    write("spatial", cases)
    starts()


def convolutions(add):
    x1, x2, x3 = pattern(2, 4, 9), pattern(2, 4, 5, 6), pattern(1, 2, 4, 3, 5)
    add("Conv1d", [4, 3, 3], {}, [x1])
    add("Conv1d", [4, 3, 3], {}, [pattern(4, 7, seed=1)])
    add("Conv1d", [4, 2, 1], {"bias": False}, [pattern(1, 4, 1)])
    add("Conv1d", [4, 4, 3], {"groups": 4, "padding": 1}, [x1])
    add("Conv1d", [4, 6, 2], {"groups": 2, "stride": 3}, [x1])
    add("Conv1d", [4, 2, 3], {"dilation": 3, "padding": 2}, [x1])
    add("Conv1d", [4, 2, 2], {"stride": 4}, [pattern(3, 4, 10)])
    add("Conv1d", [1, 2, [3]], {"stride": [2], "padding": [1], "dilation": [2]}, [pattern(2, 1, 8)])
    for size in (1, 2, 3, 4):
        add("Conv1d", [2, 2, size], {"padding": "same"}, [pattern(2, 2, 5)])
    add("Conv1d", [2, 2, 4], {"padding": "same", "dilation": 2}, [pattern(1, 2, 7)])
    add("Conv1d", [2, 2, 3], {"padding": "valid", "stride": 2}, [pattern(1, 2, 7)])
    for mode in ("reflect", "replicate", "circular"):
        add("Conv1d", [2, 3, 3], {"padding": 2, "padding_mode": mode}, [pattern(2, 2, 5)])
        add("Conv1d", [2, 1, 4], {"padding": "same", "padding_mode": mode}, [pattern(2, 5)])
        add("Conv1d", [2, 1, 3], {"padding": "valid", "padding_mode": mode}, [pattern(2, 5)])

    add("Conv2d", [4, 3, 3], {}, [x2])
    add("Conv2d", [4, 2, [1, 3]], {"padding": [0, 1], "stride": [2, 1]}, [x2])
    add("Conv2d", [4, 4, 3], {"groups": 2, "padding": 1, "bias": False}, [x2])
    add("Conv2d", [4, 8, 2], {"groups": 4, "dilation": [2, 3]}, [x2])
    add("Conv2d", [4, 2, 3], {"padding": "same", "dilation": [1, 2]}, [x2])
    add("Conv2d", [1, 1, 1], {}, [pattern(1, 1, 1, 1)])
    add("Conv2d", [3, 2, 2], {"stride": 3}, [pattern(3, 7, 8)])
    for mode in ("reflect", "replicate", "circular"):
        add("Conv2d", [2, 2, 3], {"padding": [2, 1], "padding_mode": mode}, [pattern(2, 2, 4, 3)])
        add("Conv2d", [2, 2, [2, 3]], {"padding": "same", "padding_mode": mode}, [pattern(2, 4, 3)])

    add("Conv3d", [2, 3, 2], {}, [x3])
    add("Conv3d", [2, 2, [1, 3, 2]], {"stride": [2, 1, 2], "padding": [0, 1, 1]}, [x3])
    add("Conv3d", [2, 4, 2], {"groups": 2, "dilation": [1, 2, 1], "bias": False}, [x3])
    add("Conv3d", [2, 1, 3], {"padding": "same"}, [pattern(2, 3, 2, 4)])
    add("Conv3d", [2, 1, [2, 1, 3]], {"padding": "same"}, [pattern(1, 2, 3, 2, 4)])
    add("Conv3d", [1, 2, 1], {"stride": 2}, [pattern(2, 1, 3, 3, 3)])
    for mode in ("replicate", "circular", "reflect"):
        add("Conv3d", [1, 2, 3], {"padding": 1, "padding_mode": mode}, [pattern(1, 1, 2, 3, 2)])


def transposes(add):
    x1, x2, x3 = pattern(2, 4, 5), pattern(2, 4, 3, 4), pattern(1, 2, 2, 3, 2)
    add("ConvTranspose1d", [4, 3, 3], {}, [x1])
    add("ConvTranspose1d", [4, 2, 3], {"stride": 2, "padding": 1, "output_padding": 1}, [x1])
    add("ConvTranspose1d", [4, 2, 2], {"stride": 3, "bias": False}, [pattern(4, 4)])
    add("ConvTranspose1d", [4, 6, 3], {"groups": 2, "dilation": 2, "stride": 2}, [x1])
    add("ConvTranspose1d", [4, 4, 1], {"groups": 4}, [pattern(1, 4, 1)])
    add("ConvTranspose1d", [2, 2, 3], {"stride": 2, "dilation": 3, "output_padding": 2}, [pattern(1, 2, 4)])
    for size in (11, 12):
        add("ConvTranspose1d", [4, 2, 3], {"stride": 2}, [x1], call={"output_size": [size]})
    add("ConvTranspose1d", [4, 2, 3], {"stride": 3}, [pattern(4, 5)], call={"output_size": [2, 16]})

    add("ConvTranspose2d", [4, 3, 3], {}, [x2])
    add("ConvTranspose2d", [4, 2, 3], {"stride": 2, "padding": 1, "output_padding": 1}, [x2])
    add("ConvTranspose2d", [4, 2, [3, 2]], {"stride": [1, 2], "padding": [1, 0], "output_padding": [0, 1]}, [x2])
    add("ConvTranspose2d", [4, 6, 2], {"groups": 2, "dilation": [2, 1], "bias": False}, [pattern(4, 3, 2)])
    add("ConvTranspose2d", [4, 4, 3], {"groups": 4, "stride": 2}, [x2])
    add("ConvTranspose2d", [1, 1, 1], {}, [pattern(1, 1, 1, 1)])
    add("ConvTranspose2d", [4, 2, 3], {"stride": 2, "padding": 1}, [x2], call={"output_size": [6, 8]})
    add("ConvTranspose2d", [4, 2, 3], {"stride": 2, "padding": 1}, [x2], call={"output_size": [5, 8]})
    add("ConvTranspose2d", [4, 2, 2], {"stride": 3}, [x2], call={"output_size": [2, 2, 9, 13]})

    add("ConvTranspose3d", [2, 3, 2], {}, [x3])
    add("ConvTranspose3d", [2, 1, [1, 3, 2]], {"stride": [2, 1, 2], "padding": [0, 1, 0], "output_padding": [1, 0, 0]}, [x3])
    add("ConvTranspose3d", [2, 4, 2], {"groups": 2, "dilation": [1, 2, 1], "bias": False}, [pattern(2, 2, 1, 3)])
    add("ConvTranspose3d", [2, 1, 2], {"stride": 2}, [x3], call={"output_size": [4, 7, 5]})


def pooling(add):
    x1, x2, x3 = pattern(2, 3, 10), pattern(2, 2, 6, 7), pattern(1, 2, 5, 4, 6)
    ties1 = torch.tensor([[[1.0, 1, 0, 2, 2, 2, 0]]])
    ties2 = torch.tensor([[[[1.0, 1, 0, 2], [1, 2, 2, 2], [0, 0, 2, 1], [3, 3, 3, 3]]]])
    for pick in (False, True):
        more = {"return_indices": True} if pick else {}
        add("MaxPool1d", [3], more, [x1])
        add("MaxPool1d", [2], {"stride": 3, **more}, [pattern(3, 8)])
        add("MaxPool1d", [3], {"stride": 2, "padding": 1, "ceil_mode": True, **more}, [x1])
        add("MaxPool1d", [2], {"dilation": 3, "stride": 1, **more}, [x1])
        add("MaxPool1d", [4], {"stride": 3, "padding": 2, "dilation": 2, "ceil_mode": True, **more}, [x1])
        add("MaxPool1d", [3], {"stride": 1, **more}, [ties1])
        add("MaxPool2d", [2], more, [x2])
        add("MaxPool2d", [[3, 2]], {"stride": [2, 1], "padding": [1, 0], **more}, [x2])
        add("MaxPool2d", [3], {"stride": 2, "padding": 1, "ceil_mode": True, **more}, [pattern(2, 5, 6)])
        add("MaxPool2d", [2], {"stride": 3, "ceil_mode": True, **more}, [x2])
        add("MaxPool2d", [2], {"dilation": [1, 2], "stride": 1, **more}, [ties2])
        add("MaxPool3d", [2], more, [x3])
        add("MaxPool3d", [[1, 3, 2]], {"stride": [1, 2, 1], "padding": [0, 1, 1], **more}, [x3])
        add("MaxPool3d", [2], {"stride": 2, "ceil_mode": True, **more}, [pattern(2, 3, 5, 3)])
        add("MaxPool3d", [2], {"dilation": [2, 1, 3], "stride": 1, **more}, [x3])
        add("MaxPool3d", [2], {"stride": [3, 2, 2], **more}, [torch.ones(1, 1, 5, 3, 4)])
    add("MaxPool1d", [1], {}, [pattern(1, 1, 1)])
    add("MaxPool2d", [2], {"stride": 1, "return_indices": True}, [torch.tensor([[[float("nan"), 1, 2], [0, -math.inf, -math.inf], [3, -math.inf, -math.inf]]])], grads=False)
    add("MaxPool3d", [2], {"stride": 1, "return_indices": True}, [torch.tensor([[[[float("nan"), 1, 2], [0, -math.inf, -math.inf]], [[3, -math.inf, -math.inf], [1, -math.inf, -math.inf]]]])], grads=False)

    for options in ({}, {"stride": 3}, {"stride": 2, "padding": 1}, {"stride": 2, "padding": 1, "ceil_mode": True}, {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}):
        add("AvgPool1d", [3], options, [x1])
        add("AvgPool1d", [2], options, [pattern(3, 7)])
        add("AvgPool2d", [3], options, [x2])
        add("AvgPool2d", [[2, 3]], options, [pattern(2, 5, 4)])
        add("AvgPool3d", [3], options, [x3])
        add("AvgPool3d", [[2, 3, 2]], options, [pattern(1, 4, 3, 5)])
    add("AvgPool1d", [1], {"stride": 2}, [pattern(1, 1, 1)])
    add("AvgPool2d", [2], {"divisor_override": 3, "padding": 1}, [x2])
    add("AvgPool3d", [2], {"divisor_override": 5, "stride": 1}, [x3])

    for norm in (1, 2, 3, 1.5):
        add("LPPool1d", [norm, 3], {"stride": 2}, [plain(x1).abs() + 0.1])
        add("LPPool2d", [norm, [2, 3]], {}, [plain(x2).abs() + 0.1])
        add("LPPool3d", [norm, 2], {"ceil_mode": True}, [plain(x3).abs() + 0.1])
    add("LPPool1d", [2, 3], {"ceil_mode": True}, [pattern(3, 7)])
    add("LPPool2d", [2, 2], {"stride": 1}, [pattern(2, 4, 3)])
    add("LPPool3d", [2, [1, 2, 2]], {"stride": [2, 1, 1]}, [pattern(1, 4, 3, 5)])
    add("LPPool1d", [2, 2], {}, [torch.tensor([[0.0, 0, 3, 4, -1, 0]])])
    add("LPPool2d", [2, 2], {}, [torch.tensor([[[0.0, 0, 3, 4], [0, 0, -1, 0]]])])
    add("LPPool1d", [3, 2], {"stride": 1}, [pattern(1, 7)], grads=False)
    for norm in (math.inf, -math.inf):
        add("LPPool1d", [norm, 3], {"stride": 2}, [x1])
        add("LPPool2d", [norm, 2], {}, [x2])
        add("LPPool3d", [norm, 2], {}, [x3])


def adaptive(add):
    x1, x2, x3 = pattern(2, 3, 10), pattern(2, 2, 6, 7), pattern(1, 2, 5, 4, 6)
    for size in (1, 3, 5, 10, 13):
        add("AdaptiveAvgPool1d", [size], {}, [x1])
    add("AdaptiveAvgPool1d", [4], {}, [pattern(2, 7)])
    for size in (1, 3, [6, 7], [None, 2], [4, None], [8, 9]):
        add("AdaptiveAvgPool2d", [size], {}, [x2])
    add("AdaptiveAvgPool2d", [[2, 3]], {}, [pattern(2, 5, 4)])
    for size in (1, 2, 3, [5, None, 2], [None, 3, 7]):
        add("AdaptiveAvgPool3d", [size], {}, [x3])
    add("AdaptiveAvgPool3d", [[2, 1, 3]], {}, [pattern(2, 3, 3, 4)])
    for pick in (False, True):
        more = {"return_indices": True} if pick else {}
        for size in (1, 3, 5, 13):
            add("AdaptiveMaxPool1d", [size], more, [x1])
        add("AdaptiveMaxPool1d", [2], more, [torch.tensor([[1.0, 2, 2, 1, 2]])])
        for size in (1, 3, [6, 7], [None, 2], [8, 9]):
            add("AdaptiveMaxPool2d", [size], more, [x2])
        add("AdaptiveMaxPool2d", [[2, 3]], more, [torch.ones(1, 5, 4)])
        for size in (1, 3, [5, None, 2]):
            add("AdaptiveMaxPool3d", [size], more, [x3])
        add("AdaptiveMaxPool3d", [[2, 1, 3]], more, [pattern(2, 3, 3, 4)])


def unpooling(add):
    def unpool(dims, x, kernel, options=None, call=None):
        pool = getattr(nn, f"MaxPool{dims}d")(kernel, **(options or {}), return_indices=True)
        values, indices = pool(plain(x))
        add(f"MaxUnpool{dims}d", [kernel], options or {}, [values, indices], call=call)

    unpool(1, pattern(2, 3, 8), 2)
    unpool(1, pattern(3, 9), 3, {"stride": 2})
    unpool(1, pattern(2, 1, 9), 2, call={"output_size": [9]})
    unpool(1, pattern(2, 1, 9), 2, call={"output_size": [2, 1, 9]})
    unpool(1, pattern(1, 1, 1), 1)
    unpool(2, pattern(2, 2, 4, 6), 2)
    unpool(2, pattern(2, 5, 7), 3, {"stride": 2, "padding": 1})
    unpool(2, pattern(1, 2, 5, 7), [2, 3], call={"output_size": [5, 7]})
    unpool(2, pattern(1, 2, 5, 5), 2, call={"output_size": [1, 2, 5, 5]})
    unpool(3, pattern(1, 2, 4, 4, 2), 2)
    unpool(3, pattern(2, 5, 3, 4), [1, 2, 2], call={"output_size": [5, 3, 4]})
    unpool(3, pattern(1, 1, 5, 3, 5), 3, {"stride": 2})


def padding(add):
    xs = {1: (pattern(2, 3, 5), pattern(3, 4)), 2: (pattern(2, 2, 4, 5), pattern(2, 3, 4)), 3: (pattern(1, 2, 3, 4, 3), pattern(2, 3, 2, 4))}
    sides = {1: [2, 1], 2: [1, 2, 0, 1], 3: [1, 0, 2, 1, 1, 2]}
    cut = {1: [-1, 2], 2: [1, -1, -2, 0], 3: [0, 1, -1, 1, 1, -1]}
    for dims in (1, 2, 3):
        batch, single = xs[dims]
        for kind in ("Reflection", "Replication", "Circular", "Zero"):
            name = f"{kind}Pad{dims}d"
            add(name, [1], {}, [batch])
            if kind == "Reflection" and dims == 3:
                add(name, [[1, 0, 1, 1, 1, 2]], {}, [single])
            else:
                add(name, [sides[dims]], {}, [single])
            add(name, [cut[dims]], {}, [batch])
        add(f"ConstantPad{dims}d", [1, 3.5], {}, [batch])
        add(f"ConstantPad{dims}d", [sides[dims], -2], {}, [single])
        add(f"ConstantPad{dims}d", [cut[dims], 0.25], {}, [batch])
    add("ReplicationPad1d", [4], {}, [pattern(1, 1, 1)])
    add("ReflectionPad1d", [[4, 4]], {}, [pattern(1, 5)])
    add("CircularPad1d", [[5, 5]], {}, [pattern(1, 5)])
    add("ZeroPad2d", [[-1, -1, 0, 0]], {}, [pattern(1, 1, 2, 5)])
    add("ConstantPad1d", [2, 7], {}, [torch.zeros(1, 0)], grads=False)
    add("ConstantPad1d", [1, float("-inf")], {}, [pattern(3)])


def folding(add):
    add("Unfold", [2], {}, [pattern(2, 2, 3, 4)])
    add("Unfold", [[2, 3]], {"padding": 1}, [pattern(1, 2, 4, 3)])
    add("Unfold", [[1, 2]], {"stride": [2, 3], "dilation": [1, 2]}, [pattern(1, 2, 5, 7)])
    add("Unfold", [2], {"stride": 2, "padding": [1, 0]}, [pattern(2, 3, 4)])
    add("Unfold", [1], {"stride": 3}, [pattern(1, 1, 1, 1)])
    add("Unfold", [[3, 2]], {"dilation": 2, "padding": 2}, [pattern(1, 1, 4, 3)])
    add("Fold", [[3, 4], 2], {}, [pattern(2, 8, 6)])
    add("Fold", [[4, 3], [2, 3]], {"padding": 1}, [pattern(1, 12, 15)])
    add("Fold", [[5, 7], [1, 2]], {"stride": [2, 3], "dilation": [1, 2]}, [pattern(1, 4, 6)])
    add("Fold", [4, 2], {"stride": 2}, [pattern(8, 4)])
    add("Fold", [[5, 5], 2], {"stride": 3}, [pattern(1, 4, 4)])
    add("Fold", [1, 1], {}, [pattern(1, 3, 1)])
    add("PixelShuffle", [2], {}, [pattern(2, 8, 2, 3)])
    add("PixelShuffle", [3], {}, [pattern(9, 1, 2)])
    add("PixelShuffle", [1], {}, [pattern(1, 2, 2, 2)])
    add("PixelShuffle", [2], {}, [pattern(2, 1, 4, 2, 1)])
    add("PixelUnshuffle", [2], {}, [pattern(2, 1, 4, 6)])
    add("PixelUnshuffle", [3], {}, [pattern(2, 3, 6)])
    add("PixelUnshuffle", [2], {}, [pattern(1, 2, 1, 2, 4)])
    for groups, shape in ((2, (2, 4, 3)), (3, (1, 6, 2, 2)), (4, (1, 4, 1, 2, 2)), (1, (2, 3, 1))):
        add("ChannelShuffle", [groups], {}, [pattern(*shape)])


def upsampling(add):
    x1, x2, x3 = pattern(2, 2, 5), pattern(1, 2, 3, 4), pattern(1, 1, 2, 3, 2)
    add("Upsample", [], {"scale_factor": 2}, [x1])
    add("Upsample", [], {"size": 7}, [x2])
    add("Upsample", [], {"size": [5, 3], "mode": "bilinear"}, [x2])
    add("Upsample", [], {"scale_factor": 1.7, "mode": "linear"}, [x1])
    add("Upsample", [], {"scale_factor": 1.7, "mode": "linear", "recompute_scale_factor": True}, [x1])
    add("Upsample", [], {"scale_factor": (2.0, 1.5), "mode": "bicubic", "align_corners": True}, [x2])
    add("Upsample", [], {"scale_factor": 2, "mode": "trilinear"}, [x3])
    add("Upsample", [], {"scale_factor": (1.0, 2.0, 1.5), "mode": "nearest-exact"}, [x3])
    add("Upsample", [], {"size": 3, "mode": "area"}, [x2])
    add("UpsamplingNearest2d", [], {"scale_factor": 3}, [x2])
    add("UpsamplingNearest2d", [], {"size": (2, 7)}, [x2])
    add("UpsamplingBilinear2d", [], {"scale_factor": 2}, [x2])
    add("UpsamplingBilinear2d", [], {"size": (1, 7)}, [x2])
    add("UpsamplingBilinear2d", [], {"size": 4}, [pattern(1, 1, 1, 1)])


def fractional():
    """With given samples; and drawn ones, whose stream starts at seed 0."""
    out = []
    for pick in (False, True):
        for dims, shape, kernel, options in (
            (2, (2, 2, 7, 8), 2, {"output_size": (3, 4)}),
            (2, (3, 6, 5), (2, 3), {"output_ratio": 0.5}),
            (2, (1, 1, 9, 9), 3, {"output_ratio": (0.7, 0.4)}),
            (2, (1, 2, 4, 4), 2, {"output_size": 1}),
            (3, (1, 2, 5, 6, 5), 2, {"output_size": (2, 3, 3)}),
            (3, (2, 5, 4, 7), (2, 1, 3), {"output_ratio": 0.5}),
        ):
            n = shape[0] if len(shape) == dims + 2 else 1
            samples = (torch.arange(n * shape[-dims - 1] * dims) * 37 % 100 / 100).reshape(n, shape[-dims - 1], dims)
            more = {"return_indices": True} if pick else {}
            case = module_case(f"FractionalMaxPool{dims}d", [kernel], {**options, **more, "_random_samples": samples}, [pattern(*shape)], evaluate=False)
            case["options"] = {**camel_keys({**options, **more}), "_randomSamples": samples}
            out.append(case)
    return out


def starts():
    cases = []

    def add(name, args, options=None):
        torch.manual_seed(5)
        module = getattr(nn, name)(*args, **(options or {}))
        state = {k: v.detach() for k, v in module.state_dict().items()}
        cases.append({"module": name, "args": list(args), "options": camel_keys(options or {}), "state": state})

    for dims in (1, 2, 3):
        for name in (f"Conv{dims}d", f"ConvTranspose{dims}d"):
            add(name, [2, 3, 2])
            add(name, [4, 2, [3, 1, 2][:dims]], {"groups": 2})
            add(name, [1, 2, 2], {"bias": False})
    write("convInit", cases)
