"""Optimizers and learning rates by their names and keys in Keras: how they train, and what is refused."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import same_bits_with_threads
from control.training_options import check_training, complete_training, find_fault
from experiment.network import build_network, compile_network
from experiment.optimizer import make_optimizer, make_rate, subclasses
from experiment.streams import dropout_key, epoch_order
from experiment.training import compile_epoch, restore, state_of, train

NAMES = sorted(map(str.lower, subclasses(keras.optimizers, keras.optimizers.Optimizer)))
COSINE = {"name": "CosineDecay", "initial_learning_rate": 1, "decay_steps": 8}
# Ways to train that have states of their own.
WAYS = {
    **{name: {"learning_rate": 0.01, "optimizer": {"name": name}} for name in NAMES},
    "cosine": {"learning_rate": COSINE, "optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True}},
    "accumulated": {"learning_rate": 0.01, "optimizer": {"name": "adam", "gradient_accumulation_steps": 2}},
    "scaled": {"learning_rate": 0.01, "optimizer": {"name": "adam", "loss_scale_factor": 128}},
    "all": {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 0.1, "label_smoothing": 0.1},
}
QUICK = ("sgd", "adamw", "cosine", "all")
MLP = {"kind": "mlp", "hidden_units": [8], "dropout": 0.2}
CNN = {"kind": "cnn", "dropout": 0.2}


@pytest.fixture(scope="module")
def images():
    """70 images of 8 x 8 pixels in 3 classes that can be told apart."""
    y = np.arange(70) % 3
    x = np.random.default_rng(1).random((70, 8, 8), dtype=np.float32) / 2
    x[np.arange(70), y * 2] += 0.5
    return tf.constant(x), tf.one_hot(y, 3)


def train_on(images, options, network=MLP, epochs=(1, 2), state=None):
    """The network; and after each epoch its loss, summed over the images, and its state."""
    x, y = images
    built, after = compile_network(build_network((8, 8), 3, network, 1), **options), []
    if state:
        restore(built, state)
    train_epoch = compile_epoch(built, y, 32)
    for epoch in epochs:
        order, key = epoch_order(1, epoch, len(y)), dropout_key(1, epoch)
        loss, _ = train_epoch(x, tf.constant(order), tf.constant(key))
        after.append((float(loss), state_of(built)))
    return built, after


def same(one, other):
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_all_of_kerass_optimizers_are_there():
    assert {"adadelta", "adafactor", "adagrad", "adam", "adamw", "adamax", "ftrl", "lamb", "lion"} <= set(
        NAMES
    )
    assert {"muon", "nadam", "rmsprop", "sgd", "schedulefreeadamw"} <= set(NAMES)
    assert len(NAMES) == 14


def loss_of(network, images):
    """Mean loss without dropout."""
    return float(np.mean(keras.losses.categorical_crossentropy(images[1], network(images[0]))))


@pytest.mark.parametrize(
    "way", [way if way in QUICK else pytest.param(way, marks=pytest.mark.long) for way in WAYS]
)
def test_a_training_that_was_stopped_ends_with_the_bits_of_one_that_was_not(images, way):
    network, [(_, first), (last_loss, last)] = train_on(images, WAYS[way])
    _, [(resumed_loss, resumed)] = train_on(images, WAYS[way], epochs=[2], state=first)
    assert same(last, resumed)
    assert not same(first, last)
    assert last_loss == resumed_loss
    if way != "ftrl":  # which sets almost all weights to 0 at its first step
        assert loss_of(network, images) < loss_of(build_network((8, 8), 3, MLP, 1), images)


def test_options_do_the_same_in_networks_that_are_no_mlp(images):
    _, [(_, first), (_, last)] = train_on(images, WAYS["all"], CNN)
    _, [(_, resumed)] = train_on(images, WAYS["all"], CNN, epochs=[2], state=first)
    assert same(last, resumed)


@pytest.mark.parametrize("network", [MLP | {"dropout": 0.0}, CNN | {"dropout": 0.0}], ids=["mlp", "cnn"])
def test_a_step_is_kerass_own_with_these_options(images, network):
    """All images in one batch: the weights after a step are those of Keras's train_on_batch."""
    x, y = images
    options = {"learning_rate": 0.05, "optimizer": {"name": "sgd", "momentum": 0.9}, "label_smoothing": 0.3}
    options |= {"weight_decay": 0.1, "clipnorm": 0.05}
    ours, theirs, plain = (build_network((8, 8), 3, network, 1) for _ in range(3))
    compile_network(ours, **options)
    theirs.compile(
        keras.optimizers.SGD(0.05, momentum=0.9, weight_decay=0.1, clipnorm=0.05),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.3),
    )
    history = train(ours, [x], y, {0.0: lambda: x}, y, {"epochs": 1, "batch_size": 70}, 1)
    theirs.train_on_batch(x, y)
    for one, other, before in zip(ours.get_weights(), theirs.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)
        assert not np.allclose(one, before, atol=2e-6)
    # The loss that is reported is that of the labels as they are.
    expected = np.mean(keras.losses.categorical_crossentropy(y, plain(x)))
    assert history[0]["loss"] == pytest.approx(expected, rel=1e-4)


