"""Fresh recurrent, attention and transformer modules after a seed: their printed form, keys, and numbers."""

import hashlib

import torch
from torch import nn

from .common import camel_keys, write


def initial():
    cases = []
    small = {"d_model": 4, "nhead": 2, "dim_feedforward": 6}
    for name, args, options in [
        ("RNNCell", [3, 4], {}), ("RNNCell", [3, 4], {"nonlinearity": "relu", "bias": False}), ("LSTMCell", [3, 4], {}), ("GRUCell", [3, 4], {"bias": False}),
        ("RNN", [3, 4], {"num_layers": 2}), ("LSTM", [3, 4], {"bidirectional": True}), ("LSTM", [3, 4], {"proj_size": 2, "num_layers": 2, "dropout": 0.5}),
        ("GRU", [3, 4], {"num_layers": 2, "bidirectional": True, "bias": False, "batch_first": True}), ("LSTM", [28, 64], {"num_layers": 2}),
        ("MultiheadAttention", [4, 2], {}), ("MultiheadAttention", [4, 2], {"kdim": 3, "vdim": 2, "add_bias_kv": True}),
        ("MultiheadAttention", [4, 1], {"bias": False, "add_bias_kv": True}), ("MultiheadAttention", [64, 8], {}),
        ("TransformerEncoderLayer", [4, 2], {"dim_feedforward": 6}), ("TransformerEncoderLayer", [32, 4], {"activation": "gelu", "norm_first": True}),
        ("TransformerDecoderLayer", [4, 2], {"dim_feedforward": 6, "bias": False}), ("TransformerDecoderLayer", [4, 2], {"dim_feedforward": 6, "layer_norm_eps": 1e-3, "dropout": 0.0}),
        ("Transformer", [], {**small, "num_encoder_layers": 2, "num_decoder_layers": 2}),
        ("Transformer", [], {**small, "num_encoder_layers": 1, "num_decoder_layers": 3, "bias": False}),
        ("TransformerEncoder", [4, 2, 3], {}), ("TransformerDecoder", [4, 2, 2], {}),
    ]:
        torch.manual_seed(0)
        if name in ("TransformerEncoder", "TransformerDecoder"):
            # Made from a layer, which is drawn; its copies are not.
            d_model, heads, count = args
            layer = getattr(nn, f"{name}Layer")(d_model, heads, dim_feedforward=6)
            module = getattr(nn, name)(layer, count, norm=nn.LayerNorm(d_model))
        else:
            module = getattr(nn, name)(*args, **options)
        cases.append({
            "module": name, "args": args, "options": camel_keys(options), "printed": str(module),
            "state": {
                k: {"shape": list(p.shape), "sha256": hashlib.sha256(p.detach().contiguous().numpy().tobytes()).hexdigest(), "first": p.detach().reshape(-1)[:3].clone()}
                for k, p in module.state_dict().items()
            },
            "next": torch.rand(1),
        })
    write("initial", cases)
