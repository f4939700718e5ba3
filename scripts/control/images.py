"""The images of the configuration: known ones, or the user's own, which are read and checked before the first
job.
"""

import contextlib
import difflib
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from control.apart import ask_apart
from control.checksums import checksum_of
from control.code import code_checksum
from control.remember import remembered
from inputs.arrays import NAMES, SPLITS, UNREADABLE, some_of
from inputs.datasets import KNOWN, DataSet, is_misread
from inputs.formats import check_known, open_arrays, passed_over, source_files
from inputs.own_images import SETTINGS, read_copy
from inputs.split import check_pattern

LARGE = 50_000_000  # bytes of images that take a while to read
DESCRIBE = str(Path(__file__).with_name("describe_images.py"))
READER = Path(__file__).parents[1] / "fetch_images.py"  # which reads them with the same code


def check_name(images: dict[str, Any]) -> None:
    """Raise ValueError when images of this name are not known, and have no path."""
    name = images["name"]
    if is_misread(name):
        raise ValueError(
            f"images.name is {name}, which programs that read the tables would not take for a name. Choose "
            "another"
        )
    if name in KNOWN and images["range"] is not None:
        raise ValueError(
            f"images.range is for images of your own; the pixels of {name} are known. Leave it out"
        )
    if given := [
        key for key in ("shape", "transpose", "size", "grey", "group") if images[key] and name in KNOWN
    ]:
        raise ValueError(f"images.{given[0]} is for images of your own, not for {name}. Leave it out")
    if images["duplicates"] == "drop" and name in KNOWN:
        raise ValueError(
            f"images.duplicates is for images of your own. To drop those of {name}, give a copy of it "
            "another name"
        )
    if images["group"] is not None:
        check_pattern(images["group"])
    if images["range"] is not None and not images["range"][0] < images["range"][1]:
        raise ValueError(
            f"images.range is {images['range']}; allowed: the value of black, then a larger one, of white"
        )
    if name not in KNOWN and images["path"] is None:
        close = difflib.get_close_matches(name.lower(), KNOWN, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        allowed = f"{', '.join(KNOWN)}, or a name of your own together with images.path"
        raise ValueError(f"images.name is {json.dumps(name)}{hint}; allowed: {allowed}")


def check_test(images: dict[str, Any]) -> None:
    """Raise ValueError unless `images.test` is a number of images, or for images of your own a share of
    them.
    """
    test = images["test"]
    if test is None or (test >= 1 and test == int(test)):
        return
    if test > 1:
        raise ValueError(f"images.test is {test:g}; allowed: a whole number, or a share below 1, such as 0.2")
    if images["name"] in KNOWN:
        raise ValueError(
            f"images.test is {test:g}, but {images['name']} has test images; allowed: a whole number of "
            "them, or null"
        )


def describe_own(path: str, images: dict[str, Any]) -> tuple[DataSet, dict[str, Any]]:
    """The data set at this path and what was found in it. Raises ValueError when it cannot be used."""
    files = source_files(path)
    check_braces(files)
    settings = {key: images[key] for key in SETTINGS}

    def read() -> dict[str, Any]:
        if sum(map(os.path.getsize, files)) > LARGE:
            print(f"Reading the images of {path}, once ...", file=sys.stderr)
        return ask_apart(DESCRIBE, path, settings, where="the images", seconds=None)

    found = remembered("images", [code_checksum(READER), checksum_of(files), settings], read)
    data_set = found["data_set"]
    data_set |= {"classes": tuple(data_set["classes"]), "shape": tuple(data_set["shape"]), "sha256": ()}
    return DataSet(**data_set), found["facts"]


def why_no_copy(name: str, path: str) -> str:
    """Why the images at this path are not those of a known data set, in words; nothing where they are."""

    def compare() -> str:
        arrays = read_copy(path)
        checksums = {key: hashlib.sha256(np.ascontiguousarray(arrays[key])).hexdigest() for key in NAMES}
        return "" if checksums in KNOWN[name].sha256 else "it has other images or labels"

    try:
        return remembered("copies", [name, checksum_of(source_files(path))], compare)
    except (*UNREADABLE, KeyError) as error:
        return " ".join(str(error).split())


def say_images(images: dict[str, Any], data: DataSet) -> None:
    """Say which images of the user's own were found, and what may be wrong, to standard error."""
    if images["path"] and not images["own"] and (why := why_no_copy(images["name"], images["path"])):
        print(
            f"WARNING: images.path ({images['path']}) is no copy of {images['name']} ({why}). It is not used,"
            f" but {images['name']} from elsewhere. Give images of your own another images.name.",
            file=sys.stderr,
        )
    if not (facts := images["found"]):
        return
    print(f"{images['name']}: {describe_found(data, facts)}", file=sys.stderr)
    if "MATLAB" in facts["what"] and not images["transpose"]:
        print(
            "MATLAB stores images column by column. If they lie on their side in results/samples/, set "
            "images.transpose: true.",
            file=sys.stderr,
        )
    if passed := facts["passed_over"]:
        print(f"Not read: {some_of(passed)}.", file=sys.stderr)
    if untested := facts["untested"]:
        print(say_untested(data, images["all_test"], untested), file=sys.stderr)
    dropped = bool(facts["dropped"])  # which settles what is counted in training
    if (known := facts["test_in_training"]) and not dropped:
        print(
            f"WARNING: {known} of {data.test} test images are training images too, pixel by pixel. They make "
            "every accuracy and the ceiling too high. To drop them from training, set "
            "images.duplicates: drop.",
            file=sys.stderr,
        )
    if repeated := facts["repeated_in_training"] * (not dropped) + facts["repeated_in_test"]:
        print(f"{repeated} images are there more than once in their split.", file=sys.stderr)
    if other := facts["other_class"]:
        print(f"WARNING: {other} of the images that are there twice have two classes.", file=sys.stderr)


def say_untested(data: DataSet, all_test: int, untested: list[str]) -> str:
    """A warning of the classes without a test image. all_test: how many test images there are, of which
    data.test are used.
    """
    limited, have = data.test < all_test, "has" if len(untested) == 1 else "have"
    where = f" among the first {data.test}" if limited else ""
    remedy = (
        "Shuffle the test images, or set images.test to null"
        if limited
        else f"Add test images of {'it' if have == 'has' else 'them'}"
    )
    return (
        f"WARNING: {len(untested)} of {len(data.classes)} classes {have} no test image{where} "
        f"({some_of(untested)}). {remedy}."
    )


def describe_found(data: DataSet, facts: dict[str, Any]) -> str:
    """What was found, in a sentence, such as "1 800 JPEG pictures of 3 classes (cat 600, dog 700, owl 500),
    64 x 64 grey, 20 % (360) for testing; pixels from 0 to 255."
    """
    names = some_of(f"{name} {spaced(n)}" for name, n in zip(data.classes, facts["of_class"], strict=True))
    sides = " x ".join(map(str, data.shape[:2])) + (" in colour" if data.shape[2:] == (3,) else " grey")
    tested = spaced(data.test)
    if facts["share"]:
        tested = f"{100 * facts['share']:.3g} % ({tested})"
    low, high = facts["pixels"]
    dropped = f", {spaced(facts['dropped'])} duplicates dropped from training" if facts["dropped"] else ""
    return (
        f"{spaced(data.train + data.test)} {facts['what']} of {len(data.classes)} classes ({names}), "
        f"{sides}, {tested} for testing{dropped}; pixels from {low:g} to {high:g}."
    )


def spaced(number: int) -> str:
    """A number with spaces between thousands.

    >>> spaced(60000)
    '60 000'
    """
    return f"{number:,}".replace(",", " ")


def find_images(images: dict[str, Any]) -> DataSet:
    """The data set of the section `images`: as many of its images as are wanted. The section gets their
    numbers, that of all test images, the noun, whether they are the user's own, and what was found in these,
    in place.

    Ends the process with one line when images of the user's own cannot be used.
    """
    name, path, given, facts = images["name"], images["path"], None, {}
    images["share"] = images["test"] if images["test"] and images["test"] < 1 else None
    try:
        if name not in KNOWN:
            found, facts = describe_own(path, images)
            facts["passed_over"] = passed_over(path) + facts["unused"]
        else:
            found = KNOWN[name]
            with contextlib.suppress(*UNREADABLE):  # of damaged files the log says so, and others are tried
                given = open_arrays(path) if path else None
            if given:
                check_known(found, given)
    except UNREADABLE as error:
        hint = f", so these are not {name}. Give your own images another images.name" * (name in KNOWN)
        sys.exit(f"ERROR in the images: {path}: {' '.join(str(error).split())}{hint}")
    for split in SPLITS:
        most = getattr(found, split)
        if images[split] is None or (split == "test" and images["share"]):
            images[split] = most
        if images[split] > most:
            sys.exit(
                f"ERROR in the configuration: images.{split} is {images[split]}, but {name} has {most}; "
                f"allowed: a whole number from 1 to {most}, or null for all"
            )
    images |= {"noun": found.noun, "own": name not in KNOWN, "found": facts, "all_test": found.test}
    # As many as there were before images.test set some aside.
    images["unsplit"] = found.train + found.test + facts.get("dropped", 0) if images["share"] else None
    return replace(found, train=images["train"], test=images["test"])


def check_braces(paths: Iterable[str]) -> None:
    """Raise ValueError for a path with { or }, which an input of Snakemake cannot have."""
    for path in paths:
        if "{" in path or "}" in path:
            raise ValueError(f"the path {path} has {{ or }}, which mark wildcards in Snakemake. Rename it")
