"""What many runs say together, against sums done by hand: scales, networks, classes, kinds of noise."""

import numpy as np
import pandas as pd
import pytest

from analysis.classifiers import mean_accuracies, own_scale
from analysis.intervals import paired_interval, student_interval, wilson_interval
from analysis.losses import losses
from analysis.sets import compare_sets
from analysis.summaries import (
    area_under_curve,
    class_recall,
    compare_kinds,
    compare_scales,
    crossing,
    for_each_draw,
    last_above,
    robustness,
    scale_where,
)
from analysis.tables import TABLES, checked
from made_up import counted, merged, network

SWEEP = {"images": "mnist", "kind": "gaussian"}


class Trained:
    """A network's history and its counts, with the same accuracy on 200 images after the epoch that is taken.

    stopped: whether this is the last but one, by early stopping.
    """

    def __init__(self, scale, seed, accuracies, draw="fixed", stopped=False):
        run = {"network": "mlp", "draw": draw, "scale": scale, "seed": seed}
        values = {"accuracy": 0.99, "loss": 0.1, "val_accuracy": accuracies, "val_loss": 0.2, "seconds": 1.0}
        epochs = np.arange(1, len(accuracies) + 1)
        taken = len(accuracies) - stopped
        values |= {"held_out_loss": 0.3 if stopped else np.nan, "taken": (epochs == taken).astype(int)}
        self.history = pd.DataFrame(run | {"epoch": epochs} | values)
        self.row = network(scale, accuracies[taken - 1], draw, seed)


def compare(runs, draws, answers=None):
    """The comparison of these runs; tests on another scale and kind are not to count."""
    rows = [run.row for run in runs]
    rows += [
        row | {"correct": 3, "paired_correct": 3, "scale": 9.0}
        for row in rows
        if row["train_scale"] is not None
    ]
    rows += [row | {"correct": 4, "paired_correct": 4, "kind": "shot"} for row in rows]
    rows.append(counted("chance", 0.0, 0.1))
    histories = pd.concat([run.history for run in runs])
    if answers is None:
        keys = ("classifier", "draw", "scale", "seed")
        answers = {tuple(run.row[key] for key in keys): recognised(run.row) for run in runs}
    return compare_scales(histories, merged(rows), ["mlp"], draws, {}, answers, **SWEEP)


def recognised(row):
    """The first images, as many as its row says, bool (n,)."""
    return np.arange(row["n"]) < row["correct"]


def test_compare_scales_takes_the_last_epoch_and_pairs_the_seeds():
    runs = [
        Trained(0.0, 2, [0.90, 0.96]),
        Trained(0.0, 1, [0.99, 0.98]),
        Trained(0.5, 1, [0.95, 0.93]),
        Trained(0.5, 2, [0.50, 0.92]),
    ]
    table = compare(runs, ["fixed"]).set_index("scale")
    assert list(table["seeds"]) == [2, 2]
    assert list(table["epochs"]) == [2, 2]
    assert table.loc[0.5, "val_accuracy"] == pytest.approx(0.925)
    assert table.loc[0.5, "change_from_clean"] == pytest.approx(((0.93 - 0.98) + (0.92 - 0.96)) / 2)
    interval = table.loc[0.5, ["change_from_clean_low", "change_from_clean_high"]]
    assert tuple(interval) == pytest.approx(student_interval(np.array([0.93 - 0.98, 0.92 - 0.96])))
    assert table.loc[0.0, "change_from_clean"] == 0
    assert table.filter(like="change_from_fixed").isna().all(axis=None)


def test_compare_scales_takes_the_epoch_of_early_stopping():
    runs = [
        Trained(0.0, 1, [0.9, 0.98, 0.97], stopped=True),
        Trained(0.0, 2, [0.9, 0.95, 0.94, 0.93], stopped=True),
    ]
    table = compare(runs, ["fixed"])
    assert table.loc[0, "epochs"] == 2.5
    assert table.loc[0, "val_accuracy"] == pytest.approx((0.98 + 0.94) / 2)


