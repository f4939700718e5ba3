"""The network's own epoch loop, against Keras where Keras can say the same."""

import itertools
import os
import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiment.draws import fresh_copies, mixed_copies
from experiment.network import build_network, compile_network
from experiment.noise import Noise
from experiment.streams import dropout_key, epoch_order
from experiment.training import (
    compile_epoch,
    compile_validation,
    dropout,
    epochs_of,
    forward,
    load_labels,
    restore,
    state_of,
    train,
)


@pytest.fixture(scope="module")
def sample():
    with np.load("tests/data/mnist_sample.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def sets(sample):
    return [
        (
            tf.constant(sample[f"x_{split}"].astype(np.float32) / 255),
            tf.one_hot(sample[f"y_{split}"], 10),
        )
        for split in ("train", "test")
    ]


def settings(epochs=2, batch_size=128):
    return {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": 0.001,
    }


def first(images, of):
    return of[0][:images], of[1][:images]


def small(seed=1, hidden_units=(32, 16), dropout=0.2):
    layers = {"kind": "mlp", "hidden_units": list(hidden_units), "dropout": dropout}
    return compile_network(build_network((28, 28), 10, layers, seed), 0.001)


def tiny(seed=1):
    """One hidden layer, which is compiled faster, for tests that train several times."""
    return small(seed, hidden_units=[16])


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def train_on(sets, network, seed=1, history=None, after_epoch=lambda history: None, **values):
    """Train on the same images in every epoch, as with fixed noise."""
    (x, y), (x_test, y_test) = sets
    return train(
        network,
        itertools.repeat(x),
        y,
        {0.0: lambda: x_test},
        y_test,
        settings(**values),
        seed,
        history,
        after_epoch,
    )


def without_seconds(history):
    return [{**row, "seconds": 0} for row in history]


def test_an_epoch_without_dropout_is_kerass_own_steps(sets):
    """Same weights, batches and optimizer: what Keras's train_on_batch gives, the last batch included."""
    x, y = first(224, sets[0])  # a batch of 128 and one of 96, as at the end of a full epoch
    ours, keras_own = small(dropout=0.0), small(dropout=0.0)
    order = epoch_order(1, 1, 224)
    loss, correct = compile_epoch(ours, y, 128)(x, tf.constant(order), tf.constant(dropout_key(1, 1)))
    logs = []
    for batch in (order[:128], order[128:]):
        keras_own.reset_metrics()
        logs.append(keras_own.train_on_batch(tf.gather(x, batch), tf.gather(y, batch), return_dict=True))
    assert int(ours.optimizer.iterations) == 2
    for one, other in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)
    assert float(loss) == pytest.approx(128 * logs[0]["loss"] + 96 * logs[1]["loss"], rel=1e-5)
    assert float(correct) == pytest.approx(128 * logs[0]["accuracy"] + 96 * logs[1]["accuracy"])


def test_the_last_batch_is_trained_on(sets):
    """Changing an image of the last, smaller batch changes the weights."""
    x, y = (part.numpy() for part in first(224, sets[0]))
    changed = x.copy()
    changed[epoch_order(1, 1, 224)[-1]] = 1.0
    networks = []
    for images in (x, changed):
        networks.append(small())
        train_on([(tf.constant(images), tf.constant(y)), first(50, sets[1])], networks[-1], epochs=1)
    assert not equal(*networks)


def test_a_batch_larger_than_the_set_is_one_step(sets):
    network = small()
    history = train_on([first(50, sets[0]), first(50, sets[1])], network)
    assert int(network.optimizer.iterations) == 2
    assert [row["epoch"] for row in history] == [1, 2]


def test_a_convolutional_network_is_trained_on_a_last_batch_of_one_image(sets):
    """Halving the batches of such networks must not leave a half without images."""
    network = compile_network(build_network((28, 28), 10, {"kind": "cnn", "dropout": 0.2}, 1), 0.001)
    history = train_on([first(33, sets[0]), first(20, sets[1])], network, epochs=1, batch_size=32)
    assert int(network.optimizer.iterations) == 2
    assert history[0]["loss"] > 0


