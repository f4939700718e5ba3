"""Files that are cut off, changed, huge or no files at all: images of the right shape, or one line. Never a
traceback, a hang or a full memory.
"""

import contextlib
import faulthandler
import gzip
import os
import resource
import signal
import zlib
from pathlib import Path

import numpy as np
import pytest

from image_files import (
    arrays_of,
    as_emnist,
    write_csv,
    write_idx,
    write_mat,
    write_mat73,
    write_pictures,
    write_zip,
)
from inputs.formats import passed_over, source_files
from inputs.own_images import read_own

ARRAYS = arrays_of(train=6, test=4, classes=2)
X = np.concatenate([ARRAYS["x_train"], ARRAYS["x_test"]])
Y = np.concatenate([ARRAYS["y_train"], ARRAYS["y_test"]])
MAX_SECONDS = 60
MAX_MEGABYTES = 600
MAX_SPACE = 6 * 2**30  # bytes, with those of all libraries: the machine survives what takes more
CUTS, CHANGES = 16, 48  # of each kind of file
MANY = 160  # changes, of the formats whose headers nest
# At some bytes of a damaged file, scipy ends its process. So images are described in one of its own.
CRASHES = [f"ended by signal {int(number)}" for number in (signal.SIGSEGV, signal.SIGBUS)]


class TooSlowError(BaseException):
    """No reader may catch it."""


def pictures(suffix):
    def write(folder):
        write_pictures(folder / "images", X, Y, suffix)
        return folder / "images", folder / f"images/0/0002.{suffix}"

    return write


def single(write):
    def write_one(folder):
        path = write(folder)
        return path, path

    return write_one


