"""Cards: what the files of a job are, what they were made with, and their SHA-256, which every reader
checks.
"""

import hashlib
import json
import platform
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from plumbing.outputs import write_text

FORMAT = 3  # of a card; raise it with every change that an older reader would misread
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


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def cpu_model() -> str:
    """The processor, as far as it decides the bits: its name, its family and model, and whether it has
    AVX-512.

    Several processors of one name may be in one cluster, and virtual machines hide the number in a name.
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text().partition("\n\n")[0].splitlines() if info.exists() else []
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    if "model name" not in said:
        return platform.processor()
    vectors = "AVX-512" if adds_up_alike() else "no AVX-512"
    return f"{said['model name']}, family {said.get('cpu family')}, model {said.get('model')}, {vectors}"


def adds_up_alike() -> bool:
    """Whether this processor gives the products of dense networks the same bits with any number of threads:
    measured of those with AVX-512 (docs/reliability.md).
    """
    info = Path("/proc/cpuinfo")
    return info.exists() and "avx512f" in info.read_text()


def write_card(card: dict[str, Any], path: str | Path, files: Iterable[str]) -> None:
    """Store a card as JSON for people: indented, its keys in the given order, then the SHA-256 of `files`."""
    sums = {str(file): sha256_of(file) for file in files}
    write_text(json.dumps({"format": FORMAT, **card, "sha256": sums}, indent=2) + "\n", path)


def read_card(path: str | Path) -> dict[str, Any]:
    """A card. Ends this process with one line when it is damaged or of another format."""
    try:
        card = json.loads(Path(path).read_text(encoding="utf-8"))
        sums = card["sha256"]
        if card["format"] != FORMAT:
            raise ValueError(f"its format is {card['format']}, and this version reads {FORMAT}")
        if not sums or not all(isinstance(value, str) and len(value) == 64 for value in sums.values()):
            raise ValueError("it does not have the SHA-256 of its files")
    except KeyError as error:
        end_as_damaged(path, f"it has no {error}")
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        end_as_damaged(path, error)
    return card


def check_files(files: Iterable[str], cards: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each of the files, by its path.

    Ends this process with one line when a card is damaged, or a file is not the one on its card.
    """
    written = {file: (card, value) for card in cards for file, value in read_card(card)["sha256"].items()}
    sums = {}
    for file in files:
        if file not in written:
            end_as_damaged(file, "no card has its SHA-256")
        card, sums[file] = written[file]
        if sha256_of(file) != sums[file]:
            end_as_damaged(file, f"its SHA-256 is not the one on {card}")
    return sums


def end_as_damaged(path: str | Path, why: object) -> NoReturn:
    """End this process with one line that names the file, and what to do."""
    sys.exit(
        f"ERROR: {path} is damaged: {' '.join(str(why).split())}. "
        f"Remove it with rm '{path}' in the folder {Path.cwd()}, and give the same command again."
    )
