"""The trainings of the notebook, two at a time under joblib, with one thread each.

Prints the accuracies as CSV: scale, accuracy, val_accuracy.
"""

import argparse

from joblib import Parallel, delayed

SCALES = [0.0, 0.5, 0.1, 0.5, 1.0, 2.0, 4.0]


def train(scale: float, epochs: int) -> tuple[float, float, float]:
    """One training in a process of its own."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from notebook import fit, load, noise

    x_train, y_train, x_test, y_test = load()
    if scale:
        x_train, x_test = noise(x_train, scale), noise(x_test, scale)
    return scale, *fit(x_train, y_train, x_test, y_test, epochs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    epochs = parser.parse_args().epochs
    print("scale,accuracy,val_accuracy")
    for row in Parallel(n_jobs=2)(delayed(train)(scale, epochs) for scale in SCALES):
        print("{},{},{}".format(*row))


if __name__ == "__main__":
    main()
