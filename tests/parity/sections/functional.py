"""torch.nn.functional: the forms that are not called through a module, with gradients of all floating inputs."""

import torch
from torch.nn import functional as F

from .common import camel, camel_keys, gradients, pattern, plain, write

INF, NAN = float("inf"), float("nan")


def functional():
    cases = []

    def add(name, inputs, *args, grads=True, **options):
        """Calls F.name(*inputs, *args, **options); options that are tensors come after the inputs, and get gradients too."""
        tensors = {k: v for k, v in options.items() if isinstance(v, torch.Tensor)}
        rest = {k: v for k, v in options.items() if k not in tensors}
        n = len(inputs)
        fn = lambda *x: getattr(F, name)(*x[:n], *args, **dict(zip(tensors, x[n:])), **rest)
        outputs, found = gradients(fn, [*inputs, *tensors.values()])
        cases.append({
            "fn": camel(name), "inputs": list(inputs), "args": list(args), "options": camel_keys(rest),
            "tensors": camel_keys(tensors), "outputs": outputs, "grads": found if grads else [None] * len(found),
        })

    t = torch.tensor
    x, small = pattern(2, 6, scale=6.0), pattern(3, 4)
    for name in ("relu", "relu6", "celu", "selu", "hardsigmoid", "hardswish", "mish", "silu", "elu", "leaky_relu", "hardtanh", "rrelu"):
        add(name, [x])
    for name in ("hardshrink", "softshrink", "softsign", "tanhshrink", "gelu", "softplus", "logsigmoid", "sigmoid", "tanh", "glu"):
        add(name, [x])
    add("celu", [x], alpha=0.3)
    add("elu", [x], alpha=0.3)
    add("leaky_relu", [x], negative_slope=0.3)
    add("hardtanh", [x], min_val=-0.5, max_val=0.25)
    add("hardshrink", [x], lambd=0.1)
    add("softshrink", [x], lambd=0.1)
    add("threshold", [x], 0.5, 7.0)
    add("rrelu", [x], lower=0.2, upper=0.6)
    add("glu", [x], dim=0)
    add("gelu", [x], approximate="tanh")
    add("softplus", [x], beta=3.0, threshold=2.0)
    add("prelu", [x, t([0.3])])
    add("prelu", [x, pattern(6)])
    for name in ("softmax", "softmin", "log_softmax"):
        add(name, [x], 0)
        add(name, [x], -1)
    for options in ({}, {"p": 1.0}, {"p": 3.0}, {"p": INF}, {"p": 0.5}, {"dim": 0}, {"eps": 10.0}, {"p": 3.0, "dim": -1}):
        add("normalize", [small], **options)
    add("normalize", [t([[0.0, 0.0], [1e-20, 0.0], [3.0, 4.0]])])
    add("normalize", [pattern(2, 3, 2)], dim=(1, 2))
    for a, b, options in [((3, 4), (3, 4), {}), ((3, 1, 4), (1, 2, 4), {"dim": -1}), ((3, 4), (3, 4), {"dim": 0}), ((3, 4), (3, 4), {"eps": 1.5})]:
        add("cosine_similarity", [pattern(*a), pattern(*b, seed=3)], **options)
    add("cosine_similarity", [t([[0.0, 0.0], [3.0, 4.0]]), t([[1.0, 2.0], [0.0, 0.0]])])
    for options in ({}, {"p": 1.0}, {"p": 3.0}, {"p": INF}, {"keepdim": True}, {"eps": 0.0}):
        add("pairwise_distance", [pattern(3, 4), pattern(3, 4, seed=3)], **options)
        add("pairwise_distance", [pattern(2, 1, 4), pattern(3, 4, seed=3)], **options)
    for p in (2.0, 1.0, 3.0, INF, 0.0, 1.5):
        add("pdist", [pattern(5, 3)], p=p)
        add("pdist", [t([[1.0, 2.0], [1.0, 2.0], [0.0, 5.0]])], p=p)
    add("pdist", [pattern(2, 1)])
    add("pdist", [pattern(1, 3)])
    add("pdist", [pattern(4, 2, dtype=torch.float64)])
    for index, classes in [((0, 2, 1), 3), ((0, 2, 1), 5), ((0, 2, 1), -1), ((), 4)]:
        add("one_hot", [t(index, dtype=torch.long)], num_classes=classes)
    add("one_hot", [t([[1, 0], [0, 2]])])
    add("one_hot", [t(2)], num_classes=4)
    index, table = t([[1, 0, 2], [2, 2, 0]]), pattern(4, 3)
    for options in ({}, {"padding_idx": 2}, {"padding_idx": -2}, {"scale_grad_by_freq": True}):
        add("embedding", [index, table], **options)
    for mode in ("mean", "sum", "max"):
        add("embedding_bag", [index, table], mode=mode)
        add("embedding_bag", [t([1, 0, 2, 2, 1]), table], mode=mode, offsets=t([0, 2, 2, 4]))
        add("embedding_bag", [t([1, 0, 2, 2, 1]), table], mode=mode, offsets=t([0, 2, 5]), padding_idx=2, include_last_offset=True)
    add("embedding_bag", [index, table], mode="sum", per_sample_weights=pattern(2, 3, seed=4))
    add("embedding_bag", [index, table], mode="sum", per_sample_weights=pattern(2, 3, seed=4), padding_idx=2)
    add("embedding_bag", [t([1, 0, 2, 2, 1]), table], mode="sum", offsets=t([0, 2, 2, 4]), per_sample_weights=pattern(5, seed=4))
    add("bilinear", [pattern(2, 3), pattern(2, 4, seed=1), pattern(5, 3, 4, seed=2)])
    add("bilinear", [pattern(2, 2, 3), pattern(2, 2, 4, seed=1), pattern(1, 3, 4, seed=2)], bias=pattern(1, seed=3))
    add("linear", [pattern(2, 3), pattern(4, 3, seed=1)], bias=pattern(4, seed=3))
    image = pattern(2, 4, 3, 2, scale=4.0)
    weight, bias = pattern(4, seed=5), pattern(4, seed=6)
    add("instance_norm", [image])
    add("instance_norm", [image], weight=weight, bias=bias, eps=0.1)
    add("instance_norm", [image], weight=weight)
    add("group_norm", [image], 2)
    add("group_norm", [image], 2, weight=weight, bias=bias, eps=0.1)
    add("group_norm", [image], 4, weight=weight)
    add("layer_norm", [image], [3, 2])
    add("layer_norm", [image], [2], weight=pattern(2, seed=5), bias=pattern(2, seed=6), eps=0.1)
    add("rms_norm", [image], [3, 2])
    add("rms_norm", [image], [2], weight=pattern(2, seed=5), eps=0.1)
    add("local_response_norm", [image], 3, alpha=0.5)
    add("local_response_norm", [image], 2, alpha=0.5, beta=0.5, k=2.0)
    add("batch_norm", [image], t([0.1, 0.2, -0.3, 0.0]), t([1.0, 2.0, 0.5, 0.25]), weight=weight, bias=bias, eps=0.1)
    for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d", "dropout3d"):
        shape = {"dropout1d": (2, 3, 2), "dropout3d": (2, 3, 1, 2)}.get(name, (2, 3, 2, 2))
        add(name, [pattern(*shape)], training=False)
        add(name, [pattern(*shape)], p=1.0, training=True)
    write("functional", cases)
