"""The formats of images that are read: what is at a path is found by names and first bytes, then opened.

Opening reads headers, and of tables and pictures as much as is needed to know what they have. What cannot be
used raises ValueError, with one line that names the array or the file.
"""

import contextlib
import gzip
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inputs.arrays import UNREADABLE, Array, Source, naming, one_line, some_of
from inputs.csv_files import SUFFIXES as TABLES
from inputs.csv_files import open_csv, zip_members
from inputs.datasets import DataSet
from inputs.idx import find_idx, has_idx, open_idx
from inputs.layout import arrange, number_of_labels
from inputs.matlab import HDF5, open_mat
from inputs.names import assign_arrays, assign_files
from inputs.numpy_files import open_npy, open_npz
from inputs.pictures import SUFFIXES as PICTURES
from inputs.pictures import find_splits, has_classes, list_pictures, open_pictures
from inputs.resize import resize_array


class Format(NamedTuple):
    """For people: what it is, how its files and arrays are found, and who writes such files."""

    what: str
    found: str
    writers: str


FORMATS = {
    "pictures": Format(
        "a folder of pictures: JPEG, PNG, BMP, TIFF, WebP, GIF (the first frame), PGM and PPM",
        "`cat/1.jpg`, with `images.test`; or `train/cat/1.jpg` and `test/cat/2.jpg`, also `training/` and "
        "`testing/`; "
        "`val/` is the test set if there is no other",
        "cameras, Kaggle, ImageFolder of torchvision, Keras",
    ),
    "csv": Format(
        "a table: `.csv` or `.tsv`, also in a `.gz` or `.zip` file",
        "a row has a label and the pixels of an image; the label in the column `label` (also `class`, "
        "`target`), or in the first; pixels as they stand, or in the order of the numbers in their names; a "
        "file, or a folder or .zip file with two, such as `mnist_train.csv` and `mnist_test.csv`",
        "Kaggle, pandas",
    ),
    "npz": Format(
        "a NumPy archive: `.npz`",
        "`x_train`, `y_train`, `x_test`, `y_test`; or `x` and `y`, with `images.test`. Other words for x are "
        "images, data and `arr_0`, and for y labels, target and `arr_1`. `classes` has the names of the "
        "classes, "
        "and `noun` what an image shows",
        "Keras, MedMNIST, NumPy",
    ),
    "npy": Format(
        "a folder of `.npy` files",
        "named like the arrays of an `.npz` file",
        "NumPy, MNIST-C",
    ),
    "mat": Format(
        "MATLAB: `.mat`, of all versions",
        "named like the arrays of an `.npz` file; structs too, such as `dataset.train.images`; a file, or a "
        "folder with "
        "two, such as `train_32x32.mat` and `test_32x32.mat`",
        "MATLAB, EMNIST, SVHN",
    ),
    "idx": Format(
        "a folder of IDX files, plain or `.gz`",
        "`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and "
        "`t10k-labels-idx1-ubyte`, "
        "also with a prefix, with dots, or with test for t10k",
        "MNIST, Fashion-MNIST, EMNIST",
    ),
}
SUPPORTED = (
    "a folder of pictures for each class, a .csv, .npz or .mat file, or a folder of .npy or IDX files "
    "(docs/configuration.md has examples)"
)


class Found(NamedTuple):
    """What is at a path. format: a key of FORMATS. files: files or folders, by split, or by array.
    passed_over: names of what is not read.
    """

    format: str
    files: dict[str, Path]
    passed_over: list[str]


def find_source(path: str) -> Found:
    """What is at this path, by names and first bytes."""
    source = Path(path).expanduser()
    try:
        return find_in_folder(source) if source.is_dir() else Found(format_of(source), {"": source}, [])
    except UNREADABLE as error:
        raise ValueError(why(error)) from error


def why(error: BaseException) -> str:
    """What an error says, without the path that the message has anyway."""
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror[0].lower() + error.strerror[1:]
        return f"{Path(error.filename).name}: {reason}" if isinstance(error.filename, str) else reason
    return one_line(error) if isinstance(error, ValueError) else f"it cannot be read: {one_line(error)}"


