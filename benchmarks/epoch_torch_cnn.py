"""Seconds per epoch of the network cnn in PyTorch, in its fastest form on a CPU: channels last, fused Adam.

    epoch_torch_cnn.py FOLDER THREADS EPOCHS IMAGES PRECISION

With mixed_bfloat16 as PRECISION, under autocast to bfloat16. The data is in memory. Prints what
epoch_keras.py prints.
"""

import statistics
import sys
import time

import numpy as np
import torch
from torch import nn

folder, threads, epochs, images, precision = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)


def load(split: str, count: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.from_numpy(np.load(f"{folder}/x_{split}.npy")[:count, None])
    return x.to(memory_format=torch.channels_last), torch.from_numpy(
        np.load(f"{folder}/y_{split}.npy")[:count].astype(np.int64)
    )


x, y = load("train", images)
x_test, y_test = load("test")
network = nn.Sequential(
    *(nn.Conv2d(1, 32, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Conv2d(32, 64, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10)),
).to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(network.parameters(), lr=0.001, fused=True)
cross_entropy = nn.CrossEntropyLoss()
autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "mixed_bfloat16")
seconds = []
for _ in range(epochs + 1):
    start = time.perf_counter()
    network.train()
    for batch in torch.randperm(len(x)).split(128):
        optimizer.zero_grad()
        with autocast:
            loss = cross_entropy(network(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
    network.eval()
    with torch.inference_mode(), autocast:
        correct = sum(
            int((network(part).argmax(1) == labels).sum())
            for part, labels in zip(x_test.split(250), y_test.split(250), strict=True)
        )
    seconds.append(time.perf_counter() - start)
print(statistics.median(seconds[1:]))
print(f"validation accuracy {correct / len(x_test):.4f}", file=sys.stderr)
