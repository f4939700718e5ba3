"""The curves of the lab's plot, from the tables."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.classifiers import (
    CENTROID,
    CHANCE,
    LOWER,
    PERSON_MARKERS,
    RIDGE,
    STYLES,
    UPPER,
    is_person,
    mean_accuracies,
    network_style,
    own_scale,
    person_label,
)
from analysis.draws import ONE_SCALE
from lab.words import curve_name

# Of matplotlib's markers and lines, the page's own: the names of scripts/lab/browser/plot.js, and dashes of
# SVG.
MARKERS = {
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "^": "up",
    "v": "down",
    "X": "cross",
    "P": "plus",
    "": None,
}
DASHES = {"-": "none", "--": "6 3", ":": "2 3", "-.": "1 4"}


def curve_rows(table: pd.DataFrame, value: str, interval: bool = True) -> list[list[float | None]]:
    """[scale, accuracy, low, high] of every row; low and high are None where there is no interval."""
    rows = []
    for row in table.to_dict("records"):
        limits = [row[f"{value}_{limit}"] if interval else np.nan for limit in ("low", "high")]
        rows.append([row["scale"], row[value], *(None if np.isnan(limit) else limit for limit in limits)])
    return rows


def curves_of_networks(comparison: pd.DataFrame) -> list[dict[str, Any]]:
    """The curves of every network and draw, the first ones last, so that they are drawn on top.

    comparison: the table. What was not trained on one scale at a time has no training curve.
    """
    networks, curves = [*comparison["network"].unique()], []
    for (network, draw), rows in reversed([*comparison.groupby(["network", "draw"], sort=False)]):
        name, style = curve_name(network, draw, networks), network_style(network, draw, networks)
        look = {"network": network, "draw": draw, "marker": MARKERS[style.marker]}
        look |= {"colour": [style.colour, style.on_dark], "style": f"network {draw}"}
        if draw in ONE_SCALE:  # else training accuracy is one number for all scales, or none
            training = look | {"name": f"training, {name}", "training": True, "shown": False, "dash": "4 3"}
            training |= {"style": f"{look['style']} hollow"}
            curves.append(training | {"rows": curve_rows(rows, "train_accuracy", interval=False)})
        trained = "networks" if draw in ONE_SCALE else "network"
        label = f"{trained}, {name}" if len(networks) == 1 and draw else name
        tested = look | {"name": name, "label": label, "shown": True, "dash": DASHES[style.line]}
        curves.append(tested | {"rows": curve_rows(rows, "val_accuracy")})
    return curves


def curves_of(tables: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The curves of the plot, as scripts/lab/browser/plot.js takes them, from accuracies and comparison."""
    means = mean_accuracies(own_scale(tables["accuracies"]))
    rows = {name: curve_rows(table, "accuracy") for name, table in means.groupby("classifier", sort=False)}

    def curve(classifier: str, style: str, shown: bool = True, **more: Any) -> dict[str, Any]:
        marker, dash = MARKERS[STYLES[classifier].marker], DASHES[STYLES[classifier].line]
        look = {"name": STYLES[classifier].label, "style": style, "marker": marker, "dash": dash}
        return look | {"shown": shown, "rows": rows[classifier]} | more

    curves: list[dict[str, Any]] = []
    if LOWER in rows:
        band = {"name": "ceiling", "label": "ceiling, both bounds", "style": "ceiling", "marker": None}
        curves.append(band | {"dash": "none", "shown": True, "band": [rows[LOWER], rows[UPPER]]})
        curves += [curve(bound, "ceiling", partner="ceiling") for bound in (LOWER, UPPER)]
    curves += [curve(classifier, "baseline", classifier != RIDGE) for classifier in (CHANCE, CENTROID, RIDGE)]
    curves += curves_of_networks(tables["comparison"])
    people = means.loc[is_person(means["classifier"]), "classifier"].unique()
    for index, person in enumerate(people):
        marker = MARKERS[PERSON_MARKERS[index % len(PERSON_MARKERS)]]
        style = {"style": "person", "marker": marker, "dash": "2 3", "shown": True}
        curves.append({"name": person_label(person), **style, "rows": rows[person]})
    return curves
