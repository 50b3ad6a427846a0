"""Prints how many milliseconds importing PyTorch and a first op take."""
import json
import time

start = time.perf_counter()
import torch

value = (torch.tensor([1.0]) + torch.tensor([2.0])).item()
assert value == 3
print(json.dumps({"ms": (time.perf_counter() - start) * 1000}))
