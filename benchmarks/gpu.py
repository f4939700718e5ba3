"""Seconds per epoch of our training of a network (mlp or cnn) on a GPU, or without one on the processor.

    for i in 1 2 3 4; do python benchmarks/gpu.py mlp --epochs 400 & done; wait

runs four trainings at a time. Each prints where it ran, the median seconds of an epoch with its validation,
the accuracy at the end, and the SHA-256 of all that training changed. Where that is the same, so are the
bits. The images are those of results/images, with noise of scale 0.5. The first epoch, which compiles, does
not count.
"""

import argparse
import hashlib
import itertools

import numpy as np
import tensorflow as tf
from _measure import ROOT, cpu_model

from experiment import training
from experiment.network import build_network, compile_network
from experiment.noise import Noise, noisy_copy
from experiment.streams import fresh_generator

NETWORKS = {
    "mlp": {"kind": "mlp", "hidden_units": [512, 512], "dropout": 0.2},
    "cnn": {"kind": "cnn", "dropout": 0.2},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    network = NETWORKS[options.network]
    training.set_threads(options.threads, network)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:  # or the first training would take all of its memory
        tf.config.experimental.set_memory_growth(gpu, True)
    arrays = {path.stem: path for path in (ROOT / "results/images").glob("*.npy")}
    if not arrays:
        parser.error("there are no images in results/images: give the command make first")
    x, x_test = (
        tf.constant(noisy_copy(np.load(arrays[name]), 0.5, fresh_generator(1, 0.5, 1), Noise()))
        for name in ("x_train", "x_test")
    )
    y, y_test = (training.load_labels(arrays[name], 10) for name in ("y_train", "y_test"))
    built = compile_network(build_network(x.shape[1:], 10, network, seed=1), 0.001)
    settings = {"epochs": options.epochs + 1, "batch_size": 128}
    history = training.train(built, itertools.repeat(x), y, {0.5: lambda: x_test}, y_test, settings, seed=1)
    bits = hashlib.sha256(b"".join(array.tobytes() for array in training.state_of(built))).hexdigest()
    device = tf.config.experimental.get_device_details(gpus[0])["device_name"] if gpus else cpu_model()
    seconds = np.median([row["seconds"] for row in history[1:]])
    print(f"{device}: {seconds:.4g} s, {history[-1]['val_accuracy']:.2%}, {bits}")


if __name__ == "__main__":
    main()
