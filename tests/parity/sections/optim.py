"""Optimizers: given gradients, the parameters along 25 steps, and a state dictionary to continue from in between."""

import itertools

import torch
from torch import nn

from .common import camel_keys, pattern, plain, write

STEPS = 25
#: Steps after which the parameters are kept, and the one whose state dictionary is.
SHOWN = [1, 5, 12, 25]
SAVED = 12
VECTORS = [(2, 3), (5,), ()]
MATRICES = [(3, 4), (4, 2), (1, 3), (2, 2)]
MIXED = [(3, 4), (5,), (2, 2, 3), (1, 1)]


def product(**choices):
    """All combinations, those of PyTorch's defaults left out of the options."""
    for values in itertools.product(*choices.values()):
        yield {k: v for k, v in zip(choices, values) if v is not None}


def variants():
    """Name, options, and shapes of the parameters."""
    decay, climb = [None, 0.1], [None, True]
    betas = [[0.8, 0.95], [0.0, 0.9], [0.5, 0.0]]
    yield "SGD", {}, VECTORS
    for options in product(lr=[0.1], momentum=[None, 0.9], weight_decay=decay, maximize=climb):
        yield "SGD", options, VECTORS
    for options in product(lr=[0.1], momentum=[0.9, 0.5], dampening=[0.5, 1], weight_decay=decay):
        yield "SGD", options, VECTORS
    for options in product(lr=[0.05], momentum=[0.9], nesterov=[True], weight_decay=decay, maximize=climb):
        yield "SGD", options, VECTORS
    for name in ["Adam", "AdamW"]:
        yield name, {}, VECTORS
        for options in product(lr=[0.1], weight_decay=[None, 0, 0.2], amsgrad=climb, maximize=climb):
            yield name, options, VECTORS
        for b in betas:
            yield name, {"lr": 0.1, "betas": b, "eps": 1e-4}, VECTORS
    yield "Adam", {"lr": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True}, VECTORS
    yield "Adam", {"lr": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True, "amsgrad": True, "maximize": True}, VECTORS
    yield "Adamax", {}, VECTORS
    for options in product(lr=[0.1], weight_decay=decay, maximize=climb):
        yield "Adamax", options, VECTORS
    for b in betas:
        yield "Adamax", {"lr": 0.1, "betas": b, "eps": 1e-3}, VECTORS
    for name in ["NAdam", "RAdam"]:
        yield name, {}, VECTORS
        for options in product(lr=[0.1], weight_decay=decay, decoupled_weight_decay=climb, maximize=climb):
            yield name, options, VECTORS
    for b in betas[:2]:
        yield "NAdam", {"lr": 0.1, "betas": b, "eps": 1e-4, "momentum_decay": 0.1}, VECTORS
    yield "NAdam", {"lr": 0.1, "momentum_decay": 0}, VECTORS
    yield "RAdam", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-4}, VECTORS
    # Too short a memory for the rectification ever to begin.
    yield "RAdam", {"lr": 0.1, "betas": [0.8, 0.5]}, VECTORS
    yield "RMSprop", {}, VECTORS
    for options in product(lr=[0.05], momentum=[None, 0.9], centered=climb, weight_decay=decay, maximize=climb):
        yield "RMSprop", options, VECTORS
    yield "RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "centered": True}, VECTORS
    yield "RMSprop", {"lr": 0.05, "alpha": 0.5, "eps": 1e-3, "momentum": 0.5}, VECTORS
    yield "Adagrad", {}, VECTORS
    for options in product(lr=[0.1], lr_decay=[None, 0.1], weight_decay=decay, maximize=climb):
        yield "Adagrad", options, VECTORS
    yield "Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}, VECTORS
    yield "Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5, "lr_decay": 0.1, "eps": 1e-2}, VECTORS
    yield "Adadelta", {}, VECTORS
    for options in product(lr=[0.5], rho=[None, 0.5], weight_decay=decay, maximize=climb):
        yield "Adadelta", options, VECTORS
    yield "Adadelta", {"eps": 1e-2}, VECTORS
    yield "ASGD", {}, VECTORS
    for options in product(lr=[0.1], t0=[None, 5], weight_decay=decay, maximize=climb):
        yield "ASGD", options, VECTORS
    yield "ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 0}, VECTORS
    yield "ASGD", {"lr": 0.1, "lambd": 0.5, "alpha": 1, "t0": 12}, VECTORS
    yield "Rprop", {}, VECTORS
    for options in product(lr=[0.1], etas=[None, [0.3, 1.5]], step_sizes=[None, [0.05, 0.12]], maximize=climb):
        yield "Rprop", options, VECTORS
    yield "SparseAdam", {}, [(4, 3), (6,)]
    for options in product(lr=[0.1], betas=[None, [0.8, 0.95]], eps=[None, 1e-3], maximize=climb):
        yield "SparseAdam", options, [(4, 3), (6,), (3, 1, 2)]
    yield "Adafactor", {}, MIXED
    for options in product(lr=[0.1], weight_decay=decay, d=[None, 2], maximize=climb):
        yield "Adafactor", options, MIXED
    yield "Adafactor", {"lr": 0.5, "beta2_decay": -0.5}, MIXED
    yield "Adafactor", {"lr": 0.5, "beta2_decay": 0}, MIXED
    yield "Adafactor", {"lr": 0.1, "eps": [1e-2, 0.5]}, MIXED
    yield "Adafactor", {"lr": 0.1, "eps": [None, 1e-3]}, VECTORS
    yield "Muon", {}, MATRICES
    for options in product(lr=[0.02], momentum=[None, 0.5], nesterov=[None, False], adjust_lr_fn=[None, "match_rms_adamw"]):
        yield "Muon", options, MATRICES
    yield "Muon", {"lr": 0.1, "weight_decay": 0, "adjust_lr_fn": "original"}, MATRICES
    yield "Muon", {"lr": 0.1, "momentum": 0, "ns_steps": 2}, MATRICES
    yield "Muon", {"lr": 0.1, "ns_coefficients": [2, -1.5, 0.5], "ns_steps": 8, "eps": 1e-3}, MATRICES


