"""What many runs say together, against sums done by hand: scales, networks, classes, baselines."""

import numpy as np
import pandas as pd
import pytest

from analysis.intervals import student_interval, wilson_interval
from analysis.summaries import (
    area_under_curve,
    class_recall,
    compare_kinds,
    compare_scales,
    crossing,
    crossing_or_why,
    for_each_draw,
    last_above,
    mean_accuracies,
    robustness,
)


def history(scale, seed, accuracies, draw="fixed"):
    epochs = np.arange(1, len(accuracies) + 1)
    columns = {"draw": draw, "scale": scale, "seed": seed, "epoch": epochs}
    values = {"accuracy": 0.99, "loss": 0.1, "val_accuracy": accuracies, "val_loss": 0.2, "seconds": 1.0}
    return pd.DataFrame(columns | values)


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
        assert table[table.filter(like="change_from_fixed").columns].isna().all(axis=None)


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


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [([0.99, 0.98, 0.97], "not reached"), ([0.8, 0.99, 0.7], "never above"), ([0.95, 0.85, 0.2], 0.5)],
)
def test_a_level_that_is_not_crossed_has_its_reason(accuracies, said):
    found = crossing_or_why(np.array([0.0, 1.0, 4.0]), np.array(accuracies), 0.9)
    assert found == (said if isinstance(said, str) else pytest.approx(said))


def test_each_draw_has_its_own_rows_and_the_clean_ones():
    table = pd.DataFrame([("fixed", 0.0), ("fixed", 0.5), ("fresh", 0.5)], columns=["draw", "scale"])
    table["row"] = [1, 2, 3]
    for draws, rows in [
        (["fixed"], [1, 2]),
        (["fresh"], [1, 3]),
        (["fixed", "fresh"], [1, 2, 1, 3]),
        (["fresh", "fixed"], [1, 3, 1, 2]),
    ]:
        counted = for_each_draw(table, draws)
        assert counted["row"].tolist() == rows
        assert counted["draw"].tolist() == [draw for draw in draws for _ in range(2)]
    assert table["draw"].tolist() == ["fixed", "fixed", "fresh"]  # is left as it was


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
    table = robustness(pairs, 0.1, ["fixed", "fresh"])
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


def test_half_way_to_chance_is_that_of_the_classes(pairs):
    """With a chance of 0.3 the half way of 0.95 is 0.625, between (1, 0.92) and (4, 0.30)."""
    table = robustness(pairs, 0.3, ["fixed"]).set_index("train_scale")
    expected = 1 + 3 * (0.92 - 0.625) / (0.92 - 0.30)
    assert table.loc[1.0, "scale_half_way_to_chance"] == pytest.approx(expected, abs=1e-4)


def test_networks_are_compared_with_the_clean_one_of_their_own_seed(pairs):
    other = pd.concat([evaluations("fixed", scale, [0.9, 0.8, 0.7], seed=2) for scale in SCALES])
    table = robustness(pd.concat([pairs, other]), 0.1, ["fixed"]).set_index(["seed", "train_scale"])
    assert table.loc[(2, 4.0), "corruption_error"] == pytest.approx(1)
    assert table.loc[(1, 4.0), "corruption_error"] == pytest.approx(1.2 / 1.4)


def test_of_many_scales_only_those_count_on_which_every_network_was_tested(pairs):
    """But the matched row has all of them."""
    own = pd.DataFrame([{"draw": "fixed", "train_scale": 2.0, "test_scale": 2.0, "seed": 1, "accuracy": 0.5}])
    chosen = evaluations("fixed", 2.0, [0.9, 0.8, 0.4])
    table = robustness(pd.concat([pairs, chosen, own]), 0.1, ["fixed"]).set_index("train_scale")
    assert table.loc[2.0, "area"] == pytest.approx((0.85 + 0.6) / 2)
    assert table.loc[1.0, "corruption_error"] == pytest.approx((0.08 + 0.70) / (0.50 + 0.90))
    x, y = np.sqrt([0, 1, 2, 4]), [0.98, 0.92, 0.5, 0.2]
    assert table.loc["matched", "area"] == pytest.approx(np.trapezoid(y, x) / 2)


def test_a_single_scale_and_curves_that_never_fall():
    alone = evaluations("fixed", 0.0, 0.98).query("test_scale == 0")
    row = robustness(alone, 0.1, ["fixed"]).iloc[0]
    assert row["area"] == 0.98
    assert row["scale_at_90_percent"] == "not reached"
    assert np.isnan(row["corruption_error"])
    assert area_under_curve(SCALES, np.ones(3)) == 1


