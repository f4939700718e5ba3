"""Arrays that are open but not yet read: what every format of images provides."""

import contextlib
import gzip
import os
import re
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

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


class Source(NamedTuple):
    """What was found at a path, open but not read.

    what: in words, such as "JPEG pictures". arrays: x_train, y_train, x_test and y_test, or x and y, which
    are not yet split; `classes` and `noun`, if the file has them. paths: of each image below the source, by
    array of images; None unless each has a file of its own. unused: names of arrays that are not read.
    """

    what: str
    arrays: dict[str, Array]
    paths: dict[str, list[str]] | None = None
    unused: tuple[str, ...] = ()


def printable(text: str) -> str:
    """The text, in which characters that would change a terminal are escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def one_line(error: BaseException) -> str:
    """What an error says, in one line of at most 500 characters."""
    return printable(" ".join(str(error).split()))[:500] or type(error).__name__


@contextlib.contextmanager
def naming(name: str) -> Iterator[None]:
    """Say which file or array cannot be read, as ValueError, whatever the library that reads it raises."""
    try:
        yield
    except Exception as error:
        message = one_line(error)
        if isinstance(error, ValueError) and re.search(rf"\b{re.escape(name)}\b", message):
            raise
        known = isinstance(error, (*UNREADABLE, ImportError))
        what = message if known else f"{type(error).__name__}: {message}"
        raise ValueError(f"{name} cannot be read: {what}") from error


def open_gzip(path: Path) -> IO[bytes]:
    """A .gz file. One that has lost its end to zeros is refused, because Python would look through all of
    them.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 4))
        if size > 1000 and file.read() == bytes(4):
            raise ValueError(f"{path.name} ends in zeros, so it is damaged or not completely written")
    return gzip.open(path)


def allowed_sides() -> str:
    return f"sides of {SIDES[0]} to {SIDES[1]} pixels"


def some_of(names: Iterable[str], max_names: int = 6) -> str:
    """The first names, for a message. Dots stand for the others."""
    names = [*map(printable, names)]
    return ", ".join([*names[:max_names], *(["..."] if len(names) > max_names else [])])