def test_dropout_keeps_its_share_and_differs_by_layer_step_and_epoch():
    network = keras.Sequential([keras.Input((4000,)), keras.layers.Dropout(0.2), keras.layers.Dropout(0.2)])
    ones = tf.ones((100, 4000))

    def mask(epoch, step, layers):
        layered = keras.Sequential([keras.Input((4000,)), *network.layers[:layers]])
        compiled = tf.function(forward, jit_compile=True)
        return compiled(layered, ones, (tf.constant(dropout_key(1, epoch)), tf.constant(step))).numpy()

    base = mask(1, 0, 1)
    assert set(np.unique(base)) == {0.0, np.float32(1 / 0.8)}
    # 400 000 draws: a standard error of 0.0006.
    assert np.mean(base == 0) == pytest.approx(0.2, abs=0.003)
    for other in (mask(2, 0, 1), mask(1, 1, 1)):
        assert np.mean((base == 0) & (other == 0)) == pytest.approx(0.04, abs=0.003)
    assert np.mean(mask(1, 0, 2) == 0) == pytest.approx(1 - 0.8**2, abs=0.003)
    assert np.array_equal(base, mask(1, 0, 1))


def test_the_flattening_has_no_number_in_the_keys_of_dropout():
    """A stored network has a layer for it, and the bits are those of one that has none."""
    layers = [keras.layers.Dropout(0.5), keras.layers.Dense(3), keras.layers.Dropout(0.5)]
    flat = keras.Sequential([keras.Input((16,)), *layers])
    square = keras.Sequential([keras.Input((4, 4)), keras.layers.Flatten(), *layers])
    x = tf.constant(np.random.default_rng(1).random((8, 4, 4), dtype=np.float32))
    key = (tf.constant(dropout_key(1, 1)), tf.constant(2))
    compiled = [tf.function(forward, jit_compile=True)(network, x, key).numpy() for network in (flat, square)]
    assert np.array_equal(*compiled)


def test_validation_is_kerass_own_evaluation(sets):
    network = small()
    loss, correct = compile_validation(network)(*sets[1])
    expected = network.evaluate(*sets[1], verbose=0, return_dict=True)
    assert float(loss) / 200 == pytest.approx(expected["loss"], rel=1e-5)
    assert float(correct) / 200 == pytest.approx(expected["accuracy"])


def test_history_is_of_the_networks_after_each_epoch(sets):
    network, states, rows = small(), [], []

    def after_epoch(history):
        states.append(state_of(network))
        rows.append([row["epoch"] for row in history])

    history = train_on(sets, network, epochs=3, after_epoch=after_epoch)
    assert rows == [[1], [1, 2], [1, 2, 3]]
    assert list(history[0]) == ["scale", "epoch", "accuracy", "loss", "val_accuracy", "val_loss", "seconds"]
    for state, row in zip(states, history, strict=True):
        other = small()
        restore(other, state)
        expected = other.evaluate(*sets[1], verbose=0, return_dict=True)
        assert row["val_loss"] == pytest.approx(expected["loss"], rel=1e-5)
        assert row["val_accuracy"] == pytest.approx(expected["accuracy"])
        assert row["seconds"] > 0


def test_several_test_sets_have_a_row_each_and_change_nothing_in_the_training(sets, tmp_path):
    x_test, y_test = sets[1]
    np.save(tmp_path / "x.npy", 1 - x_test.numpy())
    mapped = partial(np.load, tmp_path / "x.npy", mmap_mode="r")  # as in the workflow
    networks, histories = [tiny() for _ in range(3)], []
    for network, test_sets in zip(
        networks, ({0.0: lambda: x_test}, {0.5: mapped}, {0.0: lambda: x_test, 0.5: mapped}), strict=True
    ):
        values = {"epochs": 2, "batch_size": 128}
        histories.append(
            train(network, itertools.repeat(sets[0][0]), sets[0][1], test_sets, y_test, values, 1)
        )
    assert equal(networks[0], networks[2])
    one, other, both = map(without_seconds, histories)
    assert both == [one[0], other[0], one[1], other[1]]
    assert one[1]["val_loss"] != other[1]["val_loss"]
    assert [row["epoch"] for row in both] == [1, 1, 2, 2]
    # The seconds of an epoch add up over its rows.
    assert histories[2][0]["seconds"] == histories[2][1]["seconds"] > 0


