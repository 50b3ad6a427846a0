"""Cases for op.ts: an op by its name, with arguments in our spelling, and what PyTorch makes of the same."""

import torch

from .common import camel, gradients, plain


class Cases(list):
    def op(self, name, fn, inputs, args=(), options=None, call="method", grads=True, **more):
        """fn gets the inputs; args and options are how ours is called. An argument "$1" stands for the second input."""
        # What was made of a pattern is none.
        inputs = [x if hasattr(x, "seed") else plain(x).clone() for x in inputs]
        if grads:
            outputs, grad = gradients(fn, inputs)
            # Zeros without memory cannot be read.
            grad = [torch.zeros(g.shape, dtype=g.dtype) if g is not None and torch._is_zerotensor(g) else g for g in grad]
        else:
            out = fn(*[plain(x) for x in inputs])
            outputs, grad = (list(out) if isinstance(out, (tuple, list)) else [out]), [None] * len(inputs)
        self.append({"op": camel(name), "call": call, "args": list(args), "options": options, "inputs": inputs, "outputs": outputs, "grads": grad, **more})
