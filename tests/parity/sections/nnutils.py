"""torch.nn.utils: clipping, vectors, normalised weights, parametrizations, pruning, fusion."""

import math

import torch
from torch import nn
from torch.nn import utils
from torch.nn.utils import parametrizations, parametrize, prune

from .common import camel, camel_keys, pattern, plain, write
from .module_case import weighted_sum

INF = math.inf


def filled(module, seed=0):
    """Parameters and floating buffers set to patterns; variances stay positive."""
    state = {}
    with torch.no_grad():
        for i, (key, t) in enumerate(module.state_dict().items()):
            if not t.is_floating_point():
                continue
            state[key] = pattern(*t.shape, seed=seed + i + 1)
            if key.endswith("running_var"):
                state[key] = plain(state[key]).abs() + 0.5
            t.copy_(plain(state[key]))
    return state


def clip_cases():
    cases = []
    sets = [
        [pattern(3, 4, scale=8.0), pattern(5, seed=1, scale=8.0)], [pattern(2, 3)], [torch.tensor(3.0)], [torch.zeros(2, 2)],
        [pattern(3, seed=2), None, pattern(2, 2, 2, seed=3, scale=9.0)], [], [torch.tensor([INF, 1.0])], [torch.tensor([math.nan, 1.0])],
        [pattern(4, scale=8.0, dtype=torch.float64)],
    ]
    for grads in sets:
        for norm_type in (2.0, 1.0, 3.0, INF, "inf", 0.5):
            params = [nn.Parameter(torch.zeros(()) if g is None else torch.zeros_like(plain(g))) for g in grads]
            for p, g in zip(params, grads):
                p.grad = None if g is None else plain(g).clone()
            total = utils.get_total_norm([p.grad for p in params if p.grad is not None], norm_type)
            result = utils.clip_grad_norm_(params, 1.5, norm_type)
            cases.append({"kind": "clipNorm", "grads": grads, "max": 1.5, "options": {"normType": norm_type}, "total": total, "result": result, "after": [p.grad for p in params]})
        params = [nn.Parameter(torch.zeros(()) if g is None else torch.zeros_like(plain(g))) for g in grads]
        for p, g in zip(params, grads):
            p.grad = None if g is None else plain(g).clone()
        if grads:
            utils.clip_grad_value_(params, 0.75)
            cases.append({"kind": "clipValue", "grads": grads, "max": 0.75, "after": [p.grad for p in params]})
    return cases


def vector_cases():
    cases = []
    for shapes in ([(2, 3), (4,)], [(1,)], [(), (2, 1, 2)], [(0, 3), (2,)]):
        tensors = [pattern(*s, seed=i) for i, s in enumerate(shapes)]
        vector = utils.parameters_to_vector([plain(t) for t in tensors])
        new = pattern(vector.numel(), seed=7)
        params = [nn.Parameter(plain(t).clone()) for t in tensors]
        utils.vector_to_parameters(plain(new), params)
        cases.append({"kind": "vector", "tensors": tensors, "vector": vector, "new": new, "after": [p.detach() for p in params]})
    return cases


def module_of(name, args, options):
    torch.manual_seed(0)
    return getattr(nn, name)(*args, **options)


def derived_case(name, args, options, x, steps, remove=None, times=2):
    """Applies `steps` [(function, arguments, keyword arguments)] to a module, runs it, and takes them away again."""
    module = module_of(name, args, options)
    state = filled(module)
    torch.manual_seed(3)
    for path, arguments, keywords in steps:
        fn = utils
        for part in path.split("."):
            fn = getattr(fn, part)
        fn(module, *arguments, **keywords)
    case = {
        "kind": "derived", "module": name, "args": list(args), "options": camel_keys(options), "state": state, "input": x,
        "steps": [{"fn": ".".join(camel(p) for p in path.split(".")), "args": list(arguments), "options": camel_keys(keywords)} for path, arguments, keywords in steps],
        "applied": {k: v.clone() for k, v in module.state_dict().items()}, "text": str(module), "runs": [],
    }
    for _ in range(times):
        leaf = plain(x).clone().requires_grad_()
        module.zero_grad()
        y = module(leaf)
        weighted_sum([y]).backward()
        grads = {k: p.grad.clone() for k, p in module.named_parameters() if p.grad is not None}
        case["runs"].append({"output": y, "grad": leaf.grad, "grads": grads})
    case["after"] = {k: v.clone() for k, v in module.state_dict().items()}
    module.eval()
    with torch.no_grad():
        case["evaluated"] = module(plain(x))
    if remove:
        path, arguments, keywords = remove
        fn = utils
        for part in path.split("."):
            fn = getattr(fn, part)
        fn(module, *arguments, **keywords)
        case["remove"] = {"fn": ".".join(camel(p) for p in path.split(".")), "args": list(arguments), "options": camel_keys(keywords)}
        case["removed"] = {k: v.clone() for k, v in module.state_dict().items()}
        case["removedText"] = str(module)
    return case


