"""Test sets of people's own: images that they corrupted or collected, for classifiers of another data set.

A set has any format of images (inputs/formats.py), and may also be an .npy file of images without labels.
What cannot be used raises ValueError, with one line that says what to do.
"""

import re
from typing import Any, NamedTuple

import numpy as np

from inputs.arrays import Array, some_of
from inputs.datasets import DataSet
from inputs.formats import open_source
from inputs.labels import read_labels
from inputs.pixels import MIN_FILLED, fits, likely_range, narrow, pixel_range, scale_pixels, usual_range

# The brightest pixel of all images must reach this share of white. A corrupted set may be dark, but hardly so
# dark: uint8 pixels from 0 to 16 reach 0.06.
MIN_WHITE = 0.1
MIN_ERRORS = 3  # standard errors by which the images must be more like their own originals than like others
MIN_BLOCK, MAX_BLOCKS = 100, 10  # images, each block of which must be in order
IMAGES_AT_A_TIME = 1000


class Originals(NamedTuple):
    """The test images that are used, with which a set is compared.

    data_set: of which these are `test` images, the first of `available`. x: uint8, or float32 from 0 to 1
    (test, *shape); y: numbers of classes (test,). Both None where they are not at hand yet.
    """

    data_set: DataSet
    available: int
    x: np.ndarray | None = None
    y: np.ndarray | None = None


class Likeness(NamedTuple):
    """Mean correlation, without its sign, of images with their own originals and with others. clear: whether
    the first is clearly higher, in every part of the set.
    """

    own: float
    others: float
    clear: bool


def arrays_of_set(path: str, settings: dict[str, Any]) -> dict[str, Array]:
    """The images `x` of the set at this path, and its labels `y` where it has some. Of training and test
    images, those for testing. settings: of the section `images`.
    """
    arrays = open_source(path, settings).arrays
    end = "_test" if "x_test" in arrays else ""
    return {name: arrays[name + end] for name in ("x", "y") if name + end in arrays}


def read_set(
    name: str,
    path: str,
    range_: list[float] | None,
    originals: Originals,
    settings: dict[str, Any] | None = None,
) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """The images of a set, uint8 or float32 from 0 to 1 (n, *shape); the numbers of their classes (n,),
    uint8 or uint16; facts.

    name: in the configuration. settings: how the section `images` has images read, such as their size.
    range_: the values of a black and of a white pixel; None: those of the section `images`, or else 0 and 255
    for uint8, 0 and 1 for floats. A set without labels has those of the test images, if it has the same
    images in the same order. Of a set in this order, the images are used whose originals are. Labels are None
    where the originals are not at hand and the set has none.

    facts: `images` that are used of so many `available`; `labels`, `own` or `test set`; `correlation` with
    the originals and with `others`, of a set in their order. None where that is not known.
    """
    settings = settings or {}
    declared = range_ or settings.get("range")
    arrays = arrays_of_set(path, settings | {"range": declared})
    data_set, available = originals.data_set, len_of(arrays["x"])
    x = narrow("it", shaped(arrays["x"], data_set.shape), declared, f"evaluation.sets.{name}.range")
    check_pixels(name, path, x, range_, settings.get("range"))
    x = scale_pixels(x, declared)
    facts = {"images": available, "available": available, "correlation": None, "others": None}
    whole = available in (originals.available, data_set.test)  # as many as there are test images
    y = numbers_of(arrays, data_set.classes) if "y" in arrays else None
    facts["labels"] = "test set" if y is None else "own"
    if y is None and not whole:
        counts = " or ".join(str(n) for n in dict.fromkeys((originals.available, data_set.test)))
        raise ValueError(
            f"it has {available} images without labels, and there are {counts} test images. Add its labels: "
            f"y_test in an .npz file, or test_labels.npy beside test_images.npy"
        )
    if whole and originals.x is not None:
        first = slice(data_set.test)
        if y is None or np.array_equal(y[first], originals.y):
            own, others, clear = likeness(x[first], originals.x)
            if y is None and not clear:
                raise ValueError(
                    "it has no labels, and its images do not look like the test images in the same order: "
                    f"the mean correlation is {own:.2f} with these, and {others:.2f} with others. Add its "
                    f"labels: y_test in an .npz file, or test_labels.npy beside test_images.npy"
                )
            if clear:
                x, y = x[first], originals.y
                facts |= {"images": len(x), "correlation": round(own, 4), "others": round(others, 4)}
    return x, y, facts


def len_of(array: Array) -> int:
    """The number of images. Raises ValueError where there is none."""
    if not array.shape or not array.shape[0]:
        raise ValueError("it has no images")
    return array.shape[0]


