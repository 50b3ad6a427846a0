"""Optimizers: given gradients, the parameters after each step."""

import torch
from torch import nn

from .common import write


def optim():
    cases = []
    variants = [
        ("SGD", {}, {}), ("SGD", {"lr": 0.1, "momentum": 0.9}, None), ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, None), ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, None),
        ("SGD", {"lr": 0.1, "weight_decay": 0.1}, None), ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "maximize": True}, None),
        ("Adam", {}, None), ("Adam", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-4}, None), ("Adam", {"lr": 0.1, "weight_decay": 0.1}, None), ("Adam", {"lr": 0.1, "amsgrad": True}, None), ("Adam", {"lr": 0.1, "maximize": True}, None),
        ("AdamW", {}, None), ("AdamW", {"lr": 0.1, "weight_decay": 0.2, "amsgrad": True}, None),
        ("RMSprop", {}, None), ("RMSprop", {"lr": 0.1, "centered": True}, None), ("RMSprop", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}, None), ("RMSprop", {"lr": 0.1, "momentum": 0.9, "centered": True, "alpha": 0.9}, None),
        ("Adagrad", {}, None), ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}, None), ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}, None),
        ("Adadelta", {}, None), ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1}, None),
    ]
    for name, options, _ in variants:
        torch.manual_seed(0)
        params = [torch.randn(2, 3).requires_grad_(), torch.randn(4).requires_grad_()]
        start = [p.detach().clone() for p in params]
        optimizer = getattr(torch.optim, name)(params, **options)
        grads, after = [], []
        for _ in range(10):
            step = [torch.randn(2, 3), torch.randn(4)]
            for p, g in zip(params, step):
                p.grad = g.clone()
            optimizer.step()
            grads.append(step)
            after.append([p.detach().clone() for p in params])
        state = {str(k): v for k, v in optimizer.state_dict()["state"].items()}
        camel = {"".join(w if i == 0 else w.capitalize() for i, w in enumerate(k.split("_"))): v for k, v in options.items()}
        cases.append({"optimizer": name, "options": camel, "start": start, "grads": grads, "after": after, "state": state})
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
