"""What the fault tests share: the expected results, and the count of what was tried."""

import contextlib
import json
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from plumbing.cards import weights_sha256

COUNTS = Counter({"faults injected": 0, "runs": 0, "wrong results": 0})
TIMES = ("cost.csv", "histories.html")  # of every run anew


def content(path: Path) -> object:
    """What of a result has to be the same in every run: all but the dates and the seconds in it."""
    if path.suffix == ".keras":
        return weights_sha256(path)
    if path.suffix == ".json" and "models" in path.parts:
        return "a model's card, with its seconds"
    if path.suffix == ".json":  # but for the checksums of files that have dates and seconds in them
        card = json.loads(path.read_text())
        return {name: value for name, value in card.items() if name not in ("inputs", "sha256")}
    if "histories" in str(path):
        return pd.read_csv(path).drop(columns="seconds").to_csv()
    return path.read_bytes()


def results_of(folder: Path, but: Collection[str] = ()) -> dict[str, object]:
    """Content of every result, by its path; without what a killed process left half-written, hidden."""
    results, found = folder / "results", {}
    for path in sorted(results.rglob("*")):
        hidden = path.name.startswith(".") or path.name in TIMES or str(path.relative_to(folder)) in but
        if path.is_file() and not hidden:
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile: of a job that is being ended
                found[str(path.relative_to(results))] = content(path)
    return found


class Faults:
    """Counts what is tried, and judges the results."""

    def injected(self, number: int = 1) -> None:
        COUNTS["faults injected"] += number

    def started(self, run):
        """A run, or a running one, that is counted."""
        COUNTS["runs"] += 1
        return run

    def start(self, workflow, *arguments: str):
        return self.started(workflow.start(*arguments))

    def assert_none_wrong(
        self, folder: Path, expected: dict[str, object], all_there: bool = False, but: Collection[str] = ()
    ) -> None:
        """Every result that is there is as expected, but for those named; if asked, all are there."""
        found = results_of(folder, but)
        kept = [name for name in found if not name.startswith("checkpoints/")]
        wrong = [name for name in kept if found[name] != expected.get(name)]
        COUNTS["wrong results"] += len(wrong)
        assert wrong == []
        assert not all_there or set(expected) - set(found) == set()

    def assert_made_again(self, workflow, expected: dict[str, object], *arguments: str) -> None:
        """The same command again ends well, with all the expected results."""
        done = self.start(workflow, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        self.assert_none_wrong(workflow.folder, expected, all_there=True)
