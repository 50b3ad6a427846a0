"""Learning-rate schedulers: rates (and momentum) over many steps, the state at one of them, and resuming."""

import math
import warnings

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

from .common import camel_keys, number, write

STEPS, STOP = 60, 23
FUNCTIONS = {
    "inverse": lambda x: 1 / (1 + x),
    "power": lambda x: 0.95**x,
    "wave": lambda x: 1 + 0.5 * math.sin(x),
    "almost": lambda x: 0.95 if x % 2 else 1.01,
}
GROUP_KEYS = ["lr", "initial_lr", "max_lr", "min_lr", "momentum", "betas", "max_momentum", "base_momentum", "swa_lr"]


def spec(name, *args, **options):
    return {"scheduler": name, "args": list(args), "options": options}


def fn(name):
    return {"fn": name}


def optimizer_of(kind, lrs=(0.1, 0.02), **fields):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in lrs]
    for g, i in zip(groups, range(len(groups))):
        g.update({k: v[i] for k, v in fields.items()})
    return torch.optim.SGD(groups, momentum=0.9) if kind == "SGD" else torch.optim.Adam(groups)


def build(s, optimizer):
    def value(x):
        if isinstance(x, dict) and "fn" in x:
            return FUNCTIONS[x["fn"]]
        if isinstance(x, dict) and "scheduler" in x:
            return build(x, optimizer)
        return [value(y) for y in x] if isinstance(x, list) else x

    args = [value(x) for x in s["args"]]
    options = {k: value(v) for k, v in s["options"].items()}
    if s["scheduler"] == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(*args, **options)
    return getattr(lr_scheduler, s["scheduler"], SWALR)(optimizer, *args, **options)


def translated(s):
    """The specification with camelCase options."""
    if isinstance(s, list):
        return [translated(x) for x in s]
    if isinstance(s, dict) and "scheduler" in s:
        return {"scheduler": s["scheduler"], "args": translated(s["args"]), "options": camel_keys({k: translated(v) for k, v in s["options"].items()})}
    return s


