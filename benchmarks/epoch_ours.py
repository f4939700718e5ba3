"""Seconds per epoch of our training, at a number of threads: prints train, and train with validation."""

import sys
import time

import _measure  # noqa: F401  (the path to scripts/)
import numpy as np
import tensorflow as tf
from experiment.training import (
    build_network,
    compile_epoch,
    compile_validation,
    epoch_key,
    epoch_order,
    load_set,
    set_threads,
)

folder, threads, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
set_threads(threads)
network = build_network([512, 512], 0.2, 0.001, seed=1)
x, y = load_set(f"{folder}/x_train.npy", f"{folder}/y_train.npy")
x_test, y_test = load_set(f"{folder}/x_test.npy", f"{folder}/y_test.npy")
train_epoch = compile_epoch(network, x, y, 128)
validate = compile_validation(network)
train, both = [], []
for epoch in range(epochs + 1):  # the first one compiles
    start = time.perf_counter()
    keys = epoch_key(1, "dropout", epoch), epoch_key(1, "fresh", epoch)
    loss, _ = train_epoch(tf.constant(epoch_order(1, epoch, len(x))), *keys)
    float(loss)
    middle = time.perf_counter()
    float(validate(x_test, y_test)[0])
    train.append(middle - start)
    both.append(time.perf_counter() - start)
print(np.median(train[1:]), np.median(both[1:]), train[0], float(loss) / len(x))
