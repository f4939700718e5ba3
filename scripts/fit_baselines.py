"""Fit simple methods on one noisy copy of the images: the baselines of the network.

In:  noisy x_train and x_test, float32 (n, *shape); y_train and y_test (n,); their cards; kind of noise, scale
     and seed; on how many test images the ceiling is estimated.
Out: the counts of every method, as CSV; which images it recognised, in bits; a card.

chance: the class that is most frequent in training, whatever the image. nearest_centroid: the class whose
mean training image is nearest (Euclidean). ridge_regression: linear least squares on the labels as -1 and 1,
with scikit-learn's default penalty of 1. It is solved in closed form, where logistic regression takes
minutes. The last two give what scikit-learn's NearestCentroid and RidgeClassifier give, whose import alone
takes longer than all methods here.
"""

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd

from experiment.counts import BASELINES, count_row, pack_answers
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing, write_csv


def chance(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    return np.full(len(x_test), np.bincount(y).argmax())


def nearest_centroid(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Squared distances, less what is the same for every mean: the square of the test image."""
    classes = np.unique(y)
    means = np.stack([x[y == number].mean(axis=0) for number in classes]).astype(np.float64)
    return classes[((means**2).sum(axis=1) - 2 * (x_test @ means.T)).argmin(axis=1)]


def ridge_regression(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """One linear system: of the pixels of an image, or of the training images if these are fewer.

    Hoerl and Kennard 1970, Technometrics 12, p. 55. Centred, so that the intercept has no penalty.
    """
    classes = np.unique(y)
    targets = np.where(y[:, np.newaxis] == classes, 1, -1).astype(x.dtype)
    mean, intercept = x.mean(axis=0), targets.mean(axis=0)
    x, targets = x - mean, targets - intercept
    n, pixels = x.shape
    if pixels <= n:
        weights = np.linalg.solve(x.T @ x + np.eye(pixels, dtype=x.dtype), x.T @ targets)
    else:
        weights = x.T @ np.linalg.solve(x @ x.T + np.eye(n, dtype=x.dtype), targets)
    return classes[((x_test - mean) @ weights + intercept).argmax(axis=1)]


# Each gives the class of every test image: from training images float32 (n, pixels), their classes (n,), and
# test images like them.
METHODS = dict(zip(BASELINES, (chance, nearest_centroid, ridge_regression), strict=True))


def recognised(method: Callable, files: dict[str, str]) -> np.ndarray:
    """Which test images a method recognises after fitting on the training images: bool (n,).

    files: paths by array name.
    """
    x, y, x_test, y_test = (
        np.load(files[name], mmap_mode="r") for name in ("x_train", "y_train", "x_test", "y_test")
    )
    if np.ptp(y) == 0:  # training images of a single class: nothing to tell apart
        return np.asarray(y_test == y[0])
    return method(x.reshape(len(x), -1), y, x_test.reshape(len(x_test), -1)) == y_test


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    tested = {name: settings[name] for name in ("kind", "scale", "seed")}
    files = {name: snakemake.input[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    rows, answers = [], []
    for name, method in METHODS.items():
        correct = recognised(method, files)
        # Chance looks at no image, so no noise was in what it learned from.
        trained = None if name == "chance" else {"draw": "fixed", "train_scale": settings["scale"]}
        rows.append(count_row(name, tested, correct, settings["ceiling_images"], trained))
        answers.append(correct)
        logging.info("%s: %.4f", name, correct.mean())
    write_csv(pd.DataFrame(rows), snakemake.output.table)
    with replacing(snakemake.output.answers) as part:
        np.save(part, pack_answers(answers))
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
