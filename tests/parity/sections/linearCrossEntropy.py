"""Cross-entropy behind a linear layer, as a function and as a module: all at once, and some rows at a time."""

import torch
from torch.nn import functional as F

from .common import camel_keys, gradients, pattern, plain, write


def linearCrossEntropy():
    cases = []

    def add(x, w, target, chunk=None, **options):
        tensors = {k: v for k, v in options.items() if isinstance(v, torch.Tensor)}
        rest = {k: v for k, v in options.items() if k not in tensors}
        constant = lambda named: {k: v.detach() if k == "weight" else v for k, v in named.items()}

        # All at once, whatever `chunk` says: in parts, PyTorch 2.13 multiplies what it has not written by 0 where rows are ignored, and now and then has NaN.
        fn = lambda x, w, t, *more: F.linear_cross_entropy(x, w, t, **constant(dict(zip(tensors, more))), **rest)
        inputs = [x, w, target]
        outputs, found = gradients(fn, [*inputs, *tensors.values()])
        frozen = {i for i, k in enumerate(tensors, 3) if k == "weight"}
        cases.append({
            "fn": "linearCrossEntropy", "inputs": inputs, "args": [], "options": camel_keys(rest), "tensors": camel_keys(tensors), "outputs": outputs,
            "grads": [None if i in frozen else g for i, g in enumerate(found)], "chunk": None if chunk is None else camel_keys(chunk),
        })

    ids = lambda *shape, classes: (torch.arange(torch.Size(shape).numel()).reshape(shape) * 7 + 1) % classes
    chunks = [None, {"batch_chunk_size": 2, "chunking_method": None}, {}, {"chunking_method": "aspect_ratio"}, {"chunking_method": "aspect_ratio:3"}]
    x, w = pattern(5, 3), pattern(7, 3, seed=1, scale=3.0)
    for reduction in ("mean", "sum", "none"):
        for chunk in chunks:
            add(x, w, ids(5, classes=7), chunk, reduction=reduction)
        for chunk in chunks[:3]:
            add(x, w, ids(5, classes=7), chunk, reduction=reduction, linear_bias=pattern(7, seed=2))
            add(x, w, ids(5, classes=7), chunk, reduction=reduction, weight=plain(pattern(7, seed=3)).abs() + 0.1)
            add(x, w, ids(5, classes=7), chunk, reduction=reduction, ignore_index=1, linear_bias=pattern(7, seed=2))
            add(x, w, torch.tensor([-100, 2, 0, -100, 6]), chunk, reduction=reduction, weight=plain(pattern(7, seed=3)).abs() + 0.1)
        add(x, w, ids(5, classes=7), reduction=reduction, label_smoothing=0.2)
        add(x, w, ids(5, classes=7), reduction=reduction, label_smoothing=0.2, ignore_index=1, weight=plain(pattern(7, seed=3)).abs() + 0.1)
        shares = plain(pattern(5, 7, seed=4)).softmax(1)
        add(x, w, shares, reduction=reduction)
        add(x, w, shares, reduction=reduction, label_smoothing=0.1, weight=plain(pattern(7, seed=3)).abs() + 0.1)
        # without a batch, with one row, with one class, with more dimensions
        for chunk in chunks[:2]:
            add(pattern(3), w, torch.tensor(4), chunk, reduction=reduction)
            add(pattern(1, 3), w, torch.tensor([4]), chunk, reduction=reduction, linear_bias=pattern(7, seed=2))
            add(pattern(3, 2), pattern(1, 2, seed=1), torch.zeros(3, dtype=torch.int64), chunk, reduction=reduction)
        add(pattern(3), w, shares[0].clone(), reduction=reduction)
        wide = pattern(4, 2, 3, 3, seed=5)
        add(x, wide, ids(5, 2, 3, classes=4), reduction=reduction)
        add(x, wide, ids(5, 2, 3, classes=4), reduction=reduction, linear_bias=pattern(4, 2, 3, seed=6), ignore_index=2)
        add(x, wide, plain(pattern(5, 4, 2, 3, seed=4)).softmax(1), reduction=reduction)
    add(pattern(5, 3, dtype=torch.float64), pattern(7, 3, seed=1, dtype=torch.float64), ids(5, classes=7), chunks[1])
    write("linearCrossEntropy", cases, digits=8)
