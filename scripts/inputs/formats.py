"""Image files: an .npz file, a folder of IDX files, or a folder of PNG images.

Opening them reads headers alone, which is fast enough to do before every run. The data is read when it is
needed. What cannot be used raises ValueError, with one line that names the array or the file.
"""

import zipfile
from pathlib import Path

import numpy as np

from inputs.arrays import NAMES, UNREADABLE, Array, some_of
from inputs.datasets import DataSet
from inputs.idx import find_idx, open_idx
from inputs.pictures import find_splits, list_pictures, open_pictures, unsplit_classes

OPTIONAL = ("classes", "noun")  # arrays that an .npz file may have
SUPPORTED = (
    "an .npz file with x_train, y_train, x_test and y_test, a folder of IDX files, or a folder of PNG images"
)


def split_folders(source: Path) -> dict[str, Path] | None:
    """The folders of training and test images in a folder of PNG images. None for a folder of IDX files."""
    folders = find_splits(source)
    if not folders and (classes := unsplit_classes(source)):
        raise ValueError(
            f"it has folders of images ({some_of(classes)}), but no train/ and test/. Move part of each into "
            f"a folder such as test/{classes[0]}, and the rest into train/{classes[0]}"
        )
    return folders


def open_arrays(path: str) -> dict[str, Array]:
    """The arrays at this path, by name: x_train, y_train, x_test, y_test. An .npz file may add OPTIONAL."""
    source = Path(path).expanduser()
    try:
        if not source.is_dir():
            return open_npz(source)
        folders = split_folders(source)
        return open_pictures(folders) if folders else open_idx(source)
    except UNREADABLE as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def check_known(known: DataSet, arrays: dict[str, Array]) -> None:
    """Raise ValueError unless these arrays can be a known data set, or its first images. It reads headers."""
    for key in NAMES:
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


def source_files(path: str) -> list[str]:
    """Paths of all files that open_arrays reads."""
    source = Path(path).expanduser()
    if not source.is_dir():
        return [str(source)]
    if folders := split_folders(source):
        return [str(file) for folder in folders.values() for file, _ in list_pictures(folder)[0]]
    return [str(file) for file in find_idx(source).values()]


def passed_over(path: str) -> list[str]:
    """Names of files and folders beside the images, which are not read."""
    source = Path(path).expanduser()
    folders = split_folders(source) if source.is_dir() else None
    if not folders:
        return []
    others = [
        f"{entry.name}/" if entry.is_dir() else entry.name
        for entry in sorted(source.iterdir())
        if entry not in folders.values() and not entry.name.startswith(".")
    ]
    return others + [name for folder in folders.values() for name in list_pictures(folder)[1]]


def open_npz(path: Path) -> dict[str, Array]:
    """The arrays of an .npz file that the workflow uses. Pickled objects are never read."""
    if not path.is_file():
        raise ValueError("it is not a regular file")
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            if file.read(2) == b"PK":
                raise ValueError("it is truncated or damaged")
        raise ValueError(f"its format is not supported. Use {SUPPORTED}")
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        present = [name for name in (*NAMES, *OPTIONAL) if f"{name}.npy" in members]
        if not present:
            names = some_of([name.removesuffix(".npy") for name in archive.namelist()]) or "nothing"
            raise ValueError(f"it contains {names}, but no array x_train. Use {SUPPORTED}")
        for name in present:
            with archive.open(f"{name}.npy") as file:
                try:
                    version = np.lib.format.read_magic(file)
                    if version not in ((1, 0), (2, 0)):
                        raise ValueError(f"version {version} of the format is not supported")
                    header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
                    shape, _, dtype = header(file)
                except UNREADABLE as error:
                    raise ValueError(f"{name} has no readable header: {error}") from error

            def load(name: str = name) -> np.ndarray:
                with np.load(path, allow_pickle=False) as file:
                    return file[name]

            arrays[name] = Array(dtype, shape, load)
    return arrays
