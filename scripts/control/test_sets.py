"""The test sets of the configuration: read and checked before the first job, and said."""

import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from control.apart import answer_apart, ask_apart
from control.checksums import checksum_of
from control.code import code_checksum
from control.images import check_braces
from control.networks import NAME
from control.remember import remembered
from experiment.noise import KINDS
from inputs.arrays import UNREADABLE, one_line
from inputs.datasets import DataSet, is_misread
from inputs.formats import SUPPORTED, source_files
from inputs.own_images import SETTINGS, read_own
from inputs.test_sets import Originals, read_set

READER = Path(__file__).parents[1] / "read_set.py"  # which reads them with the same code
STORED = Path("results/images")


def complete_sets(sets: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The path and the range of every set by name, but of those that are null: taken away. Raises ValueError
    for a name that means something else.

    >>> complete_sets({"fog": "fog.npz", "old": None})
    {'fog': {'path': 'fog.npz', 'range': None}}
    """
    names: dict[str, str] = {}
    complete = {}
    for name, given in sets.items():
        key = f"evaluation.sets.{name}"
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(
                f"{key} is not a name; allowed: a letter, then letters, digits, '-', '_' and '.', at most 40"
            )
        if name in KINDS or is_misread(name):
            raise ValueError(
                f"{key} means something else in the tables. Choose another name, such as my_{name}"
            )
        if given is None:
            continue
        other = names.setdefault(name.casefold(), name)
        if other != name:
            raise ValueError(
                f"evaluation.sets.{other} and {key} are one name to some file systems. Rename one"
            )
        settings = {"path": given} if isinstance(given, str) else given
        if "path" not in settings:
            raise ValueError(f"{key} has no path; give it {SUPPORTED}")
        complete[name] = {"path": settings["path"], "range": settings.get("range")}
        black, white = complete[name]["range"] or (0, 1)
        if not black < white:
            raise ValueError(
                f"{key}.range is {json.dumps([black, white])}; allowed: the value of black, then a larger "
                "one, of white"
            )
    return complete


def originals_at_hand(images: dict[str, Any], data: DataSet) -> tuple[np.ndarray, np.ndarray] | None:
    """The test images that are used, and the numbers of their classes. None where they are still to be
    fetched.

    images: the section of the configuration, completed.
    """
    if images["own"]:
        own = read_own(images["path"], images | {"test": images["share"] or images["test"]})
        return own.x["test"][: data.test], own.y["test"][: data.test]
    try:
        card = json.loads((STORED / "card.json").read_text(encoding="utf-8"))
        if (card["name"], card["test"]) != (images["name"], data.test):
            return None
        return np.load(STORED / "x_test.npy", mmap_mode="r"), np.load(STORED / "y_test.npy")
    except (*UNREADABLE, KeyError, TypeError):
        return None


def find_sets(sets: dict[str, dict[str, Any]], images: dict[str, Any], data: DataSet) -> dict[str, dict]:
    """What was found in every set, by name: the facts of read_set, the SHA-256 of its files and their paths.

    images: the section of the configuration, completed; data: the data set of as many images as are used.
    Ends this process with one line when a set cannot be used.
    """
    found = {}
    for name, given in sets.items():
        try:
            files = source_files(given["path"])
            check_braces(files)
            checksum = checksum_of(files)
            source = [images["name"], *(images[key] for key in SETTINGS)]
            if images["own"]:
                source.append(checksum_of(source_files(images["path"])))
            else:
                with contextlib.suppress(OSError):  # they are still to be fetched
                    source.append((STORED / "card.json").read_text(encoding="utf-8"))

            def read(name: str = name, given: dict = given) -> dict[str, Any]:
                question = (name, given["range"], images, asdict(data))
                where = f"evaluation.sets.{name}"
                return ask_apart(__file__, given["path"], *question, where=where, seconds=None)

            about = [code_checksum(READER), name, given, checksum, data.test, images["all_test"], source]
            facts = remembered("sets", about, read)
        except UNREADABLE as error:
            sys.exit(f"ERROR in evaluation.sets.{name}: {given['path']}: {' '.join(str(error).split())}")
        unsplit = facts["labels"] == "own" and facts["available"] == images["unsplit"]
        found[name] = facts | {"sha256": checksum, "files": files, "unsplit": unsplit}
    return found


def describe_set(
    path: str, name: str, range_: list[float] | None, images: dict[str, Any], data: dict[str, Any]
) -> dict[str, Any]:
    """The facts of read_set, or the error. data: of the data set, with lists for tuples."""
    data_set = DataSet(**data | {key: tuple(data[key]) for key in ("classes", "shape", "sha256")})
    try:
        originals = Originals(data_set, images["all_test"], *(originals_at_hand(images, data_set) or ()))
        return read_set(name, path, range_, originals, images)[2]
    except UNREADABLE as error:
        return {"error": f"{path}: {one_line(error)}"}


def say_sets(found: dict[str, dict[str, Any]]) -> None:
    """A line about every set, to standard error. found: of find_sets."""
    for name, facts in found.items():
        count = f"{facts['images']} images"
        if facts["images"] != facts["available"]:
            count = f"the first {facts['images']} of {facts['available']} images, as images.test says"
        if facts["correlation"] is not None:
            about = (
                "the same images as the test images, in the same order (correlation "
                f"{facts['correlation']:.2f}, with others {facts['others']:.2f})"
            )
            labels = "its labels are the same" if facts["labels"] == "own" else "so it has their labels"
            about += f"; {labels}"
        elif facts["labels"] == "own":
            about = "with labels of its own"
        else:
            about = "without labels. Its order is checked as soon as the test images are there"
        print(f"evaluation.sets.{name}: {count}, {about}.", file=sys.stderr)
        if facts["unsplit"]:
            print(
                f"WARNING: evaluation.sets.{name} has as many images as images.path, of which images.test "
                "set some aside. If these are the same images, most of them are training images. Make the "
                f"set of {STORED / 'x_test.npy'} and y_test.npy, which have those that were set aside.",
                file=sys.stderr,
            )


if __name__ == "__main__":
    answer_apart(describe_set)
