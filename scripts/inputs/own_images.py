"""Images of the user's own: read with every check, and described.

What cannot be used raises ValueError, with one line that names the array or the file and what to do. Worst is
what can be used and is wrong: pixels in another range than was meant give a noise of another scale, and
labels that a program has changed give other classes.
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

MOST_CLASSES = 1000
LONGEST_NAME = 60  # characters of the name of a class or of the noun
NOUN = "object"  # what an image shows, if its file does not say
# What programs make of an empty cell. A class of this name has to be in the array `classes`.
EMPTY = ("", "nan", "NaN", "NAN", "None", "null", "NULL", "<NA>", "NaT")
# The least share of the range that the pixels of all training images have to fill together. Photographs that
# are too dark fill less than that, but no set of them that people would train on. uint8 of 0 to 16 fill 0.06.
LEAST_FILLED = 0.5
MOST_UNLIKE = 1.8  # by what factor the ranges of training and test images may differ


class Images(NamedTuple):
    """Images that have been read. x: uint8 or float32 (n, *shape), by split. y: the numbers of their classes,
    uint8 or uint16 (n,). facts: what was found, for the card and the message before the first job.
    """

    data_set: DataSet
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    facts: dict[str, Any]


def describe(
    path: str, wanted: dict[str, int | None] | None = None, range_: list[float] | None = None
) -> tuple[DataSet, dict[str, Any]]:
    """The data set at this path, and what was found in it: the arguments and errors of read_own."""
    images = read_own(path, wanted, range_)
    return images.data_set, images.facts


def read_own(
    path: str, wanted: dict[str, int | None] | None = None, range_: list[float] | None = None
) -> Images:
    """The images at this path, checked. Raises ValueError, as all here does.

    wanted: how many images of each split will be used, the first ones; None for all. All of them are given.
    range_: the values of a black and of a white pixel; None: 0 and 255 of uint8, 0 and 1 of floats.
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
    """The least and the largest pixel. Raises ValueError when one is no finite number."""
    low, high = float(pixels.min()), float(pixels.max())
    if math.isnan(low):
        image = int(np.isnan(pixels).reshape(len(pixels), -1).any(axis=1).argmax())
        raise ValueError(f"{name} has NaN, which is no number, in image {image} (counted from 0)")
    if math.isinf(low) or math.isinf(high):
        raise ValueError(f"{name} has values from {low:g} to {high:g}; allowed: finite numbers")
    return low, high


def check_range(name: str, dtype: np.dtype, found: tuple[float, float], meant: list[float] | None) -> None:
    """Raise ValueError unless the pixels can be meant to lie in this range. meant: as range_ of read_own."""
    low, high = found
    black, white = meant or ((0, 255) if dtype == np.uint8 else (0, 1))
    said = f"{name} has values from {low:g} to {high:g}"
    rounding = 1e-6 * (white - black)
    if low < black - rounding or high > white + rounding:
        usual = next(([a, b] for a, b in ((0, 1), (0, 255), (-1, 1)) if could_be(found, a, b)), None)
        usual = usual or [outwards(low, math.floor), outwards(high, math.ceil)]
        raise ValueError(
            f"{said}; allowed: from {black:g} to {white:g}. If black is {usual[0]} and white is {usual[1]}, "
            f"say images.range: {usual}"
        )
    if low == high:
        raise ValueError(f"all pixels of {name} are {low:g}: its images show nothing")
    if meant is None and high - black < LEAST_FILLED * (white - black):
        whole = dtype == np.uint8
        likely = f"[0, {int(high)}]" if whole else f"[0, {high:.6g}]"
        raise ValueError(
            f"{said}, and would be nearly black, as white is {white:g}. Say which value is white: "
            f"images.range: {likely}, or images.range: [{black:g}, {white:g}] if they are that dark"
        )


def could_be(found: tuple[float, float], black: float, white: float) -> bool:
    """Whether pixels of this range lie between black and white, and fill most of what is between."""
    low, high = found
    return black <= low and high <= white and high - low >= LEAST_FILLED * (white - black)


