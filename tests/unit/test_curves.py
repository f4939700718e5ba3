"""The curves of the lab's plot."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis import classifiers, draws
from analysis.classifiers import BASELINES, CENTROID, RIDGE, STYLES
from analysis.tables import TABLES
from lab.curves import DASHES, MARKERS, curves_of, curves_of_networks


def comparison_of(*networks):
    """Rows of (network, draw) at two scales."""
    rows = [
        {"network": network, "draw": draw, "scale": scale, "train_accuracy": 0.9, "val_accuracy": 0.8}
        for network, draw in networks
        for scale in (0.0, 1.0)
    ]
    return pd.DataFrame(rows, columns=list(TABLES["comparison"].columns))


def test_one_network_looks_as_its_draws_in_the_figures():
    curves = curves_of_networks(comparison_of(("mlp", "fixed"), ("mlp", "fresh"), ("mlp", "mixed")))
    tested = [curve for curve in curves if not curve.get("training")]
    assert [(curve["name"], curve["label"]) for curve in tested] == [
        ("mixed noise", "network, mixed noise"),
        ("fresh noise", "networks, fresh noise"),
        ("fixed noise", "networks, fixed noise"),
    ]
    for curve in curves:
        style = draws.STYLES[curve["draw"]]
        assert (curve["colour"], curve["marker"]) == ([style.colour, style.on_dark], MARKERS[style.marker])
    assert {curve["dash"] for curve in tested} == {"none"}
    assert [curve["draw"] for curve in curves if curve.get("training")] == ["fresh", "fixed"]


def test_several_networks_are_told_by_colour_and_their_draws_by_marker_and_line():
    given = [("cnn", "fixed"), ("cnn", "fresh"), ("mlp", "fixed"), ("mlp", "fresh"), ("theirs", "")]
    curves = curves_of_networks(comparison_of(*given))
    names = [curve["name"] for curve in curves]
    assert names[:3] == ["theirs", "training, mlp, fresh noise", "mlp, fresh noise"]
    assert len(names) == 9  # what is pretrained has no training curve
    assert [curve["shown"] for curve in curves] == [not curve.get("training", False) for curve in curves]
    tested = {(curve["network"], curve["draw"]): curve for curve in curves if not curve.get("training")}
    for network in ("cnn", "mlp"):
        fixed, fresh = tested[network, "fixed"], tested[network, "fresh"]
        assert fixed["colour"] == fresh["colour"]
        assert fixed["marker"] != fresh["marker"] and fixed["dash"] != fresh["dash"]
    assert len({curve["colour"][0] for curve in curves}) == 3
    json.dumps(curves, allow_nan=False)


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
        {"network": "mlp", "draw": "fixed", "scale": scale, "train_accuracy": 0.9, "val_accuracy": 0.8}
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
