"""Images of the user's own: described by their headers and labels, and read with every check.

`describe` is asked before every run, so it reads no images. What cannot be used raises ValueError, with one
line that names the array or the file.
"""

import math
import re

import numpy as np

from experiment.datasets import DataSet
from experiment.formats import IDX_FILES, SIDES, SPLITS, Array, allowed_sides, open_arrays

MOST_CLASSES = 1000
LONGEST_NAME = 60  # characters of the name of a class or of the noun
NOUN = "object"  # what an image shows, if its file does not say


def describe(path: str, wanted: dict[str, int | None] | None = None) -> DataSet:
    """The data set at this path: what its headers and its labels say. Raises ValueError, as all here does.

    wanted: how many images of each split will be used, the first ones; None for all.
    """
    return check_arrays(open_arrays(path), wanted)[0]


def read_own(path: str, wanted: dict[str, int | None] | None = None) -> tuple[DataSet, dict[str, np.ndarray]]:
    """The data set at this path with its arrays, checked: x uint8 or float32 (n, *shape), y the numbers of
    the classes, uint8 or uint16 (n,). wanted: as in `describe`; all of them are given.
    """
    arrays = open_arrays(path)
    data_set, numbers = check_arrays(arrays, wanted)
    read = {}
    for split in SPLITS:
        read[f"x_{split}"] = read_pixels(f"x_{split}", arrays[f"x_{split}"])
        read[f"y_{split}"] = numbers[split]
    return data_set, read


def read_pixels(name: str, array: Array) -> np.ndarray:
    """Images, uint8 or float32. Raises ValueError for pixels that are no number or outside 0 to 1."""
    x = array.load()
    if x.dtype == np.uint8:
        return x
    x = x.astype(np.float32)
    low, high = x.min(), x.max()
    if np.isnan(low):
        image = int(np.isnan(x).reshape(len(x), -1).any(axis=1).argmax())
        raise ValueError(f"{name} has NaN, which is no number, in image {image} (counted from 0)")
    if low < 0 or high > 1:
        raise ValueError(f"{name} has values from {low:g} to {high:g}; allowed: from 0 to 1, or uint8")
    return x


def check_arrays(
    arrays: dict[str, Array], wanted: dict[str, int | None] | None = None
) -> tuple[DataSet, dict[str, np.ndarray]]:
    """What the arrays are together, and the labels of each split as numbers of classes."""
    missing = [key for key in IDX_FILES if key not in arrays]
    if missing:
        raise ValueError(f"there is no array {missing[0]}; needed: {', '.join(IDX_FILES)}")
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"{name} holds Python objects, which are never read; allowed: numbers or text")
    for split in SPLITS:
        check_header(f"x_{split}", arrays[f"x_{split}"])
    train, test = arrays["x_train"], arrays["x_test"]
    if train.shape[1:] != test.shape[1:] or (train.dtype == np.uint8) != (test.dtype == np.uint8):
        raise ValueError(
            f"images of x_train are {train.dtype} {train.shape[1:]}, but those of x_test {test.dtype} "
            f"{test.shape[1:]}; they must be alike"
        )
    labels = {split: read_labels(split, arrays) for split in SPLITS}
    given = read_classes(arrays["classes"]) if "classes" in arrays else None
    names, numbers = number_classes(labels, given)
    trained = np.unique(numbers["train"])
    if len(trained) < 2:
        raise ValueError("y_train has one class only; needed: two or more")
    unknown = np.setdiff1d(numbers["test"], trained)
    if len(unknown):
        raise ValueError(f"y_test has the class {names[unknown[0]]}, which y_train does not have")
    used = (wanted or {}).get("train") or len(numbers["train"])
    left_out = np.setdiff1d(trained, numbers["train"][:used])
    if len(left_out):
        raise ValueError(
            f"the first {used} images of y_train (images.train) have none of the class {names[left_out[0]]}; "
            "use more images, or mix their order"
        )
    dtype = "uint8" if train.dtype == np.uint8 else "float32"
    noun = read_noun(arrays["noun"]) if "noun" in arrays else NOUN
    return DataSet(noun, tuple(names), train.shape[1:], train.shape[0], test.shape[0], dtype), numbers


