"""What modules can do beside computing: hooks of the backward pass, calls with other parameters, old state dictionaries, global pruning."""

import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from .common import camel, camel_keys, pattern, plain, write
from .module_case import flat, weighted_sum


def filled(module):
    state = {}
    with torch.no_grad():
        for i, (key, p) in enumerate(module.named_parameters()):
            state[key] = pattern(*p.shape, seed=i + 1, dtype=p.dtype)
            p.copy_(plain(state[key]))
    return state


def hook_case(name, args, inputs, *, wants=None, use=None, change=None, options=None):
    """`use`: the numbers of the outputs that count; `change`: hooks double what they see ("input"), or halve it ("output")."""
    options = options or {}
    torch.manual_seed(0)
    module = getattr(nn, name)(*args, **options)
    state = filled(module)
    wants = wants or [x.is_floating_point() for x in inputs]
    leaves = [plain(x).clone().requires_grad_(w) for x, w in zip(inputs, wants)]
    seen = []
    copies = lambda grads: [None if g is None else g.clone() for g in grads]

    def before(_, grad_output):
        seen.append({"hook": "before", "gradInput": None, "gradOutput": copies(grad_output)})
        return tuple(None if g is None else g / 2 for g in grad_output) if change == "output" else None

    def after(_, grad_input, grad_output):
        seen.append({"hook": "after", "gradInput": copies(grad_input), "gradOutput": copies(grad_output)})
        return tuple(None if g is None else g * 2 for g in grad_input) if change == "input" else None

    module.register_full_backward_pre_hook(before)
    module.register_full_backward_hook(after)
    outputs = flat(module(*leaves))
    weighted_sum(outputs if use is None else [outputs[i] for i in use]).backward()
    return {
        "kind": "hooks", "layer": name, "args": list(args), "options": camel_keys(options), "state": state, "inputs": list(inputs), "wants": wants, "use": use, "change": change,
        "seen": seen, "grads": [x.grad for x in leaves], "parameterGrads": {k: p.grad for k, p in module.named_parameters()},
    }


def call_case(make, name, args, inputs, keys=None, **options):
    torch.manual_seed(0)
    module = make(*args, **options)
    state = filled(module)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    given = {}
    for i, (k, v) in enumerate([*module.named_parameters(), *module.named_buffers()]):
        if keys is None or k in keys:
            given[k] = pattern(*v.shape, seed=i + 20) if v.is_floating_point() else v.clone() + 3
            if k.endswith("running_var"):
                given[k] = plain(given[k]).abs() + 0.5
    parameters = {k for k, _ in module.named_parameters()}
    values = {k: plain(v).clone().requires_grad_(k in parameters) for k, v in given.items()}
    leaves = [plain(x).clone().requires_grad_() for x in inputs]
    outputs = flat(torch.func.functional_call(module, values, tuple(leaves)))
    weighted_sum(outputs).backward()
    for k, v in module.state_dict().items():
        assert k not in given or torch.equal(v, before[k])
    return {
        "kind": "call", "layer": name, "args": list(args), "options": camel_keys(options), "state": state, "given": given, "inputs": list(inputs), "outputs": outputs,
        "grads": [x.grad for x in leaves], "givenGrads": {k: v.grad for k, v in values.items() if k in parameters},
        "parameterGrads": {k: p.grad for k, p in module.named_parameters()}, "buffers": {k: v.detach().clone() for k, v in values.items() if k not in parameters},
    }


def old_norm_case(layer, args, x, **keywords):
    torch.manual_seed(0)
    old = nn.utils.weight_norm(getattr(nn, layer)(*args), **keywords)
    filled(old)
    new = parametrizations.weight_norm(getattr(nn, layer)(*args), **keywords)
    new.load_state_dict(old.state_dict())
    return {
        "kind": "oldNorm", "layer": layer, "args": list(args), "options": {}, "keywords": camel_keys(keywords), "state": {k: v.clone() for k, v in old.state_dict().items()}, "inputs": [x],
        "outputs": [new(plain(x)).detach()], "loaded": {k: v.clone() for k, v in new.state_dict().items()},
    }


