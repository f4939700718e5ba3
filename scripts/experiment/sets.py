"""The test sets of people's own, as read_set has stored them. No noise is added to them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from experiment.noise import Images, clean_images
from experiment.rows import open_images, parts_of, store_rows


class TestSet(NamedTuple):
    """images: float32 (n, *shape), from 0 to 1. labels: the numbers of their classes (n,)."""

    name: str
    images: Images
    labels: np.ndarray


def read_sets(
    names: Sequence[str], images: Sequence[str], labels: Sequence[str], dense: bool = False
) -> Iterator[TestSet]:
    """Every test set, one after the other. images, labels: paths, in the order of the names. dense: as for
    open_images.
    """
    for name, x, y in zip(names, images, labels, strict=True):
        stored = open_images(x, dense)
        if isinstance(stored, np.ndarray):
            stored = clean_images(stored)
        elif stored.dtype == np.uint8:
            stored = store_rows(map(clean_images, parts_of(stored)), stored.shape)
        yield TestSet(name, stored, np.load(y))


def test_name(kind: str, scale: float) -> str:
    """What a classifier is tested on, for the log: a test set has no scale (nan).

    >>> test_name("shot", 0.5), test_name("fog", np.nan)
    ('shot noise of scale 0.5', 'fog')
    """
    return kind if np.isnan(scale) else f"{kind} noise of scale {scale:g}"


def stack_answers(packed: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of pack_answers in one array: uint8 (rows, bytes). Those of smaller sets end with zeros."""
    width = max(part.shape[1] for part in packed)
    return np.concatenate([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in packed])
