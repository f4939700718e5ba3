"""Intervals against their formulas, the comparison, the crossing and the sentence."""

import numpy as np
import pandas as pd
import pytest
from _comparison import (
    accuracy_interval,
    answer,
    compare_scales,
    crossing,
    last_above,
    student_interval,
    wilson_interval,
)
from compare_scales import merge_histories
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
    table = compare_scales(pd.concat(runs), test_images=200).set_index("scale")
    assert list(table["seeds"]) == [2, 2]
    assert list(table["epochs"]) == [2, 2]
    assert table.loc[0.5, "val_accuracy"] == pytest.approx(0.925)
    assert table.loc[0.5, "change_from_clean"] == pytest.approx(((0.93 - 0.98) + (0.92 - 0.96)) / 2)
    assert table.loc[0.0, "change_from_clean"] == 0


def test_compare_scales_refuses_runs_of_different_lengths():
    with pytest.raises(ValueError, match="different epochs"):
        compare_scales(pd.concat([history(0.0, 1, [0.9]), history(0.5, 1, [0.9, 0.8])]), 200)


def test_merge_sorts_whatever_the_order_of_the_files(tmp_path):
    runs = {(scale, seed): history(scale, seed, [0.5, 0.6]) for scale in (0.0, 10.0, 2.0) for seed in (10, 9)}
    paths = []
    for number, run in enumerate(runs.values()):
        paths.append(tmp_path / f"{number}.csv")
        run.to_csv(paths[-1], index=False)
    merged = merge_histories(paths[::-1])
    assert len(merged) == sum(map(len, runs.values()))
    assert merged[["scale", "seed", "epoch"]].apply(tuple, axis=1).is_monotonic_increasing


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


@pytest.mark.parametrize(
    ("accuracies", "words"),
    [
        ([0.98, 0.93, 0.73], ["stays above 90 % up to noise scale 0.5 (93.0 %)", "near scale 0.58."]),
        ([0.98, 0.95, 0.91], ["at every scale tried, up to 1, where it is 91.0 %."]),
        ([0.80, 0.50, 0.20], ["not above 90 % even without noise: it is 80.0 % there."]),
    ],
)
def test_answer(accuracies, words):
    runs = [history(scale, 1, [0.5, value]) for scale, value in zip([0.0, 0.5, 1.0], accuracies, strict=True)]
    sentence = answer(compare_scales(pd.concat(runs), 200))
    assert sentence.startswith("With fixed noise, validation accuracy after 2 epochs (one seed) ")
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
