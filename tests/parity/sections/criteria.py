"""All losses beyond those of losses.py: every option, reduction and shape, with gradients of what PyTorch differentiates."""

import itertools
import math

import torch
import torch.nn.functional as F

from .common import camel_keys, gradients, pattern, plain, write

REDUCTIONS = ("none", "mean", "sum")


def sigmoid_focal_loss(x, t, alpha=0.25, gamma=2, reduction="none"):
    """What torchvision.ops documents, after Lin et al. 2017, equation 5."""
    p = x.sigmoid()
    p_t = p * t + (1 - p) * (1 - t)
    loss = (1 - p_t) ** gamma * F.binary_cross_entropy_with_logits(x, t, reduction="none")
    if alpha >= 0:
        loss = loss * (alpha * t + (1 - alpha) * (1 - t))
    return {"none": lambda: loss, "mean": loss.mean, "sum": loss.sum}[reduction]()


def dice_loss(x, t, smooth=1, activation="none", squared=True, batch=False, reduction="mean"):
    """Milletari et al. 2016, section 3, with a smoothing term."""
    p = {"none": lambda: x, "sigmoid": x.sigmoid, "softmax": lambda: x.softmax(1)}[activation]()
    if t.shape != x.shape:
        t = F.one_hot(t, x.shape[1]).movedim(-1, 1).to(x.dtype)
    dims = [d for d in range(x.dim()) if d > 1 or (batch and d == 0)]
    sizes = p**2 + t**2 if squared else p + t
    loss = 1 - (2 * (p * t).sum(dims) + smooth) / (sizes.sum(dims) + smooth)
    return {"none": lambda: loss, "mean": loss.mean, "sum": loss.sum}[reduction]()


DISTANCES = {
    "manhattan": lambda a, b: (a - b).abs().sum(-1),
    "cosine": lambda a, b: 1 - F.cosine_similarity(a, b, dim=-1),
}