def find_in_folder(folder: Path) -> Found:
    """What is in a folder: pictures, else IDX files, else .npy files, else tables or arrays."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX")))
    names = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    splits = find_splits(folder)
    if splits or has_classes(folder):
        folders = splits or {"": folder}
        others = [name for name, entry in zip(names, entries, strict=True) if entry not in splits.values()]
        passed_over = [name for pictures in folders.values() for name in list_pictures(pictures)[1]]
        return Found("pictures", folders, (others if splits else []) + passed_over)
    if has_idx(folder):
        return Found("idx", find_idx(folder), [])
    files = {entry.name: entry for entry in entries if not entry.is_dir()}
    if arrays := [name for name in files if name.endswith(".npy")]:
        used, others = assign_arrays(name.removesuffix(".npy") for name in arrays)
        return Found("npy", {key: files[f"{name}.npy"] for key, name in used.items()}, others)
    for suffixes in (TABLES[:2], (".mat",), (".npz",)):
        of_format = [name for name in files if Path(name.removesuffix(".gz")).suffix.lower() in suffixes]
        if parts := assign_files(of_format):
            chosen = {split: files[name] for split, name in parts.items()}
            formats = {format_of(file) for file in chosen.values()}
            return Found(formats.pop(), chosen, [name for name in names if name not in parts.values()])
    if any(Path(name).suffix.lower() in PICTURES for name in files):
        raise ValueError(
            f"it has pictures ({some_of(names)}), but no folder for each class, such as {folder.name}/cat/. "
            "Move the pictures into folders that have the names of their classes"
        )
    raise ValueError(f"it contains {some_of(names) or 'nothing'}. What is read: {SUPPORTED}")


def format_of(path: Path) -> str:
    """The format of a file, by its first bytes."""
    if not path.exists():
        raise ValueError(
            "there is no such file or folder" if not path.is_symlink() else "it is a broken link"
        )
    if not path.is_file():
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        start = file.read(1024)
    if not start:
        raise ValueError("it is empty")
    if start.startswith(b"PK"):
        return format_of_zip(path)
    if start.startswith(b"\x93NUMPY"):
        return "npy"
    if start.startswith(b"MATLAB") or (path.suffix.lower() == ".mat" and not start.startswith(HDF5[:4])):
        return "mat"
    if start.startswith(HDF5):
        raise ValueError(f"it is an HDF5 file, which has no fixed names. {convert(path)}")
    name = path.name.lower().removesuffix(".gz")
    if start.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError), gzip.open(path) as file:
            start = file.read(1024)
    if start.startswith(b"\0\0\x08") or start.startswith(b"\0\0\x0d"):
        raise ValueError("it is an IDX file. Give the folder with the four of them")
    if b"\0" not in start and (name.endswith(TABLES[:2]) or start.count(b",") > 16):
        return "csv"
    if path.suffix.lower() in PICTURES:
        raise ValueError(f"it is a single picture. What is read: {SUPPORTED}")
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            raise ValueError(
                f"it is an archive with {some_of(archive.getnames())}. Unpack it, and give the folder"
            )
    raise ValueError(f"its format is not supported. {convert(path)}")


def convert(path: Path) -> str:
    """What to do with a file of another format."""
    return f"Save its images with numpy.savez('{path.stem}.npz', x=..., y=...). What is read: {SUPPORTED}"


def format_of_zip(path: Path) -> str:
    """The format of a .zip file, by the names in it."""
    if not zipfile.is_zipfile(path):
        raise ValueError("it is truncated or damaged")
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    if any(name.endswith(".npy") for name in names):
        return "npz"
    if zip_members(path):
        return "csv"
    raise ValueError(f"it is an archive with {some_of(names) or 'nothing'}. Unpack it, and give the folder")


def open_source(path: str, settings: dict[str, Any]) -> Source:
    """What is at this path, open, with the axes and the size that the section `images` asks for.

    settings: of this section; missing ones have their defaults.
    """
    found, size, grey = find_source(path), settings.get("size"), bool(settings.get("grey"))
    with naming(some_of(dict.fromkeys(path.name for path in found.files.values()), 2)):
        if found.format == "pictures":
            turned = size[::-1] if size and settings.get("transpose") else size
            source = open_pictures(found.files, turned, grey)
        elif found.format in ("idx", "npy"):
            files = {"x": found.files[""]} if "" in found.files else found.files
            source = {"idx": open_idx, "npy": open_npy}[found.format](files)
        elif found.format == "csv":
            source = open_csv(found.files)
        else:
            source = merge({split: OPENERS[found.format](file) for split, file in found.files.items()})
    return source._replace(arrays=prepared(source.arrays, settings, size, grey, found.format == "mat"))


OPENERS = {"npz": open_npz, "mat": open_mat}


def merge(sources: dict[str, Source]) -> Source:
    """One source of those of two splits. Raises ValueError where these name classes differently."""
    if "" in sources:
        return sources[""]
    arrays: dict[str, Array] = {}
    for split, source in sources.items():
        for key in ("x", "y"):
            for name in (f"{key}_{split}", key):  # a file of training images may have some for validation too
                if name in source.arrays:
                    arrays[f"{key}_{split}"] = source.arrays[name]
    for key in ("classes", "noun"):
        given = [source.arrays[key] for source in sources.values() if key in source.arrays]
        if any(not np.array_equal(given[0].load(), other.load()) for other in given[1:]):
            raise ValueError(f"{' and '.join(sources)} have another array {key} each. Give both the same")
        arrays |= dict(zip([key], given, strict=False))
    unused = tuple(name for source in sources.values() for name in source.unused)
    return Source(next(iter(sources.values())).what, arrays, unused=unused)


def prepared(
    arrays: dict[str, Array],
    settings: dict[str, Any],
    size: list[int] | None,
    grey: bool,
    by_columns: bool,
) -> dict[str, Array]:
    """The arrays, of which those of images have the axes and the size that are asked for."""
    prepared, transpose = dict(arrays), bool(settings.get("transpose"))
    black, white = settings.get("range") or (0, 255)
    for key, array in arrays.items():
        if key.startswith("x"):
            labels = arrays.get(key.replace("x", "y", 1))
            images = number_of_labels(labels) if labels else None
            array = arrange(key, array, images, settings.get("shape"), transpose, by_columns)
            # Of few values, the pixels between black and white would be rounded to one of these.
            few = abs(white - black) < 255
            prepared[key] = resize_array(array, size, grey, few) if len(array.shape) in (3, 4) else array
    return {key: array._replace(load=load_named(key, array.load)) for key, array in prepared.items()}


def load_named(key: str, load: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
    """`load`, whose errors name the array."""

    def named() -> np.ndarray:
        with naming(key):
            return load()

    return named


def open_arrays(path: str) -> dict[str, Array]:
    """The arrays at this path, by name."""
    return open_source(path, {}).arrays


def source_files(path: str) -> list[str]:
    """Paths of all files that open_source reads."""
    found = find_source(path)
    if found.format == "pictures":
        return [str(file) for folder in found.files.values() for file, _ in list_pictures(folder)[0]]
    return [str(file) for file in found.files.values()]


def passed_over(path: str) -> list[str]:
    """Names of files and folders beside the images, which are not read."""
    return find_source(path).passed_over


def check_known(known: DataSet, arrays: dict[str, Array]) -> None:
    """Raise ValueError unless these arrays can be a known data set, or its first images. It reads headers."""
    for key in ("x_train", "x_test"):
        if key not in arrays:
            raise ValueError(f"there is no array {key}")
        dtype, shape, _ = arrays[key]
        check_kind(known, key, dtype, shape)
        if shape[0] > (max_images := known.train if key.endswith("train") else known.test):
            raise ValueError(f"{key} has {shape[0]} images, more than {max_images}")


def check_kind(known: DataSet, key: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless dtype and shape are those of this array in a known data set."""
    wanted = known.dtype if key.startswith("x") else "uint8"
    if dtype != wanted:
        raise ValueError(f"{key} is {dtype}, not {wanted}")
    if not shape or shape[1:] != (known.shape if key.startswith("x") else ()):
        raise ValueError(f"{key} has the shape {shape}")
