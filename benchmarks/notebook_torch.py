"""The assignment as users of PyTorch would write it: a loop of seven trainings, two threads each.

The images are in memory, Adam is fused and denormals are flushed, as in epoch_torch.py. Every epoch is
validated. Prints the accuracies as CSV: scale, accuracy, val_accuracy.
"""

import argparse

import numpy as np
import torch
from torch import nn

IMAGES = "results/images"
SCALES = [0.0, 0.5, 0.1, 0.5, 1.0, 2.0, 4.0]


def load() -> tuple[torch.Tensor, ...]:
    x_train, x_test = (
        torch.from_numpy(np.load(f"{IMAGES}/x_{split}.npy").reshape(-1, 784).astype(np.float32) / 255)
        for split in ("train", "test")
    )
    y_train, y_test = (
        torch.from_numpy(np.load(f"{IMAGES}/y_{split}.npy").astype(np.int64)) for split in ("train", "test")
    )
    return x_train, y_train, x_test, y_test


def noise(images: torch.Tensor, scale: float) -> torch.Tensor:
    return (images + scale * torch.randn_like(images)).clamp(0, 1) if scale else images


def fit(x_train, y_train, x_test, y_test, epochs: int) -> tuple[float, float]:
    layers = [
        nn.Linear(784, 512),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(512, 512),
        nn.ReLU(),
        nn.Dropout(0.2),
    ]
    network = nn.Sequential(*layers, nn.Linear(512, 10))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001, fused=True)
    cross_entropy = nn.CrossEntropyLoss()
    for _ in range(epochs):
        network.train()
        right = torch.zeros(())
        for batch in torch.randperm(len(x_train)).split(128):
            optimizer.zero_grad()
            scores, labels = network(x_train[batch]), y_train[batch]
            cross_entropy(scores, labels).backward()
            optimizer.step()
            right += (scores.argmax(1) == labels).sum()
        network.eval()
        with torch.no_grad():
            scores = torch.cat([network(part) for part in x_test.split(1000)])
            cross_entropy(scores, y_test).item()
            val_accuracy = (scores.argmax(1) == y_test).float().mean().item()
    return right.item() / len(x_train), val_accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    epochs = parser.parse_args().epochs
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    x_train, y_train, x_test, y_test = load()
    print("scale,accuracy,val_accuracy")
    for scale in SCALES:
        accuracies = fit(noise(x_train, scale), y_train, noise(x_test, scale), y_test, epochs)
        print("{},{},{}".format(scale, *accuracies), flush=True)


if __name__ == "__main__":
    main()
