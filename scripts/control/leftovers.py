"""What earlier configurations have left behind: files that jobs of this workflow made, and none makes now."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snakemake.io import apply_wildcards

RESULTS = Path("results")
CHECKPOINTS = (".npz", ".keras", ".csv", ".json", ".lease")


def find_leftovers(rules: Iterable[Any], jobs: Iterable[Any]) -> list[Path]:
    """Outputs, logs and checkpoints of jobs that are not among `jobs`, those of a plan for everything.

    An output counts only if its card is where a rule puts it, and names the output. So no file of a person is
    among them. rules, jobs: Snakemake's.
    """
    used = {path for job in jobs for path in job.output}
    rules = [rule for rule in rules if rule.output.get("card")]
    leftovers = set()
    for card in RESULTS.rglob("*.json"):
        if str(card) in used:
            continue
        for rule in rules:
            if match := rule.output.card.match(str(card)):
                leftovers |= files_of(rule, match.groupdict(), card)
    # A training that was stopped has no card yet. Its checkpoint, and the shorter training that it goes on
    # from, are where its model would be.
    for checkpoint in RESULTS.glob("checkpoints/**/*.*"):
        if checkpoint.suffix not in CHECKPOINTS or not checkpoint.is_file():
            continue
        name = checkpoint.relative_to(RESULTS / "checkpoints").with_suffix(".keras")
        model = str(RESULTS / "models" / name)
        if model not in used and any(path.match(model) for rule in rules for path in rule.output):
            leftovers.add(checkpoint)
    return sorted(leftovers)


def files_of(rule: Any, wildcards: dict[str, str], card: Path) -> set[Path]:
    """The files that one job has left, with its card and its logs. None if it is no such card."""
    try:
        named = json.loads(card.read_text(encoding="utf-8"))["sha256"].keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    outputs = {apply_wildcards(str(path), wildcards) for path in rule.output} & named
    if not outputs:
        return set()
    logs = {apply_wildcards(str(path), wildcards) for path in (*rule.log, rule.benchmark) if path}
    return {card, *(path for path in map(Path, outputs | logs) if path.is_file())}


def megabytes(paths: Iterable[Path]) -> str:
    size = sum(path.stat().st_size for path in paths) / 1e6
    return f"{size:.0f} MB" if size >= 1 else "less than 1 MB"


def say_leftovers(leftovers: list[Path], command: str) -> None:
    """Say, to standard error, that there are leftovers, and which command deletes them."""
    if leftovers:
        count = f"{len(leftovers)} files ({megabytes(leftovers)})"
        said = f"This configuration has no use for {count} of earlier ones. {command} deletes them."
        print(said, file=sys.stderr)


def delete_leftovers(leftovers: list[Path]) -> None:
    """Delete them, and the folders that they leave empty. Say which."""
    if not leftovers:
        print("There is nothing to delete: this configuration has a use for every result.")
        return
    size = megabytes(leftovers)
    for path in leftovers:
        path.unlink()
        print(path)
        for folder in path.parents:
            if folder.parent == Path() or any(folder.iterdir()):  # results/ and logs/ stay
                break
            folder.rmdir()
    print(f"Deleted {len(leftovers)} files, {size}.")
