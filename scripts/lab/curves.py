"""The curves of the lab's plot, from the tables."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.answer import BASELINE
from analysis.summaries import mean_accuracies

# What a draw of the noise is called, and how its curve looks. Two colours: on a light page, as in the figures
# (Okabe & Ito 2008), and on a dark one. The page names no draw by itself.
DRAWS = {
    "fixed": {"label": "fixed noise", "colour": ["#0072B2", "#5DB7EC"], "marker": "circle", "dash": "none"},
    "fresh": {"label": "fresh noise", "colour": ["#D55E00", "#FF9A57"], "marker": "diamond", "dash": "none"},
}
MAX_MARKERS = 30  # on one curve, as in the figures
PEOPLE_MARKERS = ("plus", "cross", "diamond", "square")


def draws_of(names: list[str]) -> list[dict[str, Any]]:
    """The draws with these names, in the order of DRAWS: name, label, colour, marker, dash."""
    return [{"name": name, **style} for name, style in DRAWS.items() if name in names]


def curve_rows(table: pd.DataFrame, value: str, interval: bool = True) -> list[list[float | None]]:
    """[scale, accuracy, low, high] of every row; low and high are None where there is no interval."""
    rows = []
    for row in table.to_dict("records"):
        bounds = [row[f"{value}_{bound}"] if interval else None for bound in ("low", "high")]
        rows.append(
            [
                row["scale"],
                row[value],
                *(None if bound is None or np.isnan(bound) else bound for bound in bounds),
            ]
        )
    return rows


def curves_of(tables: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The curves of the plot, as scripts/lab/browser/plot.js takes them, from comparison, baselines, and, if
    they are there, ceilings and people.
    """
    curves: list[dict[str, Any]] = []
    if "ceilings" in tables:
        ends = mean_accuracies(tables["ceilings"], "end")
        rows = {end: curve_rows(ends[ends["end"] == end], "accuracy") for end in ("lower", "upper")}
        style = {"style": "ceiling", "dash": "none", "shown": True}
        curves.append(
            {
                "name": "ceiling",
                "label": "ceiling, both bounds",
                "marker": None,
                **style,
                "band": list(rows.values()),
            }
        )
        for end, marker in (("lower", "up"), ("upper", "down")):
            name = f"{end} bound of the ceiling"
            curves.append({"name": name, "marker": marker, **style, "partner": "ceiling", "rows": rows[end]})
    means = mean_accuracies(tables["baselines"], "method")
    for index, method in enumerate(means["method"].unique()):
        rows = means[means["method"] == method]
        if method == "chance":
            style = {"marker": None, "dash": "1 4", "shown": True}
        else:
            style = {
                "marker": ("square", "diamond", "down")[index % 3],
                "dash": "6 3",
                "shown": method == BASELINE,
            }
        name = method.replace("_", " ")
        curves.append({"name": name, "style": "baseline", **style, "rows": curve_rows(rows, "accuracy")})
    comparison = tables["comparison"]
    for draw in reversed(DRAWS):
        rows = comparison[comparison["draw"] == draw]
        if rows.empty:
            continue
        label = DRAWS[draw]["label"]
        training = {"name": f"training, {label}", "draw": draw, "training": True, "shown": False}
        training |= {"style": f"draw {draw} hollow", "marker": "square", "dash": "4 3"}
        curves.append(training | {"rows": curve_rows(rows, "train_accuracy", interval=False)})
        tested = {"name": label, "label": f"networks, {label}", "draw": draw, "shown": True}
        tested |= {"style": f"draw {draw}"}  # its marker, dash and colour are those of the draw
        curves.append(tested | {"rows": curve_rows(rows, "val_accuracy")})
    if "people" in tables:
        people = mean_accuracies(tables["people"], "person")
        for index, person in enumerate(people["person"].unique()):
            style = {"style": "person", "marker": PEOPLE_MARKERS[index % len(PEOPLE_MARKERS)], "dash": "2 3"}
            rows = curve_rows(people[people["person"] == person], "accuracy")
            curves.append({"name": person, **style, "shown": True, "rows": rows})
    return curves
