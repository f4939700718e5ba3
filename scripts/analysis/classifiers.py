"""The classifiers beside the networks: their names in the table `accuracies`, and how they look.

A classifier is whatever says which class a noisy image is of. A network has the name that the configuration
gives it, and a person that of their file, people/<name>.csv. A network after filters has both names, as
`mlp after median`.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis import draws
from analysis.intervals import accuracy_interval
from experiment.counts import BASELINES, BOUNDS
from experiment.filters import AFTER

CHANCE, CENTROID, RIDGE = BASELINES
LOWER, UPPER = BOUNDS
PEOPLE = "people/"


class Style(NamedTuple):
    """label: for people. colour, marker, line: of matplotlib."""

    label: str
    colour: str
    marker: str
    line: str


GREY, GREEN, PURPLE = "#555555", "#009E73", "#CC79A7"  # the last two are of Okabe & Ito (analysis/draws.py)
STYLES = {
    CHANCE: Style("chance", GREY, "", "-."),
    CENTROID: Style("nearest centroid", GREY, "s", "--"),
    RIDGE: Style("ridge regression", GREY, "v", ":"),
    LOWER: Style("lower bound of the ceiling", GREEN, "^", "-"),
    UPPER: Style("upper bound of the ceiling", GREEN, "v", "-"),
}
# Of several networks, on a light page and on a dark one: of Okabe & Ito too, and two of Tol (2021, "muted").
NETWORK_COLOURS = (
    ("#0072B2", "#5DB7EC"),
    ("#D55E00", "#FF9A57"),
    ("#332288", "#A79BF0"),
    ("#E69F00", "#F2BC4B"),
    ("#882255", "#E07BAE"),
    ("#56B4E9", "#8FD0F5"),
)
PERSON_MARKERS = "PXDs"
MAX_MARKERS = 30  # on one curve; of a longer one, the line alone is drawn


def network_style(network: str, draw: str | None, networks: list[str]) -> draws.Style:
    """How the curve of a network looks. draw: None for a pretrained network. networks: all of them.

    One alone has the colour of its draw. Of several each has a colour, and the draw is told by marker and
    line.
    """
    style = draws.STYLES.get(draw, draws.Style("#000000", "#FFFFFF", "s", "-", ""))
    if len(networks) == 1:
        return style._replace(line="-")
    colour, on_dark = NETWORK_COLOURS[networks.index(network) % len(NETWORK_COLOURS)]
    return style._replace(colour=colour, on_dark=on_dark)


def is_person(classifiers: pd.Series) -> pd.Series:
    """Which of these names are of people."""
    return classifiers.str.startswith(PEOPLE)


def person_label(classifier: str) -> str:
    """The name of a person, without folder and suffix."""
    return Path(classifier).stem


def is_filtered(classifiers: pd.Series) -> pd.Series:
    """Which of these names are of networks after a filter."""
    return classifiers.str.contains(AFTER, regex=False) & ~is_person(classifiers)


def is_network(classifiers: pd.Series) -> pd.Series:
    """Which of these names are of networks, without a filter."""
    return ~(classifiers.isin(STYLES) | is_person(classifiers) | is_filtered(classifiers))


def on_noise(accuracies: pd.DataFrame) -> pd.DataFrame:
    """The rows on test images with noise, or with none. Those on test sets of people's own have no scale."""
    return accuracies[accuracies["scale"].notna()]


def on_own_kind(accuracies: pd.DataFrame) -> pd.Series:
    """Which rows are on the sweep's own kind of noise: all noise that others than networks are tested on."""
    others = on_noise(accuracies[~is_network(accuracies["classifier"])])
    return accuracies["scale"].notna() & accuracies["kind"].isin(others["kind"])


def own_scale(accuracies: pd.DataFrame) -> pd.DataFrame:
    """The rows of classifiers on noise of the kind and scale that they learned from, and of all that did not
    learn from one scale, on the sweep's own kind of noise. One that learned from all scales is there at each.
    """
    same = (accuracies["train_scale"] == accuracies["scale"]) & (
        accuracies["train_kind"] == accuracies["kind"]
    )
    return accuracies[same | (accuracies["train_scale"].isna() & on_own_kind(accuracies))]


def networks_at_own_scale(accuracies: pd.DataFrame) -> pd.DataFrame:
    """The rows of networks on noise of the kind and scale that they learned from."""
    own = own_scale(accuracies)
    return own[is_network(own["classifier"])]


def mean_accuracies(accuracies: pd.DataFrame) -> pd.DataFrame:
    """Mean accuracy over the seeds and its interval, one row per classifier, draw and scale.

    accuracies: rows of own_scale. Columns: classifier, draw, scale, accuracy, accuracy_low, accuracy_high.
    """
    rows = []
    keys = ["classifier", "draw", "scale"]
    for key, seeds in accuracies.groupby(keys, sort=True, dropna=False):
        low, high = accuracy_interval(seeds["correct"].to_numpy(), int(seeds["n"].iloc[0]))
        mean = (seeds["correct"] / seeds["n"]).mean()
        rows.append(
            dict(zip(keys, key, strict=True)) | {"accuracy": mean, "accuracy_low": low, "accuracy_high": high}
        )
    return pd.DataFrame(rows, columns=[*keys, "accuracy", "accuracy_low", "accuracy_high"])
