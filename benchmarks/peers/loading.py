"""PyTorch's loader over a folder of JPEG files: `loading.py ROOT BATCH SIZE`. Reads numbers of workers from stdin, and
answers images per second of an epoch, on stdout.

Decoding and resizing are Pillow's, as torchvision does it: the shorter side becomes SIZE, and the middle is cut out.
"""
import pathlib
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset):
    def __init__(self, root, size):
        self.size = size
        self.files = [
            (path, label)
            for label, folder in enumerate(sorted(pathlib.Path(root).iterdir()))
            for path in sorted(folder.iterdir())
        ]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        path, label = self.files[i]
        image = Image.open(path).convert("RGB")
        scale = self.size / min(image.size)
        width, height = (round(n * scale) for n in image.size)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        left, top = (width - self.size) // 2, (height - self.size) // 2
        image = image.crop((left, top, left + self.size, top + self.size))
        return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float().div(255), label


def main():
    root, batch, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    data, loaders = Pictures(root, size), {}
    for line in sys.stdin:
        workers = int(line)
        if workers not in loaders:
            # Workers live on from epoch to epoch.
            loaders[workers] = DataLoader(
                data, batch, shuffle=True, num_workers=workers, persistent_workers=workers > 0
            )
        start, images = time.perf_counter(), 0
        for _, labels in loaders[workers]:
            images += len(labels)
        print(images / (time.perf_counter() - start), flush=True)


main()
