"""An array that is not read yet, which every format of images gives."""

import tokenize
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SPLITS = ("train", "test")
NAMES = ("x_train", "y_train", "x_test", "y_test")
SIDES = (4, 224)  # pixels: shortest and longest side of an image
# What damaged or unusual files raise; RuntimeError is that of an encrypted member, TokenError of a wrong byte
# in a header, MemoryError of a size that no file has.
UNREADABLE = (
    *(OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError),
    *(tokenize.TokenError, MemoryError),
)


class Array(NamedTuple):
    """An array that is not read yet."""

    dtype: np.dtype
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]


def allowed_sides() -> str:
    return f"sides of {SIDES[0]} to {SIDES[1]} pixels"


def some_of(names: list[str], most: int = 6) -> str:
    """Names for a message, the first ones of many."""
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])