def criteria():
    cases = []
    seeds = itertools.count(1)

    def numbers(*shape, scale=3.0, dtype=torch.float32):
        return pattern(*shape, seed=next(seeds), scale=scale, dtype=dtype)

    def shares(*shape):
        return plain(numbers(*shape, scale=0.9)) + 0.5

    def signs(*shape):
        return plain(numbers(*shape)).sign() + (plain(numbers(*shape)) == 0)

    def labels(classes, *shape):
        return ((plain(numbers(*shape, scale=1)) + 0.5) * classes).long().clamp(0, classes - 1)

    def add(loss, fn, inputs, options=None, grads=None, reductions=REDUCTIONS, functional=False):
        """`grads`: whose gradients; by default of all floating inputs. `functional`: the class has not all options."""
        options = options or {}
        given = {k: DISTANCES[v] if k == "distance_function" else plain(v) for k, v in options.items()}
        for reduction in reductions:
            wanted = [x.is_floating_point() if isinstance(x, torch.Tensor) and (grads is None or i in grads) else False for i, x in enumerate(inputs)]
            leaves = [x for x, w in zip(inputs, wanted) if w]

            def call(*values, reduction=reduction):
                rest = iter(values)
                return fn(*[next(rest) if w else plain(x) for x, w in zip(inputs, wanted)], **given, reduction=reduction)

            (output,), of_leaves = gradients(call, leaves)
            found = iter(of_leaves)
            case = {"loss": loss, "options": {**camel_keys(options), "reduction": reduction}, "inputs": inputs, "output": output, "grads": [next(found) if w else None for w in wanted]}
            cases.append({**case, "functional": True} if functional else case)

    kink = torch.tensor([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    zeros = torch.zeros(7)

    # Numbers.
    for shape in ((4, 3), (5,), (), (2, 1, 3)):
        for beta in (1.0, 0.5, 0.0) if shape == (4, 3) else (1.0,):
            add("smoothL1Loss", F.smooth_l1_loss, [numbers(*shape), numbers(*shape)], {"beta": beta})
        for delta in (1.0, 0.25) if shape == (4, 3) else (1.0,):
            add("huberLoss", F.huber_loss, [numbers(*shape), numbers(*shape)], {"delta": delta})
    add("smoothL1Loss", F.smooth_l1_loss, [kink, zeros])
    add("huberLoss", F.huber_loss, [kink, zeros], {"delta": 0.5})
    add("huberLoss", F.huber_loss, [numbers(0, 3), numbers(0, 3)])
    weight = shares(4, 3)
    for name, fn in (("mseLoss", F.mse_loss), ("l1Loss", F.l1_loss), ("huberLoss", F.huber_loss)):
        add(name, fn, [numbers(4, 3), numbers(4, 3)], {"weight": weight}, functional=True)
    for name, fn in (("mseLoss", F.mse_loss), ("l1Loss", F.l1_loss)):
        for shape in ((), (1, 7), (2, 1, 3), (0, 2)):
            add(name, fn, [numbers(*shape), numbers(*shape)])

    # Yes and no, with weights of every shape that broadcasts.
    for shape in ((4, 3), (3,), (4, 1), ()):
        add("binaryCrossEntropy", F.binary_cross_entropy, [shares(4, 3), shares(4, 3)], {"weight": shares(*shape)})
        options = {"weight": shares(*shape), "pos_weight": shares(3)}
        add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [numbers(4, 3), shares(4, 3)], options)
        add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [numbers(4, 3), shares(4, 3)], {"pos_weight": shares(*shape)})
    add("binaryCrossEntropy", F.binary_cross_entropy, [shares(1), shares(1)])
    add("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, [numbers(2, 3, 1, 2), shares(2, 3, 1, 2)])

    # Images of classes.
    image, spots, per_class = plain(numbers(2, 4, 3, 2)).log_softmax(1), labels(4, 2, 3, 2), shares(4)
    some = spots.clone()
    some[0, :, 1] = -100
    for target, options in ((spots, {}), (some, {}), (spots, {"weight": per_class}), (some, {"weight": per_class}), (spots, {"weight": per_class, "ignore_index": 2})):
        add("nllLoss", F.nll_loss, [image, target], options)
    add("nllLoss", F.nll_loss, [plain(numbers(2, 3, 1, 2, 2)).log_softmax(1), labels(3, 2, 1, 2, 2)])
    add("nllLoss", F.nll_loss, [plain(numbers(1, 1)).log_softmax(1), torch.tensor([0])])

    # Distributions.
    for shape in ((4, 3), (2, 3, 2), (5,), (1, 1)):
        x, t = plain(numbers(*shape)).log_softmax(-1), plain(numbers(*shape)).softmax(-1)
        add("klDiv", F.kl_div, [x, t], reductions=(*REDUCTIONS, "batchmean"))
        add("klDiv", F.kl_div, [x, t.log()], {"log_target": True}, reductions=(*REDUCTIONS, "batchmean"))
    add("klDiv", F.kl_div, [torch.tensor(-0.5), torch.tensor(0.25)], reductions=(*REDUCTIONS, "batchmean"))
    # Of a target of 0 PyTorch's gradient is NaN.
    add("klDiv", F.kl_div, [torch.tensor([-0.5, -1.0, -2.0]), torch.tensor([0.0, 1.0, 0.0])])
    for log_input, full in itertools.product((True, False), (True, False)):
        x = numbers(4, 3) if log_input else shares(4, 3)
        counts = torch.tensor([[0.5, 1, 2], [3, 4, 10], [1, 0.25, 7], [2, 1.5, 1]])
        add("poissonNllLoss", F.poisson_nll_loss, [x, counts], {"log_input": log_input, "full": full})
    add("poissonNllLoss", F.poisson_nll_loss, [torch.tensor([0.0, 1.0, 0.5]), torch.tensor([0.0, 2.0, 0.0])], {"log_input": False, "full": True, "eps": 1e-3}, grads=(0,))
    add("poissonNllLoss", F.poisson_nll_loss, [numbers(), torch.tensor(3.0)])
    for shape in ((4, 3), (4,), (4, 1), (1, 3)):
        for full in (False, True):
            add("gaussianNllLoss", F.gaussian_nll_loss, [numbers(4, 3), numbers(4, 3), shares(*shape)], {"full": full})
    add("gaussianNllLoss", F.gaussian_nll_loss, [numbers(2, 3), numbers(2, 1), shares(2, 3)])
    # Variances below eps count as eps, and still have a gradient.
    add("gaussianNllLoss", F.gaussian_nll_loss, [numbers(3), numbers(3), torch.tensor([0.0, 0.05, 2.0])], {"eps": 0.1})
    add("gaussianNllLoss", F.gaussian_nll_loss, [numbers(2, 2, 3), numbers(2, 2, 3), 0.75])
    add("gaussianNllLoss", F.gaussian_nll_loss, [numbers(3), numbers(3), torch.tensor(0.5)])

    # Margins.
    for shape in ((4, 3), (5,), ()):
        for margin in (1.0, 0.5):
            add("hingeEmbeddingLoss", F.hinge_embedding_loss, [numbers(*shape), signs(*shape)], {"margin": margin}, grads=(0,))
        for margin in (0.0, 0.5):
            add("marginRankingLoss", F.margin_ranking_loss, [numbers(*shape), numbers(*shape), signs(*shape)], {"margin": margin})
        add("softMarginLoss", F.soft_margin_loss, [numbers(*shape), signs(*shape)], grads=(0,))
    add("hingeEmbeddingLoss", F.hinge_embedding_loss, [kink, -torch.ones(7)], grads=(0,))
    add("hingeEmbeddingLoss", F.hinge_embedding_loss, [kink, torch.tensor([1, -1, 0, 1, -1, 2, -1])])
    add("marginRankingLoss", F.margin_ranking_loss, [kink, zeros, torch.ones(7)])
    add("marginRankingLoss", F.margin_ranking_loss, [numbers(3, 1), numbers(1, 2), signs(1, 1)], {"margin": 0.5})
    add("softMarginLoss", F.soft_margin_loss, [torch.tensor([100.0, -100.0, -50.0]), torch.tensor([-1, -1, 1])])

    # Classes with margins.
    for x, y in ((numbers(5, 4), labels(4, 5)), (numbers(4), labels(4)), (numbers(4), labels(4, 1)), (numbers(2, 1), labels(1, 2))):
        classes = x.shape[-1]
        for p in (1, 2):
            add("multiMarginLoss", F.multi_margin_loss, [x, y], {"p": p})
            add("multiMarginLoss", F.multi_margin_loss, [x, y], {"p": p, "margin": 0.5, "weight": shares(classes)})
    add("multiMarginLoss", F.multi_margin_loss, [torch.tensor([[1.0, 0.0, 2.0]]), torch.tensor([0])])
    add("multilabelMarginLoss", F.multilabel_margin_loss, [numbers(3, 4), torch.tensor([[3, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3]])])
    add("multilabelMarginLoss", F.multilabel_margin_loss, [numbers(4), torch.tensor([2, -1, 0, -1])])
    add("multilabelMarginLoss", F.multilabel_margin_loss, [numbers(2, 3), torch.tensor([[1, 1, -1], [2, 0, 2]])])
    add("multilabelMarginLoss", F.multilabel_margin_loss, [torch.tensor([1.0, 0.0, 2.0]), torch.tensor([0, -1, -1])])
    add("multilabelMarginLoss", F.multilabel_margin_loss, [numbers(1, 1), torch.tensor([[0]])])
    for shape in ((4, 3), (5,), (2, 3, 2), (1, 1)):
        add("multilabelSoftMarginLoss", F.multilabel_soft_margin_loss, [numbers(*shape), shares(*shape)])
        add("multilabelSoftMarginLoss", F.multilabel_soft_margin_loss, [numbers(*shape), shares(*shape).round()], {"weight": shares(shape[-1])})

    # Vectors.
    for shape in ((4, 3), (5,), (1, 1)):
        for margin in (0.0, 0.3, -0.5):
            add("cosineEmbeddingLoss", F.cosine_embedding_loss, [numbers(*shape), numbers(*shape), signs(*shape[:-1])], {"margin": margin}, grads=(0, 1))
    add("cosineEmbeddingLoss", F.cosine_embedding_loss, [torch.tensor([[0.0, 0], [0, 1], [1, 0]]), torch.tensor([[1.0, 2], [0, 2], [0, 1]]), torch.tensor([1, -1, -1])])
    triplet = [numbers(4, 3), numbers(4, 3), numbers(4, 3)]
    for p, swap in itertools.product((2.0, 1.0, 3.0, 1.5, math.inf), (False, True)):
        add("tripletMarginLoss", F.triplet_margin_loss, triplet, {"p": p, "swap": swap})
    add("tripletMarginLoss", F.triplet_margin_loss, triplet, {"margin": 0.1, "eps": 0.25, "swap": True})
    for shapes in (((3,), (3,), (3,)), ((2, 1), (2, 1), (2, 1)), ((2, 3), (1, 3), (2, 3)), ((2, 2, 3), (2, 2, 3), (2, 1, 3))):
        add("tripletMarginLoss", F.triplet_margin_loss, [numbers(*s) for s in shapes])
    for distance, swap in itertools.product((None, *DISTANCES), (False, True)):
        options = {"distance_function": distance} if distance else {}
        add("tripletMarginWithDistanceLoss", F.triplet_margin_with_distance_loss, triplet, {**options, "swap": swap, "margin": 0.75})

    # Sequences.
    def ctc(x, *args, **options):
        return F.ctc_loss(x, *args, **options)

    def logs(*shape, dtype=torch.float32):
        return plain(numbers(*shape, dtype=dtype)).log_softmax(-1)

    lengths = [torch.tensor([6, 5, 6]), torch.tensor([2, 3, 0])]
    padded = torch.tensor([[1, 2, 0], [3, 3, 1], [0, 0, 0]])
    for given in (padded, torch.tensor([1, 2, 3, 3, 1])):
        add("ctcLoss", ctc, [logs(6, 3, 4), given, *lengths])
    add("ctcLoss", ctc, [logs(6, 3, 4), torch.tensor([[0, 1, 9], [2, 2, 0], [-1, -1, -1]]), *lengths], {"blank": 3})
    add("ctcLoss", ctc, [logs(6, 3, 4), padded, (6, 5, 6), (2, 3, 0)])
    add("ctcLoss", ctc, [logs(6, 3, 4, dtype=torch.float64), padded, *lengths])
    # Three equal labels need five steps.
    for zero_infinity in (False, True):
        add("ctcLoss", ctc, [logs(4, 2, 3), torch.tensor([[1, 1, 1], [1, 2, 1]]), torch.tensor([4, 4]), torch.tensor([3, 3])], {"zero_infinity": zero_infinity})
        add("ctcLoss", ctc, [logs(3, 2, 3), torch.tensor([[1, 2], [2, 1]]), torch.tensor([3, 0]), torch.tensor([2, 2])], {"zero_infinity": zero_infinity})
    add("ctcLoss", ctc, [logs(3, 2, 3), torch.zeros(2, 0, dtype=torch.long), torch.tensor([3, 0]), torch.tensor([0, 0])])
    add("ctcLoss", ctc, [torch.tensor([[[0.0, 0.3, 0.7]], [[0.3, 0.7, 0.0]], [[0.5, 0.2, 0.3]]]).log(), torch.tensor([[1]]), torch.tensor([3]), torch.tensor([1])])
    add("ctcLoss", ctc, [logs(5, 4), torch.tensor([1, 3]), torch.tensor(5), torch.tensor(2)])
    add("ctcLoss", ctc, [logs(5, 4), torch.tensor([1, 3]), (4,), (2,)])
    add("ctcLoss", ctc, [logs(1, 1, 2), torch.tensor([[1]]), (1,), (1,)])
    add("ctcLoss", ctc, [logs(20, 2, 5), labels(4, 2, 7) + 1, torch.tensor([20, 17]), torch.tensor([7, 4])])
    # Behind logSoftmax, where the gradient is the whole one: of scores.
    add("ctcLoss", lambda x, *args, **options: F.ctc_loss(x.log_softmax(-1), *args, **options), [numbers(6, 3, 4), padded, *lengths], functional=True)
    for c in cases[-3:]:
        c["before"] = "logSoftmax"

    # Beyond torch.nn.
    for alpha, gamma in ((0.25, 2.0), (0.75, 1.0), (-1.0, 2.0), (0.5, 0.0), (0.25, 3.5)):
        add("sigmoidFocalLoss", sigmoid_focal_loss, [numbers(4, 3), shares(4, 3)], {"alpha": alpha, "gamma": gamma})
    add("sigmoidFocalLoss", sigmoid_focal_loss, [torch.tensor([0.0, 30.0, -30.0, 0.0, 30.0, -30.0]), torch.tensor([1.0, 1, 1, 0, 0, 0])])
    add("sigmoidFocalLoss", sigmoid_focal_loss, [numbers(), torch.tensor(1.0)])
    for squared, batch, smooth in itertools.product((True, False), (True, False), (1.0, 0.1)):
        options = {"squared": squared, "batch": batch, "smooth": smooth}
        add("diceLoss", dice_loss, [shares(2, 1, 3, 2), shares(2, 1, 3, 2).round()], options)
        add("diceLoss", dice_loss, [numbers(2, 3, 4), labels(3, 2, 4)], {**options, "activation": "softmax"})
    add("diceLoss", dice_loss, [numbers(2, 1, 5), shares(2, 1, 5)], {"activation": "sigmoid"})
    add("diceLoss", dice_loss, [numbers(4, 3), labels(3, 4)], {"activation": "softmax", "batch": True})
    add("diceLoss", dice_loss, [torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)])
    write("criteria", cases)
    print(len(cases), "cases")
