"""The tables: their columns in order, the type and the meaning of each, and which of them are keys.

This is the one place where a table or a column is declared. `make_table` makes summaries, `merge_tables`
checks what was measured, and results/README.md is made from the text here (docs/generate.py). Scripts
that measure do not import this module: a new column of a summary must not train a network again.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from analysis.draws import COMPARED
from experiment.counts import BASELINES, BOUNDS
from experiment.draws import DRAWS
from experiment.filters import FILTER_NAMES, NO_FILTER

TYPES: dict[str, tuple[str, Callable[[pd.Series], bool]]] = {
    "text": ("text", lambda column: not is_numeric_dtype(column) or column.isna().all()),
    "name": ("name", lambda column: bool(column.notna().all())),
    "integer": ("whole number", is_integer_dtype),
    "number": ("number", is_numeric_dtype),
    "share": (
        "share, 0 to 1",
        lambda column: is_numeric_dtype(column) and bool(column.dropna().between(0, 1).all()),
    ),
}


class Column(NamedTuple):
    """type: a key of TYPES."""

    type: str
    meaning: str


class Table(NamedTuple):
    """keys: the columns that together name a row, in their order of sorting. values: the others.

    needs: what a sweep must have for this table: a `ceiling`, several `networks`, other `kinds` of noise to
    test on, `sets` of people's own, or `filters`.
    """

    about: str
    keys: dict[str, Column]
    values: dict[str, Column]
    needs: str = ""

    @property
    def columns(self) -> dict[str, Column]:
        return self.keys | self.values


def one_of(names: Iterable[str]) -> str:
    """Names as values of a column: '`a`, `b` or `c`'."""
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} or {last}" if first else last


IMAGES = {"images": Column("text", "name of the data set: `images.name`")}
NETWORK = {"network": Column("text", "name of the network")}
KIND = {"kind": Column("text", "kind of noise: `noise.kind`")}
DRAW = {
    "draw": Column(
        "text", f"draw of the noise in training: {one_of(DRAWS)}; empty: the network is pretrained"
    )
}
SCALE = {
    "scale": Column(
        "number", "how much noise: of Gaussian noise the standard deviation, where pixels go from 0 to 1"
    )
}
TRAIN_SCALE = {"train_scale": Column("number", "scale of the noise in training; empty: all scales")}
SEED = {"seed": Column("integer", "seed of the run")}
SEEDS = {"seeds": Column("integer", "number of seeds")}
RUN = IMAGES | NETWORK | KIND | DRAW | SCALE
NAMES = ("class", "predicted")  # of classes: text, in the order of the data set


def interval(of: str, kind: str, type: str = "number") -> dict[str, Column]:
    return {
        f"{of}_low": Column(type, f"lower limit of its 95 % interval ({kind})"),
        f"{of}_high": Column(type, "upper limit of this interval"),
    }


STUDENT = "Student's t over the seeds; empty with one seed"
PAIRED = (
    "one seed, or the same with each: Agresti and Min's, for the paired images, where they are known; else: "
    "Student's t over the seeds"
)
WILSON = "Wilson's, for n images"
EITHER = "one seed, or the same with each: Wilson's, for the test images; else: Student's t over the seeds"
SET = "one seed, or the same answers with all seeds: Wilson's, for n images; else: Student's t over the seeds"
CARRIED = (
    "where that of the accuracy is Wilson's: its limits, carried through the curve, or empty beyond the "
    "largest scale; else: Student's t over the seeds"
)


def changes_from_draws() -> dict[str, Column]:
    """How draws differ from those that they are compared with."""
    columns = {}
    for draw, others in COMPARED.items():
        name, of = f"change_from_{draw}", " and ".join(others)
        meaning = f"for {of} noise: mean `val_accuracy` minus that with {draw} noise of the same scale"
        columns |= {name: Column("number", meaning)} | interval(name, PAIRED) if others else {}
    return columns


def changes_of_filters() -> dict[str, Column]:
    """How a network after a filter differs from those that were trained on noise."""
    columns = {}
    for draw in DRAWS:
        name, of = f"change_from_{draw}", "all scales" if not DRAWS[draw].one_scale else "the same scale"
        meaning = f"the same minus that of this network trained with {draw} noise of {of}"
        columns |= {name: Column("number", meaning)} | interval(name, PAIRED)
    return columns


TABLES = {
    "accuracies": Table(
        "one row per classifier and noise that it was tested on: counts of test images, and their share",
        IMAGES
        | {
            "classifier": Column(
                "text",
                f"name of the network; a baseline ({one_of(BASELINES)}); a bound of the ceiling "
                f"({one_of(BOUNDS)}); the file of a person; or a network after filters, as "
                "`mlp after median`",
            ),
            "draw": Column("text", "draw of the noise that it learned from; empty: it learned from none"),
            "train_kind": Column("text", "kind of this noise"),
            "train_scale": Column("number", "scale of this noise; empty for a network of all scales"),
            "kind": Column("text", "kind of noise in the test images, or the name of a test set"),
            "scale": Column("number", "scale of the noise in the test images; empty for a test set"),
            "seed": Column("number", "seed of this noise, and of a network; empty for people"),
        },
        {
            "correct": Column("integer", "number of test images that it recognises"),
            "n": Column("integer", "number of test images"),
            "accuracy": Column("share", "correct / n"),
        }
        | interval("accuracy", WILSON, "share")
        | {
            "paired_correct": Column(
                "number",
                "the same on the test images used for the ceiling; empty where there are none",
            ),
            "paired_n": Column("number", "number of these images"),
            "log_loss": Column(
                "number",
                "mean of -log p(true class) in nats; empty without probabilities. An image counts at most "
                "16.1, where p is 1e-7; only networks of dense layers on images in memory have no such limit",
            ),
        },
    ),
    "histories": Table(
        "one row per run and epoch; of a network of all scales, one per epoch and scale",
        RUN | SEED | {"epoch": Column("integer", "from 1")},
        {
            "accuracy": Column(
                "share",
                "share of correct answers on the training images, of all their scales: mean over the epoch, "
                "with dropout",
            ),
            "loss": Column(
                "number", "cross-entropy of the same, in nats; of the labels as they are, also if smoothed"
            ),
            "val_accuracy": Column(
                "share", "share of correct answers on the noisy test images of this scale, after the epoch"
            ),
            "val_loss": Column("number", "cross-entropy of the same, in nats"),
            "seconds": Column(
                "number",
                "duration of the epoch with its validation; where it has several rows, an equal part in each",
            ),
            "held_out_loss": Column(
                "number",
                "cross-entropy of the training images that early stopping holds out, after the epoch; empty "
                "without",
            ),
            "taken": Column(
                "integer",
                "1 for the epoch whose network is stored and tested, else 0: the last one, or with early "
                "stopping that with the lowest `held_out_loss`",
            ),
        },
        needs="trainings",
    ),
    "confusion": Table(
        "one row per run, class and predicted class",
        RUN
        | SEED
        | {
            "class": Column("name", "true class"),
            "predicted": Column("name", "what the network says, or `none of the classes`"),
        },
        {"n": Column("integer", "number of such test images")},
    ),
    "comparison": Table(
        "one row per network, draw and scale: means over the seeds after the epoch that is `taken` in "
        "`histories`. It is never chosen by test images",
        RUN,
        SEEDS
        | {
            "epochs": Column(
                "number",
                "this epoch: the last one; with early stopping, the mean over the seeds; empty, like what "
                "follows on training, for a pretrained network",
            ),
            "train_accuracy": Column("share", "mean of `accuracy` in this epoch"),
            "val_accuracy": Column("share", "mean accuracy on all noisy test images"),
        }
        | interval("val_accuracy", EITHER, "share")
        | {
            "train_loss": Column("number", "mean of `loss` in this epoch"),
            "val_loss": Column("number", "mean of `val_loss` in this epoch"),
            "change_from_clean": Column(
                "number",
                "mean over the seeds of `val_accuracy` minus that of the network trained without noise on "
                "images "
                "without noise",
            ),
        }
        | interval("change_from_clean", PAIRED)
        | changes_from_draws()
        | {
            "equivalent_scale": Column(
                "number",
                "scale at which the best known classifier recognises as many of the test images used for the "
                "ceiling, interpolated linearly, mean over the seeds; empty beyond the largest scale, and "
                "without a ceiling",
            )
        }
        | interval("equivalent_scale", STUDENT),
    ),
    "networks": Table(
        "one row per draw, scale and pair of networks: which recognises more of the same test images",
        IMAGES
        | KIND
        | DRAW
        | SCALE
        | {"network": Column("text", "name of a network"), "other": Column("text", "name of another")},
        SEEDS
        | {
            "n": Column("integer", "number of test images"),
            "difference": Column(
                "number", "accuracy of the one minus that of the other, mean over the seeds"
            ),
        }
        | interval("difference", PAIRED),
        needs="networks",
    ),
    "robustness": Table(
        "one row per trained network, and per draw and seed one of all its networks, each at its own scale",
        IMAGES
        | NETWORK
        | KIND
        | DRAW
        | {
            "tested": Column(
                "text",
                "`one`: this network at every scale; `matched`: at every scale the network trained on it",
            ),
            "train_scale": Column(
                "number",
                "scale of the noise in training; empty where `matched`, and for a network of all scales",
            ),
        }
        | SEED,
        {
            "scale_at_90_percent": Column(
                "number", "test scale at which accuracy falls to 90 %, interpolated linearly, or empty"
            ),
            "scale_at_90_percent_reason": Column(
                "text",
                "`crossed`; or why it is empty: `not reached` if accuracy stays above, `never above`, "
                "or `below at 0` if it is above with some noise alone",
            ),
            "scale_half_way_to_chance": Column(
                "number", "the same for half the way from its clean accuracy to chance"
            ),
            "scale_half_way_to_chance_reason": Column("text", "as above"),
            "area": Column(
                "share",
                "area under the curve of accuracy against the square root of the test scale, divided by the "
                "length of this axis",
            ),
            "corruption_error": Column(
                "number",
                "sum of errors over the noisy scales, divided by that of the network of the same seed "
                "trained "
                "without noise (Hendrycks & Dietterich 2019); empty where that makes no error",
            ),
        },
    ),
    "kinds": Table(
        "one row per network, draw, scale of the noise in training and kind of noise in the test images",
        IMAGES
        | NETWORK
        | {"train_kind": Column("text", "kind of noise in training")}
        | DRAW
        | TRAIN_SCALE
        | {"kind": Column("text", "kind of noise in the test images")},
        SEEDS
        | {
            "scales": Column("integer", "number of test scales that the mean covers, without 0"),
            "accuracy": Column("share", "share of correct answers, mean over these scales and the seeds"),
            "change_from_clean": Column("number", "the same minus that of the network trained without noise"),
        }
        | interval("change_from_clean", STUDENT),
        needs="kinds",
    ),
    "sets": Table(
        "one row per test set of your own and classifier, each as trained at one scale",
        IMAGES
        | {
            "set": Column("text", "name of the test set"),
            "classifier": Column("text", "name of the network, or a baseline"),
            "kind": Column("text", "kind of noise with which the set is compared: `noise.kind`"),
            "draw": Column("text", "draw of the noise in training; empty: it learned from none"),
            "train_scale": Column("number", "scale of the noise in training; empty: all scales, or none"),
        },
        SEEDS
        | {
            "n": Column("integer", "number of images in the set"),
            "accuracy": Column("share", "share of correct answers, mean over the seeds"),
        }
        | interval("accuracy", SET, "share")
        | {
            "change": Column(
                "number",
                "the same minus that of this classifier on the test images without noise; empty where it was "
                "not tested on these",
            ),
            "equivalent_scale": Column(
                "number",
                "scale of the noise in the test images at which this classifier is as accurate, interpolated "
                "linearly, mean over the seeds; or empty",
            ),
        }
        | interval("equivalent_scale", CARRIED)
        | {
            "equivalent_scale_reason": Column(
                "text",
                "`crossed`; or why it is empty: `not reached` if accuracy on noise never falls so far, "
                "`never above` if it is not above that on the set even without noise, `one scale` if it was "
                "tested on one alone",
            )
        },
        needs="sets",
    ),
    "filters": Table(
        "one row per network, filter and scale: a network that learned from no noise, on images from which "
        "the filter took noise first",
        IMAGES
        | NETWORK
        | KIND
        | {
            "filter": Column("text", f"{one_of(FILTER_NAMES)}; `{NO_FILTER}`: without a filter"),
            "bias_correction": Column(
                "integer", "1: after the bias that clipping causes had been corrected; else 0"
            ),
        }
        | SCALE,
        SEEDS
        | {"accuracy": Column("share", "share of correct answers, mean over the seeds")}
        | interval("accuracy", EITHER, "share")
        | {
            "change_from_unfiltered": Column(
                "number", "the same minus that of this network on the noisy images as they are"
            )
        }
        | interval("change_from_unfiltered", PAIRED)
        | changes_of_filters(),
        needs="filters",
    ),
    "classes": Table(
        "one row per network, draw, scale and class",
        RUN | {"class": Column("name", "true class")},
        SEEDS
        | {
            "n": Column("integer", "number of its test images"),
            "recall": Column("share", "share of them that is recognised, mean over the seeds"),
        }
        | interval("recall", EITHER, "share"),
    ),
    "losses": Table(
        "one row per network, scale and part of the lost points, from the worst classifier to the network "
        "without noise. A network of all scales has no part in them unless it is alone, but may be the best "
        "known classifier. Accuracies are on all test images; those of the ceiling's bounds are estimated: "
        "the network's, and the difference from it on the test images used for the ceiling",
        IMAGES
        | NETWORK
        | KIND
        | SCALE
        | {
            "part": Column(
                "text", "`memorised`, `unread` (without fresh noise: `memorised or unread`), `open` or `gone`"
            )
        },
        SEEDS
        | {
            "n": Column("integer", "number of test images: all, or those of the ceiling"),
            "worse": Column("text", "the classifier below: a draw (its network) or a bound of the ceiling"),
            "worse_accuracy": Column(
                "number",
                "its accuracy, mean over the seeds, estimated for all test images from paired differences; "
                "may be above 1 where the ceiling has few images",
            ),
            "better": Column(
                "text", "the classifier above, or `clean`: the network without noise, at scale 0"
            ),
            "better_accuracy": Column("number", "its accuracy, estimated in the same way"),
            "lost": Column("number", "better_accuracy minus worse_accuracy"),
        }
        | interval("lost", PAIRED),
        needs="ceiling",
    ),
    "cost": Table(
        "one row per rule, the oldest measurement first",
        {"rule": Column("text", "name of the rule")},
        {
            "jobs": Column("integer", "number of jobs so far"),
            "mean_seconds": Column("number", "mean duration of a job"),
            "total_seconds": Column("number", "sum of the durations"),
            "max_memory_mb": Column("number", "memory of the largest job, in MB of 2^20 bytes"),
        },
    ),
}


def checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table, if its columns are the declared ones and of their types, and no two rows have the same keys;
    else ValueError.
    """
    declared = TABLES[name]
    if list(table.columns) != list(declared.columns):
        raise ValueError(f"the columns of {name} are {list(table.columns)}, not {list(declared.columns)}")
    for column, (type, _) in declared.columns.items():
        about, is_of_type = TYPES[type]
        if len(table) and not is_of_type(table[column]):
            raise ValueError(f"the column {column} of {name} is not of its type: {about}")
    doubled = table[table.duplicated(list(declared.keys))]
    if len(doubled):
        raise ValueError(f"{name} has two rows of {doubled[list(declared.keys)].iloc[0].to_dict()}")
    return table


