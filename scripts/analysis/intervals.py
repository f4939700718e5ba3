"""95 % intervals: of an accuracy, of a mean over seeds, of a paired difference."""

import functools
import math
from statistics import NormalDist

import numpy as np

CONFIDENCE = 0.95
QUANTILE = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)  # of the standard normal distribution


@functools.cache
def wilson_interval(correct: int, images: int) -> tuple[float, float]:
    """Interval of an accuracy of `correct` out of `images` (Wilson 1927, JASA 22, p. 209)."""
    p, z = correct / images, QUANTILE
    centre = p + z**2 / (2 * images)
    half = z * math.sqrt(p * (1 - p) / images + (z / images) ** 2 / 4)
    low, high = ((centre + sign * half) / (1 + z**2 / images) for sign in (-1, 1))
    # Rounding must not take a limit beyond the accuracy itself.
    return (0.0 if correct == 0 else float(low)), (1.0 if correct == images else float(high))


def measured_once(values: np.ndarray) -> bool:
    """Whether values of seeds are a single measurement: of one seed, or the same with each.

    A pretrained network answers the same whatever the seed, where the images are the same.
    """
    return len(values) == 1 or np.ptp(values) < 1e-12  # but for rounding


def student_interval(values: np.ndarray) -> tuple[float, float]:
    """Interval of the mean of values of independent seeds (Student 1908, Biometrika 6, p. 1).

    Of one measurement nothing can be said: both limits are nan.
    """
    if measured_once(values):
        return np.nan, np.nan
    # Here, because most jobs do not need it. It takes 0.2 s; scipy.stats, with the interval ready, 0.7 s.
    from scipy.special import stdtrit

    quantile = stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)
    half = float(quantile * np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def accuracy_interval(correct: np.ndarray, images: int) -> tuple[float, float]:
    """Interval of the accuracy: Wilson's for the test images if it was measured once, else Student's over the
    seeds.

    correct: (seeds,), of `images` test images each. Clipped to [0, 1].
    """
    if measured_once(correct):
        return wilson_interval(int(correct[0]), images)
    low, high = student_interval(np.asarray(correct) / images)
    return max(low, 0.0), min(high, 1.0)


def paired_interval(values: np.ndarray) -> tuple[float, float]:
    """Interval of the mean of a difference between two classifiers that were tested on the same images.

    values: (n,), the difference at each image: 1 where only the better one is correct, -1 where only the
    worse one is, else 0. The interval is that of Agresti & Min (2005, Statistics in Medicine 24, p. 729):
    Wald's, after two images are added, one on which the two differ, half in either way. It takes other values
    too, as of sums of such differences.

    >>> tuple(round(limit, 3) for limit in paired_interval(np.array([1] * 12 + [-1] * 4 + [0] * 84)))
    (0.001, 0.156)
    """
    n = len(values) + 2
    mean = float(np.sum(values)) / n
    variance = (float(np.sum(np.square(values))) + 1) / n - mean**2
    half = QUANTILE * math.sqrt(variance / n)
    return mean - half, mean + half


def same_everywhere(name: str, value: float) -> dict[str, float]:
    """A value without an interval around it, as the difference of a network from itself: columns of
    with_interval.
    """
    return dict.fromkeys((name, f"{name}_low", f"{name}_high"), value)


def with_interval(name: str, values: np.ndarray, images: np.ndarray | None = None) -> dict[str, float]:
    """The mean of a difference over independent seeds, and its interval: name, name_low and name_high.

    values: (seeds,). images: (n,), the same difference at each test image, for the interval of what was
    measured once. Without values all is nan; so is the interval of one measurement without images.
    """
    values = np.asarray(values, dtype=float)
    if not len(values):
        return same_everywhere(name, np.nan)
    paired = images is not None and measured_once(values)
    low, high = paired_interval(images) if paired else student_interval(values)
    return {name: values.mean(), f"{name}_low": low, f"{name}_high": high}