def npz(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def npy(folder):
    np.save(folder / "images.npy", X)
    np.save(folder / "labels.npy", Y)
    return folder, folder / "images.npy"


def packed_csv(folder):
    path = folder / "a.csv.gz"
    path.write_bytes(gzip.compress(write_csv(folder / "a.csv", X, Y).read_bytes(), mtime=0))
    return path


def idx(packed, name):
    return lambda folder: (write_idx(folder, ARRAYS, packed), folder / (name + ".gz" * packed))


WRITERS = {suffix: pictures(suffix) for suffix in ("jpg", "png", "gif", "bmp", "tif", "webp")} | {
    "csv": single(lambda folder: write_csv(folder / "a.csv", X, Y)),
    "csv.gz": single(packed_csv),
    "zip": single(lambda folder: write_zip(folder / "a.zip", [write_csv(folder / "b.csv", X, Y)])),
    "mat": single(lambda folder: write_mat(folder / "a.mat", {"X": X, "y": Y[:, None]})),
    "mat, structs": single(lambda folder: write_mat(folder / "a.mat", as_emnist(ARRAYS))),
    "mat 7.3": single(lambda folder: write_mat73(folder / "a.mat", {"X": X, "y": Y[:, None]})),
    "mat 7.3, structs": single(lambda folder: write_mat73(folder / "a.mat", as_emnist(ARRAYS))),
    "npz": single(lambda folder: npz(folder / "a.npz", x=X, y=Y)),
    "npy": npy,
    "idx": idx(False, "train-images-idx3-ubyte"),
    "idx, labels": idx(False, "t10k-labels-idx1-ubyte"),
    "idx.gz": idx(True, "train-images-idx3-ubyte"),
}
NAMES = ("x_train", "x_test", "y_train", "y_test", "x cannot", "y cannot")
ALONE = ("it ", "its ", "there ", "x ", "y ", "class", "the images ")  # the file, if there is no other
# Sizes, types and lengths of names in structs: scipy took 16 GB of memory, or ended in errors of its own.
WORST = {"mat, structs": [(188, 0), (263, 64), (1256, 134), (1344, 127)]}
SPLIT = ("mat, structs", "mat 7.3, structs", "idx", "idx, labels", "idx.gz")


@pytest.fixture(params=WRITERS)
def kind(request):
    return request.param


@pytest.fixture
def written(tmp_path, kind):
    """The path to read, the file to break, and the line of the section `images`."""
    source, file = WRITERS[kind](tmp_path)
    settings = {} if kind in SPLIT else {"test": 0.3}
    images = read_own(str(source), settings)
    assert images.data_set.shape[:2] == (8, 8)
    assert len(images.x["train"]) + len(images.x["test"]) == 10
    return str(source), file, settings


def raise_too_slow(*_):
    raise TooSlowError(f"more than {MAX_SECONDS} seconds")


def peak():
    """The most memory since the last reset, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def attempt(source, settings):
    """Read what may be broken: "images", or "refused: " and why, or "wrong: " and how, in one line."""
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    signal.signal(signal.SIGALRM, raise_too_slow)
    signal.alarm(MAX_SECONDS)
    try:
        check_images(read_own(source, settings))
        outcome = "images"
    except ValueError as error:
        line = str(error)
        fine = line.strip() and line.isprintable() and len(line) < 1000
        outcome = f"refused: {line}" if fine else f"wrong: the line {line!r}"
    except BaseException as error:
        outcome = f"wrong: {error!r}"
    signal.alarm(0)
    megabytes = peak() - before
    return outcome if megabytes < MAX_MEGABYTES else f"wrong: {megabytes:.0f} MB. {outcome}"


def check_images(images):
    data_set = images.data_set
    for split, n in (("train", data_set.train), ("test", data_set.test)):
        x, y = images.x[split], images.y[split]
        assert x.shape == (n, *data_set.shape)
        assert y.shape == (n,)
        assert str(x.dtype) == data_set.dtype
        assert x.dtype == np.uint8 or (x.min() >= 0 and x.max() <= 1)
        assert y.max() < len(data_set.classes)


def attempts(written, changes):
    """What comes of each of these changes to the file, in processes that a library may end."""
    source, file, settings = written
    outcomes = []
    while len(outcomes) < len(changes):
        receive, send = os.pipe()
        if not (child := os.fork()):
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_AS, [MAX_SPACE] * 2)
            with os.fdopen(send, "w") as lines:
                for change in changes[len(outcomes) :]:
                    change(file)
                    print(attempt(source, settings), file=lines, flush=True)
            os._exit(0)
        os.close(send)
        with os.fdopen(receive) as lines:
            outcomes += lines.read().splitlines()
        if status := os.waitpid(child, 0)[1]:
            outcomes.append(f"ended by signal {os.WTERMSIG(status)}")
    return outcomes


def check(outcomes, written):
    """Outcomes are images, or a line that names the array, or the file if it is one of several."""
    source, file, _ = written
    names = [file.name.removesuffix(".gz"), *NAMES, *ALONE * (Path(source) == file)]
    for what, outcome in outcomes.items():
        if outcome in CRASHES and file.suffix == ".mat":
            continue
        assert not outcome.startswith(("wrong", "ended")), f"{what}: {outcome}"
        assert outcome == "images" or any(name in outcome for name in names), f"{what}: {outcome}"


def write(content):
    return lambda file: file.write_bytes(content)


def test_files_that_are_cut_off(written):
    data = written[1].read_bytes()
    lengths = np.unique([*np.geomspace(1, len(data) - 1, CUTS).astype(int), len(data) // 2]).tolist()
    outcomes = dict(zip(lengths, attempts(written, [write(data[:n]) for n in lengths]), strict=True))
    check(outcomes, written)
    assert outcomes[len(data) // 2] != "images"


def test_files_of_which_a_byte_is_changed(written, kind):
    """Most of the bytes lie in the first and the last 300, where formats have their headers and tables."""
    data = written[1].read_bytes()
    random = np.random.default_rng(zlib.crc32(kind.encode()))
    changes = MANY if kind.startswith(("mat", "npz", "zip", "tif")) else CHANGES
    ends = random.integers(0, min(300, len(data)), changes) * random.choice([1, -1], changes) % len(data)
    positions = [*ends.tolist(), *random.integers(0, len(data), changes // 4).tolist()]
    values = [[0, 1, 127, 128, 255, data[n] ^ 1 << random.integers(8)][random.integers(6)] for n in positions]
    changed = {
        (n, int(value)): write(data[:n] + bytes([value]) + data[n + 1 :])
        for n, value in [*zip(positions, values, strict=True), *WORST.get(kind, ())]
    }
    check(dict(zip(changed, attempts(written, list(changed.values())), strict=True)), written)


def pipe(file):
    file.unlink()
    os.mkfifo(file)


def link(file):
    file.unlink()
    file.symlink_to("nowhere")


def folder(file):
    file.unlink()
    file.mkdir()


IMPROPER = {
    "empty": write(b""),
    "a folder": folder,
    "a broken link": link,
    "a pipe": pipe,
    "not for reading": lambda file: file.chmod(0),
    "4 GB": lambda file: os.truncate(file, 2**32),
}


@pytest.mark.parametrize("what", IMPROPER)
def test_what_is_no_proper_file(written, what):
    if what == "not for reading" and os.geteuid() == 0:
        pytest.skip("root may read every file")
    (outcome,) = attempts(written, [IMPROPER[what]])
    check({what: outcome}, written)
    if what != "4 GB":  # many formats say in their header where they end
        assert outcome != "images"
    for function in (source_files, passed_over):
        with contextlib.suppress(ValueError):
            assert isinstance(function(written[0]), list)
