"""The sentences say what the numbers say, in all cases."""

import numpy as np
import pandas as pd
import pytest

from analysis.answer import (
    answer,
    say_baseline,
    say_came_trained,
    say_classes,
    say_cost,
    say_crossing,
    say_early_stopping,
    say_kind,
    say_kinds,
    say_memorised,
    say_unknown_scale,
)
from analysis.losses_in_words import say_equivalents, say_limit, say_losses
from analysis.phrases import listed, percent, points, whole_points
from made_up import counted, merged

SCALES = np.array([0.0, 0.5, 1.0])


def rows(accuracies, draw="fixed", seeds=1, half=0.01):
    accuracies = np.array(accuracies)
    table = {
        "network": "mlp",
        "draw": draw,
        "scale": SCALES,
        "seeds": seeds,
        "epochs": 2,
        "val_accuracy": accuracies,
    }
    table |= {"val_accuracy_low": accuracies - half, "val_accuracy_high": accuracies + half}
    return pd.DataFrame(table)


def test_early_stopping_says_how_many_epochs_and_what_decided():
    table = rows([0.98, 0.93, 0.72]).assign(epochs=[12.0, 4.4, 3.0])
    assert "(3 to 12 epochs, one seed)" in say_crossing(table, "gaussian")
    histories = pd.DataFrame({"network": ["mlp", "cnn"], "held_out_loss": [np.nan, 0.3]})
    (sentence,) = say_early_stopping(histories)
    assert sentence.startswith("cnn was trained with early stopping: training images that were held out")
    assert say_early_stopping(histories[:1]) == []


@pytest.mark.parametrize(
    ("share", "text"), [(0.73, "73 %"), (1.0, "100 %"), (0.9, "90.0 %"), (0.896, "89.6 %"), (0.904, "90.4 %")]
)
def test_a_share_near_the_level_has_decimals(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.27, "27"), (0.01, "1"), (0.0096, "1"), (0.003, "0.3"), (0.0094, "0.9")]
)
def test_points(share, text):
    assert points(share) == text


def test_names_are_listed():
    assert [listed(list("abc"[:n])) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("accuracies", "sentence"),
    [
        (
            [0.98, 0.94, 0.74],
            "stays above 90 % up to scale 0.5 (94 %) and is 74 % at scale 1; "
            "it crosses 90 % near 0.6 (2 epochs, one seed).",
        ),
        (
            [0.98, 0.85, 0.95],  # the first fall counts
            "is only 85 % at scale 0.5, the smallest scale above 0; without noise it is 98 %. "
            "It crosses 90 % near scale 0.31 (2 epochs, one seed).",
        ),
        (
            [0.98, 0.95, 0.91],
            "stays above 90 % at every scale; at scale 1 it is 91 % (2 epochs, one seed).",
        ),
        (
            [0.80, 0.95, 0.20],
            "is 80 % without noise, and above 90 % only at scale 0.5 (2 epochs, one seed).",
        ),
        (
            [0.80, 0.90, 0.20],
            "is never above 90 %: even without noise it is 80 % (2 epochs, one seed).",
        ),
    ],
)
def test_crossing(accuracies, sentence):
    assert say_crossing(rows(accuracies), "gaussian") == f"With fixed noise, validation accuracy {sentence}"


def test_crossing_of_a_single_scale_and_of_many_seeds():
    assert "stays above 90 % at every scale; at scale 0 it is 98 %" in say_crossing(
        rows([0.98, 0, 0])[:1], "gaussian"
    )
    assert say_crossing(rows([0.98, 0.5, 0.2], "fresh", seeds=5), "gaussian").startswith("With fresh noise, ")
    assert say_crossing(rows([0.98, 0.5, 0.2], seeds=5), "gaussian").endswith("(2 epochs, mean of 5 seeds).")


