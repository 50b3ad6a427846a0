"""Fresh modules after a seed: their printed form, the order of their keys, their numbers, and the next random number."""

import torch
from torch import nn

from .common import camel_keys, write

MODULES = [
    ("Linear", [3, 4], {}), ("Linear", [5, 2], {"bias": False}), ("Bilinear", [3, 2, 4], {}), ("Bilinear", [2, 2, 1], {"bias": False}),
    ("Embedding", [5, 3], {}), ("Embedding", [7, 4], {"padding_idx": 2}), ("Embedding", [3, 4], {"padding_idx": -1, "max_norm": 1.0, "norm_type": 1.5, "scale_grad_by_freq": True, "sparse": True}),
    ("EmbeddingBag", [5, 3], {}), ("EmbeddingBag", [6, 3], {"mode": "sum", "padding_idx": 1, "max_norm": 0.5, "scale_grad_by_freq": True}), ("EmbeddingBag", [3, 2], {"mode": "max", "norm_type": 1.5, "include_last_offset": True}),
    ("AdaptiveLogSoftmaxWithLoss", [16, 20, [4, 10]], {}), ("AdaptiveLogSoftmaxWithLoss", [8, 9, [2]], {"head_bias": True, "div_value": 2.0}),
    ("PReLU", [], {}), ("PReLU", [], {"num_parameters": 3, "init": 0.1}),
    ("BatchNorm1d", [3], {}), ("BatchNorm3d", [2], {"affine": False, "eps": 1e-3}), ("BatchNorm3d", [2], {"bias": False, "momentum": None}), ("BatchNorm2d", [2], {"track_running_stats": False}),
    ("InstanceNorm1d", [3], {}), ("InstanceNorm2d", [3], {"affine": True, "track_running_stats": True}), ("InstanceNorm3d", [3], {"affine": True, "bias": False, "momentum": 0.2}),
    ("GroupNorm", [2, 4], {}), ("GroupNorm", [1, 4], {"affine": False, "eps": 1e-6}), ("GroupNorm", [1, 4], {"bias": False}),
    ("LayerNorm", [3], {}), ("LayerNorm", [[2, 3]], {"elementwise_affine": False}), ("LayerNorm", [[2, 3]], {"bias": False, "eps": 1e-12}),
    ("RMSNorm", [3], {}), ("RMSNorm", [[2, 3]], {"eps": 1e-6, "elementwise_affine": False}), ("LocalResponseNorm", [2], {}), ("LocalResponseNorm", [3], {"alpha": 0.5, "beta": 1.0, "k": 2.0}),
    ("CrossMapLRN2d", [3], {}), ("CrossMapLRN2d", [5], {"alpha": 0.5, "beta": 0.25, "k": 2}),
    ("Dropout", [], {}), ("Dropout1d", [], {"p": 0.25}), ("Dropout2d", [], {"inplace": True}), ("Dropout3d", [], {"p": 1.0}), ("AlphaDropout", [], {"p": 0.1}), ("FeatureAlphaDropout", [], {}),
    ("Flatten", [], {}), ("Flatten", [], {"start_dim": 0, "end_dim": 2}), ("Unflatten", [1, (2, 3)], {}), ("Identity", [], {}), ("CosineSimilarity", [], {"dim": 0}), ("PairwiseDistance", [], {"p": 1.0}),
    ("Threshold", [0.1, 20], {}), ("Threshold", [1, 2], {"inplace": True}), ("ReLU", [], {}), ("ReLU", [], {"inplace": True}), ("RReLU", [], {}), ("RReLU", [], {"lower": 0.1, "upper": 0.5, "inplace": True}),
    ("Hardtanh", [], {}), ("Hardtanh", [], {"min_val": -2.0, "max_val": 0.5, "inplace": True}), ("ReLU6", [], {}), ("ReLU6", [], {"inplace": True}), ("Sigmoid", [], {}), ("Hardsigmoid", [], {}), ("Hardsigmoid", [], {"inplace": True}),
    ("Tanh", [], {}), ("SiLU", [], {}), ("SiLU", [], {"inplace": True}), ("Mish", [], {}), ("Mish", [], {"inplace": True}), ("Hardswish", [], {}), ("Hardswish", [], {"inplace": True}), ("ELU", [], {}), ("ELU", [], {"alpha": 0.5, "inplace": True}),
    ("CELU", [], {}), ("CELU", [], {"alpha": 0.5, "inplace": True}), ("SELU", [], {}), ("SELU", [], {"inplace": True}), ("GLU", [], {}), ("GLU", [], {"dim": 1}), ("GELU", [], {}), ("GELU", [], {"approximate": "tanh"}),
    ("Hardshrink", [], {}), ("Hardshrink", [], {"lambd": 1.5}), ("LeakyReLU", [], {}), ("LeakyReLU", [], {"negative_slope": 0.2, "inplace": True}), ("LogSigmoid", [], {}), ("Softplus", [], {}), ("Softplus", [], {"beta": 2.5, "threshold": 10.5}),
    ("Softshrink", [], {}), ("Softshrink", [], {"lambd": 0.25}), ("Softsign", [], {}), ("Tanhshrink", [], {}), ("Softmin", [], {"dim": 1}), ("Softmax", [], {"dim": -1}), ("Softmax2d", [], {}), ("LogSoftmax", [], {"dim": 0}),
    ("ModuleList", [], {}), ("ModuleDict", [], {}), ("Sequential", [], {}), ("ParameterList", [], {}), ("ParameterDict", [], {}),
    ("ParameterList", [[torch.zeros(2, 3)]], {}), ("ParameterList", [[torch.zeros(2, 3), torch.tensor(1.0), torch.zeros(4, dtype=torch.float64)]], {}),
]


def fresh():
    cases = []
    for name, args, options in MODULES:
        torch.manual_seed(0)
        module = getattr(nn, name)(*args, **options)
        cases.append({
            "module": name, "args": args, "options": camel_keys(options), "printed": str(module), "state": dict(module.state_dict()), "next": torch.rand(1),
            "learnt": [k for k, _ in module.named_parameters()],
        })
    write("fresh", cases)
