"""The counts of which class is taken for which."""

import numpy as np
import pytest

from evaluate_models import confusion_counts


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
