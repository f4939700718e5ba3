"""The user's own images: read, checked and described.

What cannot be used raises ValueError, with one line that names the array or the file and says what to do.
Data that can be used but is wrong would be worse. Pixels in an unintended range change the scale of the
noise. Labels that a program has altered give other classes.
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from inputs.arrays import NAMES, SIDES, SPLITS, Array, allowed_sides
from inputs.datasets import DataSet
from inputs.formats import open_arrays

MAX_CLASSES = 1000
MAX_NAME = 60  # characters in the name of a class or in the noun
NOUN = "object"  # what an image shows, if its file does not say
# What programs write for an empty cell. A class with such a name must be in the array `classes`.
EMPTY = ("", "nan", "NaN", "NAN", "None", "null", "NULL", "<NA>", "NaT")
# The pixels of all training images together must fill this share of the range. A single dark photograph may
# fill less, but hardly a whole training set. uint8 pixels from 0 to 16 fill 0.06.
MIN_FILLED = 0.5
MAX_RANGE_RATIO = 1.8  # of the ranges of training and test images


class Images(NamedTuple):
    """Images that have been read. x: uint8 or float32 (n, *shape), by split. y: the numbers of their classes,
    uint8 or uint16 (n,). facts: what was measured, for the card and the message before the first job.
    """

    data_set: DataSet
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    facts: dict[str, Any]


def describe(
    path: str, wanted: dict[str, int | None] | None = None, range_: list[float] | None = None
) -> tuple[DataSet, dict[str, Any]]:
    """The data set at this path, and facts about its images. Arguments and errors are those of read_own."""
    images = read_own(path, wanted, range_)
    return images.data_set, images.facts


def read_own(
    path: str, wanted: dict[str, int | None] | None = None, range_: list[float] | None = None
) -> Images:
    """The images at this path, checked. Raises ValueError for images that cannot be used.

    wanted: how many images of each split will be used, from the first on; None: all. All images are returned.
    range_: the values of a black and of a white pixel; None: 0 and 255 for uint8, 0 and 1 for floats.
    """
    arrays = open_arrays(path)
    data_set, y = check_arrays(arrays, wanted)
    x, ranges, used = {}, {}, {}
    for split in SPLITS:
        name = f"x_{split}"
        pixels = arrays[name].load()
        used[split] = slice((wanted or {}).get(split) or len(pixels))
        ranges[split] = pixel_range(name, pixels)
        check_range(name, pixels.dtype, ranges[split], range_)
        x[split] = scale_pixels(pixels, range_)
    check_alike(ranges)
    for split in SPLITS:
        check_content(f"x_{split}", x[split][used[split]])
    low, high = (choose(ranges[split][end] for split in SPLITS) for end, choose in enumerate((min, max)))
    facts = {"pixels": [low, high], **count_duplicates(x, y, used)}
    return Images(replace(data_set, dtype=str(x["train"].dtype)), x, y, facts)


def pixel_range(name: str, pixels: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest pixel. Raises ValueError if one of them is not finite."""
    low, high = float(pixels.min()), float(pixels.max())
    if math.isnan(low):
        image = int(np.isnan(pixels).reshape(len(pixels), -1).any(axis=1).argmax())
        raise ValueError(f"{name} has NaN, which is not a number, in image {image} (counted from 0)")
    if math.isinf(low) or math.isinf(high):
        raise ValueError(f"{name} has values from {low:g} to {high:g}; allowed: finite numbers")
    return low, high


