"""Transformer layers, stacks of them, and Transformer."""

import torch
from torch import nn

from .attention import mask, numbers
from .common import pattern, write
from .module_case import module_case


def transformer():
    cases = []
    base = {"dim_feedforward": 3, "dropout": 0.0}
    causal = nn.Transformer.generate_square_subsequent_mask

    def add(name, args, options, inputs, call=None, **more):
        # PyTorch's fast path leaves padded positions out, gives zeros there, and takes every number but 0 in a mask for −∞.
        call = call or {}
        torch.backends.mha.set_fastpath_enabled(not call)
        module = None
        if name in ("EncoderStack", "DecoderStack"):
            kind = name.removesuffix("Stack")
            layer = {k: v for k, v in options.items() if k != "norm"}
            torch.manual_seed(0)
            norm = nn.LayerNorm(args[0]) if options.get("norm") else None
            module = getattr(nn, f"Transformer{kind}")(getattr(nn, f"Transformer{kind}Layer")(*args[:2], **layer), args[2], norm=norm)
        cases.append(module_case(name, args, options, inputs, call=call, module=module, **more))
        torch.backends.mha.set_fastpath_enabled(True)

    x, memory = pattern(3, 2, 4), pattern(5, 2, 4, seed=1)
    first, memory_first = pattern(2, 3, 4), pattern(2, 5, 4, seed=1)
    flat, memory_flat = pattern(3, 4), pattern(5, 4, seed=1)
    kinds = [{}, {"norm_first": True}, {"activation": "gelu"}, {"bias": False}, {"layer_norm_eps": 0.1, "norm_first": True, "activation": "gelu", "bias": False}]
    for kind in kinds:
        for batch_first in (False, True) if kind in kinds[:2] else (True,):
            o = {**base, **kind, **({"batch_first": True} if batch_first else {})}
            a, m = (first, memory_first) if batch_first else (x, memory)
            layer = "TransformerEncoderLayer"
            add(layer, [4, 2], o, [a])
            add(layer, [4, 2], o, [a], {"src_mask": causal(3), "is_causal": True}, evaluate=False)
            add(layer, [4, 2], o, [a], {"src_mask": mask(3, 3), "src_key_padding_mask": mask(2, 3)}, evaluate=False)
            add(layer, [4, 1], o, [flat], {"src_key_padding_mask": mask(3)})
            layer = "TransformerDecoderLayer"
            add(layer, [4, 2], o, [a, m], evaluate=False)
            add(layer, [4, 2], o, [a, m], {"tgt_mask": causal(3), "tgt_is_causal": True, "memory_key_padding_mask": mask(2, 5)}, evaluate=False)
    for batch_first in (False, True):
        o = {**base, "batch_first": batch_first}
        a, m = (first, memory_first) if batch_first else (x, memory)
        add("TransformerEncoderLayer", [4, 4], o, [a], {"src_mask": mask(8, 3, 3, step=7)})
        add("TransformerEncoderLayer", [4, 4], o, [a], {"src_mask": numbers(3, 3)})
        add("TransformerEncoderLayer", [4, 4], o, [a], {"src_key_padding_mask": numbers(2, 3)})
        add("TransformerDecoderLayer", [4, 4], o, [a, m], {"memory_mask": mask(3, 5), "tgt_key_padding_mask": mask(2, 3)})
        add("TransformerDecoderLayer", [4, 4], o, [a, m], {"memory_mask": numbers(3, 5), "memory_key_padding_mask": numbers(2, 5), "memory_is_causal": True})
        add("TransformerDecoderLayer", [4, 1], o, [flat, memory_flat], {"tgt_mask": mask(3, 3), "memory_key_padding_mask": mask(5)})
    add("TransformerEncoderLayer", [1, 1], {**base, "norm_first": True}, [pattern(1, 1, 1)])
    add("TransformerEncoderLayer", [2, 1], {**base, "dropout": 0.5}, [pattern(3, 2, 2)], training=False)

    for norm in (False, True):
        for kind in ({}, {"norm_first": True, "activation": "gelu", "batch_first": True}):
            o = {**base, **kind, "norm": norm}
            a, m = (first, memory_first) if "batch_first" in kind else (x, memory)
            add("EncoderStack", [4, 2, 2], o, [a])
            add("EncoderStack", [4, 2, 1], o, [a], {"mask": causal(3)})
            add("EncoderStack", [4, 2, 2], o, [a], {"mask": mask(3, 3), "src_key_padding_mask": mask(2, 3)})
            add("EncoderStack", [4, 2, 2], o, [flat], {"mask": causal(3), "is_causal": True})
            add("DecoderStack", [4, 2, 2], o, [a, m])
            add("DecoderStack", [4, 2, 1], o, [a, m], {"tgt_mask": causal(3), "memory_mask": mask(3, 5)})
            add("DecoderStack", [4, 2, 2], o, [a, m], {"tgt_mask": causal(3), "tgt_is_causal": True, "memory_key_padding_mask": mask(2, 5)}, evaluate=False)

    small = {**base, "d_model": 4, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1}
    for kind in ({}, {"norm_first": True}, {"activation": "gelu", "bias": False}, {"num_encoder_layers": 2, "num_decoder_layers": 2, "layer_norm_eps": 1e-3}):
        add("Transformer", [], {**small, **kind}, [memory, x])
        add("Transformer", [], {**small, **kind}, [memory, x], {"tgt_mask": causal(3), "src_mask": mask(5, 5), "memory_mask": mask(3, 5)}, evaluate=False)
        add("Transformer", [], {**small, **kind, "batch_first": True}, [memory_first, first], {"src_key_padding_mask": mask(2, 5), "tgt_key_padding_mask": mask(2, 3), "memory_key_padding_mask": mask(2, 5)}, evaluate=False)
        add("Transformer", [], {**small, **kind}, [memory_flat, flat], {"tgt_mask": causal(3), "tgt_is_causal": True})
    write("transformer", cases, digits=7)