def outwards(value: float, away: Callable[[float], int]) -> float:
    """A number of four digits that is not nearer to the others. away: math.floor or math.ceil.

    >>> outwards(-0.419355, math.floor), outwards(2.80645, math.ceil), outwards(100.0, math.ceil)
    (-0.4194, 2.807, 100.0)
    """
    if value == 0:
        return 0.0
    digits = 3 - math.floor(math.log10(abs(value)))
    return round(away(round(value * 10.0**digits, 6)) / 10.0**digits, max(digits, 0))


def check_alike(ranges: dict[str, tuple[float, float]]) -> None:
    """Raise ValueError when training and test images cannot be in one range."""
    spans = {split: high - low for split, (low, high) in ranges.items()}
    if max(spans.values()) > MOST_UNLIKE * min(spans.values()):
        found = " and ".join(
            f"x_{split} has values from {low:g} to {high:g}" for split, (low, high) in ranges.items()
        )
        raise ValueError(f"{found}. Give both the same range")


def scale_pixels(pixels: np.ndarray, meant: list[float] | None) -> np.ndarray:
    """Pixels uint8 as they are, or float32 from 0 (black) to 1 (white)."""
    black, white = meant or (0, 1)
    if pixels.dtype == np.uint8 and (meant is None or [black, white] == [0, 255]):
        return pixels
    pixels = pixels.astype(np.float32)
    if (black, white) != (0, 1):
        pixels = (pixels - np.float32(black)) / np.float32(white - black)
    return np.clip(pixels, 0, 1, out=pixels)  # but for rounding they are


def count_duplicates(
    x: dict[str, np.ndarray], y: dict[str, np.ndarray], used: dict[str, slice]
) -> dict[str, int]:
    """How many images are there more than once, pixel by pixel, of those that are used.

    test_in_training: test images that are also training images. repeated_in_training, repeated_in_test:
    images that were there before in their split. other_class: of all these, those with another class than
    before.
    """
    counts = {"test_in_training": 0, "repeated_in_training": 0, "repeated_in_test": 0, "other_class": 0}
    known: dict[bytes, int] = {}
    for split, repeated in (("train", "repeated_in_training"), ("test", "repeated_in_test")):
        before, own = dict(known), set()
        for image, label in zip(x[split][used[split]], y[split][used[split]].tolist(), strict=True):
            checksum = hashlib.blake2b(image.tobytes(), digest_size=16).digest()
            counts["test_in_training"] += checksum in before
            counts[repeated] += checksum in own
            counts["other_class"] += known.get(checksum, label) != label
            known.setdefault(checksum, label)
            own.add(checksum)
    return counts


def check_content(name: str, x: np.ndarray) -> None:
    """Raise ValueError when the images that are used are all alike."""
    if len(x) > 1 and not np.any(x[1:] != x[:1]):
        raise ValueError(f"the {len(x)} images of {name} are all alike")


