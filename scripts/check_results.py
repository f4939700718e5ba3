"""Check the existing results without computing anything. It prints a line for everything that is wrong.

    python scripts/check_results.py [--directory runs/quick --configfile studies/quick.yaml]

The arguments are Snakemake's. It asks:
- Does every file have a card, and is it the file on its card?
- Was every result made from the files that exist now?
- Were all results made with this configuration, these files of your own, and this code?
- Does every network have the same accuracy in its history and in its evaluation?

The exit status is 1 if something is wrong or missing.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.classifiers import is_network
from plumbing.agreement import find_disagreement
from plumbing.cards import read_card, sha256_of
from plumbing.environment import plain_environment

RESULTS = Path("results")
# Files without a card: those for people. The checkpoints of running trainings are not checked.
WITHOUT_CARD = ("README.md", "report.html", "cost.csv")


def read_cards(paths: list[Path]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The readable cards, by path, and a line for every other card."""
    cards, wrong = {}, []
    for path in paths:
        try:
            cards[str(path)] = read_card(path)
        except SystemExit as damaged:
            wrong.append(str(damaged).removeprefix("ERROR: "))
    return cards, wrong


def check_files(cards: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What differs between the files and the cards. Missing files are left to check_plan."""
    on_cards = {file: (path, value) for path, card in cards.items() for file, value in card["sha256"].items()}
    for file, (path, value) in on_cards.items():
        if Path(file).exists() and sha256_of(file) != value:
            yield f"{file} is not the file on its card {path}: its SHA-256 differs. Remove it."
    for file in sorted(path for path in RESULTS.rglob("*") if path.is_file() and path.suffix != ".json"):
        checkpoint = file.relative_to(RESULTS).parts[0] == "checkpoints"
        expected = str(file) in on_cards or file.name.startswith(".") or checkpoint
        if not expected and not any(file.relative_to(RESULTS).match(pattern) for pattern in WITHOUT_CARD):
            yield f"{file} is on no card: the workflow did not make it, or another version did."
    for path, card in cards.items():
        for file, value in card["inputs"].items():
            if file in on_cards and on_cards[file][1] != value:
                yield f"The files of {path} were made from another version of {file}."
                break


def check_accuracies() -> Iterator[str]:
    """The first network with two accuracies, in the merged tables."""
    histories, accuracies = (RESULTS / f"{name}.csv" for name in ("histories", "accuracies"))
    if histories.exists() and accuracies.exists():
        kind = read_card(RESULTS / "card.json")["settings"]["noise"]["kind"]
        counts = pd.read_csv(accuracies)
        of_networks, table = counts[is_network(counts["classifier"])], pd.read_csv(histories)
        if "taken" not in table:
            yield f"{histories} is of an older version. Run the sweep to make it again."
        elif difference := find_disagreement(table, of_networks, kind):
            yield f"{difference}."


def check_plan(arguments: list[str]) -> Iterator[str]:
    """What Snakemake would make: results that are out of date, and why; results that are missing."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = r"^(?:(?:A result|\d+ results) of|results/ has the comparison of) .*$"
    stale = re.findall(lines, done.stderr, re.MULTILINE)
    yield from stale
    if done.returncode:
        yield from (line for line in done.stderr.splitlines() if "ERROR" in line or "Error" in line)
    elif not stale and "Nothing to be done" not in done.stderr:
        jobs = re.findall(r"^ (\w[\w ]*?) +(\d+) *$", done.stderr, re.MULTILINE)
        missing = [f"{name.replace(' ', '_')} ({n})" for name, n in jobs if name not in ("all", "total")]
        yield f"Missing or incomplete: the results of {', '.join(missing)}. Run the sweep to make them."


def main() -> None:
    plain = plain_environment(os.environ)
    if plain != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], plain)
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--directory", default=".")
    folder = Path(parser.parse_known_args()[0].directory)
    planned = list(check_plan(sys.argv[1:]))
    if not (folder / RESULTS).exists():
        sys.exit(f"ERROR: there is no folder {folder / RESULTS}. Run the sweep first, with `make`.")
    os.chdir(folder)
    paths = [path for path in sorted(RESULTS.rglob("*.json")) if "checkpoints" not in path.parts]
    cards, wrong = read_cards(paths)
    wrong += [*planned, *check_files(cards)]
    if str(RESULTS / "card.json") in cards:
        wrong += check_accuracies()
    if wrong:
        print("\n".join(wrong))
        sys.exit(1)
    files = sum(len(card["sha256"]) for card in cards.values())
    print(
        f"{len(cards)} cards and {files} files: every file is the one on its card, all were made from "
        "each other with this configuration and code, and every network has one accuracy."
    )


if __name__ == "__main__":
    main()