def changes(clean, fixed, low, high, train=0.0, val=0.0):
    """Rows of fresh noise: its change from the clean run, and its change from fixed noise."""
    table = pd.DataFrame(
        {"network": "mlp", "scale": SCALES, "change_from_clean": clean, "change_from_fixed": fixed}
    )
    table = table.assign(draw="fresh", train_accuracy=train, val_accuracy=val)
    return table.assign(change_from_fixed_low=low, change_from_fixed_high=high)


NAN = [np.nan] * 3


def test_memorised_noise_is_what_fresh_noise_wins_back():
    said = say_memorised(changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, 0.01, 0.09], [0, 0.03, 0.11]))
    # Fixed noise of scale 1 costs 0.3 + 0.1.
    assert said == [
        "Of the points that fixed noise costs, fresh noise wins back 2 of 12 at scale 0.5 and 10 of 40 at "
        "scale 1: that much was memorised noise."
    ]


def test_memorised_noise_is_not_said_where_it_is_not_clear():
    worse = changes([0, -0.1, -0.3], [0, -0.02, 0.1], [0, -0.03, 0.09], [0, -0.01, 0.11])
    assert "wins back 10 of 40 at scale 1: that" in say_memorised(worse)[0]
    unclear = changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, -0.01, -0.1], [0, 0.05, 0.3])
    assert say_memorised(unclear) == [
        "At no scale is accuracy clearly higher with fresh noise than with fixed noise."
    ]
    mixed = changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, 0.01, -0.1], [0, 0.03, 0.3])
    assert "wins back 2 of 12 at scale 0.5: that" in say_memorised(mixed)[0]


def test_no_more_is_won_back_than_was_lost():
    """Fresh noise can read better than the network without noise; the rest of that was not lost."""
    low, high = [0, 0.001, 0.09], [0, 0.013, 0.11]
    better = changes([0, 0.004, -0.3], [0, 0.007, 0.1], low, high)
    assert "wins back 0.3 of 0.3 at scale 0.5 and 10 of 40 at scale 1: that" in say_memorised(better)[0]
    free = changes([0, 0.007, -0.3], [0, 0.007 - 1e-17, 0.1], low, high)
    assert "at scale 0.5" not in say_memorised(free)[0]


def test_with_one_draw_alone_the_largest_gap_to_the_training_accuracy_is_said():
    gaps = changes([0, -0.1, -0.3], NAN, NAN, NAN, [1.0, 0.99, 0.98], [0.5, 0.97, 0.73])
    assert say_memorised(gaps) == [  # not of the clean run, whose gap is larger
        "Training accuracy exceeds validation accuracy most at scale 1: 98 % against 73 %."
    ]
    none = changes([0, -0.1, -0.3], NAN, NAN, NAN, [1.0, 0.9, 0.7], [0.9, 0.9, 0.8])
    said = ["At no noisy scale is training accuracy clearly above validation accuracy."]
    assert say_memorised(none) == said
    close = changes([0, -0.1, -0.3], NAN, NAN, NAN, [1.0, 0.952, 0.7], [0.9, 0.951, 0.8])
    assert say_memorised(close) == said  # both are 95 %
    assert say_memorised(none[:1]) == []  # without any noise there is nothing to say


@pytest.mark.parametrize(
    ("baseline", "sentence"),
    [
        (
            [0.8, 0.7, 0.6],
            "At no scale does the network with fixed noise recognise clearly fewer images than nearest "
            "centroid, a method without a network.",
        ),
        (
            [0.8, 0.7, 0.735],  # inside the interval of 0.73
            "At no scale does the network with fixed noise recognise clearly fewer images than nearest "
            "centroid, a method without a network.",
        ),
        (
            [0.8, 0.7, 0.75],
            "At scale 1, the network with fixed noise recognises clearly fewer images than nearest centroid, "
            "a method without a network: 73 % against 75 %.",
        ),
        (
            [0.8, 0.95, 0.75],
            "At scales 0.5 and 1, the network with fixed noise recognises clearly fewer images than nearest "
            "centroid, a method without a network: 93 % against 95 % and 73 % against 75 %.",
        ),
    ],
)
def test_baseline(baseline, sentence):
    assert say_baseline(rows([0.98, 0.93, 0.73]), pd.Series(baseline, SCALES)) == sentence


