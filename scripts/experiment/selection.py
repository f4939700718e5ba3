"""Selections of scales and of images, for use where all of them would be too many."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

MAX_TESTED = 20  # scales on which every network is tested
GOLDEN = (math.sqrt(5) - 1) / 2

Value = TypeVar("Value")


def chosen_scales(scales: Sequence[Value], max_scales: int = MAX_TESTED) -> list[Value]:
    """At most `max_scales` of the scales (two or more), evenly by rank, with the first and the last.

    >>> chosen_scales([0.0, 0.1, 0.5, 1.0, 2.0], 3)
    [0.0, 0.5, 2.0]
    """
    last = len(scales) - 1
    if last < max_scales:
        return list(scales)
    return [scales[round(rank * last / (max_scales - 1))] for rank in range(max_scales)]


def spread_images(images: int, chosen: int) -> np.ndarray:
    """Indices of `chosen` of the images, or of all if there are fewer: one of each of equal parts.

    Its place in a part follows from multiples of the golden ratio, which no regular order of the images is in
    step with (Weyl 1916, Math. Ann. 77, p. 313). Every tenth image would be of one class where ten classes
    take turns.

    >>> spread_images(10, 4).tolist(), spread_images(2, 4).tolist()
    ([0, 3, 5, 9], [0, 1])
    >>> (spread_images(100, 10) % 10).tolist()
    [0, 6, 2, 8, 4, 0, 7, 3, 9, 5]
    """
    chosen = min(chosen, images)
    edges = np.arange(chosen + 1) * images // max(chosen, 1)
    places = np.arange(chosen) * GOLDEN % 1
    return edges[:-1] + (places * np.diff(edges)).astype(int)
