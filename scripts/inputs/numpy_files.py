"""Arrays that NumPy has saved: an .npz file, or .npy files in a folder. Pickled objects are never read.

Names of arrays: inputs/names.py. An .npz file may also have the names of the classes (`classes`), and a word
for what an image shows (`noun`).
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from inputs.arrays import UNREADABLE, Array, Source
from inputs.names import assign_arrays

OPTIONAL = ("classes", "noun")


def open_npz(path: Path) -> Source:
    """The arrays of an .npz file. Headers alone are read."""
    with zipfile.ZipFile(path) as archive:
        members = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    used, unused = assign_arrays(name for name in members if name not in OPTIONAL)
    used |= {name: name for name in OPTIONAL if name in members}
    arrays = {}
    for key, name in used.items():

        def open_member(name: str = name) -> IO[bytes]:
            return zipfile.ZipFile(path).open(f"{name}.npy")

        def load(name: str = name) -> np.ndarray:
            with np.load(path, allow_pickle=False) as file:
                return file[name]

        arrays[key] = npy_array(open_member, load, name)
    return Source("images (.npz)", arrays, unused=tuple(unused))


def open_npy(files: dict[str, Path]) -> Source:
    """The arrays of .npy files, by what they have."""
    for path in files.values():
        if not path.is_file():
            raise ValueError(f"{path.name} is not a regular file")
    arrays = {
        key: npy_array(
            lambda path=path: path.open("rb"),
            lambda path=path: np.load(path, allow_pickle=False),
            path.name,
        )
        for key, path in files.items()
    }
    return Source("images (.npy)", arrays)


def npy_array(open_file: Callable[[], IO[bytes]], load: Callable[[], np.ndarray], name: str) -> Array:
    """An array in the .npy format, of which only the header is read."""
    with open_file() as file:
        try:
            version = np.lib.format.read_magic(file)
            if version not in ((1, 0), (2, 0)):
                raise ValueError(f"version {version} of the format is not supported")
            header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
            shape, _, dtype = header(file)
        except UNREADABLE as error:
            raise ValueError(f"{name} has no readable header: {error}") from error
    return Array(dtype, shape, load)
