"""Seconds per epoch of Keras's own `fit` on the network cnn.

Prints the median of the epochs after the first one, each with its validation.
"""

import sys
import time

import _measure  # noqa: F401  (the path to scripts/)
import keras
import numpy as np
import tensorflow as tf

from experiment.network import build_network, compile_network

folder, threads, epochs, images = sys.argv[1], *map(int, sys.argv[2:5])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
x, y, x_test, y_test = (
    np.load(f"{folder}/{name}.npy") for name in ("x_train", "y_train", "x_test", "y_test")
)
y, y_test = (keras.utils.to_categorical(labels, 10) for labels in (y, y_test))
network = compile_network(build_network(x.shape[1:], 10, {"kind": "cnn", "dropout": 0.2}, seed=1), 0.001)


class Times(keras.callbacks.Callback):
    def on_train_begin(self, logs: dict | None = None) -> None:
        self.times = [time.perf_counter()]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.times.append(time.perf_counter())


times = Times()
network.fit(
    x[:images],
    y[:images],
    batch_size=128,
    epochs=epochs + 1,
    validation_data=(x_test, y_test),
    validation_batch_size=250,
    callbacks=[times],
    verbose=0,
)
print(np.median(np.diff(times.times)[1:]))