def shaped(array: Array, shape: tuple[int, ...]) -> np.ndarray:
    """The images in the shape of the data set; one channel may be an axis of its own or not."""
    if array.dtype.kind not in "biuf":
        raise ValueError(f"its images are {array.dtype}; allowed: numbers")
    given = array.shape[1:]
    one_channel = {side[:2] for side in (given, shape) if side[2:] in ((), (1,))}
    if given != shape and not (given[2:] in ((), (1,)) and shape[2:] in ((), (1,)) and len(one_channel) == 1):
        raise ValueError(
            f"its images have the shape {given}, and those of the data set {shape}. Save them in this shape, "
            "or set images.size and images.grey for both"
        )
    return array.load().reshape(array.shape[0], *shape)


def check_pixels(
    name: str, path: str, x: np.ndarray, range_: list[float] | None, of_images: list[float] | None = None
) -> None:
    """Raise ValueError unless the pixels can be meant to have this range. of_images: `images.range`, which a
    set has that declares none.
    """

    def remedy(black: float, white: float) -> str:
        return f"evaluation.sets.{name}: {{path: {path}, range: [{black:g}, {white:g}]}}"

    low, high = pixel_range("it", x)
    usual = usual_range(x.dtype)
    black, white = range_ or of_images or usual
    source = ", as images.range says" * (range_ is None and of_images is not None)
    values, rounding = f"its pixels go from {low:g} to {high:g}", 1e-6 * (white - black)
    if low < black - rounding or high > white + rounding:
        likely = likely_range(x.dtype, (low, high))
        raise ValueError(
            f"{values}; allowed: from {black:g} to {white:g}{source}. If black and white have other values, "
            f"write {remedy(*likely)}. If noise goes beyond them, save x.clip({black:g}, {white:g})"
        )
    if low == high:
        raise ValueError(f"all its pixels are {low:g}: its images show nothing")
    if range_ is None and high - black < MIN_WHITE * (white - black):
        raise ValueError(
            f"{values}, where white is {white:g}{source}: they would be nearly black. Write "
            f"{remedy(min(low, 0), high)}, or {remedy(black, white)} if they really are that dark"
        )
    # Pixels from 0 to 1 beside training images from -1 to 1: either range could be meant.
    if source and fits((low, high), *usual) and high - low <= MIN_FILLED * (white - black):
        raise ValueError(
            f"{values}, which fill only a part of {black:g} to {white:g}{source}. Write "
            f"{remedy(*usual)}, or {remedy(black, white)} if they have the range of the training images"
        )


def numbers_of(arrays: dict[str, Array], classes: tuple[str, ...]) -> np.ndarray:
    """The labels as numbers of these classes: uint8, or uint16 for more than 256. They are names of classes;
    or their numbers, where the names are no numbers themselves.
    """
    labels = read_labels("test", {"x_test": arrays["x"], "y_test": arrays["y"]}, list(classes))
    by_name = labels.dtype.kind == "U" or all(re.fullmatch(r"-?\d+", name) for name in classes)
    names = list(classes) if by_name else [str(number) for number in range(len(classes))]
    number_of = {name: number for number, name in enumerate(names)}
    values, indices = np.unique(labels, return_inverse=True)
    unknown = [str(value) for value in values.tolist() if str(value) not in number_of]
    if unknown:
        raise ValueError(
            f"its labels have the class {unknown[0]}, which the training images do not have; these have "
            f"{some_of(names)}. Remove its images, or name the class as there"
        )
    dtype = np.uint8 if len(names) <= 256 else np.uint16
    return np.array([number_of[str(value)] for value in values.tolist()], dtype)[indices]


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Correlation of each image of one array with that of the other, without its sign: float64 (n,). That of
    an image without contrast is 0.
    """
    parts = []
    for start in range(0, len(one), IMAGES_AT_A_TIME):
        a, b = (
            images[start : start + IMAGES_AT_A_TIME].reshape(
                len(images[start : start + IMAGES_AT_A_TIME]), -1
            )
            for images in (one, other)
        )
        a, b = (images - images.mean(axis=1, keepdims=True, dtype=np.float64) for images in (a, b))
        norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
        products = np.abs((a * b).sum(axis=1))
        parts.append(np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0))
    return np.concatenate(parts)


def likeness(x: np.ndarray, originals: np.ndarray) -> Likeness:
    """How much more the images are like their own originals than like those before and after them.

    Their sign does not count, so that inverted images are like their originals. Every part of the set is
    compared, so that an image that is missing in the middle is noticed.
    """
    own = correlations(x, originals)
    others = [correlations(x, np.roll(originals, shift, axis=0)) for shift in (1, -1)]
    clear = all(
        part.mean() > MIN_ERRORS * part.std() / np.sqrt(len(part))
        for other in others
        for part in np.array_split(own - other, np.clip(len(x) // MIN_BLOCK, 1, MAX_BLOCKS))
    )
    return Likeness(float(own.mean()), float(np.mean(others)), clear)
