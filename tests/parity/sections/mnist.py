"""The MLP and the CNN of the tutorials on MNIST: the first weights, batches and losses."""

import gzip
import hashlib
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .common import write


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10), nn.LogSoftmax(dim=1))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 7 * 7, 10)
    )


def load_mnist():
    folder = os.path.join(os.environ.get("DL_DATA", "./data"), "mnist")
    read = lambda name, offset: np.frombuffer(gzip.open(os.path.join(folder, name)).read(), np.uint8, offset=offset)
    images = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).copy()).float().div(255).sub(0.1307).div(0.3081)
    return images, torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8).copy()).long()


def train_digits(make, loss, optimizer_name, options, images, labels, count, dtype):
    """The initial weights, the first batches and the first losses."""
    torch.manual_seed(0)
    model = make()
    weights = {k: {"sha256": hashlib.sha256(v.numpy().tobytes()).hexdigest(), "first": v.flatten()[:8].clone()} for k, v in model.state_dict().items()}
    model = model.to(dtype)
    optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), **options)
    losses_, first = [], []
    for x, y in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
        if len(losses_) == count:
            break
        if len(first) < 3:
            first.append({"labels": y, "sum": x.double().sum().item()})
        optimizer.zero_grad()
        value = loss(model(x.to(dtype)), y)
        value.backward()
        optimizer.step()
        losses_.append(value.item())
    return weights, first, losses_


def mnist():
    images, labels = load_mnist()
    cases = []
    for name, make, loss, count in [("mlp", mlp, F.nll_loss, 50), ("cnn", cnn, F.cross_entropy, 20)]:
        for optimizer_name, options in [("Adam", {"lr": 1e-3}), ("SGD", {"lr": 0.01, "momentum": 0.9})]:
            run = lambda dtype: train_digits(make, loss, optimizer_name, options, images, labels, count, dtype)
            weights, first, losses_ = run(torch.float32)
            cases.append({"model": name, "optimizer": optimizer_name, "options": options, "weights": weights, "batches": first, "losses": losses_, "lossesInDouble": run(torch.float64)[2]})
    write("mnist", cases)
