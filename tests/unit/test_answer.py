"""The sentences say what the numbers say, in all cases."""

import numpy as np
import pandas as pd
import pytest

from analysis.answer import (
    answer,
    listed,
    percent,
    points,
    say_baseline,
    say_classes,
    say_crossing,
    say_memorised,
)

SCALES = np.array([0.0, 0.5, 1.0])


def rows(accuracies, draw="fixed", seeds=1, half=0.01):
    accuracies = np.array(accuracies)
    table = {"draw": draw, "scale": SCALES, "seeds": seeds, "epochs": 2, "val_accuracy": accuracies}
    table |= {"val_accuracy_low": accuracies - half, "val_accuracy_high": accuracies + half}
    return pd.DataFrame(table)


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
            "stays above 90 % up to scale 0 (98 %) and is 85 % at scale 0.5; "
            "it crosses 90 % near 0.31 (2 epochs, one seed).",
        ),
        (
            [0.98, 0.95, 0.91],
            "stays above 90 % at every scale; at scale 1 it is 91 % (2 epochs, one seed).",
        ),
        (
            [0.80, 0.95, 0.20],
            "is 80 % without any noise, which is not above 90 % (2 epochs, one seed).",
        ),
    ],
)
def test_crossing(accuracies, sentence):
    assert say_crossing(rows(accuracies)) == f"With fixed noise, validation accuracy {sentence}"


def test_crossing_of_a_single_scale_and_of_many_seeds():
    assert "stays above 90 % at every scale; at scale 0 it is 98 %" in say_crossing(rows([0.98, 0, 0])[:1])
    assert say_crossing(rows([0.98, 0.5, 0.2], "fresh", seeds=5)).startswith("With fresh noise, ")
    assert say_crossing(rows([0.98, 0.5, 0.2], seeds=5)).endswith("(2 epochs, mean of 5 seeds).")


def changes(clean, fixed, low, high, train=0.0, val=0.0):
    """Rows of fresh noise: its change from the clean run, and its change from fixed noise."""
    table = pd.DataFrame({"scale": SCALES, "change_from_clean": clean, "change_from_fixed": fixed})
    table = table.assign(train_accuracy=train, val_accuracy=val)
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
    one_seed = say_memorised(changes([0, -0.1, -0.3], [0, -0.02, 0.1], NAN, NAN))
    assert "wins back 10 of 40 at scale 1: that" in one_seed[0]
    unclear = changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, -0.01, -0.1], [0, 0.05, 0.3])
    assert say_memorised(unclear) == [
        "At no scale is accuracy clearly higher with fresh noise than with fixed noise."
    ]
    mixed = changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, 0.01, -0.1], [0, 0.03, 0.3])
    assert "wins back 2 of 12 at scale 0.5: that" in say_memorised(mixed)[0]


def test_with_one_draw_alone_the_largest_gap_to_the_training_accuracy_is_said():
    gaps = changes([0, -0.1, -0.3], NAN, NAN, NAN, [1.0, 0.99, 0.98], [0.5, 0.97, 0.73])
    assert say_memorised(gaps) == [  # not of the clean run, whose gap is larger
        "Training accuracy exceeds validation accuracy most at scale 1: 98 % against 73 %."
    ]
    none = changes([0, -0.1, -0.3], NAN, NAN, NAN, [1.0, 0.9, 0.7], [0.9, 0.9, 0.8])
    assert say_memorised(none) == ["At no noisy scale is training accuracy above validation accuracy."]
    assert say_memorised(none[:1]) == []  # without any noise there is nothing to say


