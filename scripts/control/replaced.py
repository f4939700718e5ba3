"""Whether a run is about to replace the comparison of another configuration, and how to keep both."""

import contextlib
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from control.stale import differences

MAX_NAMED = 3  # differences in the line
MAX_VALUES = 8  # scales or seeds that are listed
MAX_LENGTH = 40  # characters of another value


def other_comparison(card: Path, settings: dict[str, Any]) -> str | None:
    """A sentence about the comparison on the disk, if it is of other values than that of this run.

    card: of the summaries, as it is on the disk. settings: those that its job has now.
    """
    then = None
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # none, or damaged
        then = json.loads(card.read_text(encoding="utf-8"))["settings"]
    if not isinstance(then, dict):
        return None
    shared = [key for key in settings if key in then and key != "code"]
    different = list(differences({key: then[key] for key in shared}, {key: settings[key] for key in shared}))
    if not different:
        return None
    old = in_words([(key, value) for key, value, _ in different])
    new = in_words([(key, value) for key, _, value in different])
    return f"results/ has the comparison of {old}; this run replaces it with that of {new}."


def in_words(values: Sequence[tuple[str, Any]]) -> str:
    """Settings, by their key, in one phrase. Those that are not there count only if all are not.

    >>> in_words([("scales", [0.0, 0.5, 1.0]), ("seeds", [1]), ("training.epochs", 20)])
    'scales 0.0, 0.5 and 1.0, seed 1, training.epochs 20'
    """
    phrases = [one_in_words(key, value) for key, value in values if value not in (None, [])]
    if len(phrases) > MAX_NAMED:
        phrases = [*phrases[:MAX_NAMED], "and other values"]
    return ", ".join(phrases) or f"no {values[0][0]}"


def one_in_words(key: str, value: Any) -> str:
    if key.startswith("networks.") and isinstance(value, dict):
        return f"network {key.partition('.')[2]}"
    if key in ("scales", "seeds"):
        if len(value) > MAX_VALUES:
            return f"{len(value)} {key} from {value[0]} to {value[-1]}"
        return f"{key if len(value) > 1 else key[:-1]} {listed(value)}"
    if key in ("draws", "noise.kind"):
        return f"{listed(value) if key == 'draws' else value} noise"
    text = value[:8] if key.endswith("sha256") else json.dumps(value)
    return f"{key} {text if len(text) <= MAX_LENGTH else text[:MAX_LENGTH] + ' ...'}"


def listed(values: Sequence[Any]) -> str:
    """'1, 2 and 3'"""
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last


def folder_of_its_own(folder: Path, given: Sequence[Path], moved: bool) -> str:
    """What to add to a command, so that the same configuration runs in another folder.

    There, config.yaml of this folder is not read unless it is named (own_file in configuration.py).

    folder: the workflow's. given: files that the command names with --configfile. moved: whether it has
    --directory, so that paths from here are of no use.
    """
    own, shown = Path("config.yaml"), os.path.abspath if moved else os.path.relpath
    files = []
    if own.exists() and (given or not own.samefile(folder / own)):
        files = ["--configfile", *map(shown, [own, *given])]
    return f"{shlex.join([*files, '--directory'])} runs/<name>"