def test_changes_of_one_seed_have_the_interval_of_its_images():
    order = np.random.default_rng(1).permutation(200)  # of the images by their difficulty
    runs = [Trained(0.0, 1, [0.9]), Trained(0.5, 1, [0.6]), Trained(0.5, 1, [0.8], "fresh")]
    answers = {
        ("mlp", "fixed", 0.0, 1): order < 180,
        ("mlp", "fixed", 0.5, 1): order < 120,
        ("mlp", "fresh", 0.5, 1): (order >= 20) & (order < 180),
    }
    table = compare(runs, ["fixed", "fresh"], answers).set_index(["draw", "scale"])
    images = {"clean": np.repeat([-1, 0], [20, 180]), "fixed": np.repeat([1, -1, 0], [60, 20, 120])}
    row = table.loc["fresh", 0.5]
    for name, change in (("clean", -0.1), ("fixed", 0.2)):
        interval = row[[f"change_from_{name}_low", f"change_from_{name}_high"]].tolist()
        assert row[f"change_from_{name}"] == pytest.approx(change)
        assert interval == pytest.approx(paired_interval(images[name]))
    low, high = wilson_interval(160, 200)
    assert row[["val_accuracy_low", "val_accuracy_high"]].tolist() == [low, high]


@pytest.mark.parametrize("draws", [["fixed", "fresh"], ["fresh"]])
def test_the_run_without_noise_belongs_to_every_draw(draws):
    runs = [Trained(0.0, seed, [0.9 + seed / 100]) for seed in (1, 2)]
    runs += [Trained(0.5, seed, [0.7 + seed / 50], "fresh") for seed in (1, 2)]
    if "fixed" in draws:
        runs += [Trained(0.5, seed, [0.5 + seed / 100]) for seed in (1, 2)]
    table = compare(runs, draws)
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
        # At scale 0 they are one network.
        assert fresh.loc[0.0].filter(like="change_from_fixed").tolist() == [0.0] * 3
    else:
        assert table[table.filter(like="change_from_fixed").columns].isna().all(axis=None)


@pytest.mark.parametrize("draws", [["fixed", "fresh", "mixed"], ["fixed", "mixed"], ["mixed"]])
def test_a_network_of_all_scales_is_compared_at_each_with_every_network_of_one(draws):
    runs = [Trained(0.0, 1, [0.9]), Trained(0.0, 2, [0.92])]
    runs += [Trained(0.5, seed, [0.6 + seed / 50], "fixed") for seed in (1, 2)]
    runs += [Trained(0.5, seed, [0.8 + seed / 20], "fresh") for seed in (1, 2)]
    runs = [run for run in runs if run.row["draw"] in draws or run.row["train_scale"] == 0]
    for scale, share in ((0.0, 0.8), (0.5, 0.75)):
        runs += [Trained(scale, seed, [share], "mixed") for seed in (1, 2)]
    for run in runs:
        if run.row["draw"] == "mixed":
            run.row["train_scale"] = None
    mixed = compare(runs, draws).set_index(["draw", "scale"]).loc["mixed"]
    assert mixed["val_accuracy"].tolist() == [0.8, 0.75]
    assert mixed["change_from_clean"].tolist() == pytest.approx([-0.11, -0.16])
    expected = {"fixed": [-0.11, 0.75 - 0.63], "fresh": [-0.11, 0.75 - 0.875]}
    for draw, changes in expected.items():
        changes = changes if draw in draws else [np.nan, np.nan]
        assert mixed[f"change_from_{draw}"].tolist() == pytest.approx(changes, nan_ok=True)


