"""Where the lost points go, against sums done by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.intervals import student_interval
from analysis.losses import (
    accuracies_of_readers,
    best_known,
    edges,
    equivalent_scales,
    losses,
    scale_at,
)
from analysis.summaries import compare_scales

BOTH = ["fixed", "fresh"]
# Accuracy by scale, of two seeds.
FIXED = {0.0: (0.98, 0.96), 1.0: (0.70, 0.74), 2.0: (0.30, 0.32)}
FRESH = {1.0: (0.80, 0.82), 2.0: (0.40, 0.44)}
LOWER = {
    0.0: (0.95, 0.95),
    1.0: (0.78, 0.79),
    2.0: (0.50, 0.50),
}  # at 1, the network with fresh noise is better
UPPER = {0.0: (1.0, 1.0), 1.0: (0.99, 0.99), 2.0: (0.52, 0.54)}


def tables(draws, seeds=2):
    """Evaluations, with pairs of two scales among them that are not to count, and ceilings."""
    evaluations, ceilings = [], []
    for seed in range(seeds):
        for draw, accuracies in (("fixed", FIXED), ("fresh", FRESH)):
            for scale, values in accuracies.items():
                if draw in draws or scale == 0:
                    row = {"draw": draw, "train_scale": scale, "seed": seed + 1, "accuracy": 0.0}
                    own = row | {"test_scale": scale, "paired_accuracy": values[seed]}
                    evaluations += [own, row | {"test_scale": 9.0, "paired_accuracy": 0.123}]
        for end, accuracies in (("lower", LOWER), ("upper", UPPER)):
            for scale, values in accuracies.items():
                ceilings.append({"scale": scale, "seed": seed + 1, "end": end, "accuracy": values[seed]})
    return pd.DataFrame(evaluations), pd.DataFrame(ceilings)


def readers_of(draws, seeds=2):
    return accuracies_of_readers(*tables(draws, seeds), draws)


def test_readers_are_those_of_the_same_scale_and_seed():
    readers = readers_of(BOTH)
    assert list(readers.index) == [(scale, seed) for scale in FIXED for seed in (1, 2)]
    assert set(readers.columns) == {"fixed", "fresh", "lower", "upper", "clean"}
    assert readers.loc[1.0, "fixed"].tolist() == [0.70, 0.74]
    assert readers.loc[0.0, "fresh"].tolist() == [0.98, 0.96]  # clean is trained once
    assert readers.loc[2.0, "clean"].tolist() == [0.98, 0.96]


def test_the_best_known_reader_is_a_network_or_the_lower_end():
    assert best_known(readers_of(BOTH), BOTH).tolist() == ["fixed", "fresh", "lower"]
    assert best_known(readers_of(["fixed"]), ["fixed"]).tolist() == ["fixed", "lower", "lower"]


def test_parts_are_paired_differences_and_add_up():
    table = losses(readers_of(BOTH), BOTH, 1000).set_index(["scale", "part"])
    assert set(table["n"]) == {1000}
    at_2 = table.loc[2.0]
    assert list(at_2.index) == ["memorised", "unread", "open", "gone"]
    assert at_2["worse"].tolist() == ["fixed", "fresh", "lower", "upper"]
    assert at_2["better"].tolist() == ["fresh", "lower", "upper", "clean"]
    assert at_2["lost"].tolist() == pytest.approx([0.11, 0.08, 0.03, 0.44])
    memorised = at_2.loc["memorised"]
    assert (memorised["lost_low"], memorised["lost_high"]) == pytest.approx(
        student_interval(np.array([0.10, 0.12]))
    )
    # Where the network is the best known reader, nothing is unread that is known.
    assert table.loc[(1.0, "unread"), ["worse", "better", "lost"]].tolist() == ["fresh", "fresh", 0.0]
    lost = table.groupby("scale")["lost"].sum()
    clean = np.mean(FIXED[0.0])
    assert lost.tolist() == pytest.approx([0.0, clean - 0.72, clean - 0.31])
    # The upper end is above the network without noise: nothing is known to be gone.
    assert table.loc[(1.0, "gone"), "lost"] == pytest.approx(clean - 0.99)


def test_without_fresh_noise_memorised_and_unread_are_one_part():
    table = losses(readers_of(["fixed"]), ["fixed"], 1000).set_index(["scale", "part"])
    assert list(table.loc[2.0].index) == ["memorised or unread", "open", "gone"]
    assert table.loc[(2.0, "memorised or unread"), "lost"] == pytest.approx(0.5 - 0.31)


def test_without_fixed_noise_nothing_is_said_of_memory():
    table = losses(readers_of(["fresh"]), ["fresh"], 1000).set_index(["scale", "part"])
    assert list(table.loc[2.0].index) == ["unread", "open", "gone"]
    assert table.loc[(2.0, "unread"), "lost"] == pytest.approx(0.5 - 0.42)


def test_one_seed_has_no_interval():
    table = losses(readers_of(BOTH, seeds=1), BOTH, 1000)
    assert table[["lost_low", "lost_high"]].isna().all(axis=None)
    assert table.set_index(["scale", "part"]).loc[(2.0, "memorised"), "lost"] == pytest.approx(0.1)


def test_edges_stay_between_the_first_network_and_the_clean_one():
    stacked = edges(losses(readers_of(BOTH), BOTH, 1000))
    assert list(stacked.columns) == ["recognised", "memorised", "unread", "open", "gone"]
    assert stacked.loc[2.0].tolist() == pytest.approx([0.31, 0.42, 0.5, 0.53, 0.97])
    assert stacked.loc[1.0].tolist() == pytest.approx([0.72, 0.81, 0.81, 0.97, 0.97])
    assert stacked.loc[0.0].tolist() == pytest.approx([0.97] * 5)


def test_edges_of_a_reader_that_is_below_the_one_before():
    table = losses(readers_of(BOTH), BOTH, 1000)
    memorised = (table["scale"] == 2.0) & (table["part"] == "memorised")
    table.loc[memorised, "better_accuracy"] = 0.2
    assert edges(table).loc[2.0].tolist() == pytest.approx([0.31, 0.31, 0.5, 0.53, 0.97])


@pytest.mark.parametrize(
    ("accuracy", "scale"),
    [
        (0.95, 0.0),  # never so high
        (0.9, 0.0),
        (0.85, 0.5),
        (0.8, 1.0),
        (0.6, 2.5),  # the last place where it is so high
        (0.3, 4.0),
        (0.1, np.nan),
    ],
)
def test_scale_at_an_accuracy(accuracy, scale):
    found = scale_at(np.array([0.0, 1, 2, 4]), np.array([0.9, 0.8, 0.7, 0.3]), accuracy)
    assert found == pytest.approx(scale, nan_ok=True)


def test_equivalent_scales_are_means_over_the_seeds():
    found = equivalent_scales(readers_of(BOTH), BOTH)
    assert set(found) == {(draw, scale) for draw in BOTH for scale in FIXED}
    # The best known reader has 0.80 and 0.50 with seed 1, and 0.82 and 0.50 with seed 2, at scales 1 and 2.
    each = np.array([1 + 0.10 / 0.30, 1 + 0.08 / 0.32])
    low, high = student_interval(each)
    assert list(found["fixed", 1.0].values()) == pytest.approx([each.mean(), low, high])
    # The best known reader itself, and one that is worse than it at the largest scale.
    assert found["fresh", 1.0]["equivalent_scale"] == pytest.approx(1.0)
    assert np.isnan(list(found["fixed", 2.0].values())).all()


def test_comparison_has_the_equivalent_scales_or_none():
    histories = [
        {"draw": draw, "scale": scale, "seed": seed, "epoch": 1, "val_accuracy": 0.5}
        for draw, accuracies in (("fixed", FIXED), ("fresh", FRESH))
        for scale in accuracies
        for seed in (1, 2)
    ]
    histories = pd.DataFrame(histories).assign(accuracy=0.5, loss=1.0, val_loss=1.0, seconds=1.0)
    equivalents = equivalent_scales(readers_of(BOTH), BOTH)
    table = compare_scales(histories, 200, BOTH, equivalents).set_index(["draw", "scale"])
    assert table.loc[("fresh", 1.0), "equivalent_scale"] == pytest.approx(1.0)
    assert (
        table.loc[("fixed", 1.0), "equivalent_scale_low"] == equivalents["fixed", 1.0]["equivalent_scale_low"]
    )
    without = compare_scales(histories, 200, BOTH)
    assert without.filter(like="equivalent_scale").isna().all(axis=None)
    assert without.filter(like="equivalent_scale").shape[1] == 3
