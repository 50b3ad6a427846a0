"""Tables of vectors, bags of them, bilinear forms, distances, and modules without parameters."""

import torch

from .common import pattern, write
from .module_case import module_case


def embeddings():
    cases = []
    add = lambda *args, **more: cases.append(module_case(*args, **more))
    ints = lambda *x: torch.tensor(x)
    indices = [torch.tensor([[0, 2, 2], [5, 1, 0]]), ints(4, 4, 4, 1), torch.tensor(3), torch.zeros(2, 0, dtype=torch.long), torch.tensor([[[0], [1]]])]
    for options in (
        {}, {"padding_idx": 0}, {"padding_idx": -1}, {"max_norm": 1.0}, {"max_norm": 0.8, "norm_type": 1.0},
        {"max_norm": 0.5, "norm_type": float("inf")}, {"scale_grad_by_freq": True}, {"padding_idx": 2, "scale_grad_by_freq": True, "max_norm": 1.2},
    ):
        for x in indices:
            add("Embedding", [6, 3], options, [x])
    add("Embedding", [1, 1], {}, [ints(0)])
    flat, offsets = ints(1, 2, 4, 5, 4, 3, 2, 2), ints(0, 3, 3, 5)
    for mode in ("sum", "mean", "max"):
        for options in ({}, {"padding_idx": 2}, {"max_norm": 1.0}, {"include_last_offset": True}, {"padding_idx": 4, "include_last_offset": True}):
            o = {**options, "mode": mode}
            at = torch.cat([offsets, ints(8)]) if "include_last_offset" in options else offsets
            add("EmbeddingBag", [6, 3], o, [flat], call={"offsets": at})
            add("EmbeddingBag", [6, 3], o, [ints(2, 2)], call={"offsets": ints(0, 0, 2, 2) if "include_last_offset" not in options else ints(0, 0, 2, 2, 2)})
            if "include_last_offset" not in options:
                add("EmbeddingBag", [6, 3], o, [torch.tensor([[0, 2, 2], [2, 2, 2]])])
                add("EmbeddingBag", [6, 3], o, [ints(5)], call={"offsets": ints(0)})
                add("EmbeddingBag", [6, 3], o, [torch.zeros(0, dtype=torch.long)], call={"offsets": ints(0, 0)})
        if mode != "max":
            # Equal counts: PyTorch's kernel for the CPU, unlike that for CUDA, divides the k-th distinct row by the count
            # of another one, the k-th of the sorted indices.
            add("EmbeddingBag", [6, 3], {"mode": mode, "scale_grad_by_freq": True}, [ints(1, 4, 2, 4, 1, 2)], call={"offsets": ints(0, 1, 4)})
    add("EmbeddingBag", [6, 3], {"mode": "sum"}, [flat], call={"offsets": offsets, "per_sample_weights": pattern(8, seed=3)})
    add("EmbeddingBag", [6, 3], {"mode": "sum", "padding_idx": 4}, [flat], call={"offsets": offsets, "per_sample_weights": pattern(8, seed=3)})
    add("EmbeddingBag", [6, 3], {"mode": "sum"}, [torch.tensor([[0, 2], [2, 2]])], call={"per_sample_weights": pattern(2, 2, seed=3)})
    for options in ({}, {"bias": False}):
        for lead in ((4,), (2, 3), (), (1,), (0,)):
            add("Bilinear", [3, 2, 4], options, [pattern(*lead, 3), pattern(*lead, 2, seed=5)], evaluate=False)
    add("Bilinear", [1, 1, 1], {}, [pattern(2, 1), pattern(2, 1, seed=5)], evaluate=False)
    for options in ({}, {"bias": False}):
        for lead in ((2, 3), (1,), (0,)):
            add("Linear", [3, 2], options, [pattern(*lead, 3)], evaluate=False)
    for a, b, options in [
        ((3, 4), (3, 4), {}), ((3, 4), (1, 4), {}), ((4,), (3, 4), {}), ((2, 3, 4), (2, 3, 4), {"dim": -1}), ((2, 3, 4), (2, 3, 4), {"dim": 0}),
        ((2, 3), (2, 3), {"eps": 2.0}), ((1, 1), (1, 1), {}), ((5,), (5,), {"dim": 0}),
    ]:
        add("CosineSimilarity", [], options, [pattern(*a), pattern(*b, seed=2)], evaluate=False)
    add("CosineSimilarity", [], {}, [torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[1.0, 2.0], [1e-9, 0.0]])], grads=False, evaluate=False)
    for options in ({}, {"p": 1.0}, {"p": 3.0}, {"p": float("inf")}, {"p": 0.5}, {"keepdim": True}, {"eps": 0.1}):
        add("PairwiseDistance", [], options, [pattern(3, 4), pattern(3, 4, seed=2)], evaluate=False)
        add("PairwiseDistance", [], options, [pattern(4), pattern(4, seed=2)], evaluate=False)
    add("PairwiseDistance", [], {}, [pattern(3, 4), pattern(1, 4, seed=2)], evaluate=False)
    add("PairwiseDistance", [], {"eps": 0.0}, [torch.ones(2, 3), torch.ones(2, 3)], evaluate=False)
    for name in ("Dropout", "AlphaDropout"):
        for x in (pattern(2, 3), pattern(4)):
            add(name, [], {}, [x], training=False)
            add(name, [], {"p": 0.0}, [x])
            add(name, [], {"p": 1.0}, [x])
    for name, shapes in (("Dropout1d", [(2, 3), (2, 2, 3)]), ("Dropout2d", [(2, 3, 2), (1, 2, 2, 3)]), ("Dropout3d", [(2, 1, 3, 2), (1, 2, 2, 1, 3)]), ("FeatureAlphaDropout", [(2, 3), (2, 3, 2)])):
        for shape in shapes:
            add(name, [], {}, [pattern(*shape)], training=False)
            add(name, [], {"p": 1.0}, [pattern(*shape)])
    for shape, options in [((2, 3, 4), {}), ((2, 3, 4), {"start_dim": 0}), ((2, 3, 4), {"start_dim": 0, "end_dim": 1}), ((2,), {"start_dim": 0}), ((0, 3, 4), {}), ((2, 1, 3), {"end_dim": -2})]:
        add("Flatten", [], options, [pattern(*shape)], evaluate=False)
    for shape, args in [((2, 6), [1, [2, 3]]), ((2, 6), [-1, [3, -1]]), ((6,), [0, [1, 6]]), ((4, 2), [0, [2, 2]]), ((2, 6, 2), [1, [2, 1, 3]])]:
        add("Unflatten", args, {}, [pattern(*shape)], evaluate=False)
    add("Identity", [54], {}, [pattern(2, 3)], evaluate=False)
    write("embeddings", cases)
