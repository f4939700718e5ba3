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
TILE = 4096  # pixels of larger ones that are compared at a time
MEANS = 4  # times as many small images at a time for their means as for sums; a fourth as many large ones


class Sizes(NamedTuple):
    """How much is in memory at a time.

    originals, images: how many small ones. weights, features: of large ones, or of few parts of them, numbers
    of 4 bytes.
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
    """How some originals are compared with noisy images: by the noise and the numbers of their pixels.

    whole: whether the originals are of bytes. Their weights are then looked up by level in `tables`; those of
    other pixels are computed one by one. kind: of the numbers. originals, images: how many at a time.
    tile: how many pixels at a time. More than one tile: the features and weights of large images take 3 to 48
    times the room of the images, so that only few images would be compared at a time.
    """

    scale: float
    clip: bool
    whole: bool
    tables: tuple[np.ndarray, np.ndarray] | None
    kind: type[np.floating]
    originals: int
    images: int
    tile: int


def plan_for(
    noisy: np.ndarray | Rows, originals: np.ndarray | Rows, scale: float, clip: bool, sizes: Sizes
) -> Plan:
    """The plan for these noisy images and originals, as in log_evidence."""
    whole = originals.dtype == np.uint8
    tables = weights_of(np.arange(LEVELS, dtype=float), scale, clip) if whole else None
    parts = 3 if clip and scale >= NEGLIGIBLE else 1
    pixels = math.prod(noisy.shape[1:])
    if pixels > MAX_IN_SINGLE:
        kind, tile = np.float64, TILE
        chunk, block = sizes.weights * 4 // (originals.dtype.itemsize * pixels), sizes.features // pixels
    else:
        kind, tile = np.float64 if scale < NEGLIGIBLE else np.float32, pixels
        numbers = parts * pixels  # of one image
        chunk, block = sizes.weights // numbers // (1 if whole else 4), sizes.features // numbers
    chunk = min(chunk, sizes.originals)
    return Plan(scale, clip, whole, tables, kind, max(1, chunk), max(1, block), tile)


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
            compared = Compared(noisy[block : block + step], plan)

            def sums_of(chunk: tuple[int, np.ndarray], compared: Compared = compared) -> np.ndarray:
                some = compared.scores(originals[chunk[1]], sizes.images)
                return np.concatenate([log_sums(scores) for scores in some])

            found = pool.map(sums_of, chunks)
            for (label, _), sums in zip(chunks, found, strict=True):
                row = evidence[label, block : block + step]
                np.logaddexp(row, sums, out=row)
                done += 1
                after_chunk(done, len(blocks) * len(chunks))
    return evidence


class Compared:
    """Noisy images that are compared with originals, by a plan."""

    def __init__(self, noisy: np.ndarray, plan: Plan) -> None:
        """noisy: float32 (n, *shape)."""
        self.plan = plan
        self.noisy = noisy.reshape(len(noisy), -1)
        pixels = self.noisy.shape[1]
        self.tiles = [slice(first, first + plan.tile) for first in range(0, pixels, plan.tile)]
        # Those of several tiles would take too much memory: they are computed again for each chunk.
        self.features = self.features_in(self.tiles[0]) if len(self.tiles) == 1 else None

    def features_in(self, tile: slice) -> np.ndarray:
        """The features of all images in a tile of their pixels: (n, parts, pixels)."""
        plan = self.plan
        features = features_of(self.noisy[:, tile], plan.scale, plan.clip, plan.whole)
        return features.astype(plan.kind, copy=False)

    def scores(self, originals: np.ndarray, images: int) -> Iterator[np.ndarray]:
        """log p(noisy image | original), less a constant of each noisy image: (some, m), one after another.

        originals: (m, *shape). images: how many noisy ones are taken at a time, unless they are large.
        """
        originals = originals.reshape(len(originals), -1)
        if self.features is not None:
            used, weights, constants = weights_of_originals(originals, self.plan)
            for block in np.split(self.features, range(images, len(self.features), images)):
                yield scores_of(block, used, weights, constants)
            return
        total = np.zeros((len(self.noisy), len(originals)), self.plan.kind)
        for tile in self.tiles:
            total += scores_of(self.features_in(tile), *weights_of_originals(originals[:, tile], self.plan))
        yield total


def weights_of_originals(originals: np.ndarray, plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of these pixels of originals (m, pixels): indices of those that count, their weights (m, parts * used),
    and constants (m,).
    """
    used = np.flatnonzero(originals.any(axis=0))  # a pixel that is black in all of them adds nothing
    originals = originals[:, used]
    if plan.tables is None:
        weights, constants = weights_of(originals.astype(float) * (LEVELS - 1), plan.scale, plan.clip)
    else:
        weights = [part.astype(plan.kind)[originals] for part in plan.tables[0]]
        constants = plan.tables[1][originals]
    weights = np.concatenate(list(weights), axis=1, dtype=plan.kind, casting="same_kind")
    return used, weights, constants.sum(axis=1).astype(plan.kind)


def scores_of(
    features: np.ndarray, used: np.ndarray, weights: np.ndarray, constants: np.ndarray
) -> np.ndarray:
    """log p(noisy image | original), less a constant of each noisy image: (n, m).

    features: (n, parts, pixels). weights: (m, parts * used). constants: (m,).
    """
    if len(used) < features.shape[2]:
        features = features[:, :, used]
    scores = features.reshape(len(features), -1) @ weights.T
    scores += constants
    return scores


def log_sums(scores: np.ndarray) -> np.ndarray:
    """Logarithm of the sum of p(noisy image | original) over some originals: float64 (n,).

    scores: of Compared.scores, (n, m). They are overwritten.
    """
    # As scipy's logsumexp, but in place: on 500 x 1024 numbers it takes four times as long.
    largest = scores.max(axis=1, keepdims=True)
    scores -= largest
    return largest[:, 0] + np.log(np.exp(scores, out=scores).sum(axis=1, dtype=float))


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
    pixels = math.prod(noisy.shape[1:])
    step = min(MEANS * sizes.images, plan.images) if plan.tile == pixels else max(1, plan.images // MEANS)

    def means_of(start: int) -> np.ndarray:
        compared = Compared(noisy[start : start + step], plan)
        images = len(compared.noisy)
        largest, total = np.full(images, -np.inf), np.zeros(images)
        means = np.zeros((images, pixels), plan.kind)
        for first in range(0, len(originals), plan.originals):
            chunk = originals[first : first + plan.originals]
            (shares,) = compared.scores(chunk, images)
            chunk = chunk.reshape(len(chunk), -1)
            larger = np.maximum(largest, shares.max(axis=1))
            shares -= larger[:, np.newaxis].astype(plan.kind)
            np.exp(shares, out=shares)
            before = np.exp(largest - larger)  # 0 for the first originals
            total = total * before + shares.sum(axis=1, dtype=float)
            means *= before[:, np.newaxis].astype(plan.kind)
            for tile in compared.tiles:
                means[:, tile] += shares @ clean_images(chunk[:, tile]).astype(plan.kind, copy=False)
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