def check_arrays(
    arrays: dict[str, Array], wanted: dict[str, int | None] | None = None
) -> tuple[DataSet, dict[str, np.ndarray]]:
    """What the arrays are together, and the labels of each split as numbers of classes."""
    missing = [key for key in NAMES if key not in arrays]
    if missing:
        raise ValueError(f"there is no array {missing[0]}; needed: {', '.join(NAMES)}")
    for name, array in arrays.items():
        if array.dtype.hasobject:
            text = f". Save {name}.astype(str) instead" if name.startswith(("y", "c", "n")) else ""
            raise ValueError(
                f"{name} holds Python objects, which are never read; allowed: numbers or text{text}"
            )
    for split in SPLITS:
        check_header(f"x_{split}", arrays[f"x_{split}"])
    train, test = arrays["x_train"], arrays["x_test"]
    if train.shape[1:] != test.shape[1:] or (train.dtype == np.uint8) != (test.dtype == np.uint8):
        raise ValueError(
            f"images of x_train are {train.dtype} {train.shape[1:]}, but those of x_test {test.dtype} "
            f"{test.shape[1:]}; they must be alike"
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
    """Raise ValueError unless the first images, as many as are used, are of two or more classes; those for
    training of all.
    """
    there = np.unique(numbers)
    if len(there) < 2:
        raise ValueError(f"y_{split} has one class only ({names[there[0]]}); needed: two or more")
    left_out = np.setdiff1d(there, numbers[:used])
    first = f"the first {used} images of y_{split} (images.{split})"
    remedy = "use more images, or mix their order"
    if split == "train" and len(left_out):
        raise ValueError(f"{first} have none of the class {names[left_out[0]]}; {remedy}")
    if len(there) - len(left_out) < 2:
        raise ValueError(f"{first} are all of the class {names[numbers[0]]}; {remedy}")


def check_header(name: str, array: Array) -> None:
    """Raise ValueError unless the array can be one of images."""
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        whole = ""
        if array.dtype.kind in "biu":
            whole = (
                " Save whole numbers with .astype(np.float32), and say which are black and white, such as "
                "images.range: [0, 4095]"
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
        have = f"{array.shape[0]} labels" if len(array.shape) == 1 else f"the shape {array.shape}"
        raise ValueError(f"{name} has {have} for {images} images; needed: one for each")
    labels = array.load()
    if labels.ndim == 2:
        labels = one_column(name, labels)
    if labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{name} has bytes that are no text in UTF-8. Save {name}.astype(str)"
            ) from error
    if labels.dtype.kind == "U":
        empty = [
            label for label in np.unique(labels).tolist() if label in EMPTY and label not in (given or ())
        ]
        if empty:
            raise ValueError(
                f"{name} has the class {empty[0]!r}, which programs make of an empty cell, "
                f"{np.sum(labels == empty[0])} times. Remove these images; if it is a class, name it in an "
                "array `classes`"
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
    """Labels as int64. Raises ValueError for those that are no numbers of classes."""
    if labels.dtype.kind == "f":
        if not np.all(np.isfinite(labels)):
            raise ValueError(
                f"{name} has NaN, which programs make of an empty cell, {np.sum(~np.isfinite(labels))} "
                "times. Remove these images"
            )
        if np.any(labels != np.rint(labels)):
            raise ValueError(
                f"{name} has {labels[labels != np.rint(labels)][0]:g}; allowed: whole numbers or text"
            )
    found = np.unique(labels)
    if len(found) > MOST_CLASSES:
        raise ValueError(f"there are {len(found)} classes; allowed: 2 to {MOST_CLASSES}")
    values = {int(value) for value in found}
    # 255 as uint8 is -1, beside classes that are numbered without a gap.
    wrapped = labels.dtype.kind == "u" and max(values) == np.iinfo(labels.dtype).max
    if wrapped and len(values) > 1 and max(values - {max(values)}) < max(values) - 1:
        raise ValueError(
            f"{name} has the class {max(values)}, which is -1 in {labels.dtype}, "
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
    """Names of the classes, and the labels of each split as numbers of classes: uint8, or uint16 of more than
    256.

    given: the names, where labels are text among them, or are their numbers. None: the names are the labels
    of the training images, sorted; "10" follows "9".
    """
    text = labels["train"].dtype.kind == "U"
    if text != (labels["test"].dtype.kind == "U"):
        raise ValueError(
            "one of y_train and y_test is text and the other is numbers. Save both alike, as with "
            ".astype(str)"
        )
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
        found, indices = np.unique(of_split, return_inverse=True)
        unknown = [value for value in found.tolist() if value not in number_of]
        if unknown:
            where = "classes" if given else "y_train"
            raise ValueError(f"y_{split} has the class {unknown[0]}, which {where} does not have")
        dtype = np.uint8 if len(names) <= 256 else np.uint16
        numbers[split] = np.array([number_of[value] for value in found.tolist()], dtype)[indices]
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
