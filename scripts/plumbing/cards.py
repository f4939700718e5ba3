"""Cards: what the files of a job are, what they were made with, and their SHA-256.

Every job checks the files that it reads against their cards.
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
from plumbing.storage import has_storage, name_of

FORMAT = 3  # of a card; raise it with every change that older code would misread
LIBRARIES = ("numpy", "tensorflow", "keras")  # together with Python, they decide the bits


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file, as the command sha256sum gives it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(model: str | Path) -> str:
    """SHA-256 of the weights in a .keras file: its member model.weights.h5.

    The file itself also contains the date on which it was written.
    """
    with zipfile.ZipFile(model) as archive, archive.open("model.weights.h5") as member:
        return hashlib.file_digest(member, "sha256").hexdigest()


def versions(*others: str) -> dict[str, str]:
    """Versions of Python, of the libraries and of `others`."""
    return {"python": platform.python_version()} | {name: version(name) for name in (*LIBRARIES, *others)}


def cpu_model() -> str:
    """What decides the bits about the processor: its name, family and model, and whether it has AVX-512.

    The name is not enough: virtual machines hide the number in it, so different processors may share one.
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text().partition("\n\n")[0].splitlines() if info.exists() else []
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    if "model name" not in fields:
        return platform.processor()
    vectors = "AVX-512" if "avx512f" in fields.get("flags", "").split() else "no AVX-512"
    family, model = fields.get("cpu family"), fields.get("model")
    return f"{fields['model name']}, family {family}, model {model}, {vectors}"


def threads_decide(network: dict[str, Any]) -> bool:
    """Whether the number of threads may decide the bits of a network, whose settings these are.

    Only products of mlp in float32 share threads (experiment/training.py). The order in which they are added
    up then depends on the number, for some shapes (docs/reliability.md).
    """
    return network.get("kind") == "mlp" and "precision" not in network


def write_card(card: dict[str, Any], path: str | Path, files: Iterable[str]) -> None:
    """Store a card as indented JSON: its keys in the given order, then the SHA-256 of `files`, by name."""
    checksums = {name_of(file): sha256_of(file) for file in files}
    write_text(json.dumps({"format": FORMAT, **card, "sha256": checksums}, indent=2) + "\n", path)


def read_card(path: str | Path) -> dict[str, Any]:
    """A card. Ends this process with one line if the card is damaged or of another format."""
    try:
        card = json.loads(Path(path).read_text(encoding="utf-8"))
        checksums = card["sha256"].values()
        if card["format"] != FORMAT:
            raise ValueError(f"its format is {card['format']}, but this version reads {FORMAT}")
        if not checksums or not all(isinstance(value, str) and len(value) == 64 for value in checksums):
            raise ValueError("it lacks the SHA-256 of its files")
    except KeyError as error:
        end_as_damaged(path, f"it has no {error}")
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        end_as_damaged(path, error)
    return card


def check_files(files: Iterable[str], cards: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each of the files, by its name.

    Ends this process with one line if a card is damaged, or if a file is not the one on its card.
    """
    on_cards = {file: (card, value) for card in cards for file, value in read_card(card)["sha256"].items()}
    checksums = {}
    for file in files:
        name = name_of(file)
        if name not in on_cards:
            # Nothing says that the file is damaged, so nobody is told to remove it (control/stale.py).
            sys.exit(
                f"ERROR: {name} cannot be checked, because no card has its SHA-256. "
                "Run the same command again: it makes this file again, with its card."
            )
        card, checksums[name] = on_cards[name]
        if sha256_of(file) != checksums[name]:
            end_as_damaged(file, f"its SHA-256 is not the one on {name_of(card)}")
    return checksums


def end_as_damaged(path: str | Path, why: object) -> NoReturn:
    """End this process with one line that names the file and says what to do."""
    if has_storage():  # then only the copy that this job has is known to be damaged
        remedy = "Run the same command again. If this line comes again, delete the file in the storage"
    else:
        remedy = f"Remove it with rm '{path}' in the folder {Path.cwd()}"
    why = " ".join(str(why).split())
    sys.exit(f"ERROR: {name_of(path)} is damaged: {why}. {remedy}, then run the same command again.")
