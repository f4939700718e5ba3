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
    own_scale,
    person_label,
)
from analysis.draws import ONE_SCALE
from analysis.draws import STYLES as DRAWS

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


def draws_of(names: list[str]) -> list[dict[str, Any]]:
    """The draws with these names, in their order: name, label, colour (on a light and a dark page), marker,
    dash.
    """
    return [
        {
            "name": name,
            "label": f"{name} noise",
            "colour": [style.colour, style.on_dark],
            "marker": MARKERS[style.marker],
            "dash": DASHES[style.line],
        }
        for name, style in DRAWS.items()
        if name in names
    ]


def curve_rows(table: pd.DataFrame, value: str, interval: bool = True) -> list[list[float | None]]:
    """[scale, accuracy, low, high] of every row; low and high are None where there is no interval."""
    rows = []
    for row in table.to_dict("records"):
        limits = [row[f"{value}_{limit}"] if interval else np.nan for limit in ("low", "high")]
        rows.append([row["scale"], row[value], *(None if np.isnan(limit) else limit for limit in limits)])
    return rows


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
    comparison = tables["comparison"]
    for draw in reversed(draws_of([*comparison["draw"].unique()])):
        table, name, label = comparison[comparison["draw"] == draw["name"]], draw["name"], draw["label"]
        if name in ONE_SCALE:  # else training accuracy is one number, a mean over all scales
            training = {"name": f"training, {label}", "draw": name, "training": True, "shown": False}
            training |= {"style": f"draw {name} hollow", "marker": "square", "dash": "4 3"}
            curves.append(training | {"rows": curve_rows(table, "train_accuracy", interval=False)})
        networks = "networks" if name in ONE_SCALE else "network"
        tested = {"name": label, "label": f"{networks}, {label}", "draw": name, "shown": True}
        tested |= {"style": f"draw {name}"}  # its marker, dash and colour are those of the draw
        curves.append(tested | {"rows": curve_rows(table, "val_accuracy")})
    people = means.loc[is_person(means["classifier"]), "classifier"].unique()
    for index, person in enumerate(people):
        marker = MARKERS[PERSON_MARKERS[index % len(PERSON_MARKERS)]]
        style = {"style": "person", "marker": marker, "dash": "2 3", "shown": True}
        curves.append({"name": person_label(person), **style, "rows": rows[person]})
    return curves