def gradient(name, shape, step, i, dtype):
    """Patterns; of SparseAdam with rows of zeros, and at one step nothing else."""
    g = plain(pattern(*shape, seed=100 + 7 * step + i, scale=2.0 + i, dtype=dtype)).clone()
    if name == "SparseAdam":
        for row in range(shape[0]):
            if (step + row) % 3 == 0 or step == 4:
                g[row] = 0
    return g


def numbered(state):
    return {"state": {str(k): v for k, v in state["state"].items()}, "param_groups": state["param_groups"]}


def run(name, options, shapes, dtype=torch.float32, learnt=None):
    """`learnt` says of each parameter from which step on it requires a gradient; None is never."""
    params = [plain(pattern(*s, seed=i + 1, scale=3.0, dtype=dtype)).clone().requires_grad_() for i, s in enumerate(shapes)]
    starts = learnt or [1] * len(params)
    is_learnt = lambda i, step: starts[i] is not None and step >= starts[i]
    for i, p in enumerate(params):
        p.requires_grad_(is_learnt(i, 1))
    optimizer = getattr(torch.optim, name)(params, **options)
    after, saved = [], None
    for step in range(1, STEPS + 1):
        for i, p in enumerate(params):
            p.requires_grad_(is_learnt(i, step))
            if not is_learnt(i, step):
                continue
            g = gradient(name, p.shape, step, i, dtype)
            p.grad = g.to_sparse(1) if name == "SparseAdam" else g
        optimizer.step()
        if step in SHOWN:
            after.append([p.detach().clone() for p in params])
        if step == SAVED:
            saved = numbered(copied(optimizer.state_dict()))
    return {"optimizer": name, "options": camel_keys(options), "dtype": str(dtype)[6:], "shapes": [list(s) for s in shapes], **({"learnt": learnt} if learnt else {}), "after": after, "saved": saved}


def copied(x):
    if isinstance(x, torch.Tensor):
        return x.clone()
    if isinstance(x, dict):
        return {k: copied(v) for k, v in x.items()}
    return [copied(v) for v in x] if isinstance(x, (list, tuple)) else x


#: Losses of LBFGS, which the test writes down too.
def least_squares(params):
    (w, b), dtype = params, params[0].dtype
    x, y = plain(pattern(6, 2, seed=3, dtype=dtype)), plain(pattern(6, 3, seed=5, dtype=dtype))
    return ((x @ w.T + b - y) ** 2).sum()


def rosenbrock(params):
    (x,) = params
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def quartic(params):
    return sum(((p - 0.5) ** 4 + p**2).sum() for p in params)


PROBLEMS = {"leastSquares": (least_squares, [(3, 2), (3,)]), "rosenbrock": (rosenbrock, [(2,)]), "rosenbrock4": (rosenbrock, [(4,)]), "quartic": (quartic, [(2, 3), (), (4,)])}


def lbfgs(problem, options, calls, dtype):
    loss_of, shapes = PROBLEMS[problem]
    params = [plain(pattern(*s, seed=i + 2, scale=3.0, dtype=dtype)).clone().requires_grad_() for i, s in enumerate(shapes)]
    optimizer = torch.optim.LBFGS(params, **options)

    def closure():
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss

    losses, evaluations, after, saved = [], [], [], None
    for call in range(calls):
        losses.append(optimizer.step(closure).item())
        evaluations.append(optimizer.state_dict()["state"][0]["func_evals"])
        after.append([p.detach().clone() for p in params])
        if call == calls // 2 - 1:
            saved = numbered(copied(optimizer.state_dict()))
            saved["state"]["0"].pop("al", None)
    return {"lbfgs": problem, "options": camel_keys(options), "dtype": str(dtype)[6:], "shapes": [list(s) for s in shapes], "losses": losses, "evaluations": evaluations, "after": after, "saved": saved}


