"""What classifiers recognise of people's own test sets, and which scale of the noise costs as much."""

import numpy as np
import pytest

from analysis.classifiers import on_noise, on_own_kind, own_scale
from analysis.intervals import student_interval, wilson_interval
from analysis.sets import compare_sets, say_sets
from experiment.counts import pack_answers, unpack_answers
from experiment.sets import read_sets, stack_answers
from made_up import counted, merged, network

SWEEP = {"images": "mnist", "kind": "gaussian"}
SCALES = (0.0, 1.0, 2.0)
EQUIVALENT = ["equivalent_scale", "equivalent_scale_low", "equivalent_scale_high"]


def rows_of(curve, on_fog, draw="fixed", train_scale=0.0, seed=1, **others):
    """The rows of a network on noise of SCALES, and on a set of 400 images."""
    trained = {"draw": draw, "train_scale": train_scale, "seed": seed} | others
    rows = [network(scale, share, **trained) for scale, share in zip(SCALES, curve, strict=True)]
    return [*rows, network(np.nan, on_fog, kind="fog", n=400, paired_correct=None, paired_n=None, **trained)]


def sets_of(*rows):
    return compare_sets(merged([row for part in rows for row in part]), **SWEEP)


CHANCE = [counted("chance", scale, 0.1) for scale in SCALES] + [counted("chance", np.nan, 0.1, kind="fog")]
CURVE = [0.9, 0.5, 0.3]


def test_of_one_seed_the_limits_of_the_accuracy_are_carried_through_the_curve():
    table = sets_of(rows_of(CURVE, 0.6), CHANCE)
    assert table["classifier"].tolist() == ["mlp", "chance"]
    row = table.iloc[0]
    low, high = wilson_interval(240, 400)
    assert (row["n"], row["seeds"], row["set"]) == (400, 1, "fog")
    assert (row["accuracy"], row["accuracy_low"], row["accuracy_high"]) == (0.6, low, high)
    assert row["change"] == pytest.approx(-0.3)
    # The curve loses 40 points to scale 1.
    expected = [0.75, (0.9 - high) / 0.4, (0.9 - low) / 0.4]
    assert row[EQUIVALENT].tolist() == pytest.approx(expected)
    assert row["equivalent_scale_reason"] == "crossed"
    assert table.iloc[1]["equivalent_scale_reason"] == "never above"


@pytest.mark.parametrize(
    ("curve", "on_fog", "reason"),
    [(CURVE, 0.9, "never above"), (CURVE, 0.95, "never above"), (CURVE, 0.2, "not reached")],
)
def test_without_an_equivalent_scale_the_reason_is_there(curve, on_fog, reason):
    row = sets_of(rows_of(curve, on_fog)).iloc[0]
    assert row[EQUIVALENT].isna().all()
    assert row["equivalent_scale_reason"] == reason


def test_limits_beyond_the_curve_are_zero_or_empty():
    near_clean, near_end = (sets_of(rows_of(CURVE, share)).iloc[0] for share in (0.89, 0.31))
    assert near_clean["equivalent_scale_low"] == 0
    assert 0 < near_clean["equivalent_scale"] < near_clean["equivalent_scale_high"]
    assert near_end["equivalent_scale_low"] < near_end["equivalent_scale"]
    assert np.isnan(near_end["equivalent_scale_high"])


def test_of_several_seeds_the_scales_have_students_interval():
    parts = [rows_of(CURVE, share, seed=seed) for seed, share in ((1, 0.6), (2, 0.7))]
    row = sets_of(*parts).iloc[0]
    assert row["seeds"] == 2
    assert row["accuracy"] == pytest.approx(0.65)
    low, high = student_interval(np.array([0.75, 0.5]))
    assert low < 0
    assert row[EQUIVALENT].tolist() == pytest.approx([0.625, 0, high])
    parts = [rows_of(CURVE, share, seed=seed) for seed, share in ((1, 0.6), (2, 0.61), (3, 0.59))]
    row = sets_of(*parts).iloc[0]
    expected = [0.75, *student_interval(np.array([0.75, 0.725, 0.775]))]
    assert row[EQUIVALENT].tolist() == pytest.approx(expected)


def test_a_network_that_came_trained_is_measured_once_whatever_the_seeds():
    trained = {"draw": None, "train_scale": None, "classifier": "theirs"}
    parts = [rows_of(CURVE, 0.6, seed=seed, train_kind=None, **trained) for seed in (1, 2)]
    row = sets_of(*parts).iloc[0]
    assert (row["draw"], row["seeds"]) == ("", 2)
    assert (row["accuracy_low"], row["accuracy_high"]) == wilson_interval(240, 400)
    assert row["equivalent_scale_low"] < row["equivalent_scale"] < row["equivalent_scale_high"]


