"""Counts of all classifiers are read with the images that each recognised."""

import numpy as np
import pandas as pd
import pytest

from compare_scales import Answers, read_counts, with_shares
from experiment.counts import COLUMNS, count_row, pack_answers
from plumbing.outputs import write_csv

FIXED = {"draw": "fixed", "train_scale": 2.0}
ANSWERS = [np.random.default_rng(seed).random(11) < 0.5 for seed in range(4)]


def write_counts(path, rows):
    """Counts of rows (classifier, kind, scale, trained, answers), and these packed; their paths."""
    counts = [
        count_row(name, {"kind": kind, "scale": scale, "seed": 1}, correct, 0, trained)
        for name, kind, scale, trained, correct in rows
    ]
    write_csv(pd.DataFrame(counts), path)
    np.save(path.with_suffix(".npy"), pack_answers([row[-1] for row in rows]))
    return path, path.with_suffix(".npy")


def test_answers_are_found_by_classifier_draw_scale_and_seed_at_its_own_scale(tmp_path):
    networks = [
        ("mlp", "gaussian", 2.0, FIXED, ANSWERS[0]),
        ("mlp", "gaussian", 0.0, FIXED, ANSWERS[1]),
        ("mlp", "shot", 2.0, FIXED, ANSWERS[2]),
    ]
    files = [
        write_counts(tmp_path / "networks.csv", networks),
        write_counts(tmp_path / "ceiling.csv", [("ceiling_lower", "gaussian", 2.0, None, ANSWERS[3])]),
    ]
    person = {"classifier": "people/ann.csv", "kind": "gaussian", "scale": 2.0, "correct": 3, "n": 4}
    write_csv(pd.DataFrame([person], columns=COLUMNS), tmp_path / "ann.csv")
    counts = read_counts(*zip(*files, strict=True), [tmp_path / "ann.csv"])
    assert counts["classifier"].tolist() == ["mlp"] * 3 + ["ceiling_lower", "people/ann.csv"]
    learned = counts["train_scale"].notna()
    answers = Answers(with_shares(counts).assign(train_kind=np.where(learned, "gaussian", "")))
    assert list(answers.packed) == [("mlp", "fixed", 2.0, 1), ("ceiling_lower", "", 2.0, 1)]
    assert np.array_equal(answers["mlp", "fixed", 2.0, 1], ANSWERS[0])
    assert np.array_equal(answers["ceiling_lower", "", 2.0, 1], ANSWERS[3])


def test_a_file_of_other_columns_is_named(tmp_path):
    path, answers = write_counts(tmp_path / "a.csv", [("mlp", "gaussian", 2.0, FIXED, ANSWERS[0])])
    write_csv(pd.read_csv(path).drop(columns="seed"), path)
    with pytest.raises(
        ValueError, match=r"the columns of .*a\.csv are \['classifier', .*, not \['classifier'"
    ):
        read_counts([path], [answers], [])