def test_training_with_fresh_noise_sees_clipped_noise_of_the_scale(sample, sets):
    """A linear network with a learning rate of 1: its first step is the mean of the images it was shown."""
    images, y = sample["x_train"][:128], tf.one_hot(np.zeros(128, int), 10)
    network = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(10, "softmax", kernel_initializer="zeros")]
    )
    network.compile(optimizer=keras.optimizers.SGD(1.0))
    steps = []

    def after_epoch(history):
        steps.append(network.get_weights()[0][:, 0] / 0.9)  # the gradient is (1 - 1 / 10) times the images
        network.set_weights([np.zeros((784, 10), np.float32), np.zeros(10, np.float32)])

    copies = fresh_copies(images, 2.0, 1, range(1, 3), Noise())
    train(network, copies, y, {0.5: lambda: sets[1][0]}, sets[1][1], settings(), 1, after_epoch=after_epoch)
    assert not np.array_equal(*steps)
    for step, copy in zip(steps, fresh_copies(images, 2.0, 1, range(1, 3), Noise()), strict=True):
        np.testing.assert_allclose(step, copy.reshape(128, 784).mean(axis=0), atol=1e-5)
    noise = np.random.default_rng(1).normal(0, 2, (200, 128, 784))[:, :, :50]
    background = np.clip(noise, 0, 1).mean()  # where all 128 images are black, as at the upper edge
    edge = np.flatnonzero(np.all(images.reshape(128, 784) == 0, axis=0))
    for step in steps:
        assert step[edge].mean() == pytest.approx(background, abs=4 * 0.48 / np.sqrt(128 * len(edge)))
        assert 0 < step.min() < step.max() < 1


def train_fresh(sample, sets, network, scale, epochs=2, history=None, **values):
    left = range(len(history or []) + 1, epochs + 1)
    copies = fresh_copies(sample["x_train"], scale, 1, left, Noise())
    test_sets, y_test = {scale: lambda: sets[1][0]}, sets[1][1]
    return train(network, copies, sets[0][1], test_sets, y_test, settings(epochs, **values), 1, history)


@pytest.mark.long
def test_fresh_noise_changes_the_training_and_is_the_same_every_time(sample, sets):
    values = [without_seconds(train_fresh(sample, sets, tiny(), scale)) for scale in (0.0, 0.5, 0.5)]
    assert values[1] == values[2]
    assert values[0] != values[1]
    # Without noise, every fresh copy is the images.
    assert values[0] == without_seconds(train_on(sets, tiny()))


def train_mixed(sample, sets, network, epochs, history=None):
    """Validated at two scales."""
    copies = mixed_copies(sample["x_train"], 2.0, 1, range(epochs_of(history or []) + 1, epochs + 1), Noise())
    test_sets, y_test = dict.fromkeys((0.0, 2.0), lambda: sets[1][0]), sets[1][1]
    return train(network, copies, sets[0][1], test_sets, y_test, settings(epochs), 1, history)


@pytest.mark.parametrize("draw", ["fixed", "fresh", "mixed"])
def test_a_training_that_was_stopped_ends_with_the_bits_of_one_that_was_not(sample, sets, draw):
    def train_some(network, epochs, history=None):
        if draw == "mixed":
            return train_mixed(sample, sets, network, epochs, history)
        if draw == "fresh":
            return train_fresh(sample, sets, network, 0.5, epochs, history)
        return train_on(sets, network, epochs=epochs, history=history)

    whole, stopped, resumed = tiny(), tiny(), tiny()
    expected = train_some(whole, 4)
    history = train_some(stopped, 2)
    restore(resumed, state_of(stopped))
    ended = train_some(resumed, 4, history)
    assert without_seconds(ended) == without_seconds(expected)
    assert ended[: len(history)] == history  # with their seconds
    for one, other in zip(state_of(resumed), state_of(whole), strict=True):
        assert one.tobytes() == other.tobytes()


