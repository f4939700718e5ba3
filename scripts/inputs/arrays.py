"""Arrays that are open but not yet read: what every format of images provides."""

import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

SPLITS = ("train", "test")
NAMES = ("x_train", "y_train", "x_test", "y_test")
SIDES = (4, 224)  # pixels: the shortest and the longest side that an image may have
# What damaged or unusual files raise: RuntimeError for an encrypted member, TokenError for a wrong byte in a
# header, MemoryError for an impossible size, the others from scipy for a damaged .mat file.
UNREADABLE = (
    *(OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError),
    *(tokenize.TokenError, MemoryError, NotImplementedError, TypeError, KeyError, IndexError),
    *(OverflowError, AttributeError),
)


class Array(NamedTuple):
    """An array that is not yet read; `load` reads it."""

    dtype: np.dtype
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]


class Source(NamedTuple):
    """What was found at a path, open but not read.

    about: in words, such as "JPEG pictures". arrays: x_train, y_train, x_test and y_test, or x and y, which
    are not yet split; `classes` and `noun`, if the file has them. paths: of each image below the source, by
    array of images; None unless each has a file of its own.
    """

    about: str
    arrays: dict[str, Array]
    paths: dict[str, list[str]] | None = None


def one_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def allowed_sides() -> str:
    return f"sides of {SIDES[0]} to {SIDES[1]} pixels"


def some_of(names: Iterable[str], max_names: int = 6) -> str:
    """The first names, for a message. Dots stand for the others."""
    names = list(names)
    return ", ".join([*names[:max_names], *(["..."] if len(names) > max_names else [])])