def test_compare_scales_refuses_runs_of_different_lengths():
    with pytest.raises(ValueError, match="different epochs"):
        compare([Trained(0.0, 1, [0.9]), Trained(0.5, 1, [0.9, 0.8])], ["fixed"])


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
    ("accuracies", "scale", "reason"),
    [
        ([0.99, 0.98, 0.97], np.nan, "not reached"),
        ([0.8, 0.9, 0.7], np.nan, "never above"),
        ([0.8, 0.99, 0.7], np.nan, "below at 0"),
        ([0.95, 0.85, 0.2], 0.5, "crossed"),
    ],
)
def test_a_level_that_is_not_crossed_has_its_reason(accuracies, scale, reason):
    columns = scale_where("level", np.array([0.0, 1.0, 4.0]), np.array(accuracies), 0.9)
    assert columns == {"level": pytest.approx(scale, nan_ok=True), "level_reason": reason}


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


def curve_of(draw, train_scale, accuracies, seed=1, scales=SCALES, **others):
    """The rows of a network that is tested on these scales."""
    return [
        network(scale, share, draw, seed, train_scale=train_scale, **others)
        for scale, share in zip(scales, accuracies, strict=True)
    ]


ROWS = [
    *curve_of("fixed", 0.0, [0.98, 0.50, 0.10]),
    *curve_of("fixed", 1.0, [0.95, 0.92, 0.30]),
    *curve_of("fixed", 4.0, [0.70, 0.60, 0.20]),
    *curve_of("fresh", 1.0, [0.97, 0.94, 0.40]),
    *curve_of("fresh", 4.0, [0.80, 0.70, 0.30]),
    network(1.0, 0.0, kind="shot", train_scale=0.0),  # not of the kind in training
    *(counted("nearest_centroid", scale, 1.0) for scale in SCALES),
]


def robustness_of(rows, draws=("fixed",), chance=0.1):
    return robustness(merged([*rows, counted("chance", 0.0, chance)]), ["mlp"], list(draws), **SWEEP)


def with_all(table, *keys):
    """By these keys, where the row of all networks has the scale `matched`."""
    scales = table["train_scale"].astype(object).where(table["tested"] == "one", "matched")
    return table.assign(train_scale=scales).set_index(list(keys))


def test_one_row_per_network_and_one_for_all_of_them_matched():
    table = robustness_of(ROWS, ["fixed", "fresh"])
    assert table["train_scale"].isna().equals(table["tested"] == "matched")
    table = with_all(table, "draw", "train_scale")
    assert list(table.index) == [
        (draw, scale) for draw in ("fixed", "fresh") for scale in (0.0, 1.0, 4.0, "matched")
    ]
    # Linear between (0, 0.98) and (1, 0.50), and so on.
    assert table.loc[("fixed", 0.0), "scale_at_90_percent"] == pytest.approx(0.08 / 0.48, abs=1e-4)
    assert table.loc[("fixed", 1.0), "scale_at_90_percent"] == pytest.approx(1 + 3 * 0.02 / 0.62, abs=1e-4)
    assert np.isnan(table.loc[("fixed", 4.0), "scale_at_90_percent"])
    assert table["scale_at_90_percent_reason"].tolist() == [
        *("crossed", "crossed", "never above", "crossed"),
        *("crossed", "crossed", "never above", "crossed"),
    ]
    assert table.loc[("fixed", 1.0), "scale_half_way_to_chance"] == pytest.approx(2.9113, abs=1e-4)
    assert table.loc[("fixed", 0.0), "corruption_error"] == 1
    assert table.loc[("fixed", 1.0), "corruption_error"] == pytest.approx((0.08 + 0.70) / (0.50 + 0.90))
    assert table.loc[("fresh", "matched"), "corruption_error"] == pytest.approx((0.06 + 0.70) / 1.40)
    # On the axis of square roots the scales lie at 0, 1 and 2.
    assert table.loc[("fixed", "matched"), "area"] == pytest.approx((0.95 + 0.56) / 2)


