"""What every job does: it writes a log, and outputs that appear whole or not at all."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path


def start_log(path: str) -> None:
    """Send all that this process prints to the file `path`.

    The descriptors themselves are redirected, so that native code (TensorFlow) is caught too: call it
    before such a library is imported.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, beside `path`, and move it to `path` once it is whole and on disk.

    When the block raises, or the process is killed inside it, `path` is as it was before.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_stem(f".{path.stem}.part")
    try:
        yield part
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