def derived_cases():
    cases = []
    add = lambda *a, **k: cases.append(derived_case(*a, **k))
    layers = [
        ("Linear", [4, 3], {}, pattern(2, 4)), ("Linear", [3, 1], {"bias": False}, pattern(5, 3)), ("Conv2d", [2, 3, 2], {}, pattern(1, 2, 3, 3)),
        ("Conv1d", [2, 4, 3], {"groups": 2}, pattern(2, 2, 5)), ("ConvTranspose2d", [2, 3, 2], {}, pattern(1, 2, 2, 2)),
    ]
    for name, args, options, x in layers:
        is_first = args == [4, 3]
        for dim in (0, 1, None) if is_first or name == "Conv2d" else (0,):
            keywords = {} if dim == 0 else {"dim": dim}
            add(name, args, options, x, [("weight_norm", [], keywords)], ("remove_weight_norm", [], {}))
            add(name, args, options, x, [("parametrizations.weight_norm", [], keywords)], ("parametrize.remove_parametrizations", ["weight"], {}))
        for keywords in ({}, {"n_power_iterations": 3}, {"dim": 1}, {"eps": 0.5}) if is_first else ({},):
            add(name, args, options, x, [("spectral_norm", [], keywords)], ("remove_spectral_norm", [], {}))
            # Made plain in evaluation: removal in training iterates once more.
            add(name, args, options, x, [("parametrizations.spectral_norm", [], keywords)], ("parametrize.remove_parametrizations", ["weight"], {}))
    linear = ("Linear", [4, 3], {}, pattern(2, 4))
    add(*linear, [("weight_norm", [], {"name": "weight"}), ("weight_norm", [], {"name": "bias", "dim": None})], ("remove_weight_norm", [], {"name": "bias"}))
    add(*linear, [("parametrizations.weight_norm", [], {"name": "bias", "dim": None})], ("parametrize.remove_parametrizations", ["bias"], {}))
    add(*linear, [("parametrizations.spectral_norm", [], {"name": "bias"})], ("parametrize.remove_parametrizations", ["bias"], {}))
    add(*linear, [("parametrizations.spectral_norm", [], {})], ("parametrize.remove_parametrizations", ["weight"], {"leave_parametrized": False}))
    add(*linear, [("parametrizations.spectral_norm", [], {}), ("parametrizations.weight_norm", [], {"name": "bias", "dim": None})], ("parametrize.remove_parametrizations", ["weight"], {}))
    made_plain = ("parametrize.remove_parametrizations", ["weight"], {})
    for sizes in ([4, 3], [3, 4], [3, 3], [1, 1], [1, 2], [2, 2]):
        for orthogonal_map in (None, "matrix_exp", "cayley", "householder"):
            keywords = {} if orthogonal_map is None else {"orthogonal_map": orthogonal_map}
            add("Linear", sizes, {}, pattern(2, sizes[0]), [("parametrizations.orthogonal", [], keywords)], made_plain, times=1)
        add("Linear", sizes, {}, pattern(2, sizes[0]), [("parametrizations.orthogonal", [], {"orthogonal_map": "householder", "use_trivialization": False})], made_plain, times=1)
    add("Conv1d", [2, 3, 2], {}, pattern(2, 2, 5), [("parametrizations.orthogonal", [], {"name": "weight"})], made_plain, times=1)
    mask = torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1]])
    score = pattern(3, 4, seed=9)
    for steps in (
        [("prune.l1_unstructured", ["weight", 0.4], {})], [("prune.l1_unstructured", ["weight", 3], {})], [("prune.l1_unstructured", ["bias", 0.5], {})],
        [("prune.l1_unstructured", ["weight", 0.125], {}), ("prune.l1_unstructured", ["weight", 0.5], {})], [("prune.l1_unstructured", ["weight", 0.5], {"importance_scores": score})],
        [("prune.random_unstructured", ["weight", 0.5], {})], [("prune.random_unstructured", ["weight", 2], {}), ("prune.random_unstructured", ["weight", 0.3], {})],
        [("prune.ln_structured", ["weight", 1], {"n": 2, "dim": 0})], [("prune.ln_structured", ["weight", 0.5], {"n": 1, "dim": 1})], [("prune.ln_structured", ["weight", 2], {"n": INF, "dim": -1})],
        [("prune.ln_structured", ["weight", 1], {"n": 2, "dim": 0}), ("prune.ln_structured", ["weight", 0.5], {"n": 2, "dim": 0})],
        [("prune.ln_structured", ["weight", 1], {"n": 2, "dim": 0}), ("prune.l1_unstructured", ["weight", 0.25], {})],
        [("prune.random_structured", ["weight", 1], {"dim": 0})], [("prune.random_structured", ["weight", 0.5], {"dim": 1})],
        [("prune.custom_from_mask", ["weight", mask], {})], [("prune.l1_unstructured", ["weight", 0.5], {}), ("prune.custom_from_mask", ["weight", mask], {})],
        [("prune.identity", ["weight"], {})], [("prune.l1_unstructured", ["weight", 0.0001], {})],
    ):
        add(*linear, steps, ("prune.remove", [steps[0][1][0]], {}), times=1)
    for case in cases:
        for step in case["steps"]:
            # What PyTorch takes by position or by name, and has no default.
            for key in ("n", "dim"):
                if step["fn"] in ("prune.lnStructured", "prune.randomStructured"):
                    if key in step["options"]:
                        step["args"].append(step["options"].pop(key))
    add("Conv2d", [2, 3, 2], {}, pattern(1, 2, 3, 3), [("prune.l1_unstructured", ["weight", 0.5], {})], ("prune.remove", ["weight"], {}), times=1)
    return cases


