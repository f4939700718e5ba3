"""Images in files: an .npz file, a folder of IDX files, or a folder of PNG images.

What is there is known from headers, so that it can be asked before every run, and is read only when it is
wanted. What cannot be used raises ValueError, with one line that names the array or the file.
"""

import zipfile
from pathlib import Path

import numpy as np

from inputs.arrays import NAMES, UNREADABLE, Array, some_of
from inputs.datasets import DataSet
from inputs.idx import find_idx, open_idx
from inputs.pictures import find_splits, list_pictures, open_pictures, unsplit_classes

EXTRA = ("classes", "noun")  # in .npz files, where they are given
READ = (
    "an .npz file with x_train, y_train, x_test and y_test, a folder of IDX files, or a folder of PNG images"
)


def split_folders(source: Path) -> dict[str, Path] | None:
    """The folders of training and test images, of a folder of pictures; None of one of IDX files."""
    folders = find_splits(source)
    if not folders and (classes := unsplit_classes(source)):
        raise ValueError(
            f"it has folders of pictures ({some_of(classes)}), but no train/ and test/. Put a part of each "
            f"into test/{classes[0]}, and the rest into train/{classes[0]}"
        )
    return folders


def open_arrays(path: str) -> dict[str, Array]:
    """The arrays at this path by their names: x_train, y_train, x_test, y_test; of .npz files EXTRA too."""
    source = Path(path).expanduser()
    try:
        if not source.is_dir():
            return open_npz(source)
        folders = split_folders(source)
        return open_pictures(folders) if folders else open_idx(source)
    except UNREADABLE as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def check_known(known: DataSet, arrays: dict[str, Array]) -> None:
    """Raise ValueError unless these can be the arrays of a known data set, or its first ones: by headers."""
    for key in NAMES:
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
    if folders := split_folders(source):
        return [str(file) for folder in folders.values() for file, _ in list_pictures(folder)[0]]
    return [str(file) for file in find_idx(source).values()]


def passed_over(path: str) -> list[str]:
    """Names of what lies beside the images in a folder and is not read."""
    source = Path(path).expanduser()
    folders = split_folders(source) if source.is_dir() else None
    if not folders:
        return []
    others = [
        f"{place.name}/" if place.is_dir() else place.name
        for place in sorted(source.iterdir())
        if place not in folders.values() and not place.name.startswith(".")
    ]
    return others + [name for folder in folders.values() for name in list_pictures(folder)[1]]


def open_npz(path: Path) -> dict[str, Array]:
    """The arrays of an .npz file that have a meaning here. None with pickled objects is read."""
    if not path.is_file():
        raise ValueError("it is not a regular file")
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            if file.read(2) == b"PK":
                raise ValueError("it is cut off or damaged")
        raise ValueError(f"its format is not read. What is read: {READ}")
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        there = [name for name in (*NAMES, *EXTRA) if f"{name}.npy" in members]
        if not there:
            names = some_of([name.removesuffix(".npy") for name in archive.namelist()]) or "nothing"
            raise ValueError(f"it holds {names}, and no array x_train. What is read: {READ}")
        for name in there:
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
