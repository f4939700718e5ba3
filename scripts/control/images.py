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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from control.checksums import checksum_of
from control.code import code_checksum
from control.remember import remembered
from inputs.arrays import NAMES, SPLITS, UNREADABLE, some_of
from inputs.datasets import KNOWN, DataSet, is_misread
from inputs.formats import check_known, open_arrays, passed_over, source_files
from inputs.own_images import describe as describe_images

LARGE = 50_000_000  # bytes of images that take a while to read
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
    if images["range"] is not None and not images["range"][0] < images["range"][1]:
        raise ValueError(
            f"images.range is {images['range']}; allowed: the value of black, then a larger one, of white"
        )
    if name not in KNOWN and images["path"] is None:
        close = difflib.get_close_matches(name.lower(), KNOWN, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        allowed = f"{', '.join(KNOWN)}, or a name of your own together with images.path"
        raise ValueError(f"images.name is {json.dumps(name)}{hint}; allowed: {allowed}")


def describe_own(path: str, images: dict[str, Any]) -> tuple[DataSet, dict[str, Any]]:
    """The data set at this path and what was found in it. Raises ValueError when it cannot be used."""
    files = source_files(path)
    check_braces(files)
    wanted = {split: images[split] for split in SPLITS}

    def read() -> list:
        if sum(map(os.path.getsize, files)) > LARGE:
            print(f"Reading the images of {path}, once ...", file=sys.stderr)
        data_set, facts = describe_images(path, wanted, images["range"])
        return [asdict(data_set), facts]

    data_set, facts = remembered(
        "images", [code_checksum(READER), checksum_of(files), wanted, images["range"]], read
    )
    data_set |= {"classes": tuple(data_set["classes"]), "shape": tuple(data_set["shape"]), "sha256": ()}
    return DataSet(**data_set), facts


def why_no_copy(name: str, path: str) -> str:
    """Why the images at this path are not those of a known data set, in words; nothing where they are."""

    def compare() -> str:
        arrays = open_arrays(path)
        checksums = {
            key: hashlib.sha256(np.ascontiguousarray(arrays[key].load())).hexdigest() for key in NAMES
        }
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
    sides = " x ".join(map(str, data.shape[:2])) + (" in colour" if data.shape[2:] == (3,) else "")
    names = some_of(list(data.classes))
    low, high = facts["pixels"]
    print(
        f"{images['name']}: {data.train} training and {data.test} test images of {len(data.classes)} classes "
        f"({names}), {sides}; pixels from {low:g} to {high:g}.",
        file=sys.stderr,
    )
    if passed := facts["passed_over"]:
        print(f"Not read: {some_of(passed)}.", file=sys.stderr)
    if known := facts["test_in_training"]:
        print(
            f"WARNING: {known} of {data.test} test images are training images too, pixel by pixel. They make "
            "every accuracy and the ceiling too high.",
            file=sys.stderr,
        )
    if repeated := facts["repeated_in_training"] + facts["repeated_in_test"]:
        print(f"{repeated} images are there more than once in their split.", file=sys.stderr)
    if other := facts["other_class"]:
        print(f"WARNING: {other} of the images that are there twice have two classes.", file=sys.stderr)


def find_images(images: dict[str, Any]) -> DataSet:
    """The data set of the section `images`: as many of its images as are wanted. The section gets their
    numbers, the noun, whether they are the user's own, and what was found in these, in place.

    Ends the process with one line when images of the user's own cannot be used.
    """
    name, path, given, facts = images["name"], images["path"], None, {}
    try:
        if name not in KNOWN:
            found, facts = describe_own(path, images)
            facts["passed_over"] = passed_over(path)
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
        if images[split] is None:
            images[split] = most
        if images[split] > most:
            sys.exit(
                f"ERROR in the configuration: images.{split} is {images[split]}, but {name} has {most}; "
                f"allowed: a whole number from 1 to {most}, or null for all"
            )
    images |= {"noun": found.noun, "own": name not in KNOWN, "found": facts}
    return replace(found, train=images["train"], test=images["test"])


def check_braces(paths: Iterable[str]) -> None:
    """Raise ValueError for a path with { or }, which an input of Snakemake cannot have."""
    for path in paths:
        if "{" in path or "}" in path:
            raise ValueError(f"the path {path} has {{ or }}, which mark wildcards in Snakemake. Rename it")
