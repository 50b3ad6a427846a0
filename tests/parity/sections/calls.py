"""Calls of functions of torch: the same name and arguments in our spelling, tensors among them by their number."""

import torch

from .common import camel, camel_keys, plain


def find(name):
    """torch.NAME, torch.linalg.NAME by "linalg.NAME", or the method."""
    at = torch
    for part in name.split("."):
        at = getattr(at, part, None)
        if at is None:
            return getattr(torch.Tensor, name)
    return at


def flat(x):
    if isinstance(x, torch.Tensor):
        return [x]
    return [t for part in x for t in flat(part)] if isinstance(x, (tuple, list)) else []


class Calls:
    """Collects cases; `add` calls PyTorch and notes results and gradients of a weighted sum of them."""

    def __init__(self):
        self.cases = []

    def add(self, name, *args, ours=None, fn=None, options=None, grads=True, frozen=(), tolerance=None, graph=False, **kwargs):
        """
        `ours`: arguments in our spelling where they are not PyTorch's; `fn`: what to call instead of torch.NAME;
        `options`: ours, where these are not the keyword arguments; `frozen`: numbers of tensors that need no gradient; `graph`: keep the graph
        of the gradient, which for a few functions is more exact.
        """
        inputs = flat(list(args) + list(kwargs.values()))
        if ours is not None:
            inputs += [t for t in flat(ours) if not any(t is x for x in inputs)]
        position = {id(t): i for i, t in enumerate(inputs)}

        def ref(x):
            if isinstance(x, torch.Tensor):
                return {"$": position[id(x)]}
            if isinstance(x, (list, tuple)):
                return [ref(v) for v in x]
            return x

        wants = [grads and plain(t).is_floating_point() and i not in frozen for i, t in enumerate(inputs)]
        leaves = [plain(t).clone().requires_grad_() if w else plain(t) for t, w in zip(inputs, wants)]

        def fill(x):
            if isinstance(x, torch.Tensor):
                return leaves[position[id(x)]]
            if isinstance(x, (list, tuple)):
                return type(x)(fill(v) for v in x)
            return x

        out = flat((fn or find(name))(*[fill(x) for x in args], **{k: fill(v) for k, v in kwargs.items()}))
        total = 0
        for o in out:
            if o.requires_grad and o.numel():
                weight = (0.5 + (torch.arange(o.numel()) * 7 % 11) / 8).reshape(o.shape)
                total = total + (o * weight.to(o.dtype)).sum()
        if isinstance(total, torch.Tensor):
            total.backward(create_graph=graph)
        case = {
            "op": ".".join(camel(p) for p in name.split(".")),
            "args": [ref(x) for x in (args if ours is None else ours)],
            "inputs": inputs,
            "outputs": [o.detach() for o in out],
            "grads": [(x.grad.detach() if x.grad is not None else torch.zeros_like(x)) if w and isinstance(total, torch.Tensor) else None for x, w in zip(leaves, wants)],
        }
        names = camel_keys(kwargs if options is None else options)
        if names:
            case["options"] = {k: ref(v) for k, v in names.items()}
        if tolerance:
            case["tolerance"] = tolerance
        self.cases.append(case)
