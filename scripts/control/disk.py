"""Whether the disk can be written to and has room for a sweep, asked before its first job."""

import math
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

FLOAT = 4  # bytes


def noise_bytes(shape: tuple[int, ...], train: int, test: int, sets: int, kept: int) -> int:
    """Bytes of `sets` noisy copies of `train` + `test` images, of which `kept` have their training images at
    the same time.
    """
    return FLOAT * math.prod(shape) * (sets * test + kept * train)


def image_bytes(shape: tuple[int, ...], images: int, dtype: str) -> int:
    """Bytes of so many images as published, uint8 or float32."""
    return (1 if dtype == "uint8" else FLOAT) * math.prod(shape) * images


def model_bytes(parameters: int) -> int:
    """Bytes of a stored model: its weights and two moments of Adam for each."""
    return 3 * FLOAT * parameters


def existing_bytes(paths: Iterable[str]) -> int:
    """Bytes of those of the files that exist, and will be written again."""
    return sum(Path(path).stat().st_size for path in paths if Path(path).is_file())


def check_writable(folder: Path) -> None:
    """End the process with one line when the folder cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        sys.exit(f"ERROR: {folder}/ cannot be written to. Change its permissions or work in a copy.")


def gigabytes(number: int) -> str:
    """Bytes for people, with two digits or all before the point."""
    return f"{number / 1e9:.0f} GB" if number >= 1e10 else f"{number / 1e9:.2g} GB"


def check_room(need: int, folder: Path) -> None:
    """Say how much a sweep will store in the folder. End it with one line when there is too little room."""
    free = shutil.disk_usage(folder).free
    said = f"this sweep stores up to {gigabytes(need)}, and {gigabytes(free)} are free"
    if need > free:
        sys.exit(f"ERROR: {said}. Make room, use fewer scales or seeds, or set noise.keep to false.")
    print(said[0].upper() + said[1:] + ".", file=sys.stderr)
