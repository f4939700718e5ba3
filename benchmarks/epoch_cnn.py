"""Seconds per epoch of our training of the network cnn.

    epoch_cnn.py FOLDER THREADS EPOCHS IMAGES PRECISION

Prints what epoch_keras.py prints.
"""

import itertools
import sys

import _measure  # noqa: F401  (the path to scripts/)
import numpy as np

from experiment import training
from experiment.network import build_network, compile_network
from experiment.rows import open_rows

folder, threads, epochs, images, precision = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
NETWORK = {"kind": "cnn", "dropout": 0.2, "precision": precision}
training.set_threads(threads, NETWORK)
y, y_test = (training.load_labels(f"{folder}/y_{split}.npy", 10) for split in ("train", "test"))
x, x_test = (open_rows(f"{folder}/x_{split}.npy") for split in ("train", "test"))
x, y = x.select(np.arange(images)), y[:images]
network = compile_network(build_network(x.shape[1:], 10, NETWORK, seed=1), 0.001)
settings = {"epochs": epochs + 1, "batch_size": 128}
history = training.train(network, itertools.repeat(x), y, {0.0: lambda: x_test}, y_test, settings, seed=1)
print(np.median([row["seconds"] for row in history[1:]]))
