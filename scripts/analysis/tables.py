"""The tables: their columns in order, the meaning of each, and which of them are keys.

This is the one place where a column is declared. `make_table` makes summaries, and `merge_tables` checks
what runs have measured. A test compares results/README.md with the text here. The scripts of the runs do not
import this module: a new column of a summary must not train a network again.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd


class Table(NamedTuple):
    """keys: the columns that together name a row, in their order of sorting. values: the others."""

    about: str
    keys: dict[str, str]
    values: dict[str, str]

    @property
    def columns(self) -> dict[str, str]:
        return self.keys | self.values


NAMES = ("class", "predicted")  # names of classes: text, in the order of the data set
TEXTS = (*NAMES, "person")  # which may look like a number, or like no value

DRAW = {"draw": "`fixed` or `fresh` noise"}
SCALE = {"scale": "how much noise: of Gaussian noise the standard deviation, where pixels go from 0 to 1"}
SEED = {"seed": "seed of the run"}
SEEDS = {"seeds": "number of seeds"}
N = {"n": "number of test images"}


def interval(of: str, kind: str) -> dict[str, str]:
    return {
        f"{of}_low": f"lower end of its 95 % interval ({kind})",
        f"{of}_high": "upper end of this interval",
    }


STUDENT = "Student's t over the seeds; empty with one seed"
WILSON = "Wilson's, for n images"
EITHER = "one seed: Wilson's, for the number of test images; more: Student's t over the seeds"

TABLES = {
    "histories": Table(
        "one row per run and epoch",
        DRAW | SCALE | SEED | {"epoch": "from 1"},
        {
            "accuracy": "share of right answers on the training images: mean over the epoch, with dropout",
            "loss": "cross-entropy of the same, in nats",
            "val_accuracy": "share of right answers on the noisy test images of this scale, after the epoch",
            "val_loss": "cross-entropy of the same, in nats",
            "seconds": "duration of the epoch with its validation",
        },
    ),
    "evaluations": Table(
        "one row per network, kind of noise and scale of the test images",
        DRAW
        | {
            "train_scale": "scale of the noise in training",
            "kind": "kind of noise in the test images, as in the configuration",
            "test_scale": "scale of the noise in the test images",
        }
        | SEED,
        {"accuracy": "share of right answers", "loss": "cross-entropy in nats"}
        | N
        | interval("accuracy", WILSON)
        | {"paired_accuracy": "share of right answers on the images of the ceiling; empty without a ceiling"},
    ),
    "confusion": Table(
        "one row per run, class and predicted class",
        DRAW | SCALE | SEED | {"class": "true class", "predicted": "what the network says"},
        {"n": "number of such test images"},
    ),
    "baselines": Table(
        "one row per scale, seed and method",
        SCALE
        | SEED
        | {
            "method": "`chance` (the class most frequent in training), `nearest_class_mean` or "
            "`ridge_regression`"
        },
        {"accuracy": "share of right answers"} | N | interval("accuracy", WILSON),
    ),
    "ceilings": Table(
        "one row per scale, seed and end: what readers reach who are told the originals",
        SCALE
        | SEED
        | {"end": "`lower`: they know the training images; `upper`: the training and the test images"},
        {"accuracy": "share of right answers"}
        | N
        | interval("accuracy", WILSON)
        | {"log_loss": "mean of -log p(true class) in nats; empty at scale 0, where there is no probability"},
    ),
    "people": Table(
        "one row per person and scale: what people recognise who have played the quiz of the lab",
        {"person": "name of the file in `people/`"} | SCALE,
        {"accuracy": "share of right answers", "n": "number of test images that the person saw"}
        | interval("accuracy", WILSON),
    ),
    "comparison": Table(
        "one row per draw and scale: means over the seeds of the last epoch, never of the best one",
        DRAW | SCALE,
        SEEDS
        | {
            "epochs": "number of epochs",
            "train_accuracy": "mean of `accuracy` in the last epoch",
            "val_accuracy": "mean of `val_accuracy` in the last epoch",
        }
        | interval("val_accuracy", EITHER)
        | {
            "train_loss": "mean of `loss` in the last epoch",
            "val_loss": "mean of `val_loss` in the last epoch",
        }
        | {"change_from_clean": "mean over the seeds of `val_accuracy` minus that of the clean network"}
        | interval("change_from_clean", STUDENT)
        | {"change_from_fixed": "for fresh noise: mean `val_accuracy`, minus that with fixed noise"}
        | interval("change_from_fixed", STUDENT)
        | {
            "equivalent_scale": "scale at which the best known reader recognises as many images, "
            "interpolated linearly, mean over the seeds; empty beyond the largest scale, and without a "
            "ceiling"
        }
        | interval("equivalent_scale", STUDENT),
    ),
    "robustness": Table(
        "one row per network",
        DRAW
        | {"train_scale": "scale of the noise in training; `matched`: one network per scale, each at its own"}
        | SEED,
        {
            "scale_at_90_percent": "test scale at which accuracy falls to 90 %, interpolated linearly; "
            "`not reached` if it stays above, `never above` if it starts below",
            "scale_half_way_to_chance": "the same for half the way from its clean accuracy to chance",
            "area": "area under the curve of accuracy against the square root of the test scale, "
            "divided by the length of this axis",
            "corruption_error": "sum of errors over the noisy scales, divided by that of the network of the "
            "same seed trained without noise (Hendrycks & Dietterich 2019)",
        },
    ),
    "kinds": Table(
        "one row per draw, scale of the noise in training and kind of noise in the test images",
        DRAW | {"train_scale": "scale of the noise in training", "kind": "kind of noise in the test images"},
        SEEDS
        | {
            "scales": "number of test scales that the mean covers, without 0",
            "accuracy": "share of right answers, mean over these scales and the seeds",
            "change_from_clean": "the same minus that of the network trained without noise",
        }
        | interval("change_from_clean", STUDENT),
    ),
    "classes": Table(
        "one row per draw, scale and class",
        DRAW | SCALE | {"class": "true class"},
        SEEDS
        | {
            "n": "number of its test images",
            "recall": "share of them that is recognised, mean over the seeds",
        }
        | interval("recall", EITHER),
    ),
    "losses": Table(
        "one row per scale and part of the lost points, from the worst reader to the network without noise",
        SCALE
        | {"part": "`memorised`, `unread` (without fresh noise: `memorised or unread`), `open` or `gone`"},
        SEEDS
        | {"n": "number of test images: those of the ceiling, so accuracies may differ from comparison"}
        | {
            "worse": "the reader below: `fixed` or `fresh` (a network), `lower` or `upper` (an end of the "
            "ceiling)",
            "worse_accuracy": "its accuracy on these images, mean over the seeds",
            "better": "the reader above, or `clean`: the network without noise, at scale 0",
            "better_accuracy": "its accuracy on these images, mean over the seeds",
            "lost": "better_accuracy minus worse_accuracy",
        }
        | interval("lost", STUDENT),
    ),
    "cost": Table(
        "one row per rule, the oldest measurement first",
        {"rule": "name of the rule"},
        {
            "jobs": "number of jobs so far",
            "mean_seconds": "mean duration of a job",
            "total_seconds": "sum of the durations",
            "most_memory_mb": "memory of the largest job, in MB of 2^20 bytes",
        },
    ),
}

MEASURED = (
    "histories",
    "evaluations",
    "confusion",
    "baselines",
    "ceilings",
    "people",
)  # written by runs, and merged


def checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table, if its columns are the declared ones and no two rows have the same keys; else ValueError."""
    declared = TABLES[name]
    if list(table.columns) != list(declared.columns):
        raise ValueError(f"the columns of {name} are {list(table.columns)}, not {list(declared.columns)}")
    doubled = table[table.duplicated(list(declared.keys))]
    if len(doubled):
        raise ValueError(f"{name} has two rows of {doubled[list(declared.keys)].iloc[0].to_dict()}")
    return table


