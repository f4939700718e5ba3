"""Seconds per epoch of our training with n threads.

Prints the median of training, the median of training with validation, the first epoch (which compiles), and
the last loss. The optional argument `fresh` adds fresh noise of scale 0.5 to the images in images.npy.
"""

import itertools
import sys
import time

import _measure  # noqa: F401  (the path to scripts/)
import numpy as np
import tensorflow as tf

from experiment.draws import fresh_copies
from experiment.network import build_network, compile_network
from experiment.noise import Noise
from experiment.streams import dropout_key, epoch_order
from experiment.training import compile_epoch, compile_validation, load_labels, set_threads

folder, threads, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
NETWORK = {"kind": "mlp", "hidden_units": [512, 512], "dropout": 0.2}
set_threads(threads, NETWORK)
y, y_test = (load_labels(f"{folder}/y_{split}.npy", 10) for split in ("train", "test"))
x_test = tf.constant(np.load(f"{folder}/x_test.npy"))
network = compile_network(build_network(x_test.shape[1:], 10, NETWORK, seed=1), 0.001)
train_epoch = compile_epoch(network, y, 128)
validate = compile_validation(network)
if "fresh" in sys.argv[4:]:  # noise of scale 0.5 on the images as published
    images = np.load(f"{folder}/images.npy", mmap_mode="r")
    copies = fresh_copies(images, 0.5, 1, range(1, epochs + 2), Noise())
else:
    copies = itertools.repeat(tf.constant(np.load(f"{folder}/x_train.npy")))
train, both = [], []
for epoch in range(1, epochs + 2):  # the first one compiles
    start = time.perf_counter()
    x = tf.convert_to_tensor(next(copies))
    loss, _ = train_epoch(x, tf.constant(epoch_order(1, epoch, len(y))), tf.constant(dropout_key(1, epoch)))
    del x
    float(loss)
    middle = time.perf_counter()
    float(validate(x_test, y_test)[0])
    train.append(middle - start)
    both.append(time.perf_counter() - start)
print(np.median(train[1:]), np.median(both[1:]), train[0], float(loss) / len(y))
