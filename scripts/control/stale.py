"""Which results on the disk were made with something else than this configuration, by what their cards say.

A card has the settings that its files were made with, with the checksums of code and own files, and the
SHA-256 of every input. So neither times nor Snakemake's records of earlier runs count: results may be copied,
moved and unpacked, and .snakemake/ may be deleted.
"""

import contextlib
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from plumbing.storage import name_of, original_of

TEXTS = (".csv", ".txt")
MAX_LENGTH = 40  # characters of a value in a message


def find_stale(jobs: Iterable[Any], rules: Iterable[Any]) -> dict[Any, str | None]:
    """Jobs whose card says that their files were made with something else, with what that is, in words; and
    jobs without a card, with None: nobody knows what was made from their files, which are not there.

    jobs: Snakemake's. rules: its rules, each after those whose outputs it reads.
    """
    order = {rule.name: index for index, rule in enumerate(rules)}
    checksums: dict[str, str] = {}  # of every file that is on a card so far, by name
    stale: dict[Any, str | None] = {}
    for job in sorted(jobs, key=lambda job: order[job.rule.name]):
        path = job.output.get("card")
        if path is None:
            continue
        try:
            with open(original_of(path), "rb") as file:
                card = json.load(file)
            settings, inputs, files = card["settings"], card["inputs"], card["sha256"]
            outputs = {name_of(other) for other in job.output if other != path}
            difference = (
                other_settings(settings, job.params.settings)
                or (None if outputs <= files.keys() else "a card that names other paths")
                or other_input(inputs, map(name_of, job.input), checksums)
            )
            checksums.update(files | changed_tables(files))
        except FileNotFoundError:
            stale[job] = None
            continue
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            difference = "a card that this version cannot read"
        if difference:
            stale[job] = difference
    return stale


def changed_tables(files: dict[str, str]) -> dict[str, str]:
    """SHA-256 of those tables and texts that are not as their card says, as when somebody has edited one.

    What reads them is made again, and says so. Arrays and models are too large to read before every run: they
    are checked as a job reads them.
    """
    changed = {}
    for path, checksum in files.items():
        if path.endswith(TEXTS):
            with contextlib.suppress(OSError), open(original_of(path), "rb") as file:
                if (found := hashlib.file_digest(file, "sha256").hexdigest()) != checksum:
                    changed[path] = found
    return changed


def differences(then: Any, now: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The key of every setting that differs, with both of its values."""
    if then == now:
        return
    if isinstance(then, dict) and isinstance(now, dict):
        for name in {**now, **then}:
            yield from differences(then.get(name), now.get(name), f"{key}.{name}".lstrip("."))
    else:
        yield key, then, now


def other_settings(then: Any, now: Any) -> str | None:
    """The first setting that differs, in words.

    >>> other_settings({"training": {"epochs": 20}}, {"training": {"epochs": 40}})
    'training.epochs 20, not 40'
    """
    for key, before, after in differences(then, now):
        if key == "code":
            return "other code"
        if key.endswith("sha256"):
            return f"another file of {key.removesuffix('.sha256')}"
        if before is None:
            return f"no {key}"
        old, new = json.dumps(before), json.dumps(after)
        return f"{key} {old}, not {new}" if len(old + new) <= MAX_LENGTH else f"another value of {key}"
    return None


def other_input(then: dict[str, str], now: Iterable[str], checksums: dict[str, str]) -> str | None:
    """The first input that is another one, in words.

    then: SHA-256 of the inputs by name. now: names of the inputs. checksums: of files that are on cards.
    """
    now = set(now)
    gone = next((path for path in then if path not in now), None)
    if gone:
        return f"{gone}, which is no longer an input"
    changed = next((path for path in now if path in checksums and then.get(path) != checksums[path]), None)
    return changed and f"another {changed}"


def job_name(job: Any) -> str:
    """The rule of a job of Snakemake, with its network where it has one: train_model (mlp)."""
    network = job.wildcards.get("network")
    return f"{job.rule.name} ({network})" if network else job.rule.name


def say_stale(stale: dict[Any, str | None]) -> None:
    """A line for every rule, network and difference, to standard error, where Snakemake speaks."""
    counts = Counter((job_name(job), difference) for job, difference in stale.items() if difference)
    for (rule, difference), count in counts.most_common(10):
        results = "A result" if count == 1 else f"{count} results"
        was = "was" if count == 1 else "were"
        print(f"{results} of {rule} {was} made with {difference}.", file=sys.stderr)
    if len(counts) > 10:
        print(f"... and {len(counts) - 10} other differences.", file=sys.stderr)