def test_a_classifier_of_one_scale_has_no_curve():
    learned = {"draw": "fixed", "train_kind": "gaussian", "train_scale": 1.0}
    rows = [counted("nearest_centroid", 1.0, 0.5, **learned)]
    rows.append(counted("nearest_centroid", np.nan, 0.4, kind="fog", **learned))
    row = sets_of(rows).iloc[0]
    assert row["equivalent_scale_reason"] == "one scale"
    assert np.isnan(row["change"])


def test_nothing_else_is_told_of_test_sets():
    """Also where the name of the set comes before that of the noise."""
    rows = [*rows_of(CURVE, 0.6), *rows_of([0.8, 0.7, 0.2], 0.7, train_scale=1.0), *CHANCE]
    table = merged(row | {"kind": "a_set"} if row["kind"] == "fog" else row for row in rows)
    assert (table["kind"] == "a_set").sum() == 3
    assert on_own_kind(table).sum() == len(on_noise(table)) == len(table) - 3
    own = own_scale(table)
    assert set(own["kind"]) == {"gaussian"}
    assert own["classifier"].value_counts().to_dict() == {"chance": 3, "mlp": 2}


def test_each_set_is_said_of_the_networks_without_noise_and_the_best_with_noise_if_it_is_clear():
    sets = sets_of(
        rows_of(CURVE, 0.6),
        rows_of([0.8, 0.7, 0.3], 0.75, train_scale=1.0),
        rows_of(CURVE, 0.5, train_scale=2.0),
    )
    row = sets.iloc[0]
    limits = f"{row['equivalent_scale_low']:.2g} to {row['equivalent_scale_high']:.2g}"
    costs = "trained without noise, as much as noise of scale 0.75"
    assert say_sets(sets) == [
        f"fog costs the network, {costs} ({limits}): it recognises 60 % of its images.",
        "Of fog, the network with fixed noise of scale 1 recognises 75 %; it was chosen among 2 on the same "
        "images.",
    ]
    assert say_sets(sets, several=True)[0].startswith(f"fog costs mlp, {costs} (")
    of_shot = say_sets(sets.assign(kind="shot"))[0]
    assert of_shot.startswith(f"fog costs the network, {costs.replace('noise of', 'shot noise of')}")
    unclear = sets_of(rows_of(CURVE, 0.6), rows_of(CURVE, 0.62, train_scale=1.0))
    assert len(say_sets(unclear)) == 1


@pytest.mark.parametrize(
    ("on_fog", "sentence"),
    [
        (0.9, "nothing: it recognises 90.0 % of its images, and no more of the test images without noise."),
        (0.2, "more than noise of the largest scale: it recognises 20 % of its images."),
        (0.31, "as much as noise of scale 1.9 (from 1.7): it recognises 31 % of its images."),
    ],
)
def test_sets_beyond_the_curve_are_said_in_their_own_words(on_fog, sentence):
    said = say_sets(sets_of(rows_of(CURVE, on_fog)))
    assert said == [f"fog costs the network, trained without noise, {sentence}"]


def test_a_network_that_came_trained_is_named():
    trained = {"draw": None, "train_scale": None, "train_kind": None, "classifier": "theirs"}
    said = say_sets(sets_of(rows_of(CURVE, 0.6, **trained)))
    assert len(said) == 1
    assert said[0].startswith("fog costs theirs as much as noise of scale 0.75 (")


def test_sets_are_read_with_pixels_from_0_to_1_and_answers_of_any_number_stand_together(tmp_path):
    x = np.random.default_rng(1).integers(0, 256, (11, 4, 4), np.uint8)
    for name, array in (("x", x), ("y", np.arange(11) % 2)):
        np.save(tmp_path / f"{name}.npy", array)
    for dense in (True, False):
        ((name, images, labels),) = read_sets(["fog"], [tmp_path / "x.npy"], [tmp_path / "y.npy"], dense)
        assert name == "fog"
        assert np.array_equal(images[:], x / np.float32(255))
    assert labels.tolist() == (np.arange(11) % 2).tolist()
    answers = [np.arange(n) % 3 == 0 for n in (20, 11, 3)]
    packed = stack_answers([pack_answers([correct]) for correct in answers])
    assert packed.shape == (3, 3)
    for bits, correct in zip(packed, answers, strict=True):
        assert np.array_equal(unpack_answers(bits, len(correct)), correct)


def test_means_decide_whether_there_is_an_equivalent_scale_and_no_single_seed():
    """Of five seeds, one is better on fog than without noise, and one is worse than at the largest scale."""
    parts = [rows_of(CURVE, share, seed=seed) for seed, share in enumerate((0.6, 0.62, 0.58, 0.95, 0.25))]
    row = sets_of(*parts).iloc[0]
    assert row["equivalent_scale_reason"] == "crossed"
    assert row["equivalent_scale"] == pytest.approx((0.9 - row["accuracy"]) / 0.4)
    assert row["equivalent_scale_low"] <= row["equivalent_scale"]
    assert not row["equivalent_scale_high"] < row["equivalent_scale"]
