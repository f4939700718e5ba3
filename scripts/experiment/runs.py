"""Names of noise scales, and a choice among many of them. Without any library: Snakemake reads it first."""

from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value")


def scale_label(scale: float) -> str:
    """Name of a noise scale in paths: the shortest text that reads back as the same number.

    >>> scale_label(1), scale_label(0.10), scale_label(-0.0)
    ('1.0', '0.1', '0.0')
    """
    return str(float(scale) + 0.0)  # + 0.0 turns -0.0 into 0.0


def chosen_scales(scales: Sequence[Value], most: int) -> list[Value]:
    """At most so many (two or more) of the scales, evenly by rank, the first and the last among them."""
    last = len(scales) - 1
    if last < most:
        return list(scales)
    return [scales[round(place * last / (most - 1))] for place in range(most)]