def make_table(name: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A table of these rows, its columns in the declared order. A row that lacks a value has none (NaN)."""
    table = pd.DataFrame(rows)
    missing = [column for column in TABLES[name].columns if column not in table]
    if missing:
        raise ValueError(f"the rows of {name} have no {', '.join(missing)}")
    return checked(name, table[[*TABLES[name].columns, *table.columns.difference([*TABLES[name].columns])]])


def read_table(name: str, path: str) -> pd.DataFrame:
    """A stored table. Raises ValueError when it is not one of this name."""
    # An empty cell is no value (NaN), but in a name: a class may be called NA.
    empty = {column: "" for column in TABLES[name].columns if column not in TEXTS}
    types = dict.fromkeys(TEXTS, str)
    return checked(name, pd.read_csv(path, dtype=types, keep_default_na=False, na_values=empty))


def merge_tables(name: str, paths: Iterable[str]) -> pd.DataFrame:
    """All of these tables in one, sorted by the keys, whatever the order of the files.

    Names of classes are not sorted: they keep the order in which each file has them.
    """
    sort = [key for key in TABLES[name].keys if key not in NAMES]
    merged = pd.concat([read_table(name, path) for path in paths], ignore_index=True)
    return checked(name, merged.sort_values(sort, kind="stable", ignore_index=True))
