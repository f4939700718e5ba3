"""Seconds per epoch of the same training in PyTorch, in its usual style and its fastest form on a CPU.

The data is in memory and Adam is fused. Denormals are flushed, as they slow down every epoch after the first.
Prints the median of the epochs after the first, and the last loss.
"""

import statistics
import sys
import time

import numpy as np
import torch
from torch import nn

folder, threads, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)
x = torch.from_numpy(np.load(f"{folder}/x_train.npy").reshape(-1, 784))
y = torch.from_numpy(np.load(f"{folder}/y_train.npy").astype(np.int64))
layers = [nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2)]
network = nn.Sequential(*layers, nn.Linear(512, 10))
optimizer = torch.optim.Adam(network.parameters(), lr=0.001, fused=True)
cross_entropy = nn.CrossEntropyLoss()
network.train()
seconds = []
for _ in range(epochs + 1):
    start = time.perf_counter()
    total = 0.0
    for batch in torch.randperm(len(x)).split(128):
        optimizer.zero_grad()
        loss = cross_entropy(network(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(batch)
    seconds.append(time.perf_counter() - start)
print(statistics.median(seconds[1:]), float(total) / len(x))
