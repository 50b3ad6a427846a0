"""Losses in every reduction, with gradients."""

import math

import torch
import torch.nn.functional as F

from .common import gradients, write


def losses():
    torch.manual_seed(0)
    cases = []

    def add(loss, fn, inputs, options=None, grads=(0,)):
        for reduction in ("none", "mean", "sum"):
            leaves = [x.clone().requires_grad_() if i in grads else x for i, x in enumerate(inputs)]
            out = fn(*leaves, reduction=reduction)
            (out * (0.5 + (torch.arange(out.numel()) * 7 % 11) / 8).reshape(out.shape)).sum().backward()
            cases.append({"loss": loss, "options": {**(options or {}), "reduction": reduction}, "inputs": inputs, "output": out.detach(), "grads": [x.grad if i in grads else None for i, x in enumerate(leaves)]})

    x, y = torch.randn(4, 3), torch.randn(4, 3)
    add("mseLoss", F.mse_loss, [x, y], grads=(0, 1))
    add("l1Loss", F.l1_loss, [x, y], grads=(0, 1))
    p, t = torch.rand(4, 3), (torch.rand(4, 3) > 0.5).float()
    w = torch.rand(3)
    add("binaryCrossEntropy", F.binary_cross_entropy, [p, t])
    add("binaryCrossEntropy", F.binary_cross_entropy, [torch.tensor([0.0, 1.0, 0.0, 1.0]), torch.tensor([0.0, 1.0, 1.0, 0.0])])
    add("binaryCrossEntropy", lambda a, b, reduction: F.binary_cross_entropy(a, b, weight=w, reduction=reduction), [p, t], {"weight": w})
    add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [x, torch.rand(4, 3)], grads=(0, 1))
    add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [torch.tensor([1000.0, -1000, 1000, -1000]), torch.tensor([1.0, 0, 0, 1])])
    add("binaryCrossEntropyWithLogits", lambda a, b, reduction: F.binary_cross_entropy_with_logits(a, b, pos_weight=w, reduction=reduction), [x, t], {"posWeight": w})
    add("binaryCrossEntropyWithLogits", lambda a, b, reduction: F.binary_cross_entropy_with_logits(a, b, weight=w, pos_weight=2 * w, reduction=reduction), [x, t], {"weight": w, "posWeight": 2 * w})

    logits, labels = torch.randn(5, 4), torch.tensor([0, 3, 1, 1, 2])
    ignoring = torch.tensor([0, -100, 1, -100, 2])
    spatial, spots = torch.randn(2, 4, 2, 3), torch.randint(4, (2, 2, 3))
    cw = torch.rand(4) + 0.1
    logp = logits.log_softmax(1)
    add("nllLoss", F.nll_loss, [logp, labels])
    add("nllLoss", F.nll_loss, [logp, ignoring])
    add("nllLoss", lambda a, b, reduction: F.nll_loss(a, b, weight=cw, ignore_index=1, reduction=reduction), [logp, labels], {"weight": cw, "ignoreIndex": 1})
    add("nllLoss", F.nll_loss, [spatial.log_softmax(1), spots])
    add("nllLoss", F.nll_loss, [logp[0], labels[0]])
    add("crossEntropy", F.cross_entropy, [logits, labels])
    add("crossEntropy", F.cross_entropy, [logits[0], labels[0]])
    add("crossEntropy", F.cross_entropy, [torch.tensor([[1000.0, -1000.0], [-1000.0, 1000.0]]), torch.tensor([1, 1])])
    add("crossEntropy", F.cross_entropy, [spatial, spots])
    target = torch.rand(5, 4).softmax(1)
    for weight in (None, cw):
        for smoothing in (0.0, 0.1):
            options = {k: v for k, v in {"weight": weight, "labelSmoothing": smoothing}.items() if v is not None}
            for b in (labels, ignoring, target):
                add("crossEntropy", lambda a, b, reduction: F.cross_entropy(a, b, weight=weight, label_smoothing=smoothing, reduction=reduction), [logits, b], options)
    write("losses", cases)
