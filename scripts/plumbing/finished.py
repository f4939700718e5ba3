"""Finished trainings of fewer epochs, from which trainings of more epochs go on.

Snakemake deletes the files of a training before it starts again. So those of the shorter one are kept below
results/checkpoints/, as hard links, until the longer one has ended.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

from plumbing.cards import sha256_of, threads_decide
from plumbing.storage import original_of


class Finished(NamedTuple):
    """The files of a finished training."""

    model: Path
    history: Path
    card: Path


def made_names(run: str) -> dict[str, str]:
    """The names of the files that a training stores, as on cards. run: its path (Run.path)."""
    model, history = f"results/models/{run}", f"results/histories/{run}"
    return {"model": f"{model}.keras", "history": f"{history}.csv", "card": f"{model}.json"}


def made_files(run: str) -> Finished:
    """Where a training stores them."""
    return Finished(**{what: Path(original_of(name)) for what, name in made_names(run).items()})


def kept_files(run: str) -> Finished:
    """Where they are kept while a longer training goes on from them."""
    return Finished(*(checkpoint_file(run, suffix) for suffix in ("keras", "csv", "json")))


def checkpoint_file(run: str, suffix: str = "npz") -> Path:
    """A file that a training finds again when it is tried again, on any machine: no copy of a storage."""
    return Path(original_of(f"results/checkpoints/{run}.{suffix}"))


def keep_finished(run: str) -> None:
    """Keep the files of a finished training. The card comes last: without it, the others are not used."""
    kept = kept_files(run)
    kept.card.parent.mkdir(parents=True, exist_ok=True)
    remove_finished(run)
    for source, target in zip(made_files(run), kept, strict=True):
        try:
            os.link(source, target)
        except OSError:  # a file system without hard links: Snakemake is about to delete the source anyway
            os.replace(source, target)


def remove_finished(run: str) -> None:
    """Delete what is kept, the card first."""
    for path in reversed(kept_files(run)):
        path.unlink(missing_ok=True)


def read_finished(path: Path) -> dict[str, Any] | None:
    """The card of a finished training, if there is one that can be used."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        epochs = card["settings"]["training"]["epochs"]
        known = all(isinstance(card[key], dict) for key in ("inputs", "versions", "sha256"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return card if known and isinstance(epochs, int) else None


def epochs_on(card: dict[str, Any]) -> int:
    return card["settings"]["training"]["epochs"]


def without_epochs(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a training that decide the bits of every epoch: all but the number of epochs."""
    training = {key: value for key, value in settings["training"].items() if key != "epochs"}
    return settings | {"training": training}


def is_beginning(
    card: dict[str, Any], settings: dict[str, Any], versions: dict[str, str], threads: int, cpu: str | None
) -> bool:
    """Whether a finished training has the bits that one with these settings begins with.

    card: of the finished one. threads: of the one that would go on. cpu: its processor; None where that is
    not known yet. The inputs are left to the caller. Early stopping has other bits: the weights on the disk
    are those of an earlier epoch, and the state after the last one is not kept.
    """
    same_threads = card.get("threads") == threads or not threads_decide(settings["network"])
    return (
        epochs_on(card) <= settings["training"]["epochs"]
        and "early_stopping" not in settings["training"]
        and without_epochs(card["settings"]) == without_epochs(settings)
        and card["versions"] == versions
        and (cpu is None or card.get("cpu") == cpu)
        and same_threads
    )


def find_finished(
    run: str,
    settings: dict[str, Any],
    inputs: dict[str, str],
    versions: dict[str, str],
    threads: int,
    cpu: str,
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """Card and history of the finished training that is kept for this one. None if there is no usable one."""
    kept = kept_files(run)
    if not kept.card.exists():
        return None
    card = read_finished(kept.card)
    if card is None:
        logging.warning("ignoring a finished training: its card is damaged")
        return None
    if card["inputs"] != inputs or not is_beginning(card, settings, versions, threads, cpu):
        logging.warning(
            "ignoring the finished training of %d epochs: it has other settings, data, code, versions, "
            "threads or another processor",
            epochs_on(card),
        )
        return None
    try:
        names = made_names(run)
        for what in ("model", "history"):
            if sha256_of(getattr(kept, what)) != card["sha256"].get(names[what]):
                raise ValueError(f"the SHA-256 of its {what} is not the one on its card")
        return card, read_history(kept.history)
    except (OSError, ValueError) as error:
        logging.warning("ignoring a damaged finished training: %s", error)
        return None


def read_history(path: Path) -> list[dict[str, Any]]:
    """The rows of a stored history, as the training had them: all bits, without the columns of its run."""
    import pandas as pd  # takes 0.2 s, which Snakemake's own process does without

    table = pd.read_csv(path)
    return table.drop(columns=["network", "draw", "seed", "held_out_loss", "taken"]).to_dict("records")
