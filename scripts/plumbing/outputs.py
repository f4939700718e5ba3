"""Atomic outputs: a file is complete, or it does not exist."""

import contextlib
import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the import takes 0.4 s, and not every job has a table
    import pandas as pd


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and move that file to `path` once it is complete and on disk.

    If the block raises, or the process is killed inside it, `path` stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Every process has its own temporary file: a process that was thought dead may still be writing.
    for leftover in path.parent.glob(f".{path.stem}.*.part{path.suffix}"):
        leftover.unlink(missing_ok=True)
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


def write_rows(rows: list[dict[str, Any]], path: str | Path) -> None:
    """Store rows with the same keys as CSV, without the import of pandas. None gives an empty cell."""
    with replacing(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_text(text: str, path: str | Path) -> None:
    """Store text in UTF-8."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