def global_case(method, amount, before=(), scores=False):
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    state = filled(model)
    places = [(0, "weight"), (2, "weight"), (2, "bias")]
    for i, name, fn, args in before:
        getattr(prune, fn)(model[i], name, *args)
    parameters = [(model[i], name) for i, name in places]
    importance = {parameters[0]: pattern(4, 3, seed=7)} if scores else None
    torch.manual_seed(5)
    prune.global_unstructured(parameters, pruning_method=getattr(prune, method), importance_scores={k: plain(v) for k, v in importance.items()} if scores else None, amount=amount)
    return {
        "kind": "global", "method": method, "amount": amount, "before": [[i, name, camel(fn), list(args)] for i, name, fn, args in before], "state": state, "places": places,
        "scores": importance[parameters[0]] if scores else None, "pruned": {k: v.clone() for k, v in model.state_dict().items()},
    }


def method_case(method, args, t, options=None, mask=None, importance=None):
    torch.manual_seed(5)
    made = getattr(prune, method)(*args, **(options or {}))
    out = made.prune(plain(t), default_mask=mask, importance_scores=None if importance is None else plain(importance))
    mask_of = made.compute_mask(plain(t if importance is None else importance), torch.ones_like(plain(t)) if mask is None else mask) if "Random" not in method else None
    return {"kind": "method", "method": method, "args": list(args), "options": camel_keys(options or {}), "input": t, "mask": mask, "importance": importance, "output": out, "computed": mask_of, "type": made.PRUNING_TYPE}


def container_case(methods, t):
    container = prune.PruningContainer()
    container._tensor_name = "x"
    mask = torch.ones_like(plain(t))
    masks = []
    torch.manual_seed(5)
    for name, args, options in methods:
        method = getattr(prune, name)(*args, **options)
        method._tensor_name = "x"
        container.add_pruning_method(method)
        mask = container.compute_mask(plain(t), mask)
        masks.append(mask.clone())
    return {"kind": "container", "methods": [[n, list(a), camel_keys(o)] for n, a, o in methods], "input": t, "masks": masks}


