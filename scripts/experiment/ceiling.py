"""The ceiling: what any classifier of noisy images can and cannot reach, because their noise is known
exactly.

A classifier is given a set of originals and is told that every noisy image is one of them with noise. By
Bayes' rule, the probability of a class is proportional to the sum of p(noisy image | original) over the
originals of this class. Of all classifiers that know no more than that, this one is correct most often.

Of a noisy image y and an original x, with N(0, scale) added to every pixel and then clipped to [0, 1], the
logarithm of p(y | x) is a sum over the pixels:

    log Phi(-x / scale)           where y = 0: all noise that takes the pixel to 0 or below
    log Phi((x - 1) / scale)      where y = 1: all noise that takes it to 1 or above
    -(y - x)^2 / (2 scale^2)      elsewhere, less a constant that is the same for all x

Phi is the distribution function of the standard normal distribution. Without clipping, the last line applies
to all pixels.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from experiment.noise import clean_images
from experiment.rows import Rows

KNOWN_KINDS = ("gaussian",)  # of noise: those whose likelihood is written below
LEVELS = 256  # of a pixel as published
# Noise below this counts as none: it is 39 times smaller than the step between two levels of a pixel.
NEGLIGIBLE = 1e-4
SURE = 1e3  # nats by which the nearest original wins where there is no noise
# Of numbers of one image: the products of larger ones are in double precision. A sum over so many bright
# pixels is so large that the differences between originals would be lost in its rounding.
MAX_IN_SINGLE = 4096
MEANS = 4  # times as many images at a time for their means as for sums


class Sizes(NamedTuple):
    """How much is in memory at a time.

    originals, images: how many small ones. weights, features: of large ones, numbers of 4 bytes.
    """

    originals: int = 1024
    images: int = 500
    weights: int = 2**24
    features: int = 2**25


SIZES = Sizes()


def features_of(noisy: np.ndarray, scale: float, clip: bool, whole: bool = True) -> np.ndarray:
    """The features of noisy images, to be multiplied with the weights of weights_of: (n, parts, pixels).

    noisy: float32 (n, *shape). The parts, float32, are: 1 where a pixel is 0; 1 where it is 1; its value
    elsewhere. Without clipping, the one part is the value of each pixel. Without noise, it is its level,
    float64 from 0 to 255, a whole number if `whole`: if the originals are of bytes.
    """
    noisy = noisy.reshape(len(noisy), -1)
    if scale < NEGLIGIBLE:
        level = noisy.astype(float) * (LEVELS - 1)
        return (np.rint(level) if whole else level)[:, None]
    if not clip:
        return noisy[:, None]
    at_0, at_1 = noisy == 0, noisy == 1
    return np.stack([at_0, at_1, np.where(at_0 | at_1, np.float32(0), noisy)], axis=1, dtype=np.float32)


def weights_of(level: np.ndarray, scale: float, clip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights and constants of originals' pixels, float64: (parts, *level.shape) and level.shape.

    level: of the pixels, float64 from 0 to 255. The features of a noisy pixel times the weights, plus the
    constant, are log p(noisy pixel | pixel), less the same for a black pixel. The difference keeps the
    numbers of mostly black images small.
    """
    if scale < NEGLIGIBLE:  # the nearest original: whole numbers, which float64 adds without error
        return SURE * 2 * level[None], -SURE * level**2
    from scipy.special import log_ndtr  # in functions: Snakemake imports this module too, for KNOWN_KINDS

    x = level / (LEVELS - 1)
    half_square = x**2 / (2 * scale**2)
    if not clip:
        return x[None] / scale**2, -half_square
    at_0 = log_ndtr(-x / scale) + half_square - log_ndtr(0.0)
    at_1 = log_ndtr((x - 1) / scale) + half_square - log_ndtr(-1 / scale)
    return np.stack([at_0, at_1, x / scale**2]), -half_square


