"""The sentences say what the numbers say, in all cases."""

import numpy as np
import pandas as pd
import pytest
from analysis.answer import answer, say_baseline, say_classes, say_crossing, say_memorised

SCALES = np.array([0.0, 0.5, 1.0])


def rows(accuracies, draw="fixed", seeds=1, half=0.01):
    accuracies = np.array(accuracies)
    table = {"draw": draw, "scale": SCALES, "seeds": seeds, "epochs": 2, "val_accuracy": accuracies}
    table |= {"val_accuracy_low": accuracies - half, "val_accuracy_high": accuracies + half}
    return pd.DataFrame(table)


def changes(clean, fixed, low, high):
    table = pd.DataFrame({"scale": SCALES, "change_from_clean": clean, "change_from_fixed": fixed})
    return table.assign(change_from_fixed_low=low, change_from_fixed_high=high)


@pytest.mark.parametrize(
    ("accuracies", "words"),
    [
        ([0.98, 0.93, 0.73], ["stays above 90% up to noise scale 0.5 (93.0%)", "near scale 0.58."]),
        ([0.98, 0.95, 0.91], ["at every scale tried, up to 1, where it is 91.0%."]),
        ([0.80, 0.50, 0.20], ["not above 90% even without noise: it is 80.0% there."]),
    ],
)
def test_crossing(accuracies, words):
    sentence = say_crossing(rows(accuracies))
    assert sentence.startswith("With fixed noise, validation accuracy after 2 epochs (one seed) ")
    for word in words:
        assert word in sentence


def test_memorised_noise_is_what_fresh_noise_gives_back():
    sentences = say_memorised(changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, 0.01, 0.09], [0, 0.03, 0.11]))
    # Fixed noise of scale 1 costs 0.3 + 0.1.
    assert "gives back 2.0 of 12.0 at scale 0.5, 10.0 of 40.0 at scale 1: so much was" in sentences[0]
    assert len(sentences) == 1


def test_memorised_noise_is_not_said_where_it_is_not_clear():
    nan = [np.nan] * 3
    one_seed = say_memorised(changes([0, -0.1, -0.3], [0, -0.02, 0.1], nan, nan))[0]
    assert "gives back 10.0 of 40.0 at scale 1: so" in one_seed
    unclear = changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, -0.01, -0.1], [0, 0.05, 0.3])
    assert say_memorised(unclear)[0].startswith("At no scale is it clear")
    mixed = changes([0, -0.1, -0.3], [0, 0.02, 0.1], [0, 0.01, -0.1], [0, 0.03, 0.3])
    assert "gives back 2.0 of 12.0 at scale 0.5: so" in say_memorised(mixed)[0]
    assert say_memorised(changes([0, -0.1, -0.3], nan, nan, nan)) == []


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ([0.8, 0.7, 0.6], "nowhere falls below the nearest class mean"),
        ([0.8, 0.7, 0.735], "nowhere falls below"),  # inside the interval of 0.73
        ([0.8, 0.7, 0.75], "at scale 1 (73.0% against 75.0%)."),
        ([0.8, 0.95, 0.75], "at scales 0.5 (93.0% against 95.0%) and 1 (73.0% against 75.0%)."),
    ],
)
def test_floor(baseline, words):
    assert words in say_baseline(rows([0.98, 0.93, 0.73]), pd.Series(baseline, SCALES))


def recalls(curves):
    return pd.concat(
        pd.DataFrame({"draw": "fixed", "scale": SCALES, "class": digit, "recall": curve})
        for digit, curve in curves.items()
    )


def test_digits_in_the_order_in_which_they_fail():
    said = say_classes(
        recalls({1: [1, 0.95, 0.85], 5: [1, 0.80, 0.3], 8: [0.89, 0.5, 0.2], 0: [1, 0.97, 0.96]})
    )
    assert "falls below 90% in the order of the digits 5 (scale 0.25), 1 (scale 0.75)." in said
    assert "is nowhere above 90% for the digits 8." in said
    assert say_classes(recalls({1: [1, 0.95, 0.92]})).endswith("recall stays above 90% for every digit.")


def test_the_last_line_is_the_answer():
    comparison = rows([0.98, 0.93, 0.73]).assign(change_from_clean=0.0, change_from_fixed=np.nan)
    comparison["change_from_fixed_low"] = comparison["change_from_fixed_high"] = np.nan
    baselines = pd.DataFrame({"scale": SCALES, "method": "nearest_mean", "accuracy": 0.5})
    lines = answer(comparison, baselines, recalls({1: [1, 0.95, 0.92]})).splitlines()
    assert len(lines) == 3
    assert "stays above 90 % up to noise scale 0.5 (93.0 %)" in lines[-1]