def test_a_network_of_all_scales_has_one_row_and_is_compared_with_the_clean_one():
    of_all = curve_of("mixed", None, [0.97, 0.9, 0.4])
    of_all += curve_of("mixed", None, [0.5, 0.5, 0.5], kind="shot")
    alone = [row for row in ROWS if row["draw"] in (None, "fixed")]
    for rows, draws in (([*ROWS, *of_all], ["fixed", "fresh", "mixed"]), ([*alone, *of_all], ["mixed"])):
        table = robustness_of(rows, draws)
        (row,) = table[table["draw"] == "mixed"].to_dict("records")
        assert row["tested"] == "one" and np.isnan(row["train_scale"])
        assert row["corruption_error"] == pytest.approx((0.1 + 0.6) / (0.5 + 0.9))
        assert row["area"] == pytest.approx((0.97 / 2 + 0.9 + 0.4 / 2) / 2)
    assert len(robustness_of([*ROWS, *of_all], ["fixed", "mixed"])) == 3 + 1 + 1


def test_half_way_to_chance_is_that_of_the_classes():
    """With a chance of 0.3 the half way of 0.95 is 0.625, between (1, 0.92) and (4, 0.30)."""
    table = with_all(robustness_of(ROWS, chance=0.3), "train_scale")
    expected = 1 + 3 * (0.92 - 0.625) / (0.92 - 0.30)
    assert table.loc[1.0, "scale_half_way_to_chance"] == pytest.approx(expected, abs=1e-4)


def test_networks_are_compared_with_the_clean_one_of_their_own_seed():
    other = [row for scale in SCALES for row in curve_of("fixed", scale, [0.9, 0.8, 0.7], seed=2)]
    table = with_all(robustness_of([*ROWS, *other]), "seed", "train_scale")
    assert table.loc[(2, 4.0), "corruption_error"] == pytest.approx(1)
    assert table.loc[(1, 4.0), "corruption_error"] == pytest.approx(1.2 / 1.4)


def test_of_many_scales_only_those_count_on_which_every_network_was_tested():
    """But the matched row has all of them."""
    chosen = curve_of("fixed", 2.0, [0.9, 0.8, 0.4])
    table = with_all(robustness_of([*ROWS, *chosen, network(2.0, 0.5)]), "train_scale")
    assert table.loc[2.0, "area"] == pytest.approx((0.85 + 0.6) / 2)
    assert table.loc[1.0, "corruption_error"] == pytest.approx((0.08 + 0.70) / (0.50 + 0.90))
    x, y = np.sqrt([0, 1, 2, 4]), [0.98, 0.92, 0.5, 0.2]
    assert table.loc["matched", "area"] == pytest.approx(np.trapezoid(y, x) / 2)


def test_a_single_scale_and_curves_that_never_fall():
    row = robustness_of([network(0.0, 0.98)]).iloc[0]
    assert row["area"] == 0.98
    assert row["scale_at_90_percent_reason"] == "not reached"
    assert np.isnan([row["scale_at_90_percent"], row["corruption_error"]]).all()
    assert area_under_curve(SCALES, np.ones(3)) == 1


def confusion(names=("3", "5", "7")):
    """Of two seeds: 50 images of the first class, 20 of the second, none of the third."""
    a, b, c = names
    rows = [
        ("mlp", "fixed", 0.0, seed, name, predicted, n)
        for seed, correct in ((1, 45), (2, 40))
        for name, predicted, n in [
            *((a, a, correct), (a, b, 50 - correct), (b, b, 20), (b, a, 0)),
            (c, c, 0),
        ]
    ]
    return pd.DataFrame(rows, columns=["network", "draw", "scale", "seed", "class", "predicted", "n"])


def test_recall_of_classes():
    table = class_recall(confusion(), ["fixed"], **SWEEP).set_index("class")
    assert list(table.index) == ["3", "5"]  # there is no image of a 7
    assert table.loc["3", "recall"] == pytest.approx(0.85)
    assert table.loc["3", ["seeds", "n"]].tolist() == [2, 50]
    assert table.loc["5", ["recall", "recall_low", "recall_high"]].tolist() == [1, *wilson_interval(20, 20)]
    one = class_recall(confusion().query("seed == 1"), ["fixed"], **SWEEP).set_index("class")
    assert one.loc["3", ["recall_low", "recall_high"]].tolist() == list(wilson_interval(45, 50))


