"""Fit simple methods on one noisy copy of the images: the baselines of the network.

In:  noisy x_train and x_test, float32 (n, *shape); y_train and y_test (n,); test sets of people's own, with
     their labels; their cards; kind of noise, scale and seed; on how many test images the ceiling is
     estimated.
Out: the counts of every method, as CSV; which images it recognised, in bits; a card.

chance: the class that is most frequent in training, whatever the image. nearest_centroid: the class whose
mean training image is nearest (Euclidean). ridge_regression: linear least squares on the labels as -1 and 1,
with scikit-learn's default penalty of 1. It is solved in closed form, where logistic regression takes
minutes. The last two give what scikit-learn's NearestCentroid and RidgeClassifier give, whose import alone
takes longer than all methods here.
"""

import logging
import math
from collections.abc import Callable, Iterator

import numpy as np

from experiment.counts import BASELINES, count_row, pack_answers
from experiment.rows import BLOCK, FLOAT, Rows, ahead, open_rows, parts_of
from experiment.sets import read_sets, stack_answers
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing, write_rows

# From test images float32 (n, pixels) to their classes (n,).
Predict = Callable[[np.ndarray], np.ndarray]
Images = np.ndarray | Rows
PAGE = 4096  # bytes that a disk reads at least


def flat_parts(x: Images) -> Iterator[tuple[slice, np.ndarray]]:
    """Some images at a time: which, and their pixels (m, pixels)."""
    start = 0
    for part in parts_of(x):
        yield slice(start, start + len(part)), part.reshape(len(part), -1)
        start += len(part)


def means_of(x: Images, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The mean image of each class, float32 (classes, pixels): the bits of numpy's mean of all of them."""
    sums = np.zeros((len(classes), math.prod(x.shape[1:])), x.dtype)
    for chosen, part in flat_parts(x):
        for total, number in zip(sums, classes, strict=True):
            total[:] = np.add.reduce(np.concatenate([total[np.newaxis], part[y[chosen] == number]]), axis=0)
    return sums / np.array([[np.sum(y == number)] for number in classes], x.dtype)


def chance(x: Images, y: np.ndarray) -> Predict:
    most_frequent = np.bincount(y).argmax()
    return lambda x_test: np.full(len(x_test), most_frequent)


def nearest_centroid(x: Images, y: np.ndarray) -> Predict:
    """Squared distances, less what is the same for every mean: the square of the test image."""
    classes = np.unique(y)
    means = means_of(x, y, classes).astype(np.float64)
    squares = (means**2).sum(axis=1)
    return lambda x_test: classes[(squares - 2 * (x_test @ means.T)).argmin(axis=1)]


def ridge_regression(x: Images, y: np.ndarray) -> Predict:
    """One linear system: of the pixels of an image, or of the training images if these are fewer.

    Hoerl and Kennard 1970, Technometrics 12, p. 55. Centred, so that the intercept has no penalty.
    """
    classes, n, pixels = np.unique(y), len(x), math.prod(x.shape[1:])
    targets = np.where(y[:, np.newaxis] == classes, 1, -1).astype(x.dtype)
    mean, intercept = means_of(x, np.zeros(n), np.zeros(1))[0], targets.mean(axis=0)
    targets -= intercept
    if pixels <= n:
        matrix, products = np.eye(pixels), np.zeros((pixels, len(classes)))
        for chosen, part in flat_parts(x):
            part = part - mean
            matrix += part.T @ part
            products += part.T @ targets[chosen]
        weights = np.linalg.solve(matrix, products)
    else:
        weights = weights_of_few(x, mean, targets)
    weights = weights.astype(x.dtype)
    return lambda x_test: classes[((x_test - mean) @ weights + intercept).argmax(axis=1)]


def pixel_parts(x: Images) -> Iterator[tuple[slice, np.ndarray]]:
    """Some pixels at a time, of all images: which, and their values (n, m). They are read ahead."""
    pixels = math.prod(x.shape[1:])
    size = max(BLOCK // (FLOAT * len(x)), PAGE // FLOAT)

    def read(start: int) -> tuple[slice, np.ndarray]:
        chosen = slice(start, min(start + size, pixels))
        if isinstance(x, Rows):
            return chosen, x.pixels(chosen.start, chosen.stop)
        return chosen, x.reshape(len(x), -1)[:, chosen]

    yield from ahead(read, range(0, pixels, size))


def weights_of_few(x: Images, mean: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Weights of ridge regression, (pixels, classes), by the products of all pairs of training images.

    Of these only half is computed, and in place: the matrix may be as large as all images, or larger.
    """
    from scipy.linalg import get_blas_funcs, solve

    kernel = np.zeros((len(x), len(x)), x.dtype, order="F")
    (add_products,) = get_blas_funcs(["syrk"], [kernel])
    for chosen, part in pixel_parts(x):
        add_products(1, (part - mean[chosen]).T, 1, kernel, trans=1, lower=1, overwrite_c=1)
    kernel[np.diag_indices(len(x))] += 1
    solved = solve(kernel, targets, assume_a="pos", lower=True, overwrite_a=True, check_finite=False)
    return sum(((part - mean).T @ solved[chosen]).astype(float) for chosen, part in flat_parts(x))


# Each learns from training images float32 (n, *shape) and their classes (n,).
METHODS = dict(zip(BASELINES, (chance, nearest_centroid, ridge_regression), strict=True))


def fit(method: Callable[..., Predict], x_train: str, y_train: str) -> Predict:
    """What a method has learned from training images. x_train, y_train: paths."""
    x, y = open_rows(x_train), np.load(y_train)
    if np.ptp(y) == 0:  # training images of a single class: nothing to tell apart
        method = chance
    return method(x, y)


def recognised(predict: Predict, images: Images, labels: np.ndarray) -> np.ndarray:
    """Which test images are recognised: bool (n,). images: float32 (n, *shape). labels: (n,)."""
    return np.concatenate([predict(part) == labels[chosen] for chosen, part in flat_parts(images)])


def main() -> None:
    inputs, settings, given = start_job(snakemake), snakemake.params.settings, snakemake.input
    tested = {name: settings[name] for name in ("kind", "scale", "seed")}
    noisy = open_rows(given.x_test), np.load(given.y_test)
    rows, packed = [], []
    for name, method in METHODS.items():
        predict = fit(method, given.x_train, given.y_train)
        correct = recognised(predict, *noisy)
        # Chance looks at no image, so no noise was in what it learned from.
        trained = None if name == "chance" else {"draw": "fixed", "train_scale": settings["scale"]}
        rows.append(count_row(name, tested, correct, settings["ceiling_images"], trained))
        packed.append(pack_answers([correct]))
        logging.info("%s: %.4f", name, correct.mean())
        if name == "chance" and settings["scale"] > 0:  # it is the same at every scale
            continue
        for own, images, labels in read_sets(settings["sets"], given.sets, given.set_labels):
            correct = recognised(predict, images, labels)
            rows.append(count_row(name, tested | {"kind": own, "scale": None}, correct, 0, trained))
            packed.append(pack_answers([correct]))
            logging.info("%s on %s: %.4f", name, own, correct.mean())
    write_rows(rows, snakemake.output.table)
    with replacing(snakemake.output.answers) as part:
        np.save(part, stack_answers(packed))
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
