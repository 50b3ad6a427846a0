"""Recurrent cells and layers."""

from .common import pattern, write
from .module_case import module_case


def recurrent():
    cases = []
    add = lambda *args, **more: cases.append(module_case(*args, evaluate=False, **more))
    cells = [("RNNCell", {}, 1), ("RNNCell", {"nonlinearity": "relu"}, 1), ("LSTMCell", {}, 2), ("GRUCell", {}, 1)]
    for name, options, states in cells:
        state = lambda *shape: [pattern(*shape, seed=3 + i) for i in range(states)] if states > 1 else pattern(*shape, seed=3)
        for bias in (True, False):
            o = options if bias else {**options, "bias": False}
            add(name, [4, 3], o, [pattern(2, 4)])
            add(name, [4, 3], o, [pattern(2, 4), state(2, 3)])
        add(name, [4, 3], options, [pattern(4)])
        add(name, [4, 3], options, [pattern(4), state(3)])
        add(name, [1, 1], options, [pattern(1, 1), state(1, 1)])
        add(name, [3, 5], options, [pattern(7, 3, scale=20.0), state(7, 5)])
        add(name, [2, 3], options, [pattern(0, 2)])

    layers = [("RNN", {}, 1), ("RNN", {"nonlinearity": "relu"}, 1), ("LSTM", {}, 2), ("LSTM", {"proj_size": 2}, 2), ("GRU", {}, 1)]
    for name, base, states in layers:
        out = base.get("proj_size", 3)

        def state(count, *batch):
            shapes = [(count, *batch, out), (count, *batch, 3)][:states]
            tensors = [pattern(*s, seed=5 + i) for i, s in enumerate(shapes)]
            return tensors if states > 1 else tensors[0]

        def both(x, count, options, *batch):
            add(name, [4, 3], {**base, **options}, [x])
            add(name, [4, 3], {**base, **options}, [x, state(count, *batch)])

        both(pattern(5, 2, 4), 1, {}, 2)
        both(pattern(5, 2, 4), 1, {"bias": False}, 2)
        both(pattern(2, 5, 4), 1, {"batch_first": True}, 2)
        both(pattern(5, 2, 4), 2, {"bidirectional": True}, 2)
        both(pattern(5, 2, 4), 3, {"num_layers": 3}, 2)
        both(pattern(2, 4, 4), 4, {"num_layers": 2, "bidirectional": True, "batch_first": True}, 2)
        both(pattern(3, 1, 4), 4, {"num_layers": 2, "bidirectional": True, "bias": False}, 1)
        both(pattern(4, 4), 1, {})
        both(pattern(4, 4), 4, {"num_layers": 2, "bidirectional": True, "batch_first": True})
        both(pattern(1, 1, 4), 2, {"num_layers": 2}, 1)
        both(pattern(1, 3, 4), 2, {"bidirectional": True}, 3)
        add(name, [4, 3], base, [pattern(3, 0, 4)])
        add(name, [4, 3], {**base, "num_layers": 2, "dropout": 0.0}, [pattern(9, 1, 4, scale=10.0)])
    write("recurrent", cases, digits=7)
