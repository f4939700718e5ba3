"""Intervals against their formulas, the comparison, the paired changes and the crossing."""

import numpy as np
import pandas as pd
import pytest
from analysis.summaries import (
    accuracy_interval,
    add_wilson_intervals,
    compare_scales,
    crossing,
    last_above,
    student_interval,
    wilson_interval,
)
from scipy import stats


def history(scale, seed, accuracies, draw="fixed"):
    epochs = np.arange(1, len(accuracies) + 1)
    columns = {"draw": draw, "scale": scale, "seed": seed, "epoch": epochs}
    values = {"accuracy": 0.99, "loss": 0.1, "val_accuracy": accuracies, "val_loss": 0.2, "seconds": 1.0}
    return pd.DataFrame(columns | values)


@pytest.mark.parametrize(("right", "images"), [(9837, 10_000), (0, 200), (200, 200), (57, 200)])
def test_wilson_interval_is_the_formula(right, images):
    p, z = right / images, stats.norm.ppf(0.975)
    centre = (p + z**2 / (2 * images)) / (1 + z**2 / images)
    half = z / (1 + z**2 / images) * np.sqrt(p * (1 - p) / images + z**2 / (4 * images**2))
    assert wilson_interval(right, images) == pytest.approx((centre - half, centre + half))


def test_student_interval_is_the_formula():
    values = np.array([0.92, 0.93, 0.925, 0.94])
    half = stats.t.ppf(0.975, 3) * values.std(ddof=1) / 2
    assert student_interval(values) == pytest.approx((values.mean() - half, values.mean() + half))


def test_accuracy_interval_is_wilsons_for_one_seed_and_students_for_more():
    assert accuracy_interval(np.array([0.57]), 200) == wilson_interval(114, 200)
    values = np.array([0.92, 0.94])
    low, high = student_interval(values)
    assert high > 1
    assert accuracy_interval(values, 200) == (low, 1.0)
    assert accuracy_interval(np.array([0.9, 0.9]), 200) == (0.9, 0.9)


def test_compare_scales_takes_the_last_epoch_and_pairs_the_seeds():
    runs = [
        history(0.0, 1, [0.99, 0.98]),
        history(0.0, 2, [0.90, 0.96]),
        history(0.5, 1, [0.95, 0.93]),
        history(0.5, 2, [0.50, 0.92]),
    ]
    table = compare_scales(pd.concat(runs), 200, ["fixed"]).set_index("scale")
    assert list(table["seeds"]) == [2, 2]
    assert list(table["epochs"]) == [2, 2]
    assert table.loc[0.5, "val_accuracy"] == pytest.approx(0.925)
    assert table.loc[0.5, "change_from_clean"] == pytest.approx(((0.93 - 0.98) + (0.92 - 0.96)) / 2)
    ends = table.loc[0.5, ["change_from_clean_low", "change_from_clean_high"]]
    assert tuple(ends) == pytest.approx(student_interval(np.array([0.93 - 0.98, 0.92 - 0.96])))
    assert table.loc[0.0, "change_from_clean"] == 0
    assert table.filter(like="change_from_fixed").isna().all(axis=None)


def test_one_seed_has_changes_without_an_interval():
    table = compare_scales(pd.concat([history(0.0, 1, [0.9]), history(0.5, 1, [0.8])]), 200, ["fixed"])
    assert table["change_from_clean"].iloc[1] == pytest.approx(-0.1)
    assert table[["change_from_clean_low", "change_from_clean_high"]].isna().all(axis=None)


@pytest.mark.parametrize("draws", [["fixed", "fresh"], ["fresh"]])
def test_the_run_without_noise_belongs_to_every_draw(draws):
    runs = [history(0.0, seed, [0.9 + seed / 100]) for seed in (1, 2)]
    runs += [history(0.5, seed, [0.7 + seed / 50], "fresh") for seed in (1, 2)]
    if "fixed" in draws:
        runs += [history(0.5, seed, [0.5 + seed / 100]) for seed in (1, 2)]
    table = compare_scales(pd.concat(runs), 200, draws)
    assert list(zip(table["draw"], table["scale"], strict=True)) == [
        (draw, scale) for draw in draws for scale in (0.0, 0.5)
    ]
    fresh = table.set_index(["draw", "scale"]).loc["fresh"]
    assert fresh.loc[0.0, "val_accuracy"] == pytest.approx(0.915)
    differences = np.array([0.72 - 0.91, 0.74 - 0.92])
    assert fresh.loc[0.5, "change_from_clean"] == pytest.approx(differences.mean())
    if "fixed" in draws:
        gains = np.array([0.72 - 0.51, 0.74 - 0.52])
        row = fresh.loc[0.5, ["change_from_fixed", "change_from_fixed_low", "change_from_fixed_high"]]
        assert tuple(row) == pytest.approx((gains.mean(), *student_interval(gains)))
    else:
        assert np.isnan(fresh.loc[0.5, "change_from_fixed"])


def test_wilson_intervals_of_a_table():
    table = add_wilson_intervals(pd.DataFrame({"accuracy": [0.57, 1.0], "n": [200, 10_000]}))
    assert table.loc[0, ["accuracy_low", "accuracy_high"]].tolist() == list(wilson_interval(114, 200))
    assert table.loc[1, "accuracy_high"] == 1


def test_compare_scales_refuses_runs_of_different_lengths():
    with pytest.raises(ValueError, match="different epochs"):
        compare_scales(pd.concat([history(0.0, 1, [0.9]), history(0.5, 1, [0.9, 0.8])]), 200, ["fixed"])


@pytest.mark.parametrize(
    ("accuracies", "index", "scale"),
    [
        ([0.98, 0.93, 0.73, 0.2], 1, 0.5 + 0.5 * 0.03 / 0.20),
        ([0.98, 0.97, 0.95, 0.91], 3, None),  # never falls so far
        ([0.80, 0.95, 0.70, 0.2], None, None),  # starts below
        ([0.98, 0.85, 0.95, 0.2], 0, 0.5 * 0.08 / 0.13),  # the first fall counts
        ([0.98, 0.90, 0.80, 0.2], 0, 0.5),  # at the level is not above it
    ],
)
def test_crossing(accuracies, index, scale):
    scales = np.array([0.0, 0.5, 1.0, 2.0])
    assert last_above(scales, accuracies, 0.9) == index
    assert crossing(scales, accuracies, 0.9) == (scale if scale is None else pytest.approx(scale))
