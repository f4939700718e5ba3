"""Intervals against those of scipy.stats, and changes paired by seed."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.intervals import accuracy_interval, paired_change, student_interval, wilson_interval


@pytest.mark.parametrize(("right", "images"), [(9837, 10_000), (0, 200), (200, 200), (57, 200), (1, 1)])
def test_wilson_interval_is_scipys(right, images):
    expected = stats.binomtest(right, images).proportion_ci(method="wilson")
    assert wilson_interval(right, images) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson_interval(right, images)[0] <= right / images <= wilson_interval(right, images)[1]


@pytest.mark.parametrize("seeds", [2, 4, 30])
def test_student_interval_is_scipys(seeds):
    values = np.random.default_rng(seeds).normal(0.9, 0.01, seeds)
    expected = stats.t.interval(0.95, seeds - 1, values.mean(), stats.sem(values))
    assert student_interval(values) == pytest.approx(expected, abs=1e-12)


def test_student_interval_of_one_value_is_unknown_and_of_equal_values_a_point():
    assert np.isnan(student_interval(np.array([0.9]))).all()
    assert student_interval(np.array([0.9, 0.9, 0.9])) == (0.9, 0.9)


def test_accuracy_interval_is_wilsons_for_one_seed_and_students_for_more():
    assert accuracy_interval(np.array([0.57]), 200) == wilson_interval(114, 200)
    values = np.array([0.92, 0.94])
    low, high = student_interval(values)
    assert high > 1
    assert accuracy_interval(values, 200) == (low, 1.0)
    assert accuracy_interval(1 - values, 200) == pytest.approx((0.0, 1 - low))
    assert accuracy_interval(np.array([0.9, 0.9]), 200) == (0.9, 0.9)


def test_change_is_paired_by_seed_whatever_the_order():
    values, reference = pd.Series({1: 0.9, 2: 0.8, 3: 0.6}), pd.Series({3: 0.5, 1: 0.7, 2: 0.7})
    change = paired_change("change", values, reference)
    low, high = student_interval(np.array([0.2, 0.1, 0.1]))
    assert change == pytest.approx({"change": 0.4 / 3, "change_low": low, "change_high": high})


def test_change_without_a_reference_or_an_interval_is_nan():
    values = pd.Series({1: 0.9})
    one = paired_change("change", values, pd.Series({1: 0.7}))
    assert one["change"] == pytest.approx(0.2)
    assert np.isnan([one["change_low"], one["change_high"]]).all()
    assert np.isnan(list(paired_change("change", values, values[:0]).values())).all()