def recalls(curves, draw="fixed"):
    return pd.concat(
        pd.DataFrame({"network": "mlp", "draw": draw, "scale": SCALES, "class": name, "recall": curve})
        for name, curve in curves.items()
    )


def test_the_first_and_the_last_class_that_fails():
    curves = {"1": [1, 0.95, 0.85], "5": [1, 0.80, 0.3], "8": [0.89, 0.5, 0.2], "0": [1, 0.97, 0.96]}
    assert say_classes(recalls(curves), "digit") == (
        "Without noise, recall is not above 90 % for 8. "
        "With fixed noise, of the other digits, 5 (near scale 0.25) falls to a recall of 90 % first, "
        "and 1 (near scale 0.75) last."
    )
    one = say_classes(recalls({"coat": [1, 0.8, 0.3], "bag": [1, 1, 1]}, "fresh"), "garment")
    assert one == ("With fresh noise, only coat (near scale 0.25) falls to a recall of 90 %.")


def test_classes_that_never_fail_or_are_never_read():
    above = say_classes(recalls({"1": [1, 0.95, 0.92]}), "digit")
    assert above == "With fixed noise, recall stays above 90 % for every digit."
    never = {name: [0.5, 0.4, 0.3] for name in "0123456789"}
    assert say_classes(recalls(never), "digit") == "No digit has a recall above 90 % without noise."
    assert say_classes(recalls(never | {"0": [1, 0.95, 0.92]}), "digit") == (
        "Without noise, recall is not above 90 % for 1, 2, 3, 4, 5 and 4 more."
    )


PARTS = {
    5: ["memorised", "unread", "open", "gone"],
    4: ["memorised or unread", "open", "gone"],
}


def lost(scales, spread=0.0):
    """Losses, by scale the accuracy without noise and the width of every part. spread: half the intervals."""
    table = []
    for scale, (clean, *widths) in scales.items():
        accuracy = clean - sum(widths)
        for part, width in zip(PARTS[len(widths) + 1], widths, strict=True):
            row = {
                "network": "mlp",
                "scale": scale,
                "part": part,
                "seeds": 1,
                "n": 1000,
                "lost": width,
                "lost_low": width - spread,
            }
            table.append(row | {"worse_accuracy": accuracy, "better_accuracy": accuracy + width})
            accuracy += width
    return pd.DataFrame(table)


def test_points_add_up():
    assert whole_points([0.083, 0.062, 0.096, 0.023]) == [8, 6, 10, 2]  # of 26.4
    assert whole_points([0.004, 0.004, 0.004]) == [1, 0, 0]
    assert whole_points([0.62]) == [62]


def test_losses_are_said_scale_by_scale_and_add_up():
    table = lost(
        {
            0.1: [0.98, 0.003, 0.0, 0.02, -0.02],
            0.5: [0.98, 0.03, 0.0, 0.046, -0.02],
            1.0: [0.98, 0.083, 0.062, 0.096, 0.023],
            2.0: [0.98, 0.09, 0.07, 0.0, 0.46],
        }
    )
    assert say_losses(table) == [
        "Of the 6 points lost at scale 0.5 (the ceiling: 1 000 test images, one seed), memorising the "
        "noise cost 3; it is open whether the other 3 could be won back.",
        "Of the 26 points lost at scale 1, memorising the noise cost 8, a better classifier could win "
        "back at least 6, and at least 2 are gone; it is open whether the other 10 could be won back.",
        "Of the 62 points lost at scale 2, memorising the noise cost 9, a better classifier could win "
        "back at least 7, and at least 46 are gone.",
    ]