def check_range(name: str, dtype: np.dtype, pixels: tuple[float, float], range_: list[float] | None) -> None:
    """Raise ValueError unless the pixels fit this range.

    pixels: the smallest and the largest one. range_: as for read_own.
    """
    low, high = pixels
    black, white = range_ or ((0, 255) if dtype == np.uint8 else (0, 1))
    values = f"{name} has values from {low:g} to {high:g}"
    rounding = 1e-6 * (white - black)
    if low < black - rounding or high > white + rounding:
        usual = next(([a, b] for a, b in ((0, 1), (0, 255), (-1, 1)) if fits(pixels, a, b)), None)
        usual = usual or [round_away(low, math.floor), round_away(high, math.ceil)]
        raise ValueError(
            f"{values}; allowed: from {black:g} to {white:g}. If black is {usual[0]} and white is "
            f"{usual[1]}, set images.range: {usual}"
        )
    if low == high:
        raise ValueError(f"all pixels of {name} are {low:g}: its images show nothing")
    if range_ is None and high - black < MIN_FILLED * (white - black):
        likely = f"[0, {int(high)}]" if dtype == np.uint8 else f"[0, {high:.6g}]"
        raise ValueError(
            f"{values}. White is {white:g}, so the images would be nearly black. Set images.range: {likely}, "
            f"or images.range: [{black:g}, {white:g}] if they really are that dark"
        )


def fits(pixels: tuple[float, float], black: float, white: float) -> bool:
    """Whether pixels with this minimum and maximum lie between black and white, and fill most of it."""
    low, high = pixels
    return black <= low and high <= white and high - low >= MIN_FILLED * (white - black)


def round_away(value: float, direction: Callable[[float], int]) -> float:
    """The value rounded to four digits, down by math.floor or up by math.ceil.

    >>> round_away(-0.419355, math.floor), round_away(2.80645, math.ceil), round_away(100.0, math.ceil)
    (-0.4194, 2.807, 100.0)
    """
    if value == 0:
        return 0.0
    digits = 3 - math.floor(math.log10(abs(value)))
    return round(direction(round(value * 10.0**digits, 6)) / 10.0**digits, max(digits, 0))


def check_alike(ranges: dict[str, tuple[float, float]]) -> None:
    """Raise ValueError if training and test images cannot have the same range."""
    spans = {split: high - low for split, (low, high) in ranges.items()}
    if max(spans.values()) > MAX_RANGE_RATIO * min(spans.values()):
        both = " and ".join(
            f"x_{split} has values from {low:g} to {high:g}" for split, (low, high) in ranges.items()
        )
        raise ValueError(f"{both}. Give both the same range")


def scale_pixels(pixels: np.ndarray, range_: list[float] | None) -> np.ndarray:
    """The pixels: uint8 unchanged, or float32 from 0 (black) to 1 (white)."""
    black, white = range_ or (0, 1)
    if pixels.dtype == np.uint8 and (range_ is None or [black, white] == [0, 255]):
        return pixels
    pixels = pixels.astype(np.float32)
    if (black, white) != (0, 1):
        pixels = (pixels - np.float32(black)) / np.float32(white - black)
    return np.clip(pixels, 0, 1, out=pixels)  # rounding may leave this range


def count_duplicates(
    x: dict[str, np.ndarray], y: dict[str, np.ndarray], used: dict[str, slice]
) -> dict[str, int]:
    """How many of the images that are used occur more than once, with identical pixels.

    test_in_training: test images that are also training images. repeated_in_training, repeated_in_test:
    repetitions within a split. other_class: how many of all these have another class than the first time.
    """
    counts = {"test_in_training": 0, "repeated_in_training": 0, "repeated_in_test": 0, "other_class": 0}
    class_of: dict[bytes, int] = {}
    for split, repeated in (("train", "repeated_in_training"), ("test", "repeated_in_test")):
        before, own = dict(class_of), set()
        for image, label in zip(x[split][used[split]], y[split][used[split]].tolist(), strict=True):
            checksum = hashlib.blake2b(image.tobytes(), digest_size=16).digest()
            counts["test_in_training"] += checksum in before
            counts[repeated] += checksum in own
            counts["other_class"] += class_of.get(checksum, label) != label
            class_of.setdefault(checksum, label)
            own.add(checksum)
    return counts


def check_content(name: str, x: np.ndarray) -> None:
    """Raise ValueError if all images that are used are identical."""
    if len(x) > 1 and not np.any(x[1:] != x[:1]):
        raise ValueError(f"the {len(x)} images of {name} are identical")


