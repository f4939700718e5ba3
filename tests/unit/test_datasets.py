"""The known data sets: their classes, shape and sums belong together."""

import re

import numpy as np
import pytest
import yaml
from sklearn.datasets import load_digits

from fetch_images import check_published, load_with_sklearn
from inputs.datasets import KNOWN
from inputs.idx import IDX_FILES


@pytest.mark.parametrize("name", KNOWN)
def test_every_data_set_is_whole(name):
    known = KNOWN[name]
    assert known.shape in ((28, 28), (8, 8))
    assert known.train > known.test > 0
    assert len(set(known.classes)) == len(known.classes) == 10
    assert all(isinstance(text, str) and text.strip() == text != "" for text in [known.noun, *known.classes])
    assert known.sha256
    for sums in known.sha256:
        assert set(sums) == set(IDX_FILES)
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in sums.values())
    all_sums = [value for sums in known.sha256 for value in sums.values()]
    assert len(set(all_sums)) == len(all_sums)


def test_names_of_the_classes():
    assert KNOWN["mnist"].noun == "digit"
    assert [int(name) for name in KNOWN["mnist"].classes] == list(range(10))
    # Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747, table 2.
    assert [name.lower() for name in KNOWN["fashion_mnist"].classes] == [
        *("t-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ]


def test_the_schema_names_the_known_data_sets():
    schema = yaml.safe_load(open("schemas/config.schema.yaml"))
    name = schema["properties"]["images"]["properties"]["name"]
    assert all(known in name["description"] and re.search(name["pattern"], known) for known in KNOWN)


def test_digits_are_those_of_scikit_learn():
    arrays = load_with_sklearn()
    check_published("digits", arrays)
    digits = load_digits()
    assert np.array_equal(np.concatenate([arrays["x_train"], arrays["x_test"]]) * 16, digits.images)
    assert np.array_equal(np.concatenate([arrays["y_train"], arrays["y_test"]]), digits.target)


def test_the_sample_is_known_and_has_every_class_and_the_shape():
    with np.load("tests/data/mnist_sample.npz") as file:
        arrays = dict(file)
    check_published("mnist", arrays)
    assert arrays["x_train"].shape[1:] == KNOWN["mnist"].shape
    assert list(np.unique(arrays["y_train"])) == list(range(len(KNOWN["mnist"].classes)))
