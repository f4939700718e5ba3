"""The labels of images: whole numbers or text, one for each image, as numbers of classes.

What cannot be used raises ValueError, with one line that names the array and says what to do: labels that a
program has altered give other classes.
"""

import math
import re

import numpy as np

from inputs.arrays import Array
from inputs.layout import number_of_labels

MAX_CLASSES = 1000
MAX_NAME = 60  # characters in the name of a class or in the noun
# What programs write for an empty cell or a missing label. Such a class must be in the array `classes`.
EMPTY = ("", "nan", "NaN", "NAN", "None", "null", "NULL", "<NA>", "NaT", "N/A", "n/a", "#N/A")


def check_classes(split: str, numbers: np.ndarray, used: int, names: list[str]) -> None:
    """Raise ValueError unless the images that are used have two or more classes, and in training all classes.

    used: their number; they are the first ones.
    """
    present = np.unique(numbers)
    if len(present) < 2:
        raise ValueError(f"y_{split} has only one class ({names[present[0]]}); needed: two or more")
    left_out = np.setdiff1d(present, numbers[:used])
    first = f"the first {used} labels of y_{split} (images.{split})"
    remedy = "Use more images, or shuffle them"
    if split == "train" and len(left_out):
        raise ValueError(f"{first} do not include the class {names[left_out[0]]}. {remedy}")
    if len(present) - len(left_out) < 2:
        raise ValueError(f"{first} are all of the class {names[numbers[0]]}. {remedy}")


def read_labels(split: str, arrays: dict[str, Array], given: list[str] | None) -> np.ndarray:
    """The labels of a split, one for each image: text, or whole numbers. given: the names of the classes."""
    end = f"_{split}" if split else ""
    name, array, images = f"y{end}", arrays[f"y{end}"], arrays[f"x{end}"].shape[0]
    if array.dtype.kind not in "biufSU":
        raise ValueError(f"{name} is {array.dtype}; allowed: whole numbers or text")
    if len(array.shape) not in (1, 2) or number_of_labels(array) != images:
        labels = f"{array.shape[0]} labels" if len(array.shape) == 1 else f"the shape {array.shape}"
        raise ValueError(f"{name} has {labels} for {images} images; needed: one for each")
    labels = array.load()
    if labels.ndim == 2:
        labels = one_column(name, labels)
    if labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{name} has bytes that are not UTF-8 text. Save {name}.astype(str) instead"
            ) from error
    if labels.dtype.kind == "U":
        present = np.unique(labels).tolist()
        words = not all(label.lstrip("-").isdigit() for label in present)  # folders -1 and 1 are two classes
        missing = {*EMPTY, *["-1"] * words} - {*(given or ())}
        empty = [label for label in present if label in missing]
        if empty:
            raise ValueError(
                f"{name} has the class {empty[0]!r}, which often stands for an empty cell, "
                f"{np.sum(labels == empty[0])} times. Remove these images. If it really is a class, give it "
                "another name, or name it in an array `classes`"
            )
        return labels
    return whole_numbers(name, labels)


def one_column(name: str, labels: np.ndarray) -> np.ndarray:
    """Labels (n,) from (n, 1), from (1, n), or from one-hot rows (n, classes)."""
    if 1 in labels.shape:
        return labels.reshape(-1)
    if (
        labels.dtype.kind in "biuf"
        and np.all((labels == 0) | (labels == 1))
        and np.all(labels.sum(axis=1) == 1)
    ):
        return labels.argmax(axis=1)
    raise ValueError(
        f"{name} has the shape {labels.shape}; needed: one label for each image, or rows with a single 1 "
        "(one-hot)"
    )


