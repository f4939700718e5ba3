"""The curves of the lab's plot."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis import classifiers, draws
from analysis.classifiers import BASELINES, CENTROID, RIDGE, STYLES
from analysis.tables import TABLES
from lab.curves import DASHES, MARKERS, curves_of, draws_of


def test_draws_look_as_in_the_figures():
    for draw in draws_of(list(draws.STYLES)):
        assert draw["colour"][0] == draws.STYLES[draw["name"]].colour
    assert [draw["name"] for draw in draws_of(["fresh", "fixed"])] == ["fixed", "fresh"]
    assert [draw["label"] for draw in draws_of(["fresh"])] == ["fresh noise"]


@pytest.mark.parametrize("style", [*draws.STYLES.values(), *STYLES.values()])
def test_every_marker_and_line_of_the_figures_has_one_on_the_page(style):
    assert style.marker in MARKERS
    assert style.line in DASHES


def test_people_have_markers_on_the_page():
    assert set(classifiers.PERSON_MARKERS) <= set(MARKERS)


def test_curves_have_the_numbers_of_the_tables():
    def table(name, rows):
        return pd.DataFrame(rows, columns=list(TABLES[name].columns))

    rows = [
        {"draw": "fixed", "scale": scale, "train_accuracy": 0.9, "val_accuracy": 0.8}
        | {"val_accuracy_low": 0.7, "val_accuracy_high": np.nan}
        for scale in (0.0, 1.0)
    ]
    accuracies = [
        {"classifier": name, "kind": "gaussian", "scale": scale, "seed": 1, "correct": 50, "n": 100}
        for scale in (0.0, 1.0)
        for name in BASELINES
    ]
    accuracies.append(
        {"classifier": "people/ann.csv", "kind": "gaussian", "scale": 1.0, "correct": 2, "n": 8}
    )
    tables = {"comparison": table("comparison", rows), "accuracies": table("accuracies", accuracies)}
    curves = {curve["name"]: curve for curve in curves_of(tables)}
    assert curves["fixed noise"]["rows"] == [[0.0, 0.8, 0.7, None], [1.0, 0.8, 0.7, None]]
    assert curves["training, fixed noise"]["rows"][0] == [0.0, 0.9, None, None]
    assert "fresh noise" not in curves and "ceiling" not in curves
    assert [row[:2] for row in curves["ann"]["rows"]] == [[1.0, 0.25]]
    assert not curves[STYLES[RIDGE].label]["shown"] and curves[STYLES[CENTROID].label]["shown"]
    json.dumps(list(curves.values()), allow_nan=False)
