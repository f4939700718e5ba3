"""IDX files, the format of MNIST, Fashion-MNIST and EMNIST, plain or compressed by gzip.

Format: http://yann.lecun.com/exdb/mnist.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from inputs.arrays import Array, Source, open_gzip, some_of

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
# Other usual names: with dots (Kaggle), with a prefix (EMNIST), or with test for t10k.
NAME = re.compile(r"(?:.*[-_.])?(train|t10k|test)[-_.](images|labels)[-_.]idx[1-4].*", re.IGNORECASE)
TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte of a file
PIECE = 2**24  # bytes to read at a time


def has_idx(folder: Path) -> bool:
    """Whether a folder has an IDX file, by its name."""
    return any(NAME.fullmatch(path.name) for path in folder.iterdir())


def find_idx(folder: Path) -> dict[str, Path]:
    """The four IDX files of a folder, by the names of their arrays. Raises ValueError if one is missing."""
    paths: dict[str, Path] = {}
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in files:
        if match := NAME.fullmatch(path.name):
            split, what = match[1].lower(), match[2].lower()
            key = f"{'x' if what == 'images' else 'y'}_{'train' if split == 'train' else 'test'}"
            if key in paths and paths[key].name.removesuffix(".gz") != path.name.removesuffix(".gz"):
                raise ValueError(f"{paths[key].name} and {path.name} could both be {key}. Remove one of them")
            paths.setdefault(key, path)  # a plain file comes before its compressed copy
    missing = [key for key in IDX_FILES if key not in paths]
    if missing:
        raise ValueError(
            f"there is no {IDX_FILES[missing[0]]} (plain or .gz). {folder.name}/ contains: "
            f"{some_of([*map(display_name, files)]) or 'nothing'}"
        )
    return {key: paths[key] for key in IDX_FILES}


def display_name(path: Path) -> str:
    return f"{path.name}/" if path.is_dir() else path.name


def open_idx(files: dict[str, Path]) -> Source:
    """The arrays of IDX files, each plain or .gz, by what they have."""
    arrays = {}
    for key, path in files.items():
        if not path.is_file():
            raise ValueError(f"{path} is not a regular file")

        def open_file(path: Path = path) -> IO[bytes]:
            return open_gzip(path) if path.suffix == ".gz" else path.open("rb")

        arrays[key] = idx_array(open_file, path.name)
    return Source("images (IDX)", arrays)


def idx_array(open_file: Callable[[], IO[bytes]], name: str) -> Array:
    """The array of an IDX file, of which only the header is read. `load` gives numbers in the byte order of
    this machine.
    """

    def read_header(file: IO[bytes]) -> tuple[np.dtype, tuple[int, ...]]:
        start = file.read(4)
        valid = len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES
        sizes = file.read(4 * start[3]) if valid else b""
        if not sizes or len(sizes) != 4 * start[3]:
            raise ValueError(f"{name} is not an IDX file")
        return np.dtype(TYPES[start[2]]), tuple(np.frombuffer(sizes, ">u4").tolist())

    def load() -> np.ndarray:
        with open_file() as file:
            dtype, shape = read_header(file)
            size = dtype.itemsize * math.prod(shape)
            data = read_at_most(file, size + 1)
        if len(data) != size:
            length = f"more than {size}" if len(data) > size else len(data)
            raise ValueError(f"{name} has {length} bytes of data, but its header says {list(shape)}")
        return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)

    with open_file() as file:
        dtype, shape = read_header(file)
    return Array(dtype.newbyteorder("="), shape, load)


def read_at_most(file: IO[bytes], size: int) -> bytes:
    """Up to `size` bytes of a file. It takes only as much memory as the file has data, whatever `size` is."""
    pieces = []
    while size and (piece := file.read(min(size, PIECE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
