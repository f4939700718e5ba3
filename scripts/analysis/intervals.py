"""95 % intervals: of an accuracy, of a mean over seeds, of a paired change."""

import functools
import math
from statistics import NormalDist

import numpy as np
import pandas as pd

CONFIDENCE = 0.95


@functools.cache
def wilson_interval(right: int, images: int) -> tuple[float, float]:
    """Interval of an accuracy of `right` out of `images` (Wilson 1927, JASA 22, p. 209)."""
    p, z = right / images, NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    centre = p + z**2 / (2 * images)
    half = z * math.sqrt(p * (1 - p) / images + (z / images) ** 2 / 4)
    low, high = ((centre + sign * half) / (1 + z**2 / images) for sign in (-1, 1))
    # Rounding must not take an end beyond the accuracy itself.
    return (0.0 if right == 0 else float(low)), (1.0 if right == images else float(high))


def student_interval(values: np.ndarray) -> tuple[float, float]:
    """Interval of the mean of values of independent seeds (Student 1908, Biometrika 6, p. 1).

    Of one value nothing can be said: both ends are nan. Equal values give a point.
    """
    if len(values) == 1:
        return np.nan, np.nan
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    # Here, because most jobs do not need it. It takes 0.2 s; scipy.stats, with the interval ready, 0.7 s.
    from scipy.special import stdtrit

    quantile = stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)
    half = float(quantile * np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def accuracy_interval(accuracies: np.ndarray, images: int) -> tuple[float, float]:
    """Interval of the accuracy: with one seed Wilson's for the test images, else Student's over the seeds.

    accuracies: (seeds,), shares of `images` test images. Clipped to [0, 1].
    """
    if len(accuracies) == 1:
        return wilson_interval(round(float(accuracies[0]) * images), images)
    low, high = student_interval(accuracies)
    return max(low, 0.0), min(high, 1.0)


def with_interval(name: str, values: np.ndarray) -> dict[str, float]:
    """The mean of values of independent seeds, and its interval: name, name_low and name_high."""
    low, high = student_interval(values)
    return {name: values.mean(), f"{name}_low": low, f"{name}_high": high}


def paired_change(name: str, values: pd.Series, reference: pd.Series) -> dict[str, float]:
    """Mean over the seeds of value minus reference of the same seed, with its interval over the seeds.

    Both series have the seed as index. Without a reference all is nan.
    """
    differences = (values - reference).to_numpy() if len(reference) else np.array([np.nan])
    return with_interval(name, differences)
