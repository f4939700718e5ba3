"""Cards: what the files beside them are, how they were made, and their SHA-256, which every reader checks."""

import hashlib
import json
import platform
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from plumbing.job import replacing

LIBRARIES = ("numpy", "tensorflow", "keras")  # which decide the bits, beside Python


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file, as the command sha256sum gives it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(model: str | Path) -> str:
    """SHA-256 of the weights in a .keras file: its member model.weights.h5.

    Not of the file itself, which holds the date of its making.
    """
    with zipfile.ZipFile(model) as archive, archive.open("model.weights.h5") as member:
        return hashlib.file_digest(member, "sha256").hexdigest()


def cpu_model() -> str:
    """The processor's name, as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def fingerprint(about: dict[str, Any]) -> str:
    """SHA-256 of what decides the bits of a run, in JSON with sorted keys."""
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def write_card(card: dict[str, Any], path: str | Path, files: list[str]) -> None:
    """Store a card as JSON for people: indented, in the order of its making, and the SHA-256 of `files`."""
    sums = {Path(file).name: sha256_of(file) for file in files}
    with replacing(path) as part:
        part.write_text(json.dumps({**card, "sha256": sums}, indent=2) + "\n", encoding="utf-8")


def card_of(path: str | Path) -> Path:
    """Where the card of a file lies, which the same job has written: beside it."""
    path = Path(path)
    return path.with_suffix(".json") if path.suffix == ".keras" else path.with_name("card.json")


def end_as_damaged(path: str | Path, why: object, remove: str | Path | None = None) -> NoReturn:
    """End this process with one line that names the file, and what to do.

    `remove`: what Snakemake misses when it is gone, if that is not the file itself.
    """
    sys.exit(
        f"ERROR: {path} is damaged: {' '.join(str(why).split())}. "
        f"The same command makes it anew after: rm '{remove or path}'"
    )


def checked_sha256(path: str | Path) -> str:
    """SHA-256 of a file. Ends this process when it is not the one on the file's card."""
    card = card_of(path)
    try:
        written = json.loads(card.read_text(encoding="utf-8"))["sha256"][Path(path).name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        end_as_damaged(card, f"it does not say the SHA-256 of {Path(path).name} ({error!r})", remove=path)
    found = sha256_of(path)
    if found != written:
        end_as_damaged(path, f"its SHA-256 is not the one that {card} says it was written with")
    return found


def checked(path: str | Path) -> str | Path:
    """The path of a file that is as it was written. Ends this process when it is not."""
    checked_sha256(path)
    return path
