"""Packed sequences: layers that run over them, and the functions that make them."""

import torch
from torch import nn

from .common import camel_keys, gradients, pattern, plain, write


def packed():
    write("packed", {"layers": layers(), "sequences": sequences()}, digits=7)


def layers():
    """Layers that run over packed sequences: results in the user's order, gradients of the padded input and of the states."""
    cases = []
    lengths_of = [([4, 2, 1], True), ([2, 4, 1], False), ([3, 3, 3], True), ([1, 3, 2], False), ([1, 1, 1], True), ([1, 4, 4], False)]
    kinds = [("RNN", {}), ("LSTM", {}), ("LSTM", {"proj_size": 2}), ("GRU", {})]
    shapes = [{}, {"bidirectional": True}, {"num_layers": 2, "bidirectional": True, "batch_first": True}]
    for name, base in kinds:
        for i, (lengths, is_sorted) in enumerate(lengths_of):
            options = {**base, **shapes[i % 3]}
            for with_state in (False, True):
                module = getattr(nn, name)(4, 3, **options)
                state = {}
                with torch.no_grad():
                    for k, (key, p) in enumerate(module.named_parameters()):
                        state[key] = pattern(*p.shape, seed=k + 1)
                        p.copy_(state[key])
                batch_first = options.get("batch_first", False)
                x = pattern(3, 4, 4) if batch_first else pattern(4, 3, 4)
                count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
                hx = [pattern(count, 3, options.get("proj_size", 3), seed=6)] + ([pattern(count, 3, 3, seed=7)] if name == "LSTM" else [])
                hx = hx if with_state else []

                def run(x, *hx):
                    p = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=batch_first, enforce_sorted=is_sorted)
                    given = (tuple(hx) if name == "LSTM" else hx[0]) if hx else None
                    out, states = module(p, given)
                    y, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=batch_first)
                    return (y, *states) if name == "LSTM" else (y, states)

                outputs, grads = gradients(run, [x, *hx])
                cases.append({
                    "module": name, "args": [4, 3], "options": camel_keys(options), "state": state, "lengths": lengths, "enforceSorted": is_sorted,
                    "inputs": [x, *hx], "outputs": outputs, "grads": grads, "parameterGrads": {k: p.grad for k, p in module.named_parameters()},
                })
    return cases


def sequences():
    """The functions that pack and pad."""
    rnn = nn.utils.rnn
    cases = []
    for lengths, is_sorted in [([3, 2, 1], True), ([1, 3, 2], False), ([2, 2], True), ([1], True), ([2, 3, 3, 1], False)]:
        for rest in [(), (2,), (2, 1)]:
            for batch_first in (False, True):
                time = max(lengths) + (1 if len(lengths) == 2 else 0)
                n = len(lengths)
                x = pattern(n, time, *rest) if batch_first else pattern(time, n, *rest)
                total = None if len(rest) == 1 else time + 2
                value = 0.0 if batch_first else -1.5

                def run(x):
                    p = rnn.pack_padded_sequence(x, lengths, batch_first=batch_first, enforce_sorted=is_sorted)
                    y, _ = rnn.pad_packed_sequence(p, batch_first=batch_first, padding_value=value, total_length=total)
                    return p.data, y

                outputs, grads = gradients(run, [x])
                p = rnn.pack_padded_sequence(plain(x), lengths, batch_first=batch_first, enforce_sorted=is_sorted)
                _, back = rnn.pad_packed_sequence(p)
                cases.append({
                    "kind": "pack", "lengths": lengths, "enforceSorted": is_sorted, "batchFirst": batch_first, "paddingValue": value, "totalLength": total,
                    "inputs": [x], "outputs": outputs, "grads": grads, "batchSizes": p.batch_sizes, "sortedIndices": p.sorted_indices,
                    "unsortedIndices": p.unsorted_indices, "back": back,
                })
        for side in ("right", "left"):
            for batch_first in (False, True):
                xs = [pattern(n, 2, seed=i) for i, n in enumerate(lengths)]

                def run(*xs):
                    y = rnn.pad_sequence(list(xs), batch_first=batch_first, padding_value=0.5, padding_side=side)
                    p = rnn.pack_sequence(list(xs), enforce_sorted=is_sorted)
                    return (y, p.data, *rnn.unpack_sequence(p))

                outputs, grads = gradients(run, xs)
                cases.append({
                    "kind": "pad", "lengths": lengths, "enforceSorted": is_sorted, "batchFirst": batch_first, "paddingValue": 0.5, "paddingSide": side,
                    "inputs": xs, "outputs": outputs, "grads": grads,
                })
    return cases
