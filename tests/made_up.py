"""Counts that are made up, merged into the table of all classifiers as those that are measured."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.tables import sort_table
from compare_scales import with_shares

N = 200  # test images


def counted(classifier: str, scale: float, share: float, seed: int = 1, n: int = N, **others: Any) -> dict:
    """A row about a classifier that recognises this share of the test images, which are all the ceiling's."""
    correct = round(share * n)
    row = {"classifier": classifier, "draw": None, "train_kind": None, "train_scale": None}
    row |= {"kind": "gaussian", "scale": scale, "seed": seed, "correct": correct, "n": n}
    return row | {"paired_correct": correct, "paired_n": n, "log_loss": None} | others


def network(scale: float, share: float, draw: str = "fixed", seed: int = 1, **others: Any) -> dict:
    """A row about a network, tested on the noise that it learned from unless others say otherwise."""
    trained = {"draw": draw, "train_kind": "gaussian", "train_scale": scale, "log_loss": 1.0}
    return counted(others.pop("classifier", "mlp"), scale, share, seed, **trained | others)


def merged(rows: Iterable[dict]) -> pd.DataFrame:
    """The table `accuracies` of these rows."""
    counts = pd.DataFrame(rows)
    # As from a file: a column without any value is one of numbers.
    counts = counts.dropna(axis="columns", how="all").reindex(columns=counts.columns)
    return sort_table("accuracies", with_shares(counts).assign(images="mnist"))