def test_a_part_whose_interval_reaches_zero_is_open():
    table = lost({1.0: [0.98, 0.01, 0.04, 0.0, 0.2]}, spread=0.05)
    assert say_losses(table) == [
        "Of the 25 points lost at scale 1 (the ceiling: 1 000 test images, one seed), at least 20 are gone; "
        "it is open whether the other 5 could be won back."
    ]
    all_open = lost({1.0: [0.98, 0.01, 0.0, 0.03, 0.0]}, spread=0.05)
    assert say_losses(all_open) == [
        "It is open whether the 4 points lost at scale 1 (the ceiling: 1 000 test images, one seed) "
        "could be won back."
    ]


def test_without_fresh_noise_what_can_be_read_is_said_and_one_point_is_singular():
    assert say_losses(lost({2.0: [0.98, 0.16, 0.0, 0.01]})) == [
        "Of the 17 points lost at scale 2 (the ceiling: 1 000 test images, one seed), a better "
        "classifier could win back at least 16, and at least 1 is gone."
    ]


def test_where_all_is_of_one_sort_it_is_said_in_a_word():
    both = {1.0: [0.98, 0.12, 0.0, 0.0, 0.0], 2.0: [0.98, 0.0, 0.0, 0.0, 0.3]}
    assert say_losses(lost(both)) == [
        "Of the 12 points lost at scale 1 (the ceiling: 1 000 test images, one seed), memorising the "
        "noise cost all of them.",
        "Of the 30 points lost at scale 2, all of them are gone.",
    ]


def test_of_many_scales_a_few_have_a_sentence():
    said = say_losses(lost({float(scale): [0.98, 0.01, 0.01, 0.01, 0.01] for scale in range(1, 101)}))
    assert len(said) == 5
    assert "at scale 1 (the ceiling: 1 000 test images, one seed), " in said[0]
    assert "at scale 100, " in said[-1]


def test_nothing_lost_is_nothing_said():
    assert say_losses(lost({1.0: [0.98, 0.001, 0.0, 0.0, 0.002]})) == []


def limit(losses, best=0.0):
    """The sentence, where the best network of the comparison has this accuracy at every scale."""
    return say_limit(losses, pd.DataFrame({"scale": losses["scale"].unique(), "val_accuracy": best}))


def test_the_limit_is_said_of_measured_scales():
    two = {
        0.0: [0.98, 0.0, 0.0, 0.0, 0.0],
        1.0: [0.98, 0.0, 0.0, 0.08, 0.04],
        2.0: [0.98, 0.0, 0.0, 0.1, 0.4],
    }
    assert limit(lost(two)) == (
        "From scale 2 on, no classifier can be expected to stay above 90 % (58 % at most); "
        "the best known one does up to scale 0 (98 %)."
    )
    assert "open" in limit(lost({scale: two[scale] for scale in (0.0, 1.0)}))
    good = {0.0: [0.98, 0.0, 0.0, 0.02, 0.0], 1.0: [0.98, 0.03, 0.0, 0.02, 0.0]}
    best = "The best known classifier stays above 90 % at every scale (96 % at scale 1)."
    assert limit(lost(good)) == best
    hopeless = {0.0: [0.98, 0.2, 0.0, 0.05, 0.1], 1.0: [0.98, 0.2, 0.0, 0.2, 0.4]}
    assert limit(lost(hopeless)) == (
        "No classifier can be expected to be above 90 % at any scale (88 % at most)."
    )
    never = {0.0: [0.98, 0.2, 0.0, 0.2, 0.0], 1.0: [0.98, 0.2, 0.0, 0.2, 0.4]}
    assert limit(lost(never)) == (
        "From scale 1 on, no classifier can be expected to stay above 90 % (58 % at most)."
    )


def test_the_best_known_classifier_may_be_a_network_that_has_no_part_in_the_losses():
    lost_at = {0.0: [0.98, 0.0, 0.0, 0.0, 0.0], 1.0: [0.98, 0.2, 0.0, 0.2, 0.0]}
    known = "It is open whether a better classifier could stay above 90 % at every scale."
    assert limit(lost(lost_at)) == limit(lost(lost_at), best=0.9) == known
    assert limit(lost(lost_at), best=0.93) == (
        "The best known classifier stays above 90 % at every scale (93 % at scale 1)."
    )