def machinery():
    cases = []
    x, y = pattern(2, 3), pattern(2, 2, seed=4)
    for change in (None, "input", "output"):
        cases.append(hook_case("Linear", [3, 2], [x], change=change))
        cases.append(hook_case("Bilinear", [3, 2, 2], [x, y], change=change))
        cases.append(hook_case("Bilinear", [3, 2, 2], [x, y], wants=[False, True], change=change))
        cases.append(hook_case("GRU", [3, 2], [pattern(4, 2, 3)], change=change))
        cases.append(hook_case("GRU", [3, 2], [pattern(4, 2, 3), pattern(1, 2, 2, seed=5)], change=change))
        cases.append(hook_case("LayerNorm", [3], [x], change=change))
    for change in (None, "output"):
        # No argument wants a gradient.
        cases.append(hook_case("Linear", [3, 2], [x], wants=[False], change=change))
        cases.append(hook_case("Embedding", [4, 3], [torch.tensor([1, 3, 1])], change=change))
    cases.append(hook_case("MultiheadAttention", [4, 2], [pattern(3, 1, 4), pattern(2, 1, 4, seed=1), pattern(2, 1, 4, seed=2)], use=[0]))
    cases.append(hook_case("GRU", [3, 2], [pattern(4, 2, 3)], use=[0]))
    cases.append(hook_case("GRU", [3, 2], [pattern(4, 2, 3)], use=[1]))

    add = lambda name, *args, **options: cases.append(call_case(getattr(nn, name), name, *args, **options))
    add("Linear", [3, 2], [x])
    add("Linear", [3, 2], [x], keys=["weight"])
    add("Linear", [3, 2], [x], keys=["bias"])
    add("Linear", [3, 2], [x], keys=[])
    add("Conv2d", [2, 3, 2], [pattern(1, 2, 3, 3)])
    add("BatchNorm1d", [3], [x])
    add("BatchNorm1d", [3], [x], keys=["running_mean", "running_var"], momentum=None)
    add("BatchNorm1d", [3], [x], keys=["weight", "num_batches_tracked"])
    add("LSTM", [3, 2], [pattern(4, 2, 3)], num_layers=2)
    add("GRU", [3, 2], [pattern(4, 2, 3)], bidirectional=True)
    add("GRUCell", [3, 2], [x])
    add("PReLU", [], [x])
    add("MultiheadAttention", [4, 2], [pattern(3, 1, 4), pattern(2, 1, 4, seed=1), pattern(2, 1, 4, seed=2)])
    add("TransformerEncoderLayer", [4, 2], [pattern(3, 1, 4)], dim_feedforward=3, dropout=0.0)
    normed = lambda *args, **options: nn.utils.weight_norm(nn.Linear(*args, **options))
    cases.append(call_case(normed, "weightNorm", [3, 2], [x]))
    parametrized = lambda *args, **options: parametrizations.weight_norm(nn.Linear(*args, **options))
    cases.append(call_case(parametrized, "parametrizations.weightNorm", [3, 2], [x]))
    pruned = lambda *args: prune.identity(nn.Linear(*args), "weight")
    cases.append(call_case(pruned, "prune.identity", [3, 2], [x]))

    cases.append(old_norm_case("Linear", [3, 2], x))
    cases.append(old_norm_case("Linear", [3, 2], x, dim=None))
    cases.append(old_norm_case("Linear", [3, 2], x, name="bias", dim=None))
    cases.append(old_norm_case("Conv2d", [2, 3, 2], pattern(1, 2, 3, 3), dim=1))

    for method in ("L1Unstructured", "RandomUnstructured"):
        for amount in (0.5, 3, 0, 22, 0.999):
            cases.append(global_case(method, amount))
        cases.append(global_case(method, 0.4, before=[(0, "weight", "l1_unstructured", [0.5])]))
        cases.append(global_case(method, 4, before=[(0, "weight", "random_structured", [1, 0]), (2, "bias", "identity", [])]))
    cases.append(global_case("L1Unstructured", 0.5, scores=True))

    t, u = pattern(3, 4, seed=3), pattern(2, 3, 2, seed=5)
    mask = torch.tensor([[1.0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 0]])
    for input in (t, u, pattern(5), pattern(1)):
        for method in ("L1Unstructured", "RandomUnstructured"):
            for amount in (0.5, 1, 0):
                cases.append(method_case(method, [amount], input))
        cases.append(method_case("Identity", [], input))
        cases.append(method_case("CustomFromMask", [(plain(input) > 0).float()], input))
    for input in (t, u):
        for dim in (0, 1, -1):
            cases.append(method_case("LnStructured", [1], input, {"n": 2, "dim": dim}))
            cases.append(method_case("RandomStructured", [0.5], input, {"dim": dim}))
    cases.append(method_case("LnStructured", [1, 1], t))
    cases.append(method_case("RandomStructured", [1], t))
    cases.append(method_case("L1Unstructured", [3], t, mask=mask))
    cases.append(method_case("L1Unstructured", [3], t, importance=pattern(3, 4, seed=8)))
    cases.append(method_case("LnStructured", [1], t, {"n": 1, "dim": 0}, mask=mask, importance=pattern(3, 4, seed=8)))
    for case in cases:
        # What PyTorch takes by position or by name, and has no default.
        if case["kind"] == "method" and case["method"] == "LnStructured" and "n" in case["options"]:
            case["args"].append(case["options"].pop("n"))
    cases.append(container_case([("L1Unstructured", [3], {}), ("L1Unstructured", [0.5], {}), ("RandomUnstructured", [2], {})], t))
    cases.append(container_case([("LnStructured", [1, 2], {"dim": 0}), ("LnStructured", [1, 2], {"dim": 0})], t))
    cases.append(container_case([("RandomStructured", [1], {"dim": 1}), ("L1Unstructured", [0.25], {})], t))
    cases.append(container_case([("RandomStructured", [1], {"dim": 1}), ("LnStructured", [1, 1], {"dim": -1})], pattern(2, 3, 3, seed=6)))
    cases.append(container_case([("CustomFromMask", [mask], {}), ("Identity", [], {}), ("L1Unstructured", [1], {})], t))
    write("machinery", cases, digits=8)
