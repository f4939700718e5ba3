"""Images in files: an .npz file, a folder of IDX files, or a folder of PNG images.

What is there is known from headers, so that it can be asked before every run, and is read only when it is
wanted. What cannot be used raises ValueError, with one line that names the array or the file.
"""

import gzip
import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from itertools import chain, zip_longest
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from experiment.datasets import DataSet

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
EXTRA = ("classes", "noun")  # in .npz files, where they are given
SPLITS = ("train", "test")
SIDES = (4, 224)  # pixels: shortest and longest side of an image
PIECE = 2**24  # bytes read at a time
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_MODES = {"1": "L", "L": "L", "RGB": "RGB", "P": "RGB"}  # as Pillow calls them, and how to read them
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


def open_arrays(path: str) -> dict[str, Array]:
    """The arrays at this path by their names: x_train, y_train, x_test, y_test; of .npz files EXTRA too."""
    source = Path(path).expanduser()
    try:
        if not source.is_dir():
            return open_npz(source)
        return open_png(source) if (source / "train").is_dir() else open_idx(source)
    except UNREADABLE as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def check_known(known: DataSet, arrays: dict[str, Array]) -> None:
    """Raise ValueError unless these can be the arrays of a known data set, or its first ones: by headers."""
    for key in IDX_FILES:
        if key not in arrays:
            raise ValueError(f"there is no array {key}")
        dtype, shape, _ = arrays[key]
        check_kind(known, key, dtype, shape)
        if shape[0] > (most := known.train if key.endswith("train") else known.test):
            raise ValueError(f"{key} has {shape[0]} images, more than {most}")


def check_kind(known: DataSet, key: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless dtype and shape are those of this array in a known data set."""
    wanted = known.dtype if key.startswith("x") else "uint8"
    if dtype != wanted:
        raise ValueError(f"{key} is {dtype}, not {wanted}")
    if not shape or shape[1:] != (known.shape if key.startswith("x") else ()):
        raise ValueError(f"{key} has the shape {shape}")


def source_files(path: str) -> list[str]:
    """Paths of all the files that open_arrays reads."""
    source = Path(path).expanduser()
    if not source.is_dir():
        return [str(source)]
    if (source / "train").is_dir():
        return [str(file) for split in SPLITS for file, _ in png_files(source / split)]
    return [str(idx_file(source, name)) for name in IDX_FILES.values()]


def open_npz(path: Path) -> dict[str, Array]:
    """The arrays of an .npz file that have a meaning here. None with pickled objects is read."""
    if not path.is_file():
        raise ValueError(f"{path.name} is not a regular file")
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        for name in [name for name in (*IDX_FILES, *EXTRA) if f"{name}.npy" in members]:
            with archive.open(f"{name}.npy") as file:
                try:
                    version = np.lib.format.read_magic(file)
                    if version not in ((1, 0), (2, 0)):
                        raise ValueError(f"an array format of version {version}")
                    header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
                    shape, _, dtype = header(file)
                except UNREADABLE as error:
                    raise ValueError(f"{name} has no header that can be read: {error}") from error

            def load(name: str = name) -> np.ndarray:
                with np.load(path, allow_pickle=False) as file:
                    return file[name]

            arrays[name] = Array(dtype, shape, load)
    return arrays


def idx_file(folder: Path, name: str) -> Path:
    """Path of an IDX file, plain or packed by gzip."""
    path = folder / name
    return path if path.exists() else folder / f"{name}.gz"


def open_idx(folder: Path) -> dict[str, Array]:
    """The four IDX files of a folder, each plain or .gz."""
    arrays = {}
    for key, name in IDX_FILES.items():
        path = idx_file(folder, name)
        if path.exists() and not path.is_file():
            raise ValueError(f"{path} is not a regular file")

        def open_file(path: Path = path) -> IO[bytes]:
            return gzip.open(path) if path.suffix == ".gz" else path.open("rb")

        arrays[key] = idx_array(open_file, path.name)
    return arrays


def idx_array(open_file: Callable[[], IO[bytes]], name: str) -> Array:
    """An IDX file of bytes (format: yann.lecun.com/exdb/mnist). Its size is read, but no more than that."""

    def read_header(file: IO[bytes]) -> tuple[int, ...]:
        start = file.read(4)
        sizes = file.read(4 * start[3]) if start[:3] == b"\x00\x00\x08" and len(start) == 4 else b""
        if not sizes or len(sizes) != 4 * start[3]:
            raise ValueError(f"{name} is not an IDX file of bytes")
        return tuple(np.frombuffer(sizes, ">u4").tolist())

    def load() -> np.ndarray:
        with open_file() as file:
            shape = read_header(file)
            data = read_at_most(file, math.prod(shape) + 1)
        if len(data) != math.prod(shape):
            more = "more" if len(data) > math.prod(shape) else len(data)
            raise ValueError(f"{name} holds {more} bytes, where its header says {list(shape)}")
        return np.frombuffer(data, np.uint8).reshape(shape)

    with open_file() as file:
        return Array(np.dtype(np.uint8), read_header(file), load)


def read_at_most(file: IO[bytes], size: int) -> bytes:
    """Up to so many bytes of a file. It takes no more memory than there are, whatever a header says."""
    pieces = []
    while size and (piece := file.read(min(size, PIECE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def png_files(folder: Path) -> list[tuple[Path, str]]:
    """The images of one split, below a folder for each class: path and class, in turn from each class.

    In turn, so that the first n of them are of all classes. Hidden files are passed over.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder.name}/ with a folder of images for each class")
    by_class = []
    for place in sorted(folder.iterdir()):
        if place.name.startswith("."):
            continue
        if not place.is_dir():
            raise ValueError(f"{folder.name}/{place.name} is not a folder of images of one class")
        files = sorted(file for file in place.iterdir() if not file.name.startswith("."))
        by_class.append([(file, place.name) for file in files])
    in_turn = [pair for pair in chain.from_iterable(zip_longest(*by_class)) if pair]
    for file, name in in_turn:
        if file.suffix.lower() != ".png" or not file.is_file():
            raise ValueError(f"{folder.name}/{name}/{file.name} is not a PNG file")
    return in_turn