def test_a_network_of_all_scales_is_at_its_own_scale_at_each_of_its_kind():
    rows = [network(scale, 0.5, "mixed", train_scale=None) for scale in SCALES]
    others = [row | {"kind": "shot"} for row in rows] + [network(1.0, 0.5, "fixed", train_scale=4.0)]
    own = own_scale(merged([*rows, *others, counted("chance", 1.0, 0.1)]))
    assert sorted(own["classifier"]) == ["chance", "mlp", "mlp", "mlp"]
    assert own[own["classifier"] == "mlp"]["scale"].tolist() == SCALES.tolist()
    assert set(own["kind"]) == {"gaussian"}


def test_classes_keep_the_order_of_the_data_set():
    table = class_recall(confusion(("trouser", "bag", "coat")), ["fresh", "fixed"], **SWEEP)
    assert table["class"].tolist() == ["trouser", "bag"] * 2
    assert table["draw"].tolist() == ["fresh"] * 2 + ["fixed"] * 2


def test_accuracies_are_means_over_the_seeds_of_each_classifier_at_its_own_scale():
    rows = [
        counted("chance", scale, share, seed) for scale in (0.5, 0.0) for seed, share in ((1, 0.8), (2, 0.6))
    ]
    rows += [network(0.5, 0.7), network(0.5, 0.1, train_scale=0.0), network(0.5, 0.1, kind="shot")]
    rows.append(counted("people/ann.csv", 0.5, 0.35, None, n=20, paired_correct=None, paired_n=None))
    table = mean_accuracies(own_scale(merged(rows))).set_index(["classifier", "scale"])
    assert list(table.index) == [("chance", 0.0), ("chance", 0.5), ("mlp", 0.5), ("people/ann.csv", 0.5)]
    assert table["accuracy"].tolist() == pytest.approx([0.7, 0.7, 0.7, 0.35])
    assert table.loc[("mlp", 0.5), "draw"] == "fixed"
    low, high = student_interval(np.array([0.8, 0.6]))
    interval = ["accuracy_low", "accuracy_high"]
    assert table.loc[("chance", 0.5), interval].tolist() == pytest.approx([max(low, 0), min(high, 1)])
    assert tuple(table.loc[("mlp", 0.5), interval]) == wilson_interval(140, 200)
    assert tuple(table.loc[("people/ann.csv", 0.5), interval]) == wilson_interval(7, 20)


def test_kinds_are_averaged_over_their_scales_and_paired_with_the_clean_network_of_the_seed():
    def tests(train_scale, seed, own, other):
        rows = curve_of("fixed", train_scale, [0.99, own], seed, scales=[0.0, 1.0])  # 0 does not count
        others = [other + 0.1, other - 0.1]
        return rows + curve_of("fixed", train_scale, others, seed, scales=[0.2, 0.4], kind="shot")

    rows = [
        *tests(0.0, 2, 0.5, 0.7),
        *tests(0.0, 1, 0.5, 0.6),
        *tests(1.0, 1, 0.9, 0.8),
        *tests(1.0, 2, 0.8, 0.7),
        # Of a network that is tested at one scale more than the others, this scale does not count.
        network(1.5, 0.0, train_scale=1.0, seed=2),
        counted("chance", 1.0, 0.1),
    ]
    table = compare_kinds(merged(rows), ["fixed"], images="mnist").set_index(["train_scale", "kind"])
    assert set(table["train_kind"]) == {"gaussian"}
    assert table["seeds"].tolist() == [2] * 4
    assert table["scales"].to_dict() == {
        (scale, kind): n for scale in (0.0, 1.0) for kind, n in (("gaussian", 1), ("shot", 2))
    }
    assert table.loc[(1.0, "shot"), "accuracy"] == pytest.approx(0.75)
    assert table.loc[(1.0, "shot"), "change_from_clean"] == pytest.approx(0.1)
    assert table.loc[(1.0, "gaussian"), "change_from_clean"] == pytest.approx(0.35)
    # Differences of 0.2 and 0.0: mean 0.1, standard error 0.1, Student's t with one degree of freedom.
    assert table.loc[(1.0, "shot"), "change_from_clean_low"] == pytest.approx(0.1 - 12.706 * 0.1, abs=1e-3)
    assert (table.loc[0.0, "change_from_clean"] == 0).all()
    # A network of all scales is compared with the clean one, though that does not count for its draw.
    for seed in (1, 2):
        rows += curve_of("mixed", None, [0.99, 0.7], seed, scales=[0.0, 1.0])
        rows += curve_of("mixed", None, [0.9, 0.8], seed, scales=[0.2, 0.4], kind="shot")
    table = compare_kinds(merged(rows), ["fixed", "mixed"], images="mnist")
    table = table[table["draw"] == "mixed"].set_index("kind")
    assert table["train_scale"].isna().all()
    assert table["change_from_clean"].to_dict() == pytest.approx({"gaussian": 0.2, "shot": 0.2})