def test_a_schedule_counts_the_batches_of_all_epochs(images):
    network, [(_, first), _] = train_on(images, {"learning_rate": COSINE})
    resumed, _ = train_on(images, {"learning_rate": COSINE}, epochs=[2], state=first)
    # 3 batches an epoch. The whole numbers of a configuration are no whole numbers to Keras.
    for trained in (network, resumed):
        assert int(trained.optimizer.iterations) == 6
        expected = (1 + np.cos(np.pi * 6 / 8)) / 2
        assert float(trained.optimizer.learning_rate) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "name", sorted(subclasses(keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule))
)
def test_all_of_kerass_schedules_are_taken(name):
    steps = {"boundaries": [3, 6], "values": [1, 0.1, 0.01]} if name == "PiecewiseConstantDecay" else None
    rate = {"name": name} | (steps or {"initial_learning_rate": 1, "decay_steps": 10})
    if name == "CosineDecayRestarts":
        rate["first_decay_steps"] = rate.pop("decay_steps")
    if name in ("ExponentialDecay", "InverseTimeDecay"):
        rate["decay_rate"] = 0.5
    schedule = make_rate(rate)
    assert type(schedule).__name__ == name
    assert float(schedule(0)) == 1
    assert 0 < float(schedule(5)) < 1
    assert find_fault({"learning_rate": rate}) is None


def test_what_is_not_said_is_kerass_default():
    name = {"name": "adam"}  # without the number that Keras adds
    assert make_optimizer(0.001).get_config() | name == keras.optimizers.Adam(0.001).get_config() | name
    assert make_optimizer(0.001, {"name": "adamw"}).weight_decay == keras.optimizers.AdamW().weight_decay
    assert make_optimizer(0.001, {"name": "adamw"}, weight_decay=0.0).weight_decay == 0


