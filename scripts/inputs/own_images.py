"""The user's own images: read, checked and described.

What cannot be used raises ValueError, with one line that names the array or the file and says what to do.
Data that can be used but is wrong would be worse. Pixels in an unintended range change the scale of the
noise (inputs/pixels.py). Labels that a program has altered give other classes (inputs/labels.py). The same
image in training and in test makes every accuracy too high (inputs/duplicates.py).
"""

import math
import os
import resource
from typing import Any, NamedTuple

import numpy as np

from inputs.arrays import SIDES, SPLITS, Array, Source, allowed_sides, some_of
from inputs.datasets import DataSet
from inputs.duplicates import find_duplicates, keep_only
from inputs.formats import open_source
from inputs.labels import check_classes, number_classes, read_classes, read_labels, read_noun
from inputs.pixels import (
    check_alike,
    check_content,
    check_each,
    check_range,
    narrow,
    pixel_range,
    scale_pixels,
)
from inputs.split import groups_of, reorder, split_images

NOUN = "object"  # what an image shows, if its file does not say
SHARE = 0.2  # of images for testing, in advice
# The keys of the section `images` that say how to read; the schema explains them.
SETTINGS = {
    **{"train": None, "test": None, "range": None, "shape": None, "transpose": False},
    **{"size": None, "grey": False, "group": None, "duplicates": "keep"},
}


class Images(NamedTuple):
    """Images that have been read. x: uint8 or float32 (n, *shape), by split. y: the numbers of their classes,
    uint8 or uint16 (n,). facts: what was measured, for the card and the message before the first job.
    """

    data_set: DataSet
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    facts: dict[str, Any]


def describe(path: str, settings: dict[str, Any] | None = None) -> tuple[DataSet, dict[str, Any]]:
    """The data set at this path, and facts about its images. Arguments and errors are those of read_own."""
    images = read_own(path, settings)
    return images.data_set, images.facts


def read_own(path: str, settings: dict[str, Any] | None = None) -> Images:
    """The images at this path, checked. Raises ValueError for images that cannot be used.

    settings: keys of SETTINGS; missing ones have their defaults. `train` and a whole number as `test` say how
    many images of each split will be used, from the first on; all are returned.
    """
    settings = SETTINGS | {key: value for key, value in (settings or {}).items() if key in SETTINGS}
    source = open_source(path, settings)
    arrays = source.arrays
    check_arrays(arrays)
    check_memory(arrays)
    share = settings["test"] if isinstance(settings["test"], float) else None
    parts = parts_of(arrays, share)
    given = read_classes(arrays["classes"]) if "classes" in arrays else None
    names, y = number_classes({part: read_labels(part, arrays, given) for part in parts}, given)
    groups = groups_of_images(source, settings["group"])
    in_training = np.array(groups.get("x_train", []))
    order, tested = None, share
    if "" in parts:
        order = split_images(y[""], share, names, groups.get("x"))
        y = {split: y[""][indices] for split, indices in zip(SPLITS, order, strict=True)}
        if groups:
            in_training, tested = np.array(groups["x"])[order[0]], len(order[1]) / sum(map(len, order))
    used = {split: None if split == "test" and share else settings[split] for split in SPLITS}
    drop, dropped = settings["duplicates"] == "drop", 0
    looked_at = used | {"train": None} if drop else used  # others take the places of those that are dropped
    check_labels(y, looked_at, names)

    x = {part: arrays[array_name("x", part)].load() for part in parts}
    pixels, x = check_pixels(x, settings["range"])
    if order is not None:
        images = reorder(x[""], np.concatenate(order))
        x = dict(zip(SPLITS, np.split(images, [len(order[0])]), strict=True))
    for split in SPLITS:
        check_content(f"x_{split}", x[split][: used[split]])
    counts, duplicate = find_duplicates(
        *({split: of[split][: looked_at[split]] for split in SPLITS} for of in (x, y))
    )
    if drop:
        dropped = int(duplicate.sum())
        x["train"], y["train"] = (keep_only(of["train"], ~duplicate) for of in (x, y))
        in_training = in_training[~duplicate] if groups else in_training
        check_labels(y, used, names)
    facts = {
        "what": source.what,
        "unused": list(source.unused),
        "share": tested,
        "pixels": pixels,
        "of_class": np.bincount(
            np.concatenate([y[split][: used[split]] for split in SPLITS]), minlength=len(names)
        ).tolist(),
        **counts,
        "dropped": dropped,
        "untested": [
            names[number] for number in np.setdiff1d(np.arange(len(names)), y["test"][: used["test"]])
        ],
    }
    if groups:  # of each training image, numbered, for early stopping
        facts["groups"] = np.unique(in_training[: used["train"]], return_inverse=True)[1].tolist()
    noun = read_noun(arrays["noun"]) if "noun" in arrays else NOUN
    sizes = len(x["train"]), len(x["test"])
    return Images(
        DataSet(noun, tuple(names), x["train"].shape[1:], *sizes, str(x["train"].dtype)), x, y, facts
    )


def read_copy(path: str) -> dict[str, np.ndarray]:
    """The four arrays of a copy of a known data set, whatever its format. Errors are those of read_own."""
    images = read_own(path)
    return {
        f"{axis}_{split}": of[split] for axis, of in (("x", images.x), ("y", images.y)) for split in SPLITS
    }


def array_name(axis: str, part: str) -> str:
    """The name of an array: x_train; or x, of images that are not split, whose part is ''."""
    return f"{axis}_{part}" if part else axis