def tables_of(own, other):
    """What a sweep with this kind of noise writes, tested on another kind too."""
    trained = [Trained(scale, 1, [0.9 - scale / 2]) for scale in (0.0, 1.0)]
    rows = [run.row | {"train_kind": own, "kind": own} for run in trained]
    rows.append(rows[0] | {"scale": 1.0})
    rows.append(rows[1] | {"scale": 0.0})
    rows += [row | {"kind": other, "scale": 1.0} for row in rows[:2]]
    rows += [row | {"kind": "fog", "scale": np.nan} for row in rows[:2]]
    for scale in (0.0, 1.0):
        learned = {"draw": "fixed", "train_kind": own, "train_scale": scale}
        rows += [counted("nearest_centroid", scale, 0.5, kind=own, **learned)]
        rows += [counted(name, scale, 0.5, kind=own) for name in ("chance", "ceiling_lower", "ceiling_upper")]
    rows.append(counted("people/ann.csv", 1.0, 0.5, None, kind=own))
    accuracies, identity = merged(rows), {"images": "mnist", "kind": own}
    answers = {("mlp", "fixed", scale, 1): np.arange(200) < 200 * (0.9 - scale / 2) for scale in (0.0, 1.0)}
    answers |= {
        (bound, "", scale, 1): np.arange(200) < 100
        for bound in ("ceiling_lower", "ceiling_upper")
        for scale in (0.0, 1.0)
    }
    histories = pd.concat([run.history for run in trained]).assign(**identity)
    counts = confusion().query("seed == 1").assign(**identity)
    draws = ["fixed"]
    return {
        "accuracies": accuracies,
        "histories": histories[list(TABLES["histories"].columns)],
        "confusion": counts[list(TABLES["confusion"].columns)],
        "comparison": compare_scales(histories, accuracies, ["mlp"], draws, {}, answers, **identity),
        "robustness": robustness(accuracies, ["mlp"], draws, **identity),
        "kinds": compare_kinds(accuracies, draws, images="mnist"),
        "sets": compare_sets(accuracies, **identity),
        "classes": class_recall(counts, draws, **identity),
        "losses": losses(accuracies, ["mlp"], draws, answers, **identity),
    }


def test_tables_of_two_sweeps_put_together_have_no_row_twice():
    """One is tested on the kind of noise that the other is trained on."""
    one, other = tables_of("gaussian", "shot"), tables_of("shot", "gaussian")
    assert set(one) == set(TABLES) - {"cost", "filters", "networks"}  # test_filters.py has filters
    for name, table in one.items():
        both = pd.concat([table, other[name]], ignore_index=True)
        assert len(checked(name, both)) == 2 * len(table) > 0