def test_equivalent_scales_are_said_where_they_are_clearly_larger():
    table = rows([0.98, 0.9, 0.7]).assign(
        equivalent_scale=[0.2, 0.51, 1.4], equivalent_scale_low=[0.1, 0.45, 1.3]
    )
    assert say_equivalents(table) == [
        "The best known classifier takes more noise before it is as bad as the network with fixed noise: "
        "scale 1.4 instead of 1."
    ]
    odd = table.assign(
        scale=[0.0, 1.25, 120.0], equivalent_scale=[0.0, 1.7, 300.0], equivalent_scale_low=np.nan
    )
    assert say_equivalents(odd)[0].endswith(": scale 1.7 instead of 1.25 and 300 instead of 120.")
    both = table.assign(equivalent_scale_low=np.nan)
    assert say_equivalents(both) == [
        "The best known classifier takes more noise before it is as bad as the network with fixed noise: "
        "scale 0.51 instead of 0.5 and 1.4 instead of 1."
    ]
    assert say_equivalents(table.assign(equivalent_scale=np.nan, equivalent_scale_low=np.nan)) == []


def areas(of_networks):
    """The table robustness, with the areas of networks by draw and scale of training."""
    rows = [
        {"network": "mlp", "draw": draw, "train_scale": scale, "tested": "one", "seed": seed, "area": area}
        for (draw, scale), areas in of_networks.items()
        for seed, area in enumerate(np.atleast_1d(areas))
    ]
    matched = {"network": "mlp", "draw": "fixed", "train_scale": np.nan, "tested": "matched", "area": 0.99}
    return pd.DataFrame([*rows, matched | {"seed": 0}])


def test_without_a_network_of_all_scales_nothing_is_said_of_unknown_scales():
    assert say_unknown_scale(areas({("fixed", 0.0): 0.6, ("fixed", 1.0): 0.7}), 10_000) == []
    assert say_unknown_scale(areas({("mixed", np.nan): 0.7}), 10_000) == []  # with what could it be compared?


def test_where_the_scale_is_not_known_the_network_with_the_largest_area_is_best():
    of_one = {("fixed", 0.0): 0.6, ("fixed", 1.0): 0.65, ("fresh", 1.0): 0.67}
    start = "averaged over the square root of the scale, it recognises"
    assert say_unknown_scale(areas(of_one | {("mixed", np.nan): 0.72}), 10_000) == [
        f"Where the scale is not known, use the network with mixed noise: {start} 72 %, and the network with "
        "fresh noise of scale 1 67 %."
    ]
    assert say_unknown_scale(areas({("fixed", 0.0): 0.8, ("mixed", np.nan): 0.72}), 10_000) == [
        f"Where the scale is not known, use the network without noise: {start} 80 %, and the network with "
        "mixed noise 72 %."
    ]


@pytest.mark.parametrize(
    ("of_all", "of_one", "images", "clear"),
    [
        (0.72, 0.70, 10_000, True),
        (0.71, 0.70, 10_000, False),
        (0.72, 0.70, 1000, False),
        ([0.71, 0.735, 0.72], [0.70, 0.72, 0.71], 1000, True),
        ([0.71, 0.73, 0.72], [0.70, 0.72, 0.71], 1000, False),  # measured once
        ([0.71, 0.75, 0.72], [0.70, 0.70, 0.73], 10_000, False),
    ],
)
def test_no_network_is_recommended_for_a_difference_that_may_be_chance(of_all, of_one, images, clear):
    (sentence,) = say_unknown_scale(areas({("fixed", 1.0): of_one, ("mixed", np.nan): of_all}), images)
    assert ("use the network with mixed noise" in sentence) == clear
    assert ("no difference between the network with mixed noise and" in sentence) != clear


