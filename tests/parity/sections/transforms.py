"""torchvision.transforms.v2: functions of images, classes after a seed, and how they print.

    pip install torchvision==0.28.0 pillow --no-deps

A build of torchvision for other hardware than PyTorch's has no operators of its own. The transforms need none, so their
names are enough to import it.

Where the exact value of a byte is a half, sums in another order round it to another neighbour: bytes between pixels may
be one apart. Sizes and points below leave halves out.
"""

import importlib.util
import math
import re

import torch

from .common import camel, write


def import_v2():
    root = importlib.util.find_spec("torchvision").submodule_search_locations[0]
    lib = torch.library.Library("torchvision", "FRAGMENT")
    for name in re.findall(r'register_fake\("torchvision::(\w+)"', open(root + "/_meta_registrations.py").read()):
        if not hasattr(torch.ops.torchvision, name):
            lib.define(f"{name}() -> ()")
    from torchvision.transforms import v2

    # Bytes are resized in floats and rounded, as everywhere but on some processors, where weights have 8 to 15 bits.
    v2.functional._geometry._do_native_uint8_resize_on_cpu = lambda interpolation: False
    return v2, lib


class Image:
    """Pixels that both sides compute: of the numbers (i + 131 seed) · 7919 mod 1000 / 1000, as floats or as bytes."""

    def __init__(self, *shape, seed=0, dtype=torch.float32, levels=256):
        self.shape, self.seed, self.dtype, self.levels = shape, seed, dtype, levels

    def tensor(self):
        values = ((torch.arange(math.prod(self.shape)) + 131 * self.seed) * 7919 % 1000).reshape(self.shape)
        if self.dtype == torch.uint8:
            return (values * self.levels // 1000 * (256 // self.levels)).to(torch.uint8)
        return (values.double() / 1000).to(self.dtype)

    def dump(self):
        out = {"shape": list(self.shape), "seed": self.seed, "dtype": str(self.dtype).split(".")[1]}
        return out if self.levels == 256 else {**out, "levels": self.levels}


def bytes_(*shape, **options):
    return Image(*shape, dtype=torch.uint8, **options)


def keys(options):
    return {camel(k): str(v).split(".")[1] if isinstance(v, torch.dtype) else v for k, v in options.items()}


def transforms():
    v2, lib = import_v2()
    cases = {"functions": functions(v2.functional), "classes": classes(v2), "batches": batches(v2), "printed": printed(v2)}
    write("transforms", cases, digits=6)


# Small, odd, one channel, one row; a batch.
SMALL, ODD, GREY, LINE, BATCH = (3, 4, 5), (3, 7, 9), (1, 5, 4), (1, 1, 6), (2, 3, 4, 3)


def functions(F):
    cases = []

    def add(name, image, *args, **options):
        given = [getattr(torch, a) if isinstance(a, str) and hasattr(torch, a) else a for a in args]
        out = getattr(F, name)(image.tensor(), *given, **options)
        tensors = [keys({"x": a})["x"] if not isinstance(a, torch.Tensor) else {"shape": list(a.shape), "dtype": "float32", "data": a.reshape(-1).tolist()} for a in args]
        cases.append({"fn": camel(name), "image": image.dump(), "args": tensors, "options": keys(options), "output": out})

    def each(name, *args, shapes=(SMALL, GREY, BATCH), **options):
        for k, shape in enumerate(shapes):
            add(name, Image(*shape, seed=k), *args, **options)
            add(name, bytes_(*shape, seed=k + 5), *args, **options)

    for factor in (0.0, 0.37, 1.0, 1.9):
        for name in ("brightness", "contrast", "saturation", "sharpness"):
            each(f"adjust_{name}", factor, shapes=(SMALL, GREY) if factor != 0.37 else (ODD, BATCH))
    for factor in (-0.5, -0.13, 0.0, 0.29, 0.5):
        each("adjust_hue", factor, shapes=(SMALL,) if factor != 0.29 else (ODD, GREY, BATCH))
    each("adjust_gamma", 0.7)
    each("adjust_gamma", 2.2, gain=1.3, shapes=(SMALL,))
    each("rgb_to_grayscale", shapes=(SMALL, BATCH))
    each("rgb_to_grayscale", num_output_channels=3, shapes=(SMALL, GREY))
    each("invert", shapes=(SMALL, GREY))
    each("autocontrast")
    add("autocontrast", bytes_(3, 3, 4, levels=2))
    for shape in (SMALL, GREY, BATCH):
        add("equalize", Image(*shape))
    for levels in (2, 4, 16, 256):
        add("equalize", bytes_(3, 4, 5, levels=levels))
        add("equalize", bytes_(1, 17, 20, levels=levels))
    for bits in (0, 1, 3, 8):
        each("posterize", bits, shapes=(SMALL,))
    for image, threshold in ((Image(*SMALL), 0.5), (Image(*BATCH), 0.0), (bytes_(*SMALL), 128.0), (bytes_(*GREY), 30.5)):
        add("solarize", image, threshold)
    add("permute_channels", Image(*SMALL), [2, 0, 1])
    add("permute_channels", bytes_(*BATCH), [1, 0, 2])

    for dtype in ("float32", "float64", "uint8", "int32"):
        for scale in (False, True):
            add("to_dtype", bytes_(*SMALL), dtype, scale=scale)
            if not (scale and dtype == "int32"):
                add("to_dtype", Image(*SMALL), dtype, scale=scale)
    add("normalize", Image(*SMALL), [0.4, 0.5, 0.6], [0.2, 0.25, 0.3])
    add("normalize", Image(*BATCH), [0.5], [0.25])

    for shape in (SMALL, GREY, BATCH):
        add("horizontal_flip", Image(*shape))
        add("vertical_flip", bytes_(*shape))
    for mode in ("constant", "edge", "reflect", "symmetric"):
        each("pad", [1, 2, 2, 1], padding_mode=mode, shapes=(SMALL, BATCH))
        each("pad", [2], padding_mode=mode, shapes=(GREY,))
    each("pad", [1, 0], fill=0.5, shapes=(SMALL,))
    each("pad", [1, 2], fill=[0.25, 0.5, 1.0], shapes=(SMALL,))
    add("pad", bytes_(*SMALL), [1, 2, 0, 1], fill=[10.0, 20.0, 30.0])
    for box in ((0, 0, 4, 5), (1, 2, 3, 2), (-1, -2, 4, 4), (2, 3, 5, 6), (-1, 1, 2, 2)):
        each("crop", *box, shapes=(SMALL,))
    for size in ([2, 3], [4, 5], [7, 3], [6, 8], [1, 1], [3, 4]):
        each("center_crop", size, shapes=(SMALL,))
    each("center_crop", [4, 4], shapes=(BATCH, ODD))

    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        for size in ([3, 4], [9, 2], [5]):
            for antialias in (True, False):
                if antialias or "nearest" not in mode:
                    each("resize", size, interpolation=mode, antialias=antialias, shapes=(SMALL,))
        each("resize", [2, 7], interpolation=mode, shapes=(ODD, BATCH))
    each("resize", [3], max_size=4, shapes=(SMALL, LINE[:1] + (3, 9)))
    add("resize", Image(*ODD), None, max_size=5)
    for mode in ("nearest", "bilinear", "bicubic"):
        each("resized_crop", 1, 2, 3, 2, [4, 4], interpolation=mode, shapes=(SMALL,))
        each("resized_crop", 0, 1, 6, 7, [3, 2], interpolation=mode, shapes=(ODD,))

    warps(add, each)
    for size, sigma in (([3, 3], None), ([5, 3], [1.5, 0.6]), ([3, 7], 0.8), ([1, 3], 2.0)):
        each("gaussian_blur", size, sigma=sigma, shapes=(ODD if size[1] == 7 else SMALL,))
    each("gaussian_blur", [3, 3], sigma=[0.3, 1.7], shapes=(GREY, BATCH))
    add("erase", Image(*SMALL), 1, 2, 2, 3, torch.tensor([0.5, 0.25, 1.0])[:, None, None])
    add("erase", bytes_(*BATCH), 0, 0, 3, 2, torch.tensor([7.0])[:, None, None])
    add("erase", Image(*SMALL), 1, 1, 2, 2, (torch.arange(12) / 10).reshape(3, 2, 2))
    return cases


def warps(add, each):
    for mode in ("nearest", "bilinear"):
        for fill in (None, 0, [0.3, 0.6, 0.9]):
            options = {"interpolation": mode, "fill": fill}
            each("affine", 23.0, [1, -1], 1.2, [7.0, -4.0], shapes=(SMALL,), **options)
            each("rotate", 37.0, shapes=(SMALL,), **options)
            each("perspective", [[0, 0], [4, 0], [4, 3], [0, 3]], [[0.2, 0.3], [3.9, 0.7], [3.1, 2.9], [0.4, 2.3]], shapes=(SMALL,), **options)
        options = {"interpolation": mode}
        each("affine", -61.0, [0, 0], 0.7, [0.0, 0.0], center=[1.0, 2.5], shapes=(SMALL, BATCH), **options)
        each("affine", 0.0, [2, 1], 1.0, [0.0, 0.0], shapes=(GREY, LINE), **options)
        each("rotate", 211.0, expand=True, shapes=(SMALL, BATCH), **options)
        each("rotate", -20.0, center=[0.5, 1.5], shapes=(GREY, ODD), **options)
        for angle in (0, 90, 180, 270, 360, -90):
            add("rotate", Image(3, 4, 4), angle, **options)
        add("rotate", Image(*SMALL), 90, expand=True, **options)
        for angle in (30, 45, 120):
            add("rotate", Image(1, 5, 6), angle, expand=True, fill=0.5, **options)
        add("perspective", Image(*ODD), None, None, coefficients=[1.1, 0.2, -0.5, 0.1, 0.9, 0.3, 0.01, -0.02], **options)
        displacement = ((torch.arange(40) * 37 % 23) / 23 - 0.5).reshape(1, 4, 5, 2)
        each("elastic", displacement, shapes=(SMALL,), **options)
        each("elastic", displacement, fill=0.5, shapes=(SMALL,), **options)


def classes(v2):
    """Two calls after a seed."""
    cases = []

    def add(name, image, *args, seed=3, policy=None, **options):
        given = [getattr(torch, a) if isinstance(a, str) and hasattr(torch, a) else a for a in args]
        extra = {"policy": v2.AutoAugmentPolicy(policy)} if policy else {}
        made = getattr(v2, name)(*given, **options, **extra)
        torch.manual_seed(seed)
        outputs = [made(image.tensor()) for _ in range(2)]
        next_ = torch.rand(1).item()
        if policy:
            options = {**options, "policy": policy}
        cases.append({"cls": name, "image": image.dump(), "args": list(args), "options": keys(options), "seed": seed, "outputs": outputs, "next": next_})

    for name in ("HorizontalFlip", "VerticalFlip", "Invert", "Grayscale", "Autocontrast", "Equalize"):
        for p in (0.5, 1.0):
            add(f"Random{name}", Image(*SMALL), p=p)
    add("RandomPosterize", bytes_(*SMALL), 3)
    add("RandomSolarize", Image(*SMALL), 0.5)
    add("RandomAdjustSharpness", Image(*SMALL), 1.7)
    for seed in (1, 2):
        for image in (Image(*SMALL), Image(*ODD)):
            add("RandomCrop", image, [3, 4], seed=seed)
            add("RandomResizedCrop", image, [3, 4], seed=seed)
        for mode in ("constant", "edge", "reflect", "symmetric"):
            add("RandomCrop", Image(*SMALL), [4, 5], padding=[2, 1], padding_mode=mode, seed=seed)
        add("RandomCrop", bytes_(*SMALL), [6, 7], padding=1, pad_if_needed=True, fill=9, seed=seed)
        add("RandomResizedCrop", bytes_(*ODD), [5, 5], scale=[0.3, 0.6], ratio=[0.5, 2.0], interpolation="nearest", seed=seed)
        add("RandomResizedCrop", Image(*ODD), [5, 5], scale=[0.3, 0.6], interpolation="bicubic", seed=seed)
        add("RandomResizedCrop", Image(1, 2, 12), [2, 3], scale=[0.9, 1.0], seed=seed)
        add("RandomRotation", Image(*SMALL), 40.0, seed=seed)
        add("RandomRotation", Image(*SMALL), [10.0, 60.0], interpolation="bilinear", expand=True, fill=0.5, seed=seed)
        add("RandomAffine", Image(*SMALL), 30.0, translate=[0.3, 0.2], scale=[0.7, 1.4], shear=10.0, seed=seed)
        add("RandomAffine", Image(*SMALL), [-10.0, 50.0], shear=[1.0, 9.0, -5.0, 20.0], interpolation="bilinear", fill=None, seed=seed)
        add("RandomPerspective", Image(*ODD), p=0.8, seed=seed)
        add("ElasticTransform", Image(1, 7, 8), alpha=[20.0, 30.0], sigma=[0.7, 0.6], seed=seed)
        add("ColorJitter", Image(*SMALL), brightness=0.4, contrast=0.5, saturation=0.6, hue=0.2, seed=seed)
        add("ColorJitter", Image(*SMALL), saturation=[0.2, 3.0], hue=[0.1, 0.3], seed=seed)
        add("GaussianBlur", Image(*SMALL), [3, 5], sigma=[0.4, 2.0], seed=seed)
        add("GaussianNoise", Image(*SMALL), sigma=0.2, seed=seed)
        add("GaussianNoise", bytes_(*SMALL), mean=0.1, sigma=0.2, seed=seed)
        add("GaussianNoise", Image(1, 2, 3), clip=False, seed=seed)
        add("RandomErasing", Image(*ODD), p=0.7, seed=seed)
        add("RandomErasing", Image(*SMALL), p=1.0, scale=[0.1, 0.4], value=[0.2, 0.4, 0.6], seed=seed)
        add("RandomErasing", Image(*SMALL), p=1.0, scale=[0.1, 0.4], value="random", seed=seed)
        add("RandomErasing", Image(1, 2, 2), p=1.0, scale=[0.9, 1.0], seed=seed)
    for seed in range(12):
        image = (Image if seed % 2 else bytes_)(*SMALL, seed=seed + 7)
        for policy in ("imagenet", "cifar10", "svhn"):
            add("AutoAugment", image, policy=policy, seed=seed)
        add("RandAugment", image, seed=seed)
        add("RandAugment", Image(*SMALL, seed=seed), num_ops=3, magnitude=4, num_magnitude_bins=7, interpolation="bilinear", fill=0.5, seed=seed)
        add("TrivialAugmentWide", image, seed=seed)
    add("Resize", Image(*SMALL), 3)
    add("CenterCrop", Image(*SMALL), [3, 2])
    add("Pad", Image(*SMALL), [1, 2], fill=0.5)
    add("Grayscale", Image(*SMALL), num_output_channels=3)
    add("Normalize", Image(*SMALL), [0.5, 0.4, 0.3], [0.1, 0.2, 0.3])
    add("ToDtype", bytes_(*SMALL), "float32", scale=True)
    return cases


def batches(v2):
    """MixUp and CutMix: images and labels after a seed."""
    cases = []
    for name in ("MixUp", "CutMix"):
        for alpha in (0.2, 1.0, 3.5):
            for seed in (1, 2):
                made = getattr(v2, name)(alpha=alpha, num_classes=4)
                torch.manual_seed(seed)
                image = Image(3, 1, 5, 4)
                for labels in (torch.tensor([0, 3, 1]), torch.softmax(torch.arange(12.0).reshape(3, 4).sin(), 1)):
                    images, mixed = made(image.tensor(), labels)
                    cases.append({"cls": name, "image": image.dump(), "options": {"alpha": alpha, "numClasses": 4}, "seed": seed if labels.ndim == 1 else None, "labels": labels, "outputs": [images, mixed]})
    return cases


def printed(v2):
    cases = []

    def add(name, *args, **options):
        given = [getattr(torch, a) if isinstance(a, str) and hasattr(torch, a) else tuple(a) if isinstance(a, list) else a for a in args]
        tuples = {k: tuple(v) if isinstance(v, list) and k in ("scale", "translate", "ratio") else v for k, v in options.items()}
        cases.append({"cls": name, "args": list(args), "options": keys(options), "text": str(getattr(v2, name)(*given, **tuples))})

    add("Resize", 5)
    add("Resize", [5, 6], antialias=False, interpolation="bicubic")
    add("Resize", 5, max_size=9)
    add("CenterCrop", 4)
    add("Pad", 3)
    add("Pad", [1, 2, 3, 4], fill=1, padding_mode="edge")
    add("RandomCrop", 4)
    add("RandomCrop", [4, 5], padding=[1, 2], pad_if_needed=True, fill=3, padding_mode="reflect")
    add("RandomResizedCrop", 4)
    for name in ("HorizontalFlip", "VerticalFlip", "Invert", "Autocontrast", "Equalize", "Grayscale"):
        add(f"Random{name}")
    add("RandomRotation", 30)
    add("RandomRotation", [-10, 20], expand=True, center=[1, 2], fill=[1, 2, 3])
    add("RandomAffine", 10)
    add("RandomAffine", 10, translate=[0.1, 0.2], scale=[0.5, 1.5], shear=5)
    add("RandomPerspective", p=0.25, distortion_scale=0.3)
    add("ElasticTransform")
    add("ColorJitter")
    add("ColorJitter", brightness=0.5, contrast=[0.2, 3], saturation=0.5, hue=0.1)
    add("Grayscale", num_output_channels=3)
    add("RandomPosterize", 2)
    add("RandomSolarize", 0.5)
    add("RandomAdjustSharpness", 1.5)
    add("GaussianBlur", 3)
    add("GaussianBlur", [3, 5], sigma=1)
    add("GaussianNoise")
    add("RandomErasing")
    add("RandomErasing", value="random")
    add("Normalize", [0.5], [0.25])
    add("ToDtype", "float32", scale=True)
    add("AutoAugment")
    add("RandAugment")
    add("TrivialAugmentWide", fill=0.5)
    add("MixUp", num_classes=3)
    add("CutMix", alpha=0.4)
    inner = [v2.Pad(3), v2.Compose([v2.RandomInvert(), v2.Pad(1)])]
    nested = {name: str(getattr(v2, name)(inner)) for name in ("Compose", "RandomChoice", "RandomOrder", "RandomApply")}
    return {"plain": cases, "nested": nested}
