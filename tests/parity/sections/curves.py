"""Losses of small programs from the first step to the last."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import pattern, plain, write


def curves():
    cases = {}
    x = torch.linspace(0, 1, 50).unsqueeze(1)
    y = 0.7 * x + 0.3
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    values = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.l1_loss(model(x), y)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    cases["linearRegression"] = values
    x, y = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), torch.tensor([[0.0], [1], [1], [0]])
    for name, make in [("xor", lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))), ("xorWithoutHiddenLayer", lambda: nn.Linear(2, 1))]:
        torch.manual_seed(0)
        model = make()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        values = []
        for _ in range(200):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(x), y)
            loss.backward()
            optimizer.step()
            values.append(loss.item())
        cases[name] = values
    # Two epochs of shuffled batches, the last of which is not full.
    images, labels = plain(pattern(20, 1, 8, 8, seed=1)), torch.arange(20) % 4
    images = images + labels.view(-1, 1, 1, 1) / 2
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.Flatten(), nn.Linear(32, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=8, shuffle=True)
    values, order = [], []
    for _ in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            values.append(loss.item())
            order.append(y.tolist())
    cases["cnn"] = values
    cases["cnnLabels"] = order
    write("curves", cases)