def open_png(folder: Path) -> dict[str, Array]:
    """A folder of PNG images by split and class, such as train/cat/1.png. Labels are the classes' names."""
    arrays = {}
    for split in SPLITS:
        files = png_files(folder / split)
        if not files:
            raise ValueError(f"{split}/ has no images")
        shape = read_png(files[0][0], None).shape

        def load(files: list = files, shape: tuple[int, ...] = shape) -> np.ndarray:
            images = np.empty((len(files), *shape), np.uint8)
            for image, (file, _) in zip(images, files, strict=True):
                image[...] = read_png(file, shape)
            return images

        labels = np.array([name for _, name in files])
        arrays[f"x_{split}"] = Array(np.dtype(np.uint8), (len(files), *shape), load)
        arrays[f"y_{split}"] = Array(labels.dtype, labels.shape, lambda labels=labels: labels)
    return arrays


def read_png(path: Path, shape: tuple[int, ...] | None) -> np.ndarray:
    """A PNG image, uint8 (height, width) or (height, width, 3). shape: that it must have; None: any allowed.

    Its size is known before its pixels are read.
    """
    from PIL import Image  # which few runs need

    name = "/".join(path.parts[-3:])
    try:
        with path.open("rb") as file:
            start = file.read(25)
        if start[:8] == PNG_SIGNATURE and len(start) == 25:  # else Pillow says what is wrong
            width, height = (int.from_bytes(start[place : place + 4], "big") for place in (16, 20))
            if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
                raise ValueError(f"it has {height} x {width} pixels; allowed: {allowed_sides()}")
            if start[24] > 8:  # of RGB, Pillow would keep the high bytes
                raise ValueError(f"it has {start[24]} bits; allowed: grey or RGB with 8 bits")
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode not in PNG_MODES or "transparency" in image.info:
                raise ValueError(f"it is {image.mode}; allowed: grey or RGB with 8 bits, and no transparency")
            pixels = np.asarray(image.convert(PNG_MODES[image.mode]))
    except (*UNREADABLE, SyntaxError) as error:  # Pillow calls broken PNGs a SyntaxError
        raise ValueError(f"{name} cannot be used: {' '.join(str(error).split())}") from error
    if shape not in (None, pixels.shape):
        raise ValueError(f"{name} has the shape {pixels.shape}, but the first image has {shape}")
    return pixels


def allowed_sides() -> str:
    return f"sides of {SIDES[0]} to {SIDES[1]} pixels"