def confusion(names=("3", "5", "7")):
    """Of two seeds: 50 images of the first class, 20 of the second, none of the third."""
    a, b, c = names
    rows = [
        ("fixed", 0.0, seed, name, predicted, n)
        for seed, right in ((1, 45), (2, 40))
        for name, predicted, n in [(a, a, right), (a, b, 50 - right), (b, b, 20), (b, a, 0), (c, c, 0)]
    ]
    return pd.DataFrame(rows, columns=["draw", "scale", "seed", "class", "predicted", "n"])


def test_recall_of_classes():
    table = class_recall(confusion(), ["fixed"]).set_index("class")
    assert list(table.index) == ["3", "5"]  # there is no image of a 7
    assert table.loc["3", "recall"] == pytest.approx(0.85)
    assert table.loc["3", ["seeds", "n"]].tolist() == [2, 50]
    assert table.loc["5", ["recall", "recall_low", "recall_high"]].tolist() == [1, 1, 1]
    one = class_recall(confusion().query("seed == 1"), ["fixed"]).set_index("class")
    assert one.loc["3", ["recall_low", "recall_high"]].tolist() == list(wilson_interval(45, 50))


def test_classes_keep_the_order_of_the_data_set():
    table = class_recall(confusion(("trouser", "bag", "coat")), ["fresh", "fixed"])
    assert table["class"].tolist() == ["trouser", "bag"] * 2
    assert table["draw"].tolist() == ["fresh"] * 2 + ["fixed"] * 2


def test_baselines_are_means_over_the_seeds():
    rows = []
    for scale in (0.5, 0.0):
        for seed, accuracy in ((1, 0.8), (2, 0.6)):
            place = {"scale": scale, "seed": seed, "n": 200}
            low, high = wilson_interval(round(200 * accuracy), 200)
            measured = {"accuracy": accuracy, "accuracy_low": low, "accuracy_high": high}
            rows.append(place | {"method": "a"} | measured)
    table = mean_accuracies(pd.DataFrame(rows), "method").set_index(["method", "scale"])
    assert list(table.index) == [("a", 0.0), ("a", 0.5)]
    assert table.loc[("a", 0.5), "accuracy"] == pytest.approx(0.7)
    low, high = student_interval(np.array([0.8, 0.6]))
    ends = table.loc[("a", 0.5), ["accuracy_low", "accuracy_high"]]
    assert ends.tolist() == pytest.approx([max(low, 0), min(high, 1)])
    one = mean_accuracies(pd.DataFrame(rows).query("seed == 1"), "method").set_index(["method", "scale"])
    assert tuple(one.loc[("a", 0.0), ["accuracy_low", "accuracy_high"]]) == wilson_interval(160, 200)


def test_kinds_are_averaged_over_their_scales_and_paired_with_the_clean_network_of_the_seed():
    def tests(train_scale, seed, own, other):
        row = {"draw": "fixed", "train_scale": train_scale, "seed": seed}
        found = [row | {"kind": "gaussian", "test_scale": 0.0, "accuracy": 0.99}]  # which does not count
        found += [row | {"kind": "gaussian", "test_scale": 1.0, "accuracy": own}]
        for scale, more in ((0.2, 0.1), (0.4, -0.1)):
            found.append(row | {"kind": "shot", "test_scale": scale, "accuracy": other + more})
        return found

    rows = [
        *tests(0.0, 1, 0.5, 0.6),
        *tests(0.0, 2, 0.5, 0.7),
        *tests(1.0, 1, 0.9, 0.8),
        *tests(1.0, 2, 0.8, 0.7),
    ]
    # Of a network that is tested at one scale more than the others, this scale does not count.
    rows.append(rows[-1] | {"kind": "gaussian", "test_scale": 1.5, "accuracy": 0.0})
    table = compare_kinds(pd.DataFrame(rows), ["fixed"]).set_index(["train_scale", "kind"])
    assert table["seeds"].tolist() == [2] * 4
    assert table["scales"].to_dict() == {
        (s, k): n for s in (0.0, 1.0) for k, n in (("gaussian", 1), ("shot", 2))
    }
    assert table.loc[(1.0, "shot"), "accuracy"] == pytest.approx(0.75)
    assert table.loc[(1.0, "shot"), "change_from_clean"] == pytest.approx(0.1)
    assert table.loc[(1.0, "gaussian"), "change_from_clean"] == pytest.approx(0.35)
    # Differences of 0.2 and 0.0: mean 0.1, standard error 0.1, Student's t with one degree of freedom.
    assert table.loc[(1.0, "shot"), "change_from_clean_low"] == pytest.approx(0.1 - 12.706 * 0.1, abs=1e-3)
    assert (table.loc[0.0, "change_from_clean"] == 0).all()