def fusion_cases():
    cases = []
    layers = [
        ("Conv1d", [2, 4, 3], {}, "BatchNorm1d", pattern(2, 2, 5)), ("Conv2d", [2, 4, 2], {"bias": False, "stride": 2, "padding": 1}, "BatchNorm2d", pattern(1, 2, 4, 4)),
        ("Conv2d", [2, 4, 2], {"groups": 2, "dilation": 2, "padding": "same", "padding_mode": "reflect"}, "BatchNorm2d", pattern(1, 2, 4, 4)),
        ("Conv3d", [1, 4, 2], {}, "BatchNorm3d", pattern(1, 1, 2, 3, 2)), ("ConvTranspose2d", [2, 4, 2], {"stride": 2, "output_padding": 1}, "BatchNorm2d", pattern(1, 2, 2, 2)),
        ("Linear", [3, 4], {}, "BatchNorm1d", pattern(2, 3)), ("Linear", [3, 4], {"bias": False}, "BatchNorm1d", pattern(2, 3)),
    ]
    for name, args, options, norm, x in layers:
        # Of a linear layer PyTorch wants weight and bias of the batch norm.
        for norm_options in ({}, {"eps": 0.1}) if name == "Linear" else ({}, {"affine": False, "eps": 0.1}, {"bias": False}):
            layer, bn = module_of(name, args, options), module_of(norm, [4], norm_options)
            states = [filled(layer), filled(bn, 10)]
            layer.eval(), bn.eval()
            if name == "Linear":
                fused = utils.fuse_linear_bn_eval(layer, bn)
            else:
                fused = utils.fuse_conv_bn_eval(layer, bn, transpose=name.startswith("ConvT"))
            cases.append({
                "kind": "fusion", "module": name, "args": args, "options": camel_keys(options), "norm": norm, "normOptions": norm_options, "states": states,
                "input": x, "fused": dict(fused.state_dict()), "output": fused(plain(x)),
            })
    return cases


def nnutils():
    write("nnutils", [*clip_cases(), *vector_cases(), *derived_cases(), *fusion_cases()])
