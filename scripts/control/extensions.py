"""Which trainings of a plan go on from a finished one of fewer epochs, and which start again."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from control.stale import differences
from experiment.runs import Run
from plumbing.cards import versions
from plumbing.finished import epochs_on, is_beginning, keep_finished, kept_files, made_files, read_finished
from plumbing.storage import original_of


class Extension(NamedTuple):
    """A training whose epochs have changed since it was finished.

    done: epochs after which it goes on; 0 where it starts again. before: epochs of the finished one. made:
    whether that is still where it was made. stopping: whether it has early stopping.
    """

    run: str
    done: int
    before: int
    epochs: int
    made: bool
    stopping: bool = False


def find_extensions(jobs: Iterable[Any], changed: set[str], cpu: str | None) -> dict[Any, Extension]:
    """The extensions among jobs that will run, which are trainings.

    jobs: Snakemake's. changed: files that will be made again with other settings, data or code. cpu: the
    processor of all jobs; None on a cluster.
    """
    checksums: dict[str, dict[str, str]] = {}  # by the card that has them
    found, now = {}, versions()
    for job in jobs:
        settings = job.params.settings
        run = Run(**settings["run"]).path
        if not changed.isdisjoint(job.input):
            continue
        for path in job.input:
            if path.endswith(".json") and path not in checksums:
                checksums[path] = checksums_on(path)
        on_cards = {file: value for path in job.input for file, value in checksums.get(path, {}).items()}
        for files, made in ((made_files(run), True), (kept_files(run), False)):
            card = read_finished(files.card)
            if card is None or other_inputs(card["inputs"], on_cards):
                continue
            keys = {key for key, _, _ in differences(card["settings"], settings)}
            before, epochs = epochs_on(card), settings["training"]["epochs"]
            # What is trained again with the same epochs has been asked for, unless it had been kept.
            if keys - {"training.epochs"} or (made and not keys):
                continue
            goes_on = files.model.exists() and is_beginning(card, settings, now, job.threads, cpu)
            stopping = "early_stopping" in settings["training"]
            extension = Extension(run, before if goes_on else 0, before, epochs, made, stopping)
            if job not in found or extension.done > found[job].done:
                found[job] = extension
    return found


def checksums_on(card: str) -> dict[str, str]:
    """SHA-256 of the files on a card; none if it is not there or damaged."""
    try:
        return dict(json.loads(Path(original_of(card)).read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def other_inputs(then: dict[str, str], now: dict[str, str]) -> bool:
    """Whether an input has another SHA-256 now. One that is not there is made again, with the same bits."""
    return any(now.get(path, checksum) != checksum for path, checksum in then.items())


def keep_beginnings(extensions: Iterable[Extension]) -> None:
    """Keep what Snakemake would delete, and trainings go on from."""
    for extension in extensions:
        if extension.done and extension.made:
            keep_finished(extension.run)


def say_extensions(extensions: Iterable[Extension]) -> None:
    """A line for each change of epochs, to standard error."""
    counts = Counter((one.done, one.before, one.epochs, one.stopping) for one in extensions)
    for (done, before, epochs, stopping), count in sorted(counts.items()):
        trainings = "1 training" if count == 1 else f"{count} trainings"
        s = "s" if count == 1 else ""
        if done:
            line = f"{trainings} go{'es' * (count == 1)} on after epoch {done}."
        elif epochs < before:
            line = (
                f"{trainings} of {before} epochs start{s} again: the state after epoch {epochs} is not kept."
            )
        elif stopping:
            line = (
                f"{trainings} of {before} epochs start{s} again: with early stopping, the state after the "
                "last epoch is not kept."
            )
        else:
            line = (
                f"{trainings} of {before} epochs start{s} again, because versions, threads or the processor "
                "have changed."
            )
        print(line, file=sys.stderr)
