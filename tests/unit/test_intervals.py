"""Intervals against those of scipy.stats and published formulas."""

import numpy as np
import pytest
from scipy import stats

from analysis.intervals import (
    accuracy_interval,
    paired_interval,
    same_everywhere,
    student_interval,
    wilson_interval,
    with_interval,
)


@pytest.mark.parametrize(("correct", "images"), [(9837, 10_000), (0, 200), (200, 200), (57, 200), (1, 1)])
def test_wilson_interval_is_scipys(correct, images):
    expected = stats.binomtest(correct, images).proportion_ci(method="wilson")
    assert wilson_interval(correct, images) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson_interval(correct, images)[0] <= correct / images <= wilson_interval(correct, images)[1]


@pytest.mark.parametrize("seeds", [2, 4, 30])
def test_student_interval_is_scipys(seeds):
    values = np.random.default_rng(seeds).normal(0.9, 0.01, seeds)
    expected = stats.t.interval(0.95, seeds - 1, values.mean(), stats.sem(values))
    assert student_interval(values) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("values", [[0.9], [0.9, 0.9, 0.9]])
def test_student_interval_of_one_measurement_is_unknown(values):
    """Equal values of several seeds are one measurement, as of a pretrained network without noise."""
    assert np.isnan(student_interval(np.array(values))).all()


def test_an_equal_difference_with_every_seed_has_the_interval_of_its_images():
    images = np.array([1] * 3 + [-1] * 2 + [0] * 95)
    row = with_interval("difference", np.full(5, 0.01), images)
    assert (row["difference_low"], row["difference_high"]) == paired_interval(images)
    assert row["difference_low"] < 0 < row["difference_high"]
    assert np.isnan(with_interval("difference", np.full(5, 0.01))["difference_low"])


def test_accuracy_interval_is_wilsons_for_one_seed_and_students_for_more():
    assert accuracy_interval(np.array([114]), 200) == wilson_interval(114, 200)
    correct = np.array([184, 188])
    low, high = student_interval(correct / 200)
    assert high > 1
    assert accuracy_interval(correct, 200) == (low, 1.0)
    assert accuracy_interval(200 - correct, 200) == pytest.approx((0.0, 1 - low))
    assert accuracy_interval(np.array([180, 180]), 200) == wilson_interval(180, 200)


@pytest.mark.parametrize(
    ("better", "worse", "images"), [(12, 4, 100), (0, 0, 50), (30, 0, 30), (5, 900, 10_000)]
)
def test_paired_interval_is_agresti_and_mins(better, worse, images):
    """By their formula of counts: half an image is added to each cell of the table of the two classifiers."""
    values = np.array([1] * better + [-1] * worse + [0] * (images - better - worse))
    b, c, n = better + 0.5, worse + 0.5, images + 2
    half = stats.norm.ppf(0.975) * np.sqrt(b + c - (b - c) ** 2 / n) / n
    assert paired_interval(values) == pytest.approx(((b - c) / n - half, (b - c) / n + half), abs=1e-12)


def test_a_difference_has_the_interval_of_its_seeds_or_of_the_images_of_one_seed():
    images = np.array([1] * 12 + [-1] * 4 + [0] * 84)
    values = np.array([0.2, 0.1, 0.1])
    low, high = student_interval(values)
    several = with_interval("change", values, images)
    assert several == pytest.approx({"change": 0.4 / 3, "change_low": low, "change_high": high})
    low, high = paired_interval(images)
    assert with_interval("change", [0.08], images) == {
        "change": 0.08,
        "change_low": low,
        "change_high": high,
    }


def test_a_difference_without_values_or_images_has_no_interval():
    one = with_interval("change", [0.2])
    assert one["change"] == 0.2
    assert np.isnan([one["change_low"], one["change_high"]]).all()
    assert np.isnan(list(with_interval("change", []).values())).all()
    assert same_everywhere("change", 0.0) == {"change": 0.0, "change_low": 0.0, "change_high": 0.0}
