"""Files of MATLAB: up to version 7.2 by scipy, and 7.3, which are HDF5 files, by h5py.

Names of arrays: inputs/names.py; those in structs are joined by dots, such as dataset.train.images of EMNIST.
MATLAB stores images down their columns, and often has the images along the last axis: inputs/layout.py turns
them, as far as shapes tell.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from inputs.arrays import Array, Source
from inputs.names import assign_arrays

HDF5 = b"\x89HDF\r\n\x1a\n"


def open_mat(path: Path) -> Source:
    """The arrays of a .mat file."""
    with path.open("rb") as file:
        start = file.read(512 + len(HDF5))
    arrays = dict(hdf5_arrays(path) if HDF5 in (start[:8], start[512:]) else older_arrays(path))
    used, unused = assign_arrays(arrays)
    return Source("images (MATLAB)", {key: arrays[name] for key, name in used.items()}, unused=tuple(unused))


def older_arrays(path: Path) -> Iterator[tuple[str, Array]]:
    """The arrays of a file up to version 7.2, by name. Only structs are read at once."""
    from scipy.io import loadmat, whosmat

    for name, shape, kind in whosmat(path):
        if kind in ("struct", "cell", "char", "object"):
            yield from flatten(name, loadmat(path, variable_names=[name])[name])
        elif kind in NUMBERS:

            def load(name: str = name) -> np.ndarray:
                return loadmat(path, variable_names=[name])[name]

            yield name, Array(np.dtype(NUMBERS[kind]), tuple(shape), load)


NUMBERS = {
    **{kind: kind for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
    **{"double": "float64", "single": "float32", "logical": "uint8"},
}


def flatten(name: str, value: Any) -> Iterator[tuple[str, Array]]:
    """The arrays of a struct, however deep, by names joined by dots."""
    if not isinstance(value, np.ndarray):
        return
    if value.dtype.names and value.size == 1:
        for field in value.dtype.names:
            yield from flatten(f"{name}.{field}", value.flat[0][field])
    elif value.dtype.hasobject:  # a cell array, of text as a rule
        texts = [
            cell.item() if isinstance(cell, np.ndarray) and cell.size == 1 else cell for cell in value.flat
        ]
        if texts and all(isinstance(text, str) for text in texts):
            yield name, array_of(np.array(texts))
    elif not value.dtype.names:
        yield name, array_of(np.char.strip(value) if value.dtype.kind == "U" else value)


def array_of(value: np.ndarray) -> Array:
    return Array(value.dtype, value.shape, lambda: value)


def hdf5_arrays(path: Path) -> Iterator[tuple[str, Array]]:
    """The arrays of a file of version 7.3, by name. HDF5 has MATLAB's axes in reverse."""
    import h5py

    names: list[str] = []
    with h5py.File(path) as file:
        file.visit(names.append)
        for name in names:
            data = file[name]
            if name.startswith("#") or not isinstance(data, h5py.Dataset):
                continue

            def load(name: str = name) -> np.ndarray:
                with h5py.File(path) as file:
                    return file[name][()].T

            dotted = name.replace("/", ".")
            if data.dtype == h5py.ref_dtype:  # a cell array, of text as a rule
                cells = [file[reference] for reference in data[()].T.flat]
                if all(cell.attrs.get("MATLAB_class") == b"char" for cell in cells):
                    texts = ["".join(map(chr, cell[()].T.flat)) for cell in cells]
                    yield dotted, array_of(np.array(texts))
            else:
                yield dotted, Array(data.dtype, data.shape[::-1], load)
