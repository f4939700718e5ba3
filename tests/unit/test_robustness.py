"""Crossings, areas and corruption errors of networks, and recall of digits, against sums done by hand."""

import numpy as np
import pandas as pd
import pytest
from analysis.robustness import area_under_curve, class_recall, crossing_or_why, robustness
from analysis.summaries import wilson_interval

SCALES = np.array([0.0, 1.0, 4.0])


def evaluations(draw, train_scale, accuracies, seed=1):
    rows = {"draw": draw, "train_scale": train_scale, "test_scale": SCALES, "seed": seed}
    return pd.DataFrame(rows | {"accuracy": accuracies, "loss": 1.0, "n": 200})


@pytest.fixture
def pairs():
    return pd.concat(
        [
            evaluations("fixed", 0.0, [0.98, 0.50, 0.10]),
            evaluations("fixed", 1.0, [0.95, 0.92, 0.30]),
            evaluations("fixed", 4.0, [0.70, 0.60, 0.20]),
            evaluations("fresh", 1.0, [0.97, 0.94, 0.40]),
            evaluations("fresh", 4.0, [0.80, 0.70, 0.30]),
        ]
    )


def test_one_row_per_network_and_one_for_all_of_them_matched(pairs):
    table = robustness(pairs, ["fixed", "fresh"])
    rows = list(zip(table["draw"], table["train_scale"], strict=True))
    assert rows == [(draw, scale) for draw in ("fixed", "fresh") for scale in (0.0, 1.0, 4.0, "matched")]
    table = table.set_index(["draw", "train_scale"])
    # Linear between (0, 0.98) and (1, 0.50), and so on.
    assert table.loc[("fixed", 0.0), "scale_at_90_percent"] == pytest.approx(0.08 / 0.48, abs=1e-4)
    assert table.loc[("fixed", 1.0), "scale_at_90_percent"] == pytest.approx(1 + 3 * 0.02 / 0.62, abs=1e-4)
    assert table.loc[("fixed", 4.0), "scale_at_90_percent"] == "never above"
    assert table.loc[("fixed", 1.0), "scale_half_way_to_chance"] == pytest.approx(2.9113, abs=1e-4)
    assert table.loc[("fixed", 0.0), "corruption_error"] == 1
    assert table.loc[("fixed", 1.0), "corruption_error"] == pytest.approx((0.08 + 0.70) / (0.50 + 0.90))
    assert table.loc[("fresh", "matched"), "corruption_error"] == pytest.approx((0.06 + 0.70) / 1.40)
    # On the axis of square roots the scales lie at 0, 1 and 2.
    assert table.loc[("fixed", "matched"), "area"] == pytest.approx((0.95 + 0.56) / 2)


def test_networks_are_compared_with_the_clean_one_of_their_own_seed(pairs):
    other = pd.concat([evaluations("fixed", scale, [0.9, 0.8, 0.7], seed=2) for scale in SCALES])
    table = robustness(pd.concat([pairs, other]), ["fixed"]).set_index(["seed", "train_scale"])
    assert table.loc[(2, 4.0), "corruption_error"] == pytest.approx(1)
    assert table.loc[(1, 4.0), "corruption_error"] == pytest.approx(1.2 / 1.4)


def test_a_single_scale_and_curves_that_never_fall():
    alone = evaluations("fixed", 0.0, 0.98).query("test_scale == 0")
    row = robustness(alone, ["fixed"]).iloc[0]
    assert row["area"] == 0.98
    assert row["scale_at_90_percent"] == "not reached"
    assert np.isnan(row["corruption_error"])
    assert crossing_or_why(SCALES, np.array([0.99, 0.98, 0.97]), 0.9) == "not reached"
    assert area_under_curve(SCALES, np.ones(3)) == 1


def test_recall_of_digits():
    rows = [
        ("fixed", 0.0, seed, digit, predicted, n)
        for seed, right in ((1, 45), (2, 40))
        for digit, predicted, n in [(3, 3, right), (3, 5, 50 - right), (5, 5, 20), (5, 3, 0), (7, 7, 0)]
    ]
    confusion = pd.DataFrame(rows, columns=["draw", "scale", "seed", "class", "predicted", "n"])
    table = class_recall(confusion, ["fixed"]).set_index("class")
    assert list(table.index) == [3, 5]  # there is no image of a 7
    assert table.loc[3, "recall"] == pytest.approx(0.85)
    assert table.loc[3, "seeds"] == 2
    assert table.loc[5, ["recall", "recall_low", "recall_high"]].tolist() == [1, 1, 1]
    one = class_recall(confusion[confusion["seed"] == 1], ["fixed"]).set_index("class")
    assert one.loc[3, ["recall_low", "recall_high"]].tolist() == list(wilson_interval(45, 50))
