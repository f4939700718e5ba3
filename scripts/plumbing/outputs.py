"""Outputs that are whole or not there."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes 0.2 s to import, and not every job writes a table
    import pandas as pd


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, beside `path`, and move it to `path` once it is whole and on disk.

    When the block raises, or the process is killed inside it, `path` is as it was before.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Each process has its own: one that was thought dead may still be writing.
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


def write_csv(table: "pd.DataFrame", path: str | Path) -> None:
    """Store a table as CSV, without its index."""
    with replacing(path) as part:
        table.to_csv(part, index=False)


def write_text(text: str, path: str | Path) -> None:
    """Store a text in UTF-8."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
