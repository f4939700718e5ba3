"""Fit trivial methods on one noisy copy of the images: the baseline under the network.

In:  noisy x_train and x_test, float32 (n, 784); y_train and y_test, uint8 (n,); scale and seed.
Out: CSV, one row per method: scale, seed, method, accuracy, n (test images).

chance: a guess among ten digits. nearest_mean: the digit whose mean training image is nearest (Euclidean).
ridge: linear least squares on the labels as -1 and 1, with scikit-learn's default penalty of 1; it is solved
in closed form, where logistic regression takes minutes.
"""

import logging
import warnings

import numpy as np
import pandas as pd
from plumbing.cards import checked
from plumbing.job import replacing, start_log
from sklearn.base import ClassifierMixin
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestCentroid

CHANCE = 0.1

# Pixels that are the same in all images of a digit, as the edges are without noise, are no fault.
warnings.filterwarnings("ignore", "self.within_class_std_dev_ has at least 1 zero", UserWarning)


def test_accuracy(method: ClassifierMixin, files: dict[str, str]) -> float:
    """Share of right answers on the test images, after fitting on the training images."""
    x, y, x_test, y_test = (
        np.load(files[name], mmap_mode="r") for name in ("x_train", "y_train", "x_test", "y_test")
    )
    if np.ptp(y) == 0:  # training images of a single digit: nothing to tell apart
        return float(np.mean(y_test == y[0]))
    return float(method.fit(x, y).score(x_test, y_test))


def fit_baselines(files: dict[str, str]) -> dict[str, float]:
    """Accuracy of every method; `files` are paths by array name."""
    return {
        "chance": CHANCE,
        "nearest_mean": test_accuracy(NearestCentroid(), files),
        "ridge": test_accuracy(RidgeClassifier(solver="cholesky"), files),
    }


def main() -> None:
    start_log(snakemake.log[0])
    run = snakemake.params.run
    baselines = fit_baselines(
        {name: checked(snakemake.input[name]) for name in ("x_train", "y_train", "x_test", "y_test")}
    )
    logging.info("%s", baselines)
    images = len(np.load(snakemake.input.y_test))
    rows = [
        {**run, "method": method, "accuracy": accuracy, "n": images} for method, accuracy in baselines.items()
    ]
    with replacing(snakemake.output[0]) as part:
        pd.DataFrame(rows).to_csv(part, index=False)


if __name__ == "__main__":
    main()
