"""Functions that give no tensor, several of them, or change what they are given."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn import utils

from .common import DTYPES, camel, camel_keys, gradients, pattern, plain, write


def values():
    cases = []
    shapes = [(2, 3), (1,), (), (0, 2), (2, 1, 4)]
    for shape in shapes:
        for view in ("whole", "transposed", "stepped"):
            t = torch.zeros(shape)
            t = t.mT if view == "transposed" and t.dim() > 1 else t[..., ::2] if view == "stepped" and t.dim() > 0 else t
            cases.append({"kind": "properties", "shape": list(shape), "view": view, "values": {
                "dim": t.dim(), "ndim": t.ndim, "ndimension": t.ndimension(), "nelement": t.nelement(), "numel": t.numel(), "isContiguous": t.is_contiguous(), "elementSize": t.element_size(),
            }})
    names = {v: k for k, v in DTYPES.items() if k != torch.int64}
    for a in names:
        cases.append({"kind": "promote", "a": a, "with": {b: DTYPES[torch.promote_types(names[a], names[b])] for b in names}})
    for given in ([(2, 3), (3,)], [(2, 1), (1, 3), (4, 1, 1)], [()], [(), (2,)], [(0, 1), (1, 5)], [(1,), (1,)], [(5, 1, 2), (4, 1)]):
        cases.append({"kind": "broadcast", "shapes": [list(s) for s in given], "shape": list(torch.broadcast_shapes(*given))})
    for order in ([0], [1, 0], [2, 0, 1], [3, 1, 0, 2], [4, 0, 3, 1, 2]):
        cases.append({"kind": "invert", "order": torch.tensor(order), "inverse": utils.rnn.invert_permutation(torch.tensor(order))})
    return cases


def pools():
    cases = []

    def add(name, x, kernel, **options):
        outputs, found = gradients(lambda t: getattr(F, name)(t, kernel, **options), [x])
        cases.append({"kind": "pool", "fn": camel(name), "inputs": [x], "args": [kernel], "options": camel_keys(options), "tensors": {}, "outputs": outputs, "grads": found})

    for shape in [(2, 3, 7), (3, 7), (1, 1, 4)]:
        for options in ({}, {"stride": 1}, {"padding": 1}, {"dilation": 2, "stride": 1}, {"ceil_mode": True}):
            add("max_pool1d_with_indices", pattern(*shape), 3 if shape[-1] > 4 else 2, **options)
    for shape in [(1, 2, 3, 4, 3), (2, 3, 4, 3), (1, 1, 2, 2, 2)]:
        for options in ({}, {"stride": 1}, {"padding": 1}, {"stride": [1, 2, 1]}, {"ceil_mode": True}):
            add("max_pool3d_with_indices", pattern(*shape), 2, **options)
    add("max_pool3d_with_indices", pattern(1, 2, 3, 4, 3), [1, 2, 3])
    return cases


def attention():
    cases = []

    def add(L, S, N, E, heads, *, bias=True, bias_kv=False, zero=False, separate=None, mask=None, padding=None, weights=True, average=True, causal=False):
        p = lambda *shape, seed: pattern(*([s for s in shape if s]), seed=seed, scale=1.0)
        kdim, vdim = separate or (E, E)
        q, k, v = p(L, N, E, seed=1), p(S, N, kdim, seed=2), p(S, N, vdim, seed=3)
        t = {"out_proj_weight": p(E, E, seed=5)}
        if separate:
            t |= {"q_proj_weight": p(E, E, seed=6), "k_proj_weight": p(E, kdim, seed=7), "v_proj_weight": p(E, vdim, seed=8)}
        else:
            t["in_proj_weight"] = p(3 * E, E, seed=4)
        if bias:
            t |= {"in_proj_bias": p(3 * E, seed=9), "out_proj_bias": p(E, seed=10)}
        if bias_kv:
            t |= {"bias_k": p(1, 1, E, seed=11), "bias_v": p(1, 1, E, seed=12)}
        fixed = {}
        if mask is not None:
            fixed["attn_mask"] = mask
        if padding is not None:
            fixed["key_padding_mask"] = padding
        rest = {"training": False, "need_weights": weights, "average_attn_weights": average, "use_separate_proj_weight": separate is not None, "is_causal": causal}

        def fn(q, k, v, *more):
            named = dict(zip(t, more))
            get = lambda name: named.get(name)
            extra = {n: named[n] for n in named if n in ("q_proj_weight", "k_proj_weight", "v_proj_weight")}
            out = F.multi_head_attention_forward(
                q, k, v, E, heads, get("in_proj_weight"), get("in_proj_bias"), get("bias_k"), get("bias_v"), zero, 0.0, get("out_proj_weight"), get("out_proj_bias"),
                **extra, **{n: plain(m) for n, m in fixed.items()}, **rest)
            return [o for o in out if o is not None]

        outputs, found = gradients(fn, [q, k, v, *t.values()])
        cases.append({"kind": "attention", "sizes": [E, heads], "zero": zero, "inputs": [q, k, v], "named": camel_keys(t), "fixed": camel_keys(fixed), "options": camel_keys(rest), "outputs": outputs, "grads": found})

    add(3, 2, 2, 4, 2)
    add(3, 2, None, 4, 2)
    add(1, 1, 1, 2, 1, bias=False)
    add(3, 2, 2, 4, 2, bias_kv=True, zero=True)
    add(3, 2, 2, 4, 2, zero=True, weights=False)
    add(3, 2, 2, 4, 2, separate=(3, 5))
    add(3, 3, 2, 4, 2, mask=torch.tensor([[False, True, True], [False, False, True], [False, False, False]]), average=False)
    add(3, 3, 2, 4, 2, mask=torch.tensor([[False, True, True], [False, False, True], [False, False, False]]), causal=True, weights=False)
    add(3, 2, 2, 4, 2, mask=pattern(3, 2, seed=13), padding=torch.tensor([[False, True], [False, False]]))
    add(3, 2, 2, 4, 2, mask=pattern(4, 3, 2, seed=13), bias_kv=True)
    return cases


def gradients_clipped():
    cases = []
    for max_norm, total in [(1.0, 5.0), (3.0, 0.5), (0.0, 2.0), (2.0, 0.0)]:
        grads = [pattern(2, 3), None, pattern(4, seed=2)]
        params = [nn.Parameter(torch.zeros(plain(g).shape if g is not None else (1,))) for g in grads]
        for q, g in zip(params, grads):
            q.grad = None if g is None else plain(g).clone()
        utils.clip_grads_with_norm_(params, max_norm, torch.tensor(total))
        cases.append({"kind": "clip", "grads": grads, "max": max_norm, "total": total, "after": [q.grad for q in params]})
    return cases


def fused():
    cases = []
    stats = lambda n, affine=True: {
        "running_mean": pattern(n, seed=3), "running_var": (plain(pattern(n, seed=4)).abs() + 0.5), "eps": 1e-3,
        "weight": pattern(n, seed=5) if affine else None, "bias": pattern(n, seed=6) if affine else None,
    }
    for shape, transpose, bias, affine in [((4, 2, 3), False, True, True), ((4, 2, 2, 2), False, False, True), ((2, 4, 2), True, True, True), ((4, 1, 1), False, True, False), ((1, 1, 1), False, False, False)]:
        channels = shape[1] if transpose else shape[0]
        w, b, bn = pattern(*shape, seed=1), pattern(channels, seed=2) if bias else None, stats(channels, affine)
        value = lambda x: plain(x) if x is not None else None
        ow, ob = utils.fuse_conv_bn_weights(nn.Parameter(plain(w)), nn.Parameter(plain(b)) if bias else None, value(bn["running_mean"]), bn["running_var"], bn["eps"], value(bn["weight"]), value(bn["bias"]), transpose)
        cases.append({"kind": "fused", "fn": "fuseConvBnWeights", "weight": w, "bias": b, "norm": camel_keys(bn), "transpose": transpose, "after": [ow.detach(), ob.detach()]})
    for shape, bias in [((4, 3), True), ((4, 3), False), ((1, 1), True)]:
        w, b, bn = pattern(*shape, seed=1), pattern(shape[0], seed=2) if bias else None, stats(shape[0])
        ow, ob = utils.fuse_linear_bn_weights(nn.Parameter(plain(w)), nn.Parameter(plain(b)) if bias else None, plain(bn["running_mean"]), bn["running_var"], bn["eps"], plain(bn["weight"]), plain(bn["bias"]))
        cases.append({"kind": "fused", "fn": "fuseLinearBnWeights", "weight": w, "bias": b, "norm": camel_keys(bn), "transpose": False, "after": [ow.detach(), ob.detach()]})
    return cases


def leftovers():
    write("leftovers", [*values(), *pools(), *attention(), *gradients_clipped(), *fused()], digits=8)