def mixed_changes(**changes):
    """Rows of mixed noise, and by how much it differs from other draws, each change ± 0.01."""
    table = pd.DataFrame({"network": "mlp", "draw": "mixed", "scale": SCALES})
    for draw in ("fixed", "fresh"):
        change = np.array(changes.get(draw, [np.nan] * 3))
        table[f"change_from_{draw}"] = change
        table[f"change_from_{draw}_low"], table[f"change_from_{draw}_high"] = change - 0.01, change + 0.01
    return table


def test_what_one_network_of_all_scales_costs_is_its_largest_clear_loss():
    cost = say_cost(mixed_changes(fixed=[0, 0.1, 0.1], fresh=[-0.009, -0.029, 0.01]))
    assert cost == [
        "Against networks with fresh noise for each scale, the network with mixed noise loses at most 2.9 "
        "points, at scale 0.5 (95 % interval: 1.9 to 3.9)."
    ]
    assert say_cost(mixed_changes(fixed=[0, -0.005, 0.1])) == [
        "At no scale is the network with mixed noise clearly worse than networks with fixed noise for each "
        "scale."
    ]
    assert say_cost(mixed_changes()) == []
    assert say_cost(mixed_changes(fixed=[0, -0.1, 0.1]).assign(draw="fresh")) == []


def test_the_first_lines_are_the_answer_one_for_each_draw():
    fixed = rows([0.98, 0.93, 0.73]).assign(change_from_clean=[0, -0.05, -0.25], change_from_fixed=np.nan)
    fresh = rows([0.98, 0.95, 0.91], "fresh")
    fresh = fresh.assign(change_from_clean=[0, -0.03, -0.07], change_from_fixed=[0.0, 0.02, 0.18])
    comparison = pd.concat([fixed, fresh]).assign(train_accuracy=0.99)
    for limit, half in (("low", -0.01), ("high", 0.01)):
        comparison[f"change_from_fixed_{limit}"] = comparison["change_from_fixed"] + half
    accuracies = merged(
        counted(name, scale, share)
        for name, share in (("chance", 0.1), ("nearest_centroid", 0.5), ("ridge_regression", 1.0))
        for scale in SCALES
    )
    classes = pd.concat([recalls({"1": [1, 0.95, 0.92]}, draw) for draw in ("fixed", "fresh")])
    comparison["equivalent_scale"] = comparison["equivalent_scale_low"] = np.nan
    tables = {"comparison": comparison, "accuracies": accuracies, "classes": classes}
    tables["robustness"] = areas({("fixed", 0.5): 0.7})
    lines = answer(tables, "digit").splitlines()
    assert [line.split(", ")[0] for line in lines[:2]] == ["With fixed noise", "With fresh noise"]
    assert "stays above 90 % up to scale 0.5 (93 %)" in lines[0]
    assert "stays above 90 % at every scale" in lines[1]
    assert "wins back 2 of 5 at scale 0.5 and 18 of 25 at scale 1" in lines[2]
    assert all(line.startswith("At no scale does the network with ") for line in lines[3:5])
    assert all(line.endswith("recall stays above 90 % for every digit.") for line in lines[5:])
    assert len(lines) == 7
    # With a ceiling, what fresh noise wins back is said among the losses, and the limit after them.
    losses = lost({0.5: [0.98, 0.02, 0.0, 0.03, 0.0], 1.0: [0.98, 0.18, 0.02, 0.01, 0.04]})
    with_ceiling = answer(tables | {"losses": losses}, "digit").splitlines()
    assert with_ceiling[:2] == lines[:2]
    assert with_ceiling[5:] == lines[3:]
    assert with_ceiling[2].startswith(
        "Of the 5 points lost at scale 0.5 (the ceiling: 1 000 test images, one seed), memorising"
    )
    assert with_ceiling[3].startswith("Of the 25 points lost at scale 1, memorising the noise cost 18")
    # With one draw, both say something.
    one = {"comparison": comparison[comparison["draw"] == "fixed"], "accuracies": accuracies}
    one["robustness"] = tables["robustness"]
    one |= {"classes": classes[classes["draw"] == "fixed"], "losses": lost({1.0: [0.98, 0.2, 0.01, 0.04]})}
    assert answer(one, "digit").splitlines()[1:4] == [
        "Of the 25 points lost at scale 1 (the ceiling: 1 000 test images, one seed), a better "
        "classifier could win back at least 20, and at least 4 are gone; it is open whether the other 1 "
        "could be won back.",
        "Training accuracy exceeds validation accuracy most at scale 1: 99 % against 73 %.",
        "The best known classifier stays above 90 % at every scale (93 % at scale 1).",
    ]


