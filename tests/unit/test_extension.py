"""2 and then 5 epochs give the bits of 5, for all kinds of networks."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiment.extension import load_state, state_facts
from experiment.network import build_network, compile_network
from experiment.training import restore, state_of, train


def own():
    image = x = keras.Input((8, 8))
    for layer in (
        keras.layers.Flatten(),
        keras.layers.GaussianNoise(0.1),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.Sequential([keras.layers.Dense(8), keras.layers.Dropout(0.2)]),
        keras.layers.Dense(3, activation="softmax", dtype="float32"),
    ):
        x = layer(x)
    return keras.Model(image, x)


def half_precision():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        return own()
    finally:
        keras.mixed_precision.set_global_policy("float32")


BFLOAT16 = {"dropout": 0.2, "precision": "mixed_bfloat16"}
MAKERS = {
    "mlp": lambda: build_network((8, 8), 3, {"kind": "mlp", "hidden_units": [16], "dropout": 0.2}, 1),
    "cnn": lambda: build_network((8, 8), 3, {"kind": "cnn", "dropout": 0.2}, 1),
    "mlp in bfloat16": lambda: build_network((8, 8), 3, {"kind": "mlp", "hidden_units": [16]} | BFLOAT16, 1),
    "cnn in bfloat16": lambda: build_network((8, 8), 3, {"kind": "cnn"} | BFLOAT16, 1),
    "own": own,
    "own in 16 bits": half_precision,
}


def made(name):
    keras.utils.set_random_seed(1)
    return compile_network(MAKERS[name](), 0.01)


def train_on(network, epochs, history=None):
    rng = np.random.default_rng(0)
    x = rng.random((70, 8, 8), np.float32)
    y = tf.one_hot(rng.integers(0, 3, 70), 3)
    values = {"epochs": epochs, "batch_size": 32}
    return train(network, itertools.repeat(x), y, {0.0: lambda: x}, y, values, 1, history)


def bits(network):
    return [array.tobytes() for array in state_of(network)]


@pytest.mark.parametrize("name", MAKERS)
def test_a_longer_training_has_the_bits_of_one_that_began_so(tmp_path, name):
    path = tmp_path / "network.keras"
    shorter, longer, whole = made(name), made(name), made(name)
    history = train_on(shorter, 2)
    shorter.save(path)
    card = {"gpus": 0, **state_facts(shorter)}
    assert load_state(longer, path, card) is None
    assert bits(longer) == bits(shorter)
    resumed = made(name)
    restore(resumed, state_of(shorter))  # as from a checkpoint
    rows, expected = train_on(longer, 5, history), train_on(whole, 5)
    assert bits(longer) == bits(whole)
    train_on(resumed, 5, history)
    assert bits(resumed) == bits(whole)
    assert [{**row, "seconds": 0} for row in rows] == [{**row, "seconds": 0} for row in expected]


def test_the_generators_of_a_convolutional_network_are_not_in_its_file(tmp_path):
    """Why they are on the card."""
    network, loaded = made("cnn"), made("cnn")
    train_on(network, 1)
    network.save(tmp_path / "network.keras")
    loaded.optimizer.build(loaded.trainable_variables)
    loaded.load_weights(tmp_path / "network.keras")
    different = [one.name for one in network.variables if "seed" in one.name]
    assert len(different) == 1
    assert sum(one != other for one, other in zip(bits(network), bits(loaded), strict=True)) == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"gpus": 1}, "it was trained with another number of GPUs"),
        ({"state_sha256": "0" * 64}, "its .keras file does not have the whole state of the network"),
        ({"generators": []}, "zip() argument"),
        ({"generators": [[1, 2], [3, 4]]}, "zip() argument"),
    ],
)
def test_a_state_that_is_not_the_stored_one_leaves_the_network_as_it_was(tmp_path, changed, reason):
    shorter, longer = made("cnn"), made("cnn")
    train_on(shorter, 1)
    shorter.save(tmp_path / "network.keras")
    longer.optimizer.build(longer.trainable_variables)
    before = bits(longer)
    card = {"gpus": 0, **state_facts(shorter)} | changed
    assert load_state(longer, tmp_path / "network.keras", card).startswith(reason)
    assert bits(longer) == before


def test_a_state_of_another_network_leaves_the_network_as_it_was(tmp_path):
    shorter, longer = made("own"), made("mlp")
    train_on(shorter, 1)
    shorter.save(tmp_path / "network.keras")
    longer.optimizer.build(longer.trainable_variables)
    before = bits(longer)
    assert load_state(longer, tmp_path / "network.keras", {"gpus": 0, **state_facts(shorter)})
    assert bits(longer) == before
