"""Arrays that are open but not yet read: what every image format provides."""

import tokenize
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SPLITS = ("train", "test")
NAMES = ("x_train", "y_train", "x_test", "y_test")
SIDES = (4, 224)  # pixels: the shortest and the longest side that an image may have
# What damaged or unusual files raise: RuntimeError for an encrypted member, TokenError for a wrong byte in a
# header, MemoryError for an impossible size.
UNREADABLE = (
    *(OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError),
    *(tokenize.TokenError, MemoryError),
)


class Array(NamedTuple):
    """An array that is not yet read; `load` reads it."""

    dtype: np.dtype
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]


def allowed_sides() -> str:
    return f"sides of {SIDES[0]} to {SIDES[1]} pixels"


def some_of(names: list[str], max_names: int = 6) -> str:
    """The first names, for a message. Dots stand for the others."""
    return ", ".join([*names[:max_names], *(["..."] if len(names) > max_names else [])])
