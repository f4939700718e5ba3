"""Which array or file has what, by the names that people and libraries give them."""

import re
from collections.abc import Iterable

from inputs.arrays import NAMES, some_of

WORDS = {
    "x": ("x", "image", "images", "img", "imgs", "data", "pixels", "features"),
    "y": ("y", "label", "labels", "target", "targets"),
}
SPLIT_WORDS = {
    "train": ("train", "training"),
    "test": ("test", "testing", "t10k"),
    "val": ("val", "valid", "validation"),
}
GLUED = re.compile(r"([xy])_?(train|test|val)")  # xtrain
POSITIONS = {"arr_0": "x", "arr_1": "y"}  # as numpy.savez names arrays without names


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case.

    >>> words_of("dataset.trainImages"), words_of("X_test"), words_of("xtrain")
    (['dataset', 'train', 'images'], ['x', 'test'], ['x', 'train'])
    """
    words = []
    for word in map(str.lower, re.findall(r"[A-Z]?[a-z]+\d*k?|[A-Z]+|\d+", name)):
        glued = GLUED.fullmatch(word)
        words += glued.groups() if glued else [word]
    return words


def split_of(name: str) -> str | None:
    """The split that a name speaks of: train, test or val. None if it speaks of none, or of several.

    >>> split_of("mnist_train"), split_of("val_images"), split_of("images"), split_of("train_test")
    ('train', 'val', None, None)
    """
    words = words_of(name)
    splits = [split for split, of_split in SPLIT_WORDS.items() if set(of_split) & set(words)]
    return splits[0] if len(splits) == 1 else None


def key_of(name: str) -> str | None:
    """What an array of this name has, such as x_train or y. None if its name does not say it.

    >>> key_of("train_images"), key_of("Y_test"), key_of("labels"), key_of("image_labels"), key_of("mean")
    ('x_train', 'y_test', 'y', 'y', None)
    """
    if name in POSITIONS:
        return POSITIONS[name]
    words, split = words_of(name), split_of(name)
    for axis in ("y", "x"):  # image_labels are labels
        if set(WORDS[axis]) & set(words):
            return f"{axis}_{split}" if split else axis
    return None


def assign_arrays(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The names of the arrays by what they have: x_train, y_train, x_test and y_test; or x and y, where they
    are not split. Also the names that are not used.

    Validation images are test images where there are no others; x and y are for training where there are
    test images beside them. Raises ValueError where two names could have the same, or none has images.
    """
    names = list(names)
    if set(NAMES) <= set(names):
        return {key: key for key in NAMES}, [name for name in names if name not in NAMES]
    by_key: dict[str, str] = {}
    for name in names:
        if key := key_of(name):
            if key in by_key:
                raise ValueError(f"{by_key[key]} and {name} could both be {key}. Remove one of them")
            by_key[key] = name
    if "x_test" not in by_key and "x_val" in by_key:
        by_key |= {key.replace("val", "test"): name for key, name in by_key.items() if "val" in key}
    if "x_train" not in by_key and {"x", "y", "x_test", "y_test"} <= by_key.keys():
        by_key |= {"x_train": by_key["x"], "y_train": by_key["y"]}
    if "x_train" in by_key and "x_test" not in by_key:
        by_key |= {axis: by_key[f"{axis}_train"] for axis in "xy" if f"{axis}_train" in by_key}
    wanted = NAMES if "x_train" in by_key and "x_test" in by_key else ("x", "y")
    if wanted[0] not in by_key and "x_test" in by_key:  # a test set alone
        wanted = ("x_test", "y_test")
    used = {
        key.removesuffix("_test") if len(wanted) == 2 else key: by_key[key] for key in wanted if key in by_key
    }
    if "x" not in used and "x_train" not in used:
        raise ValueError(
            f"it contains {some_of(names) or 'nothing'}; needed: arrays such as x_train, y_train, x_test and "
            "y_test, or x and y"
        )
    return used, [name for name in names if name not in used.values()]


def assign_files(names: Iterable[str]) -> dict[str, str]:
    """The names of the files of training and test images, by split; or of a single one, by ''. Empty where
    the names do not tell.

    >>> assign_files(["mnist_train.csv", "mnist_test.csv"]), assign_files(["faces.csv"])
    ({'train': 'mnist_train.csv', 'test': 'mnist_test.csv'}, {'': 'faces.csv'})
    """
    names = list(names)
    if len(names) == 1:
        return {"": names[0]}
    by_split: dict[str, list[str]] = {}
    for name in names:
        by_split.setdefault(split_of(name.split(".")[0]) or "", []).append(name)
    splits = {"train": by_split.get("train", []), "test": by_split.get("test") or by_split.get("val", [])}
    return (
        {split: of[0] for split, of in splits.items()} if all(len(of) == 1 for of in splits.values()) else {}
    )
