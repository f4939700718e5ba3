"""What every job does: it writes a log, ends with its Snakemake, and makes outputs whole or not at all."""

import contextlib
import ctypes
import errno
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Faults of the machine, which are told in one line.
MACHINE = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "your quota of the disk is used up: make room",
    errno.EROFS: "the disk is read-only: make it writable",
    errno.EACCES: "you may not write or read there: change the permissions",
    errno.EPERM: "you may not write or read there: change the permissions",
    errno.EIO: "the disk has a fault: see what the system says of it",
    errno.ENOMEM: "there is not enough memory: close other programs, or take fewer cores",
}


def start_log(path: str) -> None:
    """Send all that this process prints to the file `path`; and let it end when its Snakemake is killed.

    The descriptors themselves are redirected, so that native code (TensorFlow) is caught too: call it
    before such a library is imported.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    sys.excepthook = explain_error
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def explain_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The end of a job that has failed: one line for a fault of the machine, else the traceback."""
    if issubclass(kind, MemoryError):
        error = OSError(errno.ENOMEM, "")
    if isinstance(error, OSError) and error.errno in MACHINE:
        name = f" ({error.filename})" if error.filename else ""
        print(f"ERROR: {MACHINE[error.errno]}, and give the same command again.{name}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, beside `path`, and move it to `path` once it is whole and on disk.

    When the block raises, or the process is killed inside it, `path` is as it was before.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Its own in every process: one that was thought dead may still be writing.
    for left in path.parent.glob(f".{path.stem}.*.part{path.suffix}"):
        left.unlink(missing_ok=True)
    part = path.with_stem(f".{path.stem}.{os.getpid()}.part")
    try:
        yield part
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