def test_another_kind_of_noise_is_named_and_what_follows_from_it_is_said():
    start = "With fixed noise (salt-and-pepper noise), validation accuracy is only 50 % at scale 0.5, "
    assert say_crossing(rows([0.98, 0.5, 0.2]), "salt_and_pepper").startswith(start)
    assert say_kind("gaussian") == []
    assert say_kind("speckle") == ["What any classifier could reach is not known for speckle noise."]
    assert say_kind("gaussian_blur") == [
        "Nothing is drawn for Gaussian blur, so fresh noise would be the same as fixed.",
        "What any classifier could reach is not known for Gaussian blur.",
    ]


def test_what_training_changes_on_other_kinds_is_said_for_each_of_them():
    rows = [
        {"network": "mlp", "draw": "fixed", "train_scale": scale, "kind": kind, "change_from_clean": change}
        for kind, changes in (
            ("gaussian", (0, 0.4, 0.3)),
            ("shot", (0, 0.123, 0.01)),
            ("occlusion", (0, -0.05, 0)),
        )
        for scale, change in zip((0.0, 0.5, 2.0), changes, strict=True)
    ]
    of_all = {"network": "mlp", "draw": "mixed", "train_scale": np.nan, "kind": "shot"}
    rows.append(of_all | {"change_from_clean": 0.1})
    assert say_kinds(pd.DataFrame(rows), "gaussian") == [
        "On shot noise, training with fixed noise of scales 0.5 and 2 changes accuracy by +12 and +1 points "
        "against training without noise (mean over its test scales).",
        "On occlusion, training with fixed noise of scales 0.5 and 2 changes accuracy by -5 and +0 points "
        "against training without noise (mean over its test scales).",
        "On shot noise, training with mixed noise changes accuracy by +10 points against training without "
        "noise (mean over its test scales).",
    ]


def test_how_a_network_that_came_trained_is_read_is_said_with_what_was_noticed():
    how = {"pixels": [0, 255], "layout": "nchw", "channels": "bgr"}
    outputs = {"meaning": "log_probabilities", "columns": [0, 1]}
    check = {"how": how, "outputs": outputs, "accuracy": 0.976, "notes": ["It takes uint8."]}
    assert say_came_trained("theirs", check) == [
        "theirs is pretrained. It gets pixels [0, 255] in the layout nchw, channels bgr, gives "
        "log-probabilities, and recognises 97.6 % of the training images, without noise.",
        "theirs: it takes uint8.",
    ]


def test_of_several_networks_each_sentence_names_the_one_that_it_is_about():
    table = rows([0.98, 0.93, 0.5])
    said = say_crossing(table.assign(network="cnn"), "gaussian", several=True)
    assert said.startswith("With cnn and fixed noise, validation accuracy stays above 90 % up to scale 0.5")
    trained = table.assign(network="theirs", draw="", epochs=np.nan)
    said = say_crossing(trained, "gaussian")
    assert said.startswith("With theirs, validation accuracy stays above 90 %")
    assert said.endswith("(one seed).")
    assert say_losses(lost({1.0: [0.98, 0.1, 0.1, 0.1, 0.1]}), "cnn")[0].startswith(
        "Of the 40 points that cnn loses at scale 1 (the ceiling: 1 000 test images, one seed), memorising"
    )