def momentum(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def groups_of(optimizer):
    return [{k: g[k] for k in GROUP_KEYS if k in g} for g in optimizer.param_groups]


def plain_state(x):
    if isinstance(x, dict):
        return {str(k): plain_state(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain_state(v) for v in x]
    return number(x)


def run(s, kind="SGD", given=None, steps=STEPS, groups=None):
    """`given`: what each call of step() is given. `groups`: fields of the groups before the scheduler is made."""
    optimizer = optimizer_of(kind, **(groups or {}))
    scheduler = build(s, optimizer)
    cycles = any(k in str(s) for k in ("CyclicLR", "OneCycleLR"))
    count = len(given) if given else steps
    rates, momenta, state = [], [], None
    for i in range(count + 1):
        rates.append(scheduler.get_last_lr() if hasattr(scheduler, "_last_lr") else [g["lr"] for g in optimizer.param_groups])
        assert rates[-1] == [g["lr"] for g in optimizer.param_groups]
        momenta.append([momentum(g) for g in optimizer.param_groups])
        if i == min(STOP, count // 2):
            state = {"at": i, "scheduler": plain_state(scheduler.state_dict()), "groups": groups_of(optimizer)}
        if i == count:
            break
        optimizer.step()
        scheduler.step(*([given[i]] if given else []))
    case = {**translated(s), "optimizer": kind, "rates": plain_state(rates), "state": state}
    if given:
        case["given"] = given
    if groups:
        case["groups"] = camel_keys(groups)
    if cycles:
        case["momenta"] = plain_state(momenta)
    return case


def schedulers():
    warnings.simplefilter("ignore")
    s = spec
    metrics = [1 / (1 + 0.3 * i) + 0.05 * math.sin(2.1 * i) for i in range(20)] + [0.2 + 0.001 * math.cos(i) for i in range(20)] + [0.15 - 0.004 * i for i in range(10)] + [0.11] * 10
    rising = [-m for m in metrics]
    part = [i / 4 for i in range(50)]
    jumps = [0, 1, 5, 2, 2, 9, 30, 4, 0, 59, 12, 100]
    plain = [
        s("LambdaLR", fn("inverse")), s("LambdaLR", [fn("power"), fn("wave")]),
        s("MultiplicativeLR", fn("power")), s("MultiplicativeLR", [fn("almost"), fn("wave")]),
        s("StepLR", 1), s("StepLR", 7), s("StepLR", 20, gamma=0.5), s("StepLR", 100), s("StepLR", 3, gamma=1.1),
        s("MultiStepLR", [5, 20]), s("MultiStepLR", [30, 10, 10, 50], gamma=0.5), s("MultiStepLR", []), s("MultiStepLR", [0, 1, 59], gamma=2.0),
        s("ConstantLR"), s("ConstantLR", factor=0.5, total_iters=30), s("ConstantLR", factor=1.0, total_iters=1), s("ConstantLR", factor=0.1, total_iters=0), s("ConstantLR", factor=0.0, total_iters=100),
        s("LinearLR"), s("LinearLR", start_factor=0.01, total_iters=40), s("LinearLR", start_factor=1.0, end_factor=0.1, total_iters=25), s("LinearLR", start_factor=0.5, end_factor=0.0, total_iters=10), s("LinearLR", total_iters=0),
        s("ExponentialLR", 0.9), s("ExponentialLR", 1.0), s("ExponentialLR", 0.5), s("ExponentialLR", 1.02),
        s("PolynomialLR"), s("PolynomialLR", total_iters=50), s("PolynomialLR", total_iters=40, power=2.0), s("PolynomialLR", total_iters=30, power=0.5), s("PolynomialLR", total_iters=1, power=3.0),
        s("CosineAnnealingLR", 60), s("CosineAnnealingLR", 10), s("CosineAnnealingLR", 25, eta_min=0.001), s("CosineAnnealingLR", 1), s("CosineAnnealingLR", 7, eta_min=0.05),
        s("CosineAnnealingWarmRestarts", 10), s("CosineAnnealingWarmRestarts", 1), s("CosineAnnealingWarmRestarts", 4, T_mult=2), s("CosineAnnealingWarmRestarts", 3, T_mult=3, eta_min=0.001), s("CosineAnnealingWarmRestarts", 100, eta_min=0.01),
        s("SWALR", 0.05), s("SWALR", 0.005, anneal_epochs=20), s("SWALR", [0.5, 0.001], anneal_epochs=15, anneal_strategy="linear"), s("SWALR", 0.03, anneal_epochs=0), s("SWALR", 0.2, anneal_epochs=1, anneal_strategy="linear"), s("SWALR", 0.05, anneal_epochs=100),
    ]
    cyclic = [
        s("CyclicLR", 0.01, 0.1, step_size_up=10), s("CyclicLR", 0.01, 0.1), s("CyclicLR", [0.01, 0.02], [0.1, 0.3], step_size_up=5, step_size_down=12),
        s("CyclicLR", 0.01, 0.1, step_size_up=7, mode="triangular2"), s("CyclicLR", 0.01, 0.1, step_size_up=8, mode="exp_range", gamma=0.97), s("CyclicLR", 0.01, 0.1, step_size_up=6, step_size_down=3, mode="exp_range", gamma=0.9, cycle_momentum=False),
        s("CyclicLR", 0.001, 0.5, step_size_up=10, scale_fn=fn("inverse")), s("CyclicLR", 0.001, 0.5, step_size_up=10, scale_fn=fn("power"), scale_mode="iterations"),
        s("CyclicLR", 0.01, 0.1, step_size_up=9, base_momentum=[0.7, 0.8], max_momentum=[0.95, 0.85]), s("CyclicLR", 0.01, 0.1, step_size_up=1),
        s("OneCycleLR", 0.5, total_steps=60), s("OneCycleLR", 0.5, total_steps=61, anneal_strategy="linear"), s("OneCycleLR", [0.5, 0.1], epochs=5, steps_per_epoch=13, pct_start=0.25),
        s("OneCycleLR", 0.5, total_steps=60, three_phase=True), s("OneCycleLR", 0.5, total_steps=70, three_phase=True, anneal_strategy="linear", pct_start=0.4), s("OneCycleLR", 0.5, total_steps=60, div_factor=10.0, final_div_factor=100.0),
        s("OneCycleLR", 0.5, total_steps=60, cycle_momentum=False), s("OneCycleLR", 0.5, total_steps=200, base_momentum=0.5, max_momentum=0.99), s("OneCycleLR", 0.5, total_steps=60, pct_start=0.0), s("OneCycleLR", 0.5, total_steps=61, pct_start=1.0, base_momentum=[0.5, 0.6], max_momentum=[0.9, 0.8]),
    ]
    combined = [
        s("SequentialLR", [s("ConstantLR", factor=0.1, total_iters=10), s("ExponentialLR", 0.9)], [10]),
        s("SequentialLR", [s("LinearLR", start_factor=0.01, total_iters=8), s("CosineAnnealingLR", 30), s("ConstantLR", factor=0.5, total_iters=5)], [8, 40]),
        s("SequentialLR", [s("ExponentialLR", 0.95), s("StepLR", 4, gamma=0.7), s("PolynomialLR", total_iters=20)], [15, 35]),
        s("SequentialLR", [s("LinearLR"), s("CosineAnnealingWarmRestarts", 6, T_mult=2), s("LambdaLR", fn("inverse"))], [5, 30]),
        s("SequentialLR", [s("LambdaLR", fn("wave")), s("MultiStepLR", [3, 9], gamma=0.5), s("MultiplicativeLR", fn("almost"))], [20, 40]),
        s("SequentialLR", [s("StepLR", 3)], []), s("SequentialLR", [s("StepLR", 3), s("ExponentialLR", 0.9)], [1]), s("SequentialLR", [s("LinearLR", total_iters=3), s("SWALR", 0.01)], [12]),
        s("SequentialLR", [s("ChainedScheduler", [s("ConstantLR", total_iters=4), s("ExponentialLR", 0.9)]), s("StepLR", 10)], [20]),
        s("SequentialLR", [s("SequentialLR", [s("LinearLR"), s("ExponentialLR", 0.9)], [5]), s("StepLR", 10)], [20]),
        s("SequentialLR", [s("ConstantLR"), s("CyclicLR", 0.01, 0.1, step_size_up=5)], [10]), s("SequentialLR", [s("LinearLR"), s("OneCycleLR", 0.5, total_steps=60)], [5]),
        s("ChainedScheduler", [s("ConstantLR", factor=0.1, total_iters=20), s("ExponentialLR", 0.9)]),
        s("ChainedScheduler", [s("LinearLR", total_iters=10), s("StepLR", 15), s("MultiStepLR", [5, 50], gamma=0.5)]),
        s("ChainedScheduler", [s("PolynomialLR", total_iters=50), s("MultiplicativeLR", fn("almost"))]), s("ChainedScheduler", [s("ExponentialLR", 0.9), s("CosineAnnealingLR", 20)]),
        s("ChainedScheduler", [s("SequentialLR", [s("LinearLR"), s("ExponentialLR", 0.9)], [5]), s("StepLR", 10)]),
    ]
    cases = [run(x) for x in plain + cyclic + combined]
    cases += [run(x, kind="Adam") for x in (plain[0], plain[5], cyclic[0], cyclic[3], cyclic[4], cyclic[8], cyclic[10], cyclic[13], cyclic[14], cyclic[19], combined[0], combined[12])]
    plateaus = [
        {}, {"patience": 2}, {"patience": 0, "factor": 0.5}, {"patience": 3, "cooldown": 4}, {"patience": 1, "threshold": 0.1}, {"patience": 1, "threshold": 0.01, "threshold_mode": "abs"},
        {"patience": 1, "min_lr": [0.01, 0.0001]}, {"patience": 0, "min_lr": 0.005}, {"patience": 0, "eps": 0.001}, {"mode": "max", "patience": 2}, {"mode": "max", "patience": 1, "threshold_mode": "abs", "threshold": 0.02, "cooldown": 1}, {"patience": 4, "factor": 0.9, "cooldown": 2},
    ]
    cases += [run(s("ReduceLROnPlateau", **o), given=metrics) for o in plateaus]
    cases += [run(s("ReduceLROnPlateau", mode="max", patience=2), given=rising), run(s("ReduceLROnPlateau", mode="max", patience=2, threshold_mode="abs"), given=rising, kind="Adam")]
    # A given epoch: by the formula where PyTorch has one.
    for x in (plain[5], plain[10], plain[14], plain[19], plain[23], plain[29], plain[34], plain[0], cyclic[0]):
        cases.append(run(x, given=jumps))
    for x in (s("CosineAnnealingWarmRestarts", 4), s("CosineAnnealingWarmRestarts", 1, T_mult=2), s("CosineAnnealingWarmRestarts", 2, T_mult=2, eta_min=0.01), s("CosineAnnealingWarmRestarts", 3, T_mult=3)):
        cases += [run(x, given=part), run(x, given=jumps + [0.5, 3.75, None, None, 7.5, None])]
    # Going on with nothing but the optimizer's groups.
    start = {"lrs": [0.05, 0.01], "initial_lr": [0.1, 0.02]}
    swing = {**start, "max_momentum": [0.9, 0.9], "base_momentum": [0.8, 0.8], "max_lr": [0.5, 0.5], "min_lr": [1e-6, 1e-6]}
    for x in (plain[0], plain[2], plain[6], plain[9], plain[14], plain[19], plain[23], plain[29], plain[33], plain[34], plain[37], plain[39], plain[42], cyclic[0], cyclic[4], cyclic[10], cyclic[13]):
        for last in (5, 12):
            again = {**x, "options": {**x["options"], "last_epoch": last}}
            cases.append(run(again, groups=swing if x in cyclic else start, steps=40))
    write("schedulers", cases)