def check_arrays(
    arrays: dict[str, Array], wanted: dict[str, int | None] | None = None
) -> tuple[DataSet, dict[str, np.ndarray]]:
    """The data set that the arrays make up, and the labels of each split as numbers of classes."""
    missing = [key for key in NAMES if key not in arrays]
    if missing:
        raise ValueError(f"there is no array {missing[0]}; needed: {', '.join(NAMES)}")
    for name, array in arrays.items():
        if array.dtype.hasobject:
            text = f". Save {name}.astype(str) instead" if name.startswith(("y", "c", "n")) else ""
            raise ValueError(
                f"{name} has Python objects, which are never read; allowed: numbers or text{text}"
            )
    for split in SPLITS:
        check_header(f"x_{split}", arrays[f"x_{split}"])
    train, test = arrays["x_train"], arrays["x_test"]
    if train.shape[1:] != test.shape[1:] or (train.dtype == np.uint8) != (test.dtype == np.uint8):
        raise ValueError(
            f"images of x_train are {train.dtype} {train.shape[1:]}, but those of x_test are {test.dtype} "
            f"{test.shape[1:]}; they must have the same type and shape"
        )
    given = read_classes(arrays["classes"]) if "classes" in arrays else None
    labels = {split: read_labels(split, arrays, given) for split in SPLITS}
    names, numbers = number_classes(labels, given)
    for split in SPLITS:
        used = (wanted or {}).get(split) or len(numbers[split])
        check_classes(split, numbers[split], used, names)
    unknown = np.setdiff1d(numbers["test"], numbers["train"])
    if len(unknown):
        raise ValueError(f"y_test has the class {names[unknown[0]]}, which y_train does not have")
    dtype = "uint8" if train.dtype == np.uint8 else "float32"
    noun = read_noun(arrays["noun"]) if "noun" in arrays else NOUN
    return DataSet(noun, tuple(names), train.shape[1:], train.shape[0], test.shape[0], dtype), numbers


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


def check_header(name: str, array: Array) -> None:
    """Raise ValueError unless the array can contain images."""
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        whole = ""
        if array.dtype.kind in "biu":
            whole = (
                " Save whole numbers with .astype(np.float32), and set the values of black and white, such "
                "as images.range: [0, 4095]"
            )
        raise ValueError(f"{name} is {array.dtype}; allowed: uint8, or float with values from 0 to 1.{whole}")
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


def read_labels(split: str, arrays: dict[str, Array], given: list[str] | None) -> np.ndarray:
    """The labels of a split, one for each image: text, or whole numbers. given: the names of the classes."""
    name, images = f"y_{split}", arrays[f"x_{split}"].shape[0]
    array = arrays[name]
    if array.dtype.kind not in "biufSU":
        raise ValueError(f"{name} is {array.dtype}; allowed: whole numbers or text")
    if array.shape[:1] != (images,) or len(array.shape) > 2:
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
        empty = [
            label for label in np.unique(labels).tolist() if label in EMPTY and label not in (given or ())
        ]
        if empty:
            raise ValueError(
                f"{name} has the class {empty[0]!r}, which often stands for an empty cell, "
                f"{np.sum(labels == empty[0])} times. Remove these images. If it really is a class, name it "
                "in an array `classes`"
            )
        return labels
    return whole_numbers(name, labels)


def one_column(name: str, labels: np.ndarray) -> np.ndarray:
    """Labels (n,) from (n, 1), or from one-hot rows (n, classes)."""
    if labels.shape[1] == 1:
        return labels[:, 0]
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
    labels: dict[str, np.ndarray], given: list[str] | None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Names of the classes, and the labels of each split as numbers of classes: uint8, or uint16 for more
    than 256 classes.

    given: the names. Labels are then some of these names, or their numbers. None: the names are the sorted
    labels of the training images; "10" follows "9".
    """
    text = labels["train"].dtype.kind == "U"
    if text != (labels["test"].dtype.kind == "U"):
        raise ValueError(
            "one of y_train and y_test is text and the other is numbers. Save both in the same way, for "
            "example with .astype(str)"
        )
    if given is None:
        values = np.unique(labels["train"]).tolist()
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