class Plan(NamedTuple):
    """How some originals are compared with noisy images.

    whole: whether the originals are of bytes. Their weights are then looked up by level in `tables`; those of
    other pixels are computed one by one. kind: of the numbers. originals, images: how many at a time.
    """

    whole: bool
    tables: tuple[np.ndarray, np.ndarray] | None
    kind: type[np.floating]
    originals: int
    images: int


def plan_for(
    noisy: np.ndarray | Rows, originals: np.ndarray | Rows, scale: float, clip: bool, sizes: Sizes
) -> Plan:
    """The plan for these noisy images and originals, as in log_evidence."""
    whole = originals.dtype == np.uint8
    tables = weights_of(np.arange(LEVELS, dtype=float), scale, clip) if whole else None
    parts = 3 if clip and scale >= NEGLIGIBLE else 1
    pixels = math.prod(noisy.shape[1:])
    large = pixels > MAX_IN_SINGLE
    kind = np.float64 if large or scale < NEGLIGIBLE else np.float32
    numbers = parts * pixels * (1 + large)  # of one image, of 4 bytes
    size = max(1, min(sizes.originals, sizes.weights // numbers // (1 if whole else 4)))
    return Plan(whole, tables, kind, size, max(1, sizes.features // numbers))


def log_evidence(
    noisy: np.ndarray | Rows,
    originals: np.ndarray | Rows,
    labels: np.ndarray,
    classes: int,
    scale: float,
    clip: bool = True,
    threads: int = 1,
    after_chunk: Callable[[int, int], None] = lambda done, chunks: None,
    sizes: Sizes = SIZES,
) -> np.ndarray:
    """Logarithm of the sum of p(noisy image | original) over the originals of each class: (classes, n).

    noisy: float32 (n, *shape), clipped to [0, 1] or not. originals: uint8 or float32 (m, *shape), and their
    labels (m,).
    In nats, float64, less a constant of each noisy image; -inf for a class without originals. The bits do not
    depend on the number of threads, of which each needs memory for a chunk of originals. after_chunk is
    called with how many chunks are done, and how many there are. Other sizes give other rounding.
    """
    from threadpoolctl import threadpool_limits

    plan = plan_for(noisy, originals, scale, clip, sizes)
    by_class = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=classes))
    chunks = [
        (label, chunk)
        for label, members in enumerate(np.split(by_class, ends[:-1]))
        for chunk in np.split(members, range(plan.originals, len(members), plan.originals))
        if len(chunk)
    ]
    step = plan.images
    evidence = np.full((classes, len(noisy)), -np.inf)
    blocks = range(0, len(noisy), step)
    done = 0
    # Each thread has its own chunks, and BLAS has one thread: so no sum depends on the number of threads.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        for block in blocks:
            features = features_of(noisy[block : block + step], scale, clip, plan.whole)
            features = features.astype(plan.kind, copy=False)

            def sums_of(chunk: tuple[int, np.ndarray], features: np.ndarray = features) -> np.ndarray:
                weighed = weights_of_originals(originals[chunk[1]], scale, clip, plan.tables, plan.kind)
                return log_sums(features, *weighed, sizes.images)

            found = pool.map(sums_of, chunks)
            for (label, _), sums in zip(chunks, found, strict=True):
                row = evidence[label, block : block + step]
                np.logaddexp(row, sums, out=row)
                done += 1
                after_chunk(done, len(blocks) * len(chunks))
    return evidence


def weights_of_originals(
    originals: np.ndarray,
    scale: float,
    clip: bool,
    tables: tuple[np.ndarray, np.ndarray] | None,
    kind: type[np.floating],
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Of these originals (m, *shape): indices of the pixels that count, each part's weights (m, pixels), and
    constants (m,).

    tables: weights and constants by level, where the originals are of bytes. kind: of these weights.
    """
    pixels = originals.reshape(len(originals), -1)
    used = np.flatnonzero(pixels.any(axis=0))  # a pixel that is black in all of them adds nothing
    pixels = pixels[:, used]
    if tables is None:
        weights, constants = weights_of(pixels.astype(float) * (LEVELS - 1), scale, clip)
        return used, list(weights), constants.sum(axis=1)
    weights, constants = tables
    return used, [part.astype(kind)[pixels] for part in weights], constants[pixels].sum(axis=1)


def scores_of(
    features: np.ndarray, used: np.ndarray, weights: np.ndarray, constants: np.ndarray
) -> np.ndarray:
    """log p(noisy image | original), less a constant of each noisy image: (n, m).

    features: (n, parts, pixels). weights: (m, parts * used). constants: (m,).
    """
    scores = features[:, :, used].reshape(len(features), -1) @ weights.T
    scores += constants
    return scores


def log_sums(
    features: np.ndarray, used: np.ndarray, weights: list[np.ndarray], constants: np.ndarray, images: int
) -> np.ndarray:
    """Logarithm of the sum of p(noisy image | original) over some originals: float64 (n,).

    features: of features_of; used, weights and constants: of weights_of_originals. images: how many are
    taken at a time.
    """
    weights = np.concatenate(weights, axis=1, dtype=features.dtype, casting="same_kind")
    constant = constants.astype(features.dtype)
    sums = []
    for block in np.split(features, range(images, len(features), images)):
        scores = scores_of(block, used, weights, constant)
        # As scipy's logsumexp, but in place: on 500 x 1024 numbers it takes four times as long.
        largest = scores.max(axis=1, keepdims=True)
        scores -= largest
        sums.append(largest[:, 0] + np.log(np.exp(scores, out=scores).sum(axis=1, dtype=float)))
    return np.concatenate(sums)


def posterior_means(
    noisy: np.ndarray | Rows,
    originals: np.ndarray | Rows,
    scale: float,
    clip: bool = True,
    threads: int = 1,
    sizes: Sizes = SIZES,
) -> Iterator[np.ndarray]:
    """The mean of the originals, each with its probability given a noisy image: float32 (some, *shape).

    noisy, originals: as in log_evidence. If the image is one of the originals, each equally probable, nothing
    that could be made of the noisy one has a smaller mean squared error. Without noise, it is the nearest
    original. The bits do not depend on the number of threads.
    """
    from threadpoolctl import threadpool_limits

    plan = plan_for(noisy, originals, scale, clip, sizes)
    step = min(MEANS * sizes.images, plan.images)

    def means_of(start: int) -> np.ndarray:
        features = features_of(noisy[start : start + step], scale, clip, plan.whole)
        features = features.astype(plan.kind, copy=False)
        largest, total = np.full(len(features), -np.inf), np.zeros(len(features))
        means = np.zeros((len(features), math.prod(noisy.shape[1:])), plan.kind)
        for first in range(0, len(originals), plan.originals):
            chunk = originals[first : first + plan.originals]
            used, weights, constants = weights_of_originals(chunk, scale, clip, plan.tables, plan.kind)
            weights = np.concatenate(weights, axis=1, dtype=plan.kind, casting="same_kind")
            shares = scores_of(features, used, weights, constants.astype(plan.kind))
            larger = np.maximum(largest, shares.max(axis=1))
            shares -= larger[:, np.newaxis].astype(plan.kind)
            np.exp(shares, out=shares)
            before = np.exp(largest - larger)  # 0 for the first originals
            total = total * before + shares.sum(axis=1, dtype=float)
            means *= before[:, np.newaxis].astype(plan.kind)
            means += shares @ clean_images(chunk).reshape(len(chunk), -1).astype(plan.kind, copy=False)
            largest = larger
        means /= total[:, np.newaxis].astype(plan.kind)
        return means.reshape(-1, *noisy.shape[1:]).astype(np.float32)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        yield from pool.map(means_of, range(0, len(noisy), step))


def classify(evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classifier's answers: the most probable class of each image, (n,), and log p(class), (classes, n).

    evidence: of log_evidence, (classes, n). Of classes that are equally probable the first is taken.
    """
    from scipy.special import logsumexp

    return evidence.argmax(axis=0), evidence - logsumexp(evidence, axis=0)
