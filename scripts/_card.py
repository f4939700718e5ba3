"""The card of a run: what is needed to judge it, and to make it again."""

import hashlib
import json
import platform
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from _job import replacing

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


def write_card(card: dict[str, Any], path: str | Path) -> None:
    """Store a card as JSON for people: indented, in the order in which it was made."""
    with replacing(path) as part:
        part.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