FAULTS = {
    "sgdd": (
        {"optimizer": {"name": "sgdd"}},
        "optimizer: Keras has no optimizer sgdd (did you mean sgd?); it has ada",
    ),
    "a wrapper": (
        {"optimizer": {"name": "lossscaleoptimizer"}},
        "optimizer: Keras has no optimizer lossscale",
    ),
    "momentun": (
        {"optimizer": {"name": "sgd", "momentun": 0.9}},
        "optimizer: Keras's sgd has no key momentun (did you mean momentum?); it has learning_rate, momentum",
    ),
    "momentum": (
        {"optimizer": {"name": "sgd", "momentum": 2.5}},
        "optimizer: `momentum` must be a float between [0, 1]",
    ),
    "a list": ({"optimizer": {"name": "adam", "beta_1": [1.0]}}, "optimizer: "),
    "both": ({"optimizer": {"name": "sgd", "clipvalue": 1}, "clipnorm": 1.0}, "optimizer: Only one of"),
    "a mean": (
        {"optimizer": {"name": "sgd", "use_ema": True}},
        "optimizer: use_ema is not used: the weights of",
    ),
    "a schedule": (
        {"learning_rate": {"name": "cosinedecay"}},
        "learning_rate: Keras has no schedule cosinedecay (did you mean CosineDecay?); it has CosineDecay, ",
    ),
    "its key": (
        {"learning_rate": COSINE | {"decay_step": 2}},
        "learning_rate: Keras's CosineDecay has no key decay_step (did you mean decay_steps?); it has",
    ),
    "a key less": ({"learning_rate": {"name": "CosineDecay"}}, "learning_rate: TypeError: "),
    "no steps": ({"learning_rate": COSINE | {"decay_steps": 0}}, "learning_rate: "),
    "below 0": (
        {"learning_rate": COSINE | {"initial_learning_rate": -1}},
        "learning_rate: CosineDecay starts at -1; allowed: from 0",
    ),
    "values": (
        {"learning_rate": {"name": "PiecewiseConstantDecay", "boundaries": [1], "values": [1]}},
        "learning_rate: The length of boundaries should be 1 less than the length of values",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_keras_refuses_is_said_with_its_reason(name):
    options, expected = FAULTS[name]
    assert find_fault({"learning_rate": 0.001} | options).startswith(expected)


def test_a_wrong_optimizer_ends_the_start_in_one_line_and_a_good_one_is_remembered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    defaults = {"learning_rate": 0.001, "weight_decay": None, "clipnorm": None}
    usual, good, bad = (complete_training(defaults, {"optimizer": name}) for name in ("adam", "sgd", "sgdd"))
    check_training({"training": usual})
    assert not list(tmp_path.iterdir())  # without Keras
    with pytest.raises(SystemExit) as stopped:
        check_training({"training": usual, "networks.cnn.training": bad})
    line = "ERROR in the configuration: networks.cnn.training.optimizer: Keras has no optimizer sgdd (did you"
    assert str(stopped.value).startswith(line)
    assert "\n" not in str(stopped.value)
    check_training({"training": good, "networks.mlp.training": good})
    (answer,) = tmp_path.glob(".snakemake/training/*.json")
    assert answer.read_text() == "{}"


THREADS = """
import hashlib, itertools, json, sys
import numpy as np
from experiment import training
network, ways, threads = json.loads(sys.argv[1])
training.set_threads(threads, network)
from experiment.libraries import tf
from experiment.network import build_network, compile_network
x = tf.constant(np.random.default_rng(1).random((300, 28, 28), dtype=np.float32))
y = tf.one_hot(np.arange(300) % 10, 10)
for way, options in ways.items():
    built = compile_network(build_network((28, 28), 10, network, 1), **options)
    training.train(built, itertools.repeat(x), y, {0.0: lambda: x}, y, {"epochs": 2, "batch_size": 128}, 1)
    print(way, hashlib.sha256(b"".join(array.tobytes() for array in training.state_of(built))).hexdigest())
"""


@pytest.mark.long
@same_bits_with_threads
def test_the_bits_of_all_optimizers_but_muon_do_not_depend_on_the_threads():
    network = {"kind": "mlp", "hidden_units": [256], "dropout": 0.2}
    ways = {way: options for way, options in WAYS.items() if way != "muon"}  # docs/reliability.md

    def digests(threads):
        return subprocess.run(
            [sys.executable, "-c", THREADS, json.dumps([network, ways, threads])],
            env=os.environ | {"PYTHONPATH": "scripts"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()

    one = digests(1)
    assert len(one) == len(ways)
    assert one == digests(2)