def test_state_is_a_copy_and_that_of_another_network_is_refused(sets):
    network = tiny()
    before = state_of(network)
    kept = [array.tobytes() for array in before]
    train_on(sets, network, epochs=1)
    assert [array.tobytes() for array in before] == kept
    for other in (small(hidden_units=[32]), small(hidden_units=[16, 16])):
        with pytest.raises(ValueError):
            restore(other, state_of(network))


def test_training_twice_gives_the_same_bits_and_another_seed_others(sets):
    runs = []
    for seed in (1, 1, 2):
        network = tiny(seed)
        runs.append((network, without_seconds(train_on(sets, network, seed))))
    assert equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert not equal(runs[0][0], runs[2][0])


@pytest.mark.long
def test_the_loss_of_a_long_epoch_of_two_halves_has_the_same_bits_every_time():
    # A sum of three numbers in a graph of TensorFlow had other bits in one of three epochs of this size.
    generator = np.random.default_rng(1)
    x = tf.constant(generator.random((6400, 32, 32, 3), np.float32))
    y = tf.one_hot(generator.integers(0, 10, 6400), 10)
    layers = [
        *(keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D()),
        *(keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.GlobalAveragePooling2D()),
        keras.layers.Dense(10, "softmax"),
    ]
    network = compile_network(keras.Sequential([keras.Input((32, 32, 3)), *layers]), 0.001)
    train_epoch, start = compile_epoch(network, y, 128), state_of(network)
    losses = set()
    for _ in range(6):
        restore(network, start)
        loss, _ = train_epoch(x, epoch_order(1, 1, len(y)), dropout_key(1, 1))
        losses.add(float(loss))
    assert len(losses) == 1


def test_what_keras_imports_for_itself_alone_is_left_out_and_can_be_imported_later():
    check = (
        "import gc, sys; import experiment.training\n"
        "assert gc.isenabled() and not {'matplotlib', 'sklearn'} & set(sys.modules)\n"
        "import matplotlib.pyplot, sklearn.linear_model; import keras; keras.layers.Dense(1)"
    )
    subprocess.run([sys.executable, "-c", check], env=os.environ | {"PYTHONPATH": "scripts"}, check=True)


@pytest.mark.parametrize("shape", [(128, 512), (128, 33), (125, 512), (125, 33)])
def test_dropout_is_that_of_tensorflow_bit_for_bit(shape):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    for rate in (0.2, 0.5, 0.987):
        kept = []
        for drop in (partial(tf.nn.experimental.stateless_dropout, rng_alg="threefry"), dropout):
            compiled = tf.function(drop, jit_compile=True)
            kept.append([compiled(x, rate, tf.constant([seed, 7])).numpy() for seed in (3, 4)])
        assert np.array_equal(*kept)
        assert np.mean(kept[0][0] == 0) == pytest.approx(rate, abs=0.03)
        assert not np.array_equal(*kept[0])


def test_it_learns(sets):
    history = train_on(sets, small(hidden_units=[64]), epochs=15, batch_size=32)
    assert history[-1]["val_accuracy"] > 0.75  # 600 images are enough for that; chance is 0.1
    assert history[-1]["loss"] < history[0]["loss"] / 3


def test_labels_are_read_as_they_are_stored(tmp_path):
    labels = np.arange(20, dtype=np.uint8) % 10
    np.save(tmp_path / "y.npy", labels)
    y = load_labels(tmp_path / "y.npy", 10)
    assert y.dtype == tf.float32
    assert np.array_equal(np.argmax(y, axis=1), labels)
    assert y.shape == (20, 10)
    assert np.array_equal(np.sum(y, axis=1), np.ones(20))