def lbfgs_cases():
    for search in [None, "strong_wolfe"]:
        for dtype in [torch.float64, torch.float32]:
            few = {"max_iter": 4, **({"line_search_fn": search} if search else {})}
            slow = {} if search else {"lr": 0.1}
            yield lbfgs("leastSquares", {**few, **slow}, 4, dtype)
            yield lbfgs("quartic", {**few, **slow}, 4, dtype)
            yield lbfgs("rosenbrock", {**few, **({} if search else {"lr": 0.01})}, 2, dtype)
            yield lbfgs("leastSquares", {**few, **slow, "history_size": 2}, 4, dtype)
            yield lbfgs("leastSquares", {**few, **slow, "max_eval": 3}, 4, dtype)
            yield lbfgs("quartic", {**few, **slow, "tolerance_grad": 0.5}, 4, dtype)
            yield lbfgs("quartic", {**few, **slow, "tolerance_change": 0.1}, 4, dtype)
        yield lbfgs("leastSquares", {"line_search_fn": search}, 2, torch.float64) if search else lbfgs("leastSquares", {"lr": 0.2}, 2, torch.float64)
    yield lbfgs("rosenbrock", {"line_search_fn": "strong_wolfe"}, 4, torch.float64)
    yield lbfgs("rosenbrock4", {"line_search_fn": "strong_wolfe", "max_iter": 6}, 6, torch.float64)
    yield lbfgs("rosenbrock4", {"line_search_fn": "strong_wolfe", "max_iter": 6, "history_size": 3, "lr": 0.5}, 6, torch.float64)
    yield lbfgs("rosenbrock", {"line_search_fn": "strong_wolfe", "max_iter": 1, "max_eval": 10}, 6, torch.float64)
    # So coarse that a search with this tolerance would end before it found anything.
    yield lbfgs("rosenbrock", {"line_search_fn": "strong_wolfe", "max_iter": 4, "tolerance_change": 1}, 2, torch.float64)
    yield lbfgs("rosenbrock4", {"line_search_fn": "strong_wolfe", "max_iter": 4, "tolerance_change": 0.5, "lr": 10}, 2, torch.float64)


def averages():
    """What swa_utils.AveragedModel makes of a run of weights."""
    utils = torch.optim.swa_utils
    kinds = [("swa", {}), ("swaFn", {"avg_fn": utils.get_swa_avg_fn()}), ("swaMulti", {"multi_avg_fn": utils.get_swa_multi_avg_fn()})]
    kinds += [(f"{kind} {decay}", {key: make(decay)}) for kind, key, make in [("ema", "avg_fn", utils.get_ema_avg_fn), ("emaMulti", "multi_avg_fn", utils.get_ema_multi_avg_fn)] for decay in [0.9, 0.5, 0.0, 1.0]]
    for (kind, options), use_buffers in itertools.product(kinds, [False, True]):
        if kind == "swaMulti" and use_buffers:
            continue  # PyTorch refuses: a count of batches is no float.
        model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
        with torch.no_grad():
            for i, p in enumerate(model.parameters()):
                p.copy_(plain(pattern(*p.shape, seed=i + 1)))
        averaged = utils.AveragedModel(model, use_buffers=use_buffers, **options)
        for step in range(5):
            with torch.no_grad():
                for i, p in enumerate(model.parameters()):
                    p.add_(plain(pattern(*p.shape, seed=20 + 7 * step + i)))
                model(plain(pattern(4, 2, seed=step)))
            averaged.update_parameters(model)
        state = {k: v.clone() for k, v in averaged.state_dict().items()}
        averaged.eval()
        result = averaged(plain(pattern(3, 2, seed=9)))
        loader = [[plain(pattern(4, 2, seed=30 + i)), i] for i in range(3)]
        utils.update_bn(loader, averaged)
        yield {"average": kind, "useBuffers": use_buffers, "state": state, "result": result, "normalized": dict(averaged.state_dict()), "model": dict(model.state_dict())}


def optim():
    cases = [run(name, options, shapes) for name, options, shapes in variants()]
    seen = set()
    for name, options, shapes in variants():
        # One of each in float64, with options.
        if options and name not in seen:
            seen.add(name)
            cases.append(run(name, options, shapes, torch.float64))
    cases += lbfgs_cases()
    for name, options in [("SGD", {"lr": 0.1, "momentum": 0.9}), ("SGD", {"lr": 0.1}), ("Adam", {"lr": 0.1}), ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}), ("RMSprop", {"lr": 0.05, "momentum": 0.9})]:
        for learnt in [[None, 1, None], [8, 1, None], [1, 18, 1]]:
            cases.append(run(name, options, VECTORS, learnt=learnt))
    cases += averages()
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.1)
    rates = []
    for _ in range(8):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    cases.append({"scheduler": "StepLR", "stepSize": 3, "gamma": 0.1, "lr": 0.5, "rates": rates})
    write("optim", cases)
