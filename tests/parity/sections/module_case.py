"""A module of torch.nn with its parameters set to patterns: results, gradients, and what its buffers hold afterwards."""

import math

import torch
from torch import nn

from .common import camel_keys, pattern, plain


def flat(x):
    """All tensors of a nested result, in order; None is left out."""
    if isinstance(x, torch.Tensor):
        return [x]
    if isinstance(x, (tuple, list)):
        return [t for part in x for t in flat(part)]
    return []


def weighted_sum(outputs):
    total = 0
    for o in outputs:
        if o.requires_grad:
            weight = (0.5 + (torch.arange(o.numel()) * 7 % 11) / 8).reshape(o.shape)
            total = total + (o * weight.to(o.dtype)).sum()
    return total


def module_case(name, args=(), options=None, inputs=(), *, call=None, training=True, evaluate=True, grads=True, module=None):
    """
    `inputs` are tensors, or lists of tensors where the module takes a tuple; `call` holds keyword arguments of the call.
    Floating inputs and all parameters get gradients. With `evaluate` the module then runs again in evaluation mode;
    without `training` it does from the start. A `module` that is given was made from the arguments by the caller.
    """
    options, call = options or {}, call or {}
    torch.manual_seed(0)
    module = (module or getattr(nn, name)(*args, **options)).train(training)
    state = {}
    with torch.no_grad():
        for i, (key, p) in enumerate(module.named_parameters()):
            fan = max(1, p.numel() // p.shape[0]) if p.dim() > 1 else 1
            state[key] = pattern(*p.shape, seed=i + 1, scale=2 / math.sqrt(fan), dtype=p.dtype)
            p.copy_(plain(state[key]))
    wants = lambda x: grads and x.is_floating_point()
    leaf = lambda x: [leaf(t) for t in x] if isinstance(x, (list, tuple)) else plain(x).clone().requires_grad_(wants(x))
    leaves = [leaf(x) for x in inputs]
    given = [tuple(x) if isinstance(x, list) else x for x in leaves]
    asked = {k: plain(v) for k, v in call.items()}
    outputs = flat(module(*given, **asked))
    total = weighted_sum(outputs)
    if isinstance(total, torch.Tensor):
        total.backward()
    case = {
        "module": name, "args": list(args), "options": camel_keys(options), "state": state, "inputs": list(inputs), "call": camel_keys(call) or None,
        "outputs": outputs, "grads": [x.grad for x in flat(leaves)],
        "parameterGrads": {k: p.grad for k, p in module.named_parameters() if p.grad is not None},
        **({} if training else {"training": False}),
        "buffers": {k: b.clone() for k, b in module.named_buffers() if k in module.state_dict()},
    }
    if evaluate and training:
        module.eval()
        with torch.no_grad():
            case["evaluated"] = flat(module(*given, **asked))
    return case