def whole_numbers(name: str, labels: np.ndarray) -> np.ndarray:
    """Labels as int64. Raises ValueError for labels that cannot be numbers of classes."""
    if labels.dtype.kind == "f":
        if not np.all(np.isfinite(labels)):
            raise ValueError(
                f"{name} has NaN, which often stands for an empty cell, {np.sum(~np.isfinite(labels))} "
                "times. Remove these images"
            )
        if np.any(labels != np.rint(labels)):
            raise ValueError(
                f"{name} has {labels[labels != np.rint(labels)][0]:g}; allowed: whole numbers or text"
            )
    values = {int(value) for value in np.unique(labels)}
    if len(values) > MAX_CLASSES:
        raise ValueError(f"there are {len(values)} classes; allowed: 2 to {MAX_CLASSES}")
    # An unsigned type stores -1 as its largest value, which is a real class only without a gap below it.
    wrapped = labels.dtype.kind == "u" and max(values) == np.iinfo(labels.dtype).max
    if wrapped and len(values) > 1 and max(values - {max(values)}) < max(values) - 1:
        raise ValueError(
            f"{name} has the class {max(values)}, which is what {labels.dtype} makes of -1, "
            f"{np.sum(labels == max(values))} times. Remove these images, or number the classes from 0"
        )
    if min(values) < 0 and values != {-1, 1}:
        raise ValueError(
            f"{name} has the class {min(values)}, which often means that a label is missing, "
            f"{np.sum(labels == min(values))} times. Remove these images, or number the classes from 0"
        )
    return labels.astype(np.int64)


def number_classes(
    labels: dict[str, np.ndarray], given: list[str] | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Names of the classes, and the labels of each split as numbers of classes: uint8, or uint16 for more
    than 256 classes.

    given: the names. Labels are then some of these names, or their numbers. None: the names are the sorted
    labels of the training images; "10" follows "9".
    """
    first = next(iter(labels))  # of training, or of all images
    text = labels[first].dtype.kind == "U"
    if any(text != (of_split.dtype.kind == "U") for of_split in labels.values()):
        raise ValueError(
            "one of y_train and y_test is text and the other is numbers. Save both in the same way, for "
            "example with .astype(str)"
        )
    if given is None:
        values = np.unique(labels[first]).tolist()
        if text and all(value.isdecimal() for value in values):
            values.sort(key=int)
    else:
        values = given if text else list(range(len(given)))
    names = given or list(map(str, values))
    if len(names) > MAX_CLASSES:
        raise ValueError(f"there are {len(names)} classes; allowed: 2 to {MAX_CLASSES}")
    for name in names:
        check_name("the name of a class", name)
    numbers, number_of = {}, {value: number for number, value in enumerate(values)}
    for split, of_split in labels.items():
        unique, indices = np.unique(of_split, return_inverse=True)
        unknown = [value for value in unique.tolist() if value not in number_of]
        if unknown:
            where = "classes" if given else "y_train"
            raise ValueError(f"y_{split} has the class {unknown[0]}, which {where} does not have")
        dtype = np.uint8 if len(names) <= 256 else np.uint16
        numbers[split] = np.array([number_of[value] for value in unique.tolist()], dtype)[indices]
    return names, numbers


def read_classes(array: Array) -> list[str]:
    """The names of the classes in the array `classes`."""
    if array.dtype.kind != "U" or len(array.shape) != 1 or not array.shape[0]:
        raise ValueError("classes is not a list of text")
    names = array.load().tolist()
    if len(set(names)) < len(names):
        raise ValueError("classes has the same name twice")
    return names


def read_noun(array: Array) -> str:
    """What an image shows: the text in the array `noun`."""
    if array.dtype.kind != "U" or math.prod(array.shape) != 1:
        raise ValueError("noun is not a single text")
    noun = check_name("noun", str(array.load().reshape(-1)[0]))
    if not re.fullmatch(r"\w[\w' -]*", noun):  # captions could read other characters as markup
        raise ValueError(f"noun is {noun!r}; allowed: letters, digits, spaces, - and '")
    return noun


def check_name(what: str, name: str) -> str:
    """The name. Raises ValueError for one that people could not read in a figure or a table."""
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise ValueError(f"{what} is {name[:MAX_NAME]!r}; allowed: 1 to {MAX_NAME} printable characters")
    return name
