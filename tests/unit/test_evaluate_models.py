"""The counts of which class is taken for which; and no accuracy of a network that gives no number."""

import numpy as np
import pytest

from evaluate_models import confusion_counts, evaluate_models, same_bits
from experiment.network import build_network
from experiment.runs import Run


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


def test_a_network_that_gives_no_number_has_no_accuracy(tmp_path):
    """Argmax calls NaN the first class."""
    mlp, run = {"name": "mlp", "hidden_units": [4], "dropout": 0.0}, Run("fixed", 0.5, 1)
    network = build_network((4, 4), 2, mlp, 1)
    network.set_weights([np.full(weights.shape, np.nan) for weights in network.get_weights()])
    network.save(tmp_path / "a.keras")
    np.save(tmp_path / "x.npy", np.zeros((6, 4, 4), np.float32))
    np.save(tmp_path / "y.npy", np.zeros(6, np.uint8))
    images = {"shape": [4, 4], "classes": ["a", "b"]}
    arguments = ({run: tmp_path / "a.keras"}, {0.5: tmp_path / "x.npy"}, [], "gaussian", [])
    with pytest.raises(FloatingPointError, match=r"the network fixed/scale_0\.5/seed_1 has the loss nan on"):
        evaluate_models(*arguments, tmp_path / "y.npy", images, mlp, 1, 0)


HERE = {"cpu": "this one", "versions": {"keras": "3"}, "gpus": 0}


@pytest.mark.parametrize(
    ("card", "here", "threads", "same"),
    [
        ({}, {}, 1, True),
        ({"cpu": "another"}, {}, 1, False),
        ({"versions": {"keras": "4"}}, {}, 1, False),
        ({"gpus": 1}, {"gpus": 1}, 1, False),
        ({"settings": {"network": {"name": "cnn"}}}, {}, 2, True),
    ],
)
def test_bits_are_promised_where_the_network_was_trained(card, here, threads, same):
    trained = HERE | {"threads": 1, "settings": {"network": {"name": "mlp"}}} | card
    assert same_bits(trained, HERE | here, threads) == same


def test_without_avx_512_they_are_promised_for_the_same_number_of_threads(monkeypatch):
    trained = HERE | {"threads": 2, "settings": {"network": {"name": "mlp"}}}
    for alike, threads, same in ((True, 1, True), (False, 1, False), (False, 2, True)):
        monkeypatch.setattr("evaluate_models.adds_up_alike", lambda alike=alike: alike)
        assert same_bits(trained, HERE, threads) == same