def parts_of(arrays: dict[str, Array], share: float | None) -> tuple[str, ...]:
    """The parts of a source: train and test, or one that is not split. share: `images.test`, where it is
    one.
    """
    if "x_train" in arrays:
        if share is not None:
            raise ValueError(
                f"images.test is {share:g}, but there are test images already. Set images.test to a number "
                "of them, or leave it out"
            )
        return SPLITS
    if share is None:
        raise ValueError(
            f"there are no test images. To set {100 * SHARE:.0f} % of each class aside for testing, set "
            f"images.test: {SHARE}"
        )
    return ("",)


def check_arrays(arrays: dict[str, Array]) -> None:
    """Raise ValueError unless the arrays can have images and their labels. It reads headers."""
    images = [name for name in arrays if name.startswith("x")]
    for name in images:
        if (labels := name.replace("x", "y", 1)) not in arrays:
            alone = ". Give a folder with x.npy and y.npy" * (len(arrays) == 1)
            raise ValueError(f"there are images, but no labels for them (no array {labels}){alone}")
    if "x_test" in arrays and "x_train" not in arrays:
        raise ValueError("there are test images, but no training images")
    for name, array in arrays.items():
        if array.dtype.hasobject:
            text = f". Save {name}.astype(str) instead" if name.startswith(("y", "c", "n")) else ""
            raise ValueError(
                f"{name} has Python objects, which are never read; allowed: numbers or text{text}"
            )
    for name in images:
        check_header(name, arrays[name])
    if "x_train" in arrays and arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise ValueError(
            f"images of x_train have the shape {arrays['x_train'].shape[1:]}, but those of x_test have "
            f"{arrays['x_test'].shape[1:]}. To resize all of them, set images.size: "
            f"{list(arrays['x_train'].shape[1:3])}"
        )


def check_memory(arrays: dict[str, Array]) -> None:
    """Raise ValueError if the images cannot be in the memory that this process may use."""
    needed = sum(array.dtype.itemsize * math.prod(array.shape) for array in arrays.values())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        memory = min(memory, limit)
    if needed > memory:
        raise ValueError(
            f"the images take {needed / 1e9:.0f} GB of memory, and this process may use "
            f"{memory / 1e9:.0f} GB. Use fewer or smaller ones"
        )


def check_header(name: str, array: Array) -> None:
    """Raise ValueError unless the array can contain images."""
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} is {array.dtype}; allowed: numbers")
    if len(array.shape) not in (3, 4) or array.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(
            f"{name} has the shape {array.shape}; allowed: (n, height, width), (n, height, width, 1) or "
            "(n, height, width, 3)"
        )
    if not array.shape[0]:
        raise ValueError(f"{name} has no images")
    if not all(SIDES[0] <= side <= SIDES[1] for side in array.shape[1:3]):
        raise ValueError(
            f"images of {name} have {array.shape[1]} x {array.shape[2]} pixels; allowed: {allowed_sides()}. "
            "To resize them, set images.size, such as images.size: [64, 64]"
        )


def check_labels(y: dict[str, np.ndarray], used: dict[str, int | None], names: list[str]) -> None:
    """Raise ValueError unless the images that are used have classes to tell apart, which are all trained on.

    y: numbers of classes by split. used: how many of each split are used; None: all.
    """
    for split in SPLITS:
        check_classes(split, y[split], used[split] or len(y[split]), names)
    if len(unknown := np.setdiff1d(y["test"], y["train"])):
        raise ValueError(f"y_test has the class {names[unknown[0]]}, which y_train does not have")


def check_pixels(
    x: dict[str, np.ndarray], range_: list[float] | None
) -> tuple[list[float], dict[str, np.ndarray]]:
    """The smallest and the largest pixel, and the images as uint8, or as float32 from 0 (black) to 1 (white).

    x: by part. range_: as in the configuration.
    """
    ranges, types = {}, {}
    for part in x:
        name = array_name("x", part)
        types[part] = x[part].dtype  # not as narrowed: test images may be darker than those for training
        x[part] = narrow(name, x[part], range_)
        ranges[part] = pixel_range(name, x[part])
        check_range(name, x[part].dtype, ranges[part], range_)
        if range_ is None:
            check_each(name, x[part])
    if len({dtype.kind in "iu" for dtype in types.values()}) > 1:
        described = " and ".join(f"{array_name('x', part)} is {dtype}" for part, dtype in types.items())
        raise ValueError(f"{described}; they must have the same type")
    check_alike(ranges)
    lows, highs = zip(*ranges.values(), strict=True)
    return [min(lows), max(highs)], {part: scale_pixels(pixels, range_) for part, pixels in x.items()}


def groups_of_images(source: Source, pattern: str | None) -> dict[str, list[str]]:
    """The groups of the images, by array. pattern: `images.group`."""
    if pattern is None:
        return {}
    if not source.paths:
        raise ValueError(
            "images.group looks at the paths of pictures, and these images have none. Leave it out"
        )
    groups = {name: groups_of(paths, pattern) for name, paths in source.paths.items()}
    if len(groups) == 2 and (both := sorted(set(groups["x_train"]) & set(groups["x_test"]))):
        raise ValueError(
            f"the group{'s' * (len(both) > 1)} {some_of(both)} of images.group "
            f"{'are' if len(both) > 1 else 'is'} both in training and in test. Move each to one side"
        )
    return groups