def make_table(name: str, rows: Iterable[dict[str, Any]], **identity: str) -> pd.DataFrame:
    """A table of these rows, its columns in the declared order. A row that lacks a value has none (NaN).

    identity: columns that are the same in every row.
    """
    table = pd.DataFrame(rows).assign(**identity)
    missing = [column for column in TABLES[name].columns if column not in table]
    if missing:
        raise ValueError(f"the rows of {name} have no {', '.join(missing)}")
    return checked(name, table[[*TABLES[name].columns, *table.columns.difference([*TABLES[name].columns])]])


def read_columns(columns: dict[str, Column], path: str) -> pd.DataFrame:
    """What is stored, with these columns by their types."""
    # An empty cell is no value (NaN), but in text (""), and in a name: a class may be called NA.
    names = [column for column, (type, _) in columns.items() if type == "name"]
    texts = [column for column, (type, _) in columns.items() if type == "text"]
    empty = {column: "" for column in columns if column not in names + texts}
    return pd.read_csv(path, dtype=dict.fromkeys(names + texts, str), keep_default_na=False, na_values=empty)


def read_table(name: str, path: str) -> pd.DataFrame:
    """A stored table. Raises ValueError when it is not one of this name."""
    return checked(name, read_columns(TABLES[name].columns, path))


def sort_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table sorted by its keys, and checked.

    Names of classes are not sorted: they keep the order in which each file has them.
    """
    sort = [key for key in TABLES[name].keys if key not in NAMES]
    return checked(name, table.sort_values(sort, kind="stable", ignore_index=True)[[*TABLES[name].columns]])


def merge_tables(name: str, paths: Iterable[str], **identity: str) -> pd.DataFrame:
    """All of these files in one table, sorted by the keys, whatever the order of the files.

    identity: columns that are the same in every row, and not in the files.
    """
    columns = {name: column for name, column in TABLES[name].columns.items() if name not in identity}
    parts = [read_columns(columns, path) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if list(part.columns) != list(columns):
            raise ValueError(f"the columns of {path} are {list(part.columns)}, not {list(columns)}")
    return sort_table(name, pd.concat(parts, ignore_index=True).assign(**identity))
