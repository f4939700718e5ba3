"""What is written about every classifier: counts, and which images it recognised."""

import numpy as np
import pytest

from experiment.counts import COLUMNS, confusion_counts, count_row, pack_answers, unpack_answers
from experiment.selection import spread_images

TESTED = {"kind": "gaussian", "scale": 0.5, "seed": 1}


@pytest.mark.parametrize("n", [1, 7, 8, 9, 200, 203])
def test_packed_answers_are_unpacked_as_they_were(n):
    answers = [np.random.default_rng(seed).random(n) < 0.5 for seed in range(3)]
    bits = pack_answers(answers)
    assert (bits.dtype, bits.shape) == (np.uint8, (3, -(-n // 8)))
    for row, expected in zip(bits, answers, strict=True):
        unpacked = unpack_answers(row, n)
        assert unpacked.dtype == bool
        assert np.array_equal(unpacked, expected)


@pytest.mark.parametrize("images", [1, 20, 203, 1000])
def test_paired_counts_are_those_of_the_images_of_the_ceiling(images):
    correct = np.random.default_rng(1).random(203) < 0.3
    row = count_row("mlp", TESTED, correct, images, {"draw": "fixed", "train_scale": 2.0}, log_loss=1.5)
    assert tuple(row) == COLUMNS
    chosen = spread_images(203, images)
    assert row == {
        **{"classifier": "mlp", "draw": "fixed", "train_scale": 2.0, **TESTED},
        **{"correct": correct.sum(), "n": 203, "log_loss": 1.5},
        **{"paired_correct": correct[chosen].sum(), "paired_n": min(images, 203)},
    }


def test_what_is_not_known_is_empty_and_nothing_recognised_is_a_number():
    row = count_row("chance", TESTED, np.zeros(9, bool))
    assert tuple(row) == COLUMNS
    assert [name for name in COLUMNS if row[name] is None] == [
        *("draw", "train_scale", "paired_correct", "paired_n", "log_loss")
    ]
    assert (row["correct"], row["n"]) == (0, 9)
    assert count_row("chance", TESTED, np.zeros(9, bool), 3)["paired_correct"] == 0


@pytest.mark.parametrize("classes", [2, 100, 101, 1000])
def test_every_image_is_counted_once_and_every_class_is_there(classes):
    names = [f"class {number}" for number in range(classes)]
    random = np.random.default_rng(1)
    labels, predicted = random.integers(0, classes, (2, 500))
    rows = confusion_counts(labels, predicted, names)
    assert sum(row["n"] for row in rows) == 500
    assert [row["class"] for row in rows if row["class"] == row["predicted"]] == names
    assert (len(rows) == classes**2) == (classes <= 100)
    assert len(rows) <= max(classes**2 * (classes <= 100), classes + 500)
    pair = names[labels[0]], names[predicted[0]]
    (n,) = [row["n"] for row in rows if (row["class"], row["predicted"]) == pair]
    assert n == np.sum((labels == labels[0]) & (predicted == predicted[0]))


def test_answers_of_no_class_are_taken_for_none():
    rows = confusion_counts(np.array([0, 1, 1]), np.array([0, 1, -1]), ["cat", "dog"])
    assert [(row["class"], row["predicted"], row["n"]) for row in rows] == [
        *[("cat", "cat", 1), ("cat", "dog", 0), ("dog", "cat", 0), ("dog", "dog", 1)],
        ("dog", "none of the classes", 1),
    ]
