"""Files of images as the libraries write them that people use, each read back by the library that wrote
it.
"""

import gzip
import zipfile

import h5py
import numpy as np
import pandas as pd
from PIL import Image
from scipy.io import loadmat, savemat


def arrays_of(shape=(8, 8), train=12, test=6, classes=3):
    """Images of noise, as keras.datasets names them. Classes take turns."""
    pixels = np.random.default_rng(1).integers(0, 256, (train + test, *shape), np.uint8)
    labels = np.arange(train + test) % classes
    return {
        "x_train": pixels[:train],
        "y_train": labels[:train],
        "x_test": pixels[train:],
        "y_test": labels[train:],
    }


def as_arrays(images):
    return {f"{axis}_{split}": getattr(images, axis)[split] for split in images.x for axis in "xy"}


def assert_same(read, expected):
    for name, array in expected.items():
        np.testing.assert_array_equal(read[name], array, err_msg=name)


def write_pictures(folder, x, labels, suffix="png", **options):
    """A folder for each class with a picture for each image, numbered from 0."""
    for number, (image, label) in enumerate(zip(x, labels, strict=True)):
        path = folder / str(label) / f"{number:04}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, **options)
    return folder


def table_of(x, y, label="label"):
    """A table as pandas holds it: the label, then a column for each pixel."""
    pixels = x.reshape(len(x), -1)
    table = pd.DataFrame(pixels, columns=[f"pixel{number}" for number in range(pixels.shape[1])])
    table.insert(0, label, y)
    return table


def write_csv(path, x, y, label="label", **options):
    table_of(x, y, label).to_csv(path, **{"index": False} | options)
    columns = {"header": None} if options.get("header") is False else {}
    assert len(pd.read_csv(path, **columns)) == len(x)
    return path


def write_mat(path, arrays):
    """A MATLAB file up to 7.2, with structs from nested dictionaries."""
    savemat(path, arrays)
    assert set(loadmat(path)) >= set(arrays)
    return path


def write_mat73(path, arrays):
    """A MATLAB 7.3 file as MATLAB and hdf5storage write it: HDF5 after 512 bytes, with the axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        add_members(file, arrays)
    header = (
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 ."
    )
    with path.open("r+b") as file:
        file.write(header.ljust(124) + b"\0\x02IM")
    with h5py.File(path) as file:
        assert set(file) == set(arrays)
    return path


def add_members(group, arrays):
    for name, value in arrays.items():
        if isinstance(value, dict):
            add_members(group.create_group(name), value)
            group[name].attrs["MATLAB_class"] = np.bytes_("struct")
        else:
            group[name] = np.transpose(value)
            group[name].attrs["MATLAB_class"] = np.bytes_(
                {"float64": "double"}.get(value.dtype.name, value.dtype.name)
            )


def as_emnist(arrays):
    """The nesting of EMNIST's MATLAB files. An image of them lies in a row column by column."""
    return {
        "dataset": {
            split: {
                "images": arrays[f"x_{split}"].swapaxes(1, 2).reshape(len(arrays[f"x_{split}"]), -1),
                "labels": arrays[f"y_{split}"].astype(float)[:, None],
            }
            for split in ("train", "test")
        }
        | {"mapping": np.stack([np.arange(10.0), np.arange(48.0, 58.0)], axis=1)}
    }


def as_svhn(x, y):
    """The layout of SVHN's MATLAB files: the images lie along the last axis."""
    return {"X": np.moveaxis(x, 0, -1), "y": y.astype(np.uint8)[:, None]}


def write_idx(folder, arrays, packed=False):
    folder.mkdir(exist_ok=True)
    for split, start in (("train", "train"), ("test", "t10k")):
        for axis, kind in (("x", "images"), ("y", "labels")):
            array = arrays[f"{axis}_{split}"].astype(np.uint8)
            data = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
            path = folder / (f"{start}-{kind}-idx{array.ndim}-ubyte" + ".gz" * packed)
            path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    return folder


def write_zip(path, files):
    """A zip archive of these files, by their own names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path