@pytest.mark.parametrize(
    ("baseline", "sentence"),
    [
        (
            [0.8, 0.7, 0.6],
            "At no scale does the network with fixed noise recognise fewer images than the nearest class "
            "mean, a method without a network.",
        ),
        (
            [0.8, 0.7, 0.735],  # inside the interval of 0.73
            "At no scale does the network with fixed noise recognise fewer images than the nearest class "
            "mean, a method without a network.",
        ),
        (
            [0.8, 0.7, 0.75],
            "At scale 1, the network with fixed noise recognises fewer images than the nearest class "
            "mean, a method without a network: 73 % against 75 %.",
        ),
        (
            [0.8, 0.95, 0.75],
            "At scales 0.5 and 1, the network with fixed noise recognises fewer images than the nearest "
            "class mean, a method without a network: 93 % against 95 % and 73 % against 75 %.",
        ),
    ],
)
def test_baseline(baseline, sentence):
    assert say_baseline(rows([0.98, 0.93, 0.73]), pd.Series(baseline, SCALES)) == sentence


def recalls(curves, draw="fixed"):
    return pd.concat(
        pd.DataFrame({"draw": draw, "scale": SCALES, "class": name, "recall": curve})
        for name, curve in curves.items()
    )


def test_the_first_and_the_last_class_that_fails():
    curves = {"1": [1, 0.95, 0.85], "5": [1, 0.80, 0.3], "8": [0.89, 0.5, 0.2], "0": [1, 0.97, 0.96]}
    assert say_classes(recalls(curves), "digit") == (
        "With fixed noise, recall is never above 90 % for 8. "
        "With fixed noise, the first digit whose recall falls below 90 % is 5 (near scale 0.25), "
        "the last is 1 (near 0.75)."
    )
    one = say_classes(recalls({"coat": [1, 0.8, 0.3], "bag": [1, 1, 1]}, "fresh"), "garment")
    assert one == (
        "With fresh noise, the first garment whose recall falls below 90 % is coat (near scale 0.25)."
    )


def test_classes_that_never_fail_or_are_never_read():
    above = say_classes(recalls({"1": [1, 0.95, 0.92]}), "digit")
    assert above == "With fixed noise, recall stays above 90 % for every digit."
    never = say_classes(recalls({name: [0.5, 0.4, 0.3] for name in "0123456789"}), "digit")
    assert never == "With fixed noise, recall is never above 90 % for 0, 1, 2, 3, 4 and 5 more."


def test_the_first_lines_are_the_answer_one_for_each_draw():
    fixed = rows([0.98, 0.93, 0.73]).assign(change_from_clean=[0, -0.05, -0.25], change_from_fixed=np.nan)
    fresh = rows([0.98, 0.95, 0.91], "fresh")
    fresh = fresh.assign(change_from_clean=[0, -0.03, -0.07], change_from_fixed=[0.0, 0.02, 0.18])
    comparison = pd.concat([fixed, fresh]).assign(train_accuracy=0.99)
    comparison["change_from_fixed_low"] = comparison["change_from_fixed_high"] = np.nan
    baselines = pd.DataFrame(
        {"scale": scale, "seed": 1, "method": method, "accuracy": accuracy, "n": 200}
        for method, accuracy in (("chance", 0.1), ("nearest_class_mean", 0.5), ("ridge_regression", 1.0))
        for scale in SCALES
    )
    baselines = baselines.assign(accuracy_low=np.nan, accuracy_high=np.nan)
    classes = pd.concat([recalls({"1": [1, 0.95, 0.92]}, draw) for draw in ("fixed", "fresh")])
    lines = answer(comparison, baselines, classes, "digit").splitlines()
    assert [line.split(", ")[0] for line in lines[:2]] == ["With fixed noise", "With fresh noise"]
    assert "stays above 90 % up to scale 0.5 (93 %)" in lines[0]
    assert "stays above 90 % at every scale" in lines[1]
    assert "wins back 2 of 5 at scale 0.5 and 18 of 25 at scale 1" in lines[2]
    assert all(line.startswith("At no scale does the network with ") for line in lines[3:5])
    assert all(line.endswith("recall stays above 90 % for every digit.") for line in lines[5:])
    assert len(lines) == 7