def check_header(name: str, array: Array) -> None:
    """Raise ValueError unless the array can be one of images."""
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise ValueError(f"{name} is {array.dtype}; allowed: uint8, or float with values from 0 to 1")
    if len(array.shape) not in (3, 4) or array.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(
            f"{name} has the shape {array.shape}; allowed: (n, height, width), (n, height, width, 1) or "
            "(n, height, width, 3)"
        )
    if not array.shape[0]:
        raise ValueError(f"{name} has no images")
    if not all(SIDES[0] <= side <= SIDES[1] for side in array.shape[1:3]):
        raise ValueError(
            f"images of {name} have {array.shape[1]} x {array.shape[2]} pixels; allowed: {allowed_sides()}"
        )


def read_labels(split: str, arrays: dict[str, Array]) -> np.ndarray:
    """The labels of a split as they are, whole numbers or text: one for each image."""
    name, images = f"y_{split}", arrays[f"x_{split}"].shape[0]
    array = arrays[name]
    if array.dtype.kind not in "iuU":
        raise ValueError(f"{name} is {array.dtype}; allowed: whole numbers or text")
    if array.shape != (images,):
        have = f"{array.shape[0]} labels" if len(array.shape) == 1 else f"the shape {array.shape}"
        raise ValueError(f"{name} has {have} for {images} images; needed: one for each")
    return array.load()


def number_classes(
    labels: dict[str, np.ndarray], given: list[str] | None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Names of the classes, and the labels of each split as numbers of classes: uint8, or uint16 of more than
    256.

    given: the names, where labels are text among them, or are their numbers. None: the names are the labels
    of the training images, sorted; "10" follows "9".
    """
    text = labels["train"].dtype.kind == "U"
    if given is None:
        values = np.unique(labels["train"]).tolist()
        if text and all(value.isdecimal() for value in values):
            values.sort(key=int)
    else:
        values = given if text else list(range(len(given)))
    names = given or list(map(str, values))
    if len(names) > MOST_CLASSES:
        raise ValueError(f"there are {len(names)} classes; allowed: 2 to {MOST_CLASSES}")
    for name in names:
        check_name("the name of a class", name)
    numbers, number_of = {}, {value: number for number, value in enumerate(values)}
    for split, of_split in labels.items():
        found, places = np.unique(of_split, return_inverse=True)
        unknown = [value for value in found.tolist() if value not in number_of]
        if unknown:
            where = "classes" if given else "y_train"
            raise ValueError(f"y_{split} has the class {unknown[0]}, which {where} does not have")
        dtype = np.uint8 if len(names) <= 256 else np.uint16
        numbers[split] = np.array([number_of[value] for value in found.tolist()], dtype)[places]
    return names, numbers


def read_classes(array: Array) -> list[str]:
    """The names of the classes in the array `classes`."""
    if array.dtype.kind != "U" or len(array.shape) != 1 or not array.shape[0]:
        raise ValueError("classes is not a list of text")
    names = array.load().tolist()
    if len(set(names)) < len(names):
        raise ValueError("classes has a name twice")
    return names


def read_noun(array: Array) -> str:
    """What an image shows: the text in the array `noun`."""
    if array.dtype.kind != "U" or math.prod(array.shape) != 1:
        raise ValueError("noun is not one text")
    noun = check_name("noun", str(array.load().reshape(-1)[0]))
    if not re.fullmatch(r"\w[\w' -]*", noun):  # captions would take other signs for markup
        raise ValueError(f"noun is {noun!r}; allowed: letters, digits, spaces, - and '")
    return noun


def check_name(what: str, name: str) -> str:
    """The name, if people can read it in a figure and in a table. Otherwise raises ValueError."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(
            f"{what} is {name[:LONGEST_NAME]!r}; allowed: 1 to {LONGEST_NAME} printable characters"
        )
    return name
