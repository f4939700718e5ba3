"""The known data sets: their classes, shape and sums belong together."""

import re

import numpy as np
import pytest
import yaml

from experiment.datasets import KNOWN
from fetch_images import IDX_FILES, check_arrays


@pytest.mark.parametrize("name", KNOWN)
def test_every_data_set_is_whole(name):
    known = KNOWN[name]
    assert known.shape == (28, 28)
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


def test_the_configuration_allows_the_known_data_sets_and_no_other():
    schema = yaml.safe_load(open("schemas/config.schema.yaml"))
    assert schema["properties"]["images"]["properties"]["name"]["enum"] == list(KNOWN)


def test_the_sample_is_known_and_has_every_class_and_the_shape():
    with np.load("tests/data/mnist_sample.npz") as file:
        arrays = dict(file)
    check_arrays("mnist", arrays)
    assert arrays["x_train"].shape[1:] == KNOWN["mnist"].shape
    assert list(np.unique(arrays["y_train"])) == list(range(len(KNOWN["mnist"].classes)))
