"""Selections of scales and of images, for use where all of them would be too many."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

MAX_TESTED = 20  # scales on which every network is tested

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
    """Indices of `chosen` of the images, or of all if there are fewer, evenly spread.

    >>> spread_images(10, 4).tolist(), spread_images(2, 4).tolist()
    ([0, 2, 5, 7], [0, 1])
    """
    chosen = min(chosen, images)
    return np.arange(chosen) * images // max(chosen, 1)
