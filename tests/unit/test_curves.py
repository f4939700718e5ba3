"""The curves of the lab's plot."""

import json

import numpy as np
import pandas as pd

from analysis import figures
from analysis.answer import BASELINE
from analysis.tables import TABLES
from lab.curves import DRAWS, MAX_MARKERS, curves_of, draws_of


def test_draws_look_as_in_the_figures():
    assert {name: draw["colour"][0] for name, draw in DRAWS.items()} == figures.COLOURS
    assert MAX_MARKERS == figures.MOST_MARKERS
    assert [draw["name"] for draw in draws_of(["fresh", "fixed"])] == ["fixed", "fresh"]
    assert [draw["label"] for draw in draws_of(["fresh"])] == ["fresh noise"]


def test_curves_have_the_numbers_of_the_tables():
    def table(name, rows):
        return pd.DataFrame(rows, columns=list(TABLES[name].columns))

    rows = [
        {"draw": "fixed", "scale": scale, "train_accuracy": 0.9, "val_accuracy": 0.8}
        | {"val_accuracy_low": 0.7, "val_accuracy_high": np.nan}
        for scale in (0.0, 1.0)
    ]
    baselines = [
        {"scale": scale, "seed": 1, "method": method, "accuracy": 0.5, "n": 100}
        for scale in (0.0, 1.0)
        for method in ("chance", BASELINE, "ridge_regression")
    ]
    people = [{"person": "ann", "scale": 1.0, "accuracy": 0.25, "n": 8}]
    tables = {"comparison": table("comparison", rows), "baselines": table("baselines", baselines)}
    curves = {curve["name"]: curve for curve in curves_of(tables | {"people": table("people", people)})}
    assert curves["fixed noise"]["rows"] == [[0.0, 0.8, 0.7, None], [1.0, 0.8, 0.7, None]]
    assert curves["training, fixed noise"]["rows"][0] == [0.0, 0.9, None, None]
    assert "fresh noise" not in curves and "ceiling" not in curves
    assert [row[:2] for row in curves["ann"]["rows"]] == [[1.0, 0.25]]
    assert (
        curves["ridge regression"]["shown"] is False and curves[BASELINE.replace("_", " ")]["shown"] is True
    )
    json.dumps(list(curves.values()), allow_nan=False)
