"""Fit simple methods on one noisy copy of the images: the baselines of the network.

In:  noisy x_train and x_test, float32 (n, *shape); y_train and y_test, uint8 (n,); their cards; scale and
     seed.
Out: CSV, one row per method; a card.

chance: a guess among the classes. nearest_class_mean: the class whose mean training image is nearest
(Euclidean). ridge_regression: linear least squares on the labels as -1 and 1, with scikit-learn's default
penalty of 1. It is solved in closed form, where logistic regression takes minutes.
"""

import logging
import warnings

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestCentroid

from analysis.intervals import wilson_interval
from plumbing.cards import read_card, write_card
from plumbing.job import start_job
from plumbing.outputs import write_csv

METHODS = {"nearest_class_mean": NearestCentroid(), "ridge_regression": RidgeClassifier(solver="cholesky")}

# Pixels that are the same in all images of a class, as edges are without noise, are no fault.
warnings.filterwarnings("ignore", "self.within_class_std_dev_ has at least 1 zero", UserWarning)


def count_right(method: ClassifierMixin, files: dict[str, str]) -> int:
    """Number of right answers on the test images, after fitting on the training images."""
    x, y, x_test, y_test = (
        np.load(files[name], mmap_mode="r") for name in ("x_train", "y_train", "x_test", "y_test")
    )
    if np.ptp(y) == 0:  # training images of a single class: nothing to tell apart
        return int(np.sum(y_test == y[0]))
    method.fit(x.reshape(len(x), -1), y)
    return int(np.sum(method.predict(x_test.reshape(len(x_test), -1)) == y_test))


def fit_baselines(files: dict[str, str], classes: int) -> list[dict[str, object]]:
    """Method, accuracy and its interval for every method, and n (test images). files: paths by array name."""
    n = len(np.load(files["y_test"], mmap_mode="r"))
    rows = [{"method": "chance", "accuracy": 1 / classes, "n": n}]  # not measured: no interval
    for name, method in METHODS.items():
        right = count_right(method, files)
        low, high = wilson_interval(right, n)
        rows.append(
            {"method": name, "accuracy": right / n, "n": n, "accuracy_low": low, "accuracy_high": high}
        )
        logging.info("%s: %.4f", name, right / n)
    return rows


def main() -> None:
    start_job(snakemake)
    run = snakemake.params.settings
    files = {name: snakemake.input[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    rows = fit_baselines(files, len(read_card(snakemake.input.images_card)["classes"]))
    write_csv(pd.DataFrame([run | row for row in rows]), snakemake.output.table)
    write_card(run, snakemake.output.card, [snakemake.output.table])


if __name__ == "__main__":
    main()
