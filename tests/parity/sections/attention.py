"""Scaled dot-product attention, and multi-head attention."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import camel_keys, gradients, pattern, write
from .module_case import module_case

inf = float("inf")


def mask(*shape, step=3):
    """Bool; true at some places, never along a whole row of at least two."""
    n = torch.Size(shape).numel()
    return (torch.arange(n) * 11 % step == 1).reshape(shape)


def numbers(*shape, step=4):
    """Floating point; −∞ at some places."""
    return pattern(*shape, seed=9).as_subclass(torch.Tensor).masked_fill(mask(*shape, step=step), -inf)


def attention():
    write("attention", functions(), digits=7)
    write("multihead", modules(), digits=7)


def functions():
    """scaledDotProductAttention: inputs are query, key, value and perhaps a mask that gets a gradient."""
    cases = []

    def add(inputs, **options):
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            outputs, grads = gradients(lambda *x: F.scaled_dot_product_attention(*x[:3], **({"attn_mask": x[3]} if len(x) > 3 else {}), **options), inputs)
        cases.append({"inputs": inputs, "options": camel_keys(options), "outputs": outputs, "grads": grads})

    qkv = lambda q, k, v: [pattern(*s, seed=i + 1) for i, s in enumerate((q, k, v))]
    shapes = [((3, 4), (3, 4), (3, 4)), ((1, 1), (1, 1), (1, 1)), ((2, 3, 4), (2, 5, 4), (2, 5, 2)), ((2, 2, 3, 2), (2, 2, 4, 2), (2, 2, 4, 3)), ((2, 2, 5, 3), (2, 2, 2, 3), (2, 2, 2, 3)), ((2, 2, 3, 2), (1, 2, 4, 2), (1, 2, 4, 3))]
    for q, k, v in shapes:
        add(qkv(q, k, v))
        add(qkv(q, k, v), is_causal=True)
        add(qkv(q, k, v), scale=0.3)
        rows = (q[-2], k[-2])
        add(qkv(q, k, v), attn_mask=~mask(*rows))
        add(qkv(q, k, v), attn_mask=numbers(*rows))
        add([*qkv(q, k, v), pattern(*rows, seed=5)])
        add(qkv(q, k, v), is_causal=True, scale=2.0)
    batched = qkv((2, 2, 3, 2), (2, 2, 4, 2), (2, 2, 4, 3))
    add(batched, attn_mask=~mask(2, 1, 3, 4))
    add(batched, attn_mask=~mask(2, 2, 3, 4, step=5))
    add(batched, attn_mask=~mask(2, 1, 1, 4))
    add(batched, attn_mask=numbers(2, 2, 3, 4))
    add([*batched, pattern(2, 1, 3, 1, seed=5)])
    empty = torch.ones(3, 4, dtype=torch.bool)
    empty[1] = False
    add(batched, attn_mask=empty)
    add(batched, attn_mask=torch.zeros(3, 4).masked_fill(~empty, -inf))
    add([x * 30 for x in (b.as_subclass(torch.Tensor) for b in batched)])
    add(qkv((2, 4, 3, 2), (2, 2, 5, 2), (2, 2, 5, 2)), enable_gqa=True)
    add(qkv((2, 6, 3, 2), (2, 2, 3, 2), (2, 2, 3, 4)), enable_gqa=True, is_causal=True)
    add(qkv((1, 4, 2, 3), (1, 1, 5, 3), (1, 1, 5, 2)), enable_gqa=True, attn_mask=~mask(2, 5))
    add(qkv((2, 2, 3, 2), (2, 2, 3, 2), (2, 2, 3, 2)), enable_gqa=True)
    return cases


def modules():
    torch.backends.mha.set_fastpath_enabled(False)
    cases = []
    add = lambda *args, **more: cases.append(module_case("MultiheadAttention", *args, **{"evaluate": False, **more}))
    x, y, z = pattern(3, 2, 4), pattern(5, 2, 4, seed=1), pattern(5, 2, 4, seed=2)
    for options in ({}, {"bias": False}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"add_bias_kv": True, "add_zero_attn": True, "bias": False}):
        add([4, 2], options, [x, y, z])
        add([4, 2], options, [x, y, z], call={"need_weights": False})
        add([4, 2], options, [x, y, z], call={"average_attn_weights": False})
        for need in (True, False):
            add([4, 2], options, [x, y, z], call={"key_padding_mask": mask(2, 5), "need_weights": need})
            add([4, 2], options, [x, y, z], call={"attn_mask": mask(3, 5), "need_weights": need})
            add([4, 2], options, [x, y, z], call={"attn_mask": numbers(4, 3, 5, step=7), "need_weights": need})
            add([4, 2], options, [x, y, z], call={"attn_mask": mask(4, 3, 5, step=7), "key_padding_mask": mask(2, 5, step=4), "need_weights": need})
    causal = nn.Transformer.generate_square_subsequent_mask
    for options in ({}, {"batch_first": True}, {"add_bias_kv": True, "batch_first": True}, {"add_zero_attn": True}):
        square = [pattern(3, 3, 4), pattern(3, 3, 4, seed=1), pattern(3, 3, 4, seed=2)]
        for need in (True, False):
            add([4, 2], options, square, call={"attn_mask": causal(3), "is_causal": True, "need_weights": need}, evaluate=True)
            # The hint is taken at its word: not this mask, but a causal one.
            add([4, 2], options, square, call={"attn_mask": mask(3, 3), "is_causal": True, "need_weights": need})
            add([4, 2], options, square, call={"attn_mask": causal(3), "is_causal": True, "need_weights": need, "key_padding_mask": numbers(3, 3)})
    swap = lambda t: pattern(t.shape[1], t.shape[0], *t.shape[2:], seed=t.seed)
    for options in ({}, {"bias": False, "add_bias_kv": True}, {"kdim": 3, "vdim": 2}, {"kdim": 3}, {"vdim": 5, "add_zero_attn": True}, {"kdim": 4, "vdim": 4}):
        k, v = pattern(5, 2, options.get("kdim", 4), seed=1), pattern(5, 2, options.get("vdim", 4), seed=2)
        add([4, 2], options, [x, k, v])
        add([4, 2], options, [x, k, v], call={"need_weights": False, "key_padding_mask": mask(2, 5, step=4)})
        add([4, 1], {**options, "batch_first": True}, [swap(x), swap(k), swap(v)])
        add([4, 4], {**options, "batch_first": True}, [swap(x), swap(k), swap(v)], call={"average_attn_weights": False, "attn_mask": mask(3, 5)})
        flat = [pattern(3, 4), pattern(5, options.get("kdim", 4), seed=1), pattern(5, options.get("vdim", 4), seed=2)]
        add([4, 2], options, flat)
        add([4, 2], {**options, "batch_first": True}, flat, call={"key_padding_mask": mask(5), "attn_mask": mask(2, 3, 5, step=7)})
        add([4, 2], options, flat, call={"need_weights": False, "key_padding_mask": mask(5)})
    add([1, 1], {}, [pattern(1, 1, 1), pattern(1, 1, 1, seed=1), pattern(1, 1, 1, seed=2)])
    add([6, 3], {}, [pattern(2, 1, 6, scale=20.0), pattern(1, 1, 6, seed=1), pattern(1, 1, 6, seed=2)])
    # A query that sees nothing: NaN with weights, zeros without.
    everything = torch.tensor([[False, True], [True, True]])
    for need in (True, False):
        add([2, 1], {}, [pattern(2, 1, 2), pattern(2, 1, 2, seed=1), pattern(2, 1, 2, seed=2)], call={"attn_mask": everything, "need_weights": need}, grads=not need)
    torch.backends.mha.set_fastpath_enabled(True)
    return cases
