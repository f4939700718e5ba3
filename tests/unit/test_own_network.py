"""Any Keras model through the network's own loop: its state, its last batch, its bits; and wrong files."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from control import own_network
from control.own_network import Data, measure, size_of
from experiment import training
from experiment.network import build_network, compile_network
from experiment.training import (
    compile_evaluation,
    compile_validation,
    only_dense,
    regularised,
    restore,
    state_of,
    train,
    treats_images_alone,
)

# Batch normalisation, dropout, a residual connection, global pooling, and a regulariser.
MANY_PARTS = """
import keras
from keras import layers


def build(shape, classes):
    image = keras.Input(shape)
    x = layers.Reshape((*shape[:2], -1))(image)
    x = layers.Conv2D(4, 3, strides=2, padding="same", kernel_regularizer="l2")(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    y = layers.Dropout(0.3)(layers.Conv2D(4, 3, padding="same", activation="relu")(x))
    x = layers.GlobalAveragePooling2D()(layers.Add()([x, y]))
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))
"""
SHAPE = (8, 8)
DATA = Data(SHAPE, classes=3, train=70, batch_size=32, options={"learning_rate": 0.01})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "my_network.py"
    path.write_text(MANY_PARTS)
    return str(path)


@pytest.fixture(scope="module")
def sets():
    """70 + 300 images whose class can be seen: more than two batches, and more than one of evaluation."""
    chance = np.random.default_rng(1)
    found = []
    for images in (70, 300):
        y = np.arange(images) % 3
        x = chance.random((images, *SHAPE), dtype=np.float32) / 2
        x[np.arange(images), y * 2] += 0.5
        found.append((tf.constant(x), tf.one_hot(y, 3)))
    return found


def built(file, seed=1):
    return compile_network(build_network(SHAPE, 3, {"path": file}, seed), 0.01)


def train_on(sets, network, epochs=2, history=None, seed=1):
    (x, y), (x_test, y_test) = sets
    values = {"epochs": epochs, "batch_size": 32}
    return train(network, itertools.repeat(x), y, {0.0: lambda: x_test}, y_test, values, seed, history)


def without_seconds(history):
    return [{**row, "seconds": 0} for row in history]


def same(one, other):
    return all(a.tobytes() == b.tobytes() for a, b in zip(state_of(one), state_of(other), strict=True))


def test_a_training_that_was_stopped_ends_with_the_bits_of_one_that_was_not(file, sets):
    whole, stopped, resumed = built(file), built(file), built(file)
    expected = train_on(sets, whole, 4)
    history = train_on(sets, stopped, 2)
    state = state_of(stopped)
    train_on(sets, resumed, 1, seed=5)  # counters and moving means of another training
    restore(resumed, state)
    ended = train_on(sets, resumed, 4, history)
    assert without_seconds(ended) == without_seconds(expected)
    assert same(whole, resumed)
    assert not same(whole, stopped)
    assert expected[-1]["loss"] < expected[0]["loss"]


def test_another_seed_gives_other_weights(file):
    assert same(built(file), built(file))
    assert not same(built(file, 1), built(file, 2))


def moving(network):
    return [v.numpy() for v in network.non_trainable_variables if "moving" in v.path]


def test_moving_means_and_counters_change_in_training_only(file, sets):
    network = built(file)
    network.optimizer.build(network.trainable_variables)
    before = state_of(network)
    compile_validation(network)(*sets[1])
    compile_evaluation(network)(*sets[1])
    assert all(np.array_equal(a, b) for a, b in zip(before, state_of(network), strict=True))
    old = moving(network)
    train_on(sets, network, 1)
    assert len(old) == 2
    for one, other in zip(old, moving(network), strict=True):
        assert not np.array_equal(one, other)


def test_batch_normalisation_sees_the_last_batch_in_its_real_size(sets):
    """Moving means are those of Keras's own steps on the same batches, of which the last has 6 images."""
    from experiment.streams import epoch_order

    (x, y), test_set = sets

    def normalising():
        layers = [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.BatchNormalization(momentum=0.5)]
        last = keras.layers.Dense(3, activation="softmax", kernel_initializer="zeros")
        return compile_network(keras.Sequential([*layers, last]), 0.01)

    ours, keras_own = normalising(), normalising()
    train_on([(x, y), test_set], ours, 1)
    order = epoch_order(1, 1, 70)
    for start in (0, 32, 64):
        batch = order[start : start + 32]
        keras_own.train_on_batch(tf.gather(x, batch), tf.gather(y, batch))
    for one, other in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_losses_of_layers_count_in_the_gradient(sets):
    """As Keras's own step has them; a training without the regulariser ends elsewhere."""
    (x, y), test_set = sets

    def one_layer(**regularizers):
        initial = keras.initializers.GlorotUniform(seed=1)
        dense = keras.layers.Dense(3, "softmax", kernel_initializer=initial, **regularizers)
        network = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), dense])
        network.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy")  # its step is the gradient
        return network

    large = keras.regularizers.L2(0.5)
    for regularizers in ({"kernel_regularizer": large}, {"activity_regularizer": large}):
        ours, keras_own, plain = one_layer(**regularizers), one_layer(**regularizers), one_layer()
        assert [only_dense(network) for network in (ours, plain)] == [True, True]
        assert [regularised(network) for network in (ours, plain)] == [True, False]
        for network in (ours, plain):
            train_on([(x[:32], y[:32]), test_set], network, 1)
        keras_own.train_on_batch(x[:32], y[:32])
        np.testing.assert_allclose(ours.get_weights()[0], keras_own.get_weights()[0], atol=1e-6)
        assert np.abs(ours.get_weights()[0] - plain.get_weights()[0]).max() > 1e-3


def test_dense_layers_alone_are_known():
    dense, flatten = keras.layers.Dense, keras.layers.Flatten
    assert only_dense(keras.Sequential([keras.Input((4,)), dense(3)]))
    assert only_dense(keras.Sequential([keras.Input((4, 4)), flatten(), dense(3), keras.layers.Dropout(0.1)]))
    assert not only_dense(
        keras.Sequential([keras.Input((4, 4)), keras.layers.Dense(3), keras.layers.Flatten()])
    )
    image = keras.Input((4,))
    assert not only_dense(keras.Model(image, dense(3)(image)))
    # Channels first, Keras turns the image before it makes a row of it; a dropout may leave out whole rows.
    turned = flatten(data_format="channels_first")
    assert not only_dense(keras.Sequential([keras.Input((4, 4, 3)), turned, dense(3)]))
    rows = keras.layers.Dropout(0.5, noise_shape=(None, 1))
    assert not only_dense(keras.Sequential([keras.Input((4, 4)), flatten(), rows, dense(3)]))


def test_the_stored_file_loads_with_plain_keras_and_evaluation_is_what_it_says(file, sets, tmp_path):
    network = built(file)
    history = train_on(sets, network)
    network.save(tmp_path / "a.keras")
    loaded = keras.models.load_model(tmp_path / "a.keras")
    said = loaded.evaluate(*sets[1], verbose=0, return_dict=True)
    other = build_network(SHAPE, 3, {"path": file}, seed=9)
    other.load_weights(tmp_path / "a.keras")
    (loss, correct), predicted = compile_evaluation(other)(*sets[1])
    assert float(correct) / 300 == history[-1]["val_accuracy"] == pytest.approx(said["accuracy"])
    assert float(loss) / 300 == history[-1]["val_loss"]
    assert np.array_equal(predicted, loaded.predict(sets[1][0], verbose=0).argmax(axis=1))


# A layer of one's own, with weights, a generator and an activity loss, in a model of one's own.
OWN_LAYER = """
import keras
from keras import layers


class Scale(layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(), initializer="ones")
        self.generator = keras.random.SeedGenerator()

    def call(self, x, training=None):
        if training:
            x = x + 0.01 * keras.random.normal(keras.ops.shape(x), seed=self.generator)
        return self.factor * x


class Network(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.parts = [layers.Flatten(), Scale(), layers.Dense(classes, activation="softmax")]

    def call(self, x, training=None):
        for part in self.parts:
            x = part(x, training=training) if isinstance(part, Scale) else part(x)
        return x

    def get_config(self):
        return {"classes": self.classes}


def build(shape, classes):
    return Network(classes)
"""


def test_layers_and_models_of_ones_own(sets, tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN_LAYER)
    whole, resumed = built(str(path)), built(str(path))
    assert not only_dense(whole)
    expected = train_on(sets, whole, 4)
    history = train_on(sets, resumed, 2)
    state = state_of(resumed)
    resumed = built(str(path), seed=3)
    restore(resumed, state)
    assert without_seconds(train_on(sets, resumed, 4, history)) == without_seconds(expected)
    assert same(whole, resumed)
    whole.save(tmp_path / "own.keras")
    other = built(str(path), seed=9)
    other.load_weights(tmp_path / "own.keras")
    (_, correct), _ = compile_evaluation(other)(*sets[1])
    assert float(correct) / 300 == expected[-1]["val_accuracy"]


def test_cnn_learns_and_resumes(sets):
    def cnn():
        return compile_network(build_network(SHAPE, 3, {"kind": "cnn", "dropout": 0.2}, 1), 0.003)

    whole, resumed = cnn(), cnn()
    expected = train_on(sets, whole, 6)
    history = train_on(sets, resumed, 3)
    state = state_of(resumed)
    resumed = cnn()
    restore(resumed, state)
    assert without_seconds(train_on(sets, resumed, 6, history)) == without_seconds(expected)
    assert same(whole, resumed)
    assert expected[-1]["val_accuracy"] > 0.9


START = "import keras\nfrom keras import layers\ndef build(shape, classes):\n"
SEQUENCE = START + "    return keras.Sequential([keras.Input(shape), layers.Flatten(), {}])\n"
WRONG = [
    ("def build(shape, classes:\n", r"my.py, line 1, `def build\(shape, classes:`: SyntaxError: .*"),
    ("def make(shape, classes):\n    pass\n", r"my.py has no function build\(shape, classes\)"),
    ("import keras\nkeras.nothing\n", "my.py, line 2, `keras.nothing`: AttributeError: .*"),
    (START + "    return 1 / 0\n", "my.py, line 4, `return 1 / 0`: ZeroDivisionError: division by zero"),
    (START + "    return 'a network'\n", "my.py: build returned str; it must return a keras.Model"),
    (
        SEQUENCE.format("layers.Dense(4, 'softmax')"),
        r"my.py: the network gives \(4,\) for an image; .*\(3,\).*",
    ),
    (SEQUENCE.format("layers.Dense(classes)"), "my.py: the network does not end in probabilities: .*softmax"),
    (
        START + "    return keras.Sequential([keras.Input((5,)), layers.Dense(classes, 'softmax')])\n",
        r"my.py: the network takes images of shape \(5,\); those of this data set have \(8, 8\)",
    ),
    ("raise SystemExit(3)\n", "my.py, line 1, .*: SystemExit: 3"),
    (OWN_LAYER.replace("get_config", "no_config"), "my.py: Keras cannot save the network: .*get_config.*"),
]


@pytest.mark.parametrize(("code", "said"), WRONG)
def test_a_wrong_file_is_told_in_one_line(tmp_path, monkeypatch, code, said):
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(code)
    answer = own_network.answer_for("my.py", DATA)
    assert re.fullmatch(said, answer["error"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path):
    with pytest.raises(SystemExit) as stopped:
        size_of({"path": path}, DATA)
    line = str(stopped.value)
    assert "\n" not in line
    return line.removeprefix("ERROR in the network: ")


def test_a_file_that_ends_its_process_or_is_no_file_is_told_in_one_line(folder):
    Path("my.py").write_text("import os\nos._exit(0)\n")
    assert refusal("my.py") == "my.py ended its process (status 0) as it was opened"
    assert refusal("none.py") == "none.py cannot be read: No such file or directory"
    Path("a.txt").touch()
    assert refusal("a.txt").startswith("a.txt is no Python file")


def test_what_was_found_is_kept_for_this_file_shape_and_classes(folder, monkeypatch):
    Path("my.py").write_text(MANY_PARTS)
    size = size_of({"path": "my.py"}, DATA)
    network = build_network(SHAPE, 3, {"path": "my.py"}, seed=1)
    assert size.parameters == network.count_params()
    assert size.multiplications > size.parameters
    assert size.outputs > 4 * 4 * 4 * 5
    assert not size.dense
    monkeypatch.setattr(sys, "executable", "/bin/false")  # by which asking again fails
    assert size_of({"path": "my.py"}, DATA) == size
    for other in ({"classes": 4}, {"shape": (9, 9)}, {"train": 71}, {"batch_size": 16}):
        with pytest.raises(SystemExit):
            size_of({"path": "my.py"}, DATA._replace(**other))
    Path("my.py").write_text(MANY_PARTS + "# edited\n")
    with pytest.raises(SystemExit):
        size_of({"path": "my.py"}, DATA)


def test_an_own_network_of_dense_layers_is_known_as_one():
    layers = [keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    assert measure(keras.Sequential([keras.Input(SHAPE), *layers]), SHAPE).dense


# Prints the SHA-256 of the state after two epochs with this many threads.
THREADS = """
import hashlib, itertools, json, sys
import numpy as np, tensorflow as tf
from experiment import training
from experiment.network import build_network, compile_network
settings = json.loads(sys.argv[2])
training.set_threads(int(sys.argv[1]), settings)
x = np.random.default_rng(1).random((200, 28, 28), dtype=np.float32)
network = compile_network(build_network((28, 28), 10, settings, 1), 0.001)
y = tf.one_hot(np.arange(200) % 10, 10)
values = {"epochs": 2, "batch_size": 128}
training.train(network, itertools.repeat(tf.constant(x)), y, {0.0: lambda: x}, y, values, 1)
print(hashlib.sha256(b"".join(array.tobytes() for array in training.state_of(network))).hexdigest())
"""


def bits_with(threads, settings):
    done = subprocess.run(
        [sys.executable, "-c", THREADS, str(threads), json.dumps(settings)],
        env={"PYTHONPATH": "scripts"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "cnn"},
        {"path": None},
        *(
            of_kind | {"precision": "mixed_bfloat16"}
            for of_kind in ({"kind": "cnn"}, {"kind": "mlp"}, {"path": None})
        ),
    ],
    ids=str,
)
def test_networks_have_the_same_bits_with_any_number_of_threads(file, settings):
    """mlp in float32 has them only on some processors (docs/reliability.md)."""
    own = {"path": file} if "path" in settings else {"dropout": 0.2, "hidden_units": [64]}
    settings = settings | own
    assert len({bits_with(threads, settings) for threads in (1, 2, 2, 4)}) == 1


def test_networks_that_treat_images_alone_are_known(file):
    def dense(**options):
        return keras.layers.Dense(3, "softmax", **options)

    image, layers = keras.Input(SHAPE), keras.layers
    alone = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dropout(0.5), dense()])
    inner = keras.Sequential([layers.Flatten(), layers.BatchNormalization()])
    assert treats_images_alone(alone)
    assert treats_images_alone(build_network(SHAPE, 3, {"kind": "cnn", "dropout": 0.2}, 1))
    assert treats_images_alone(keras.Model(image, dense()(layers.Flatten()(image))))
    assert not treats_images_alone(built(file))
    assert not treats_images_alone(keras.Sequential([keras.Input(SHAPE), inner, dense()]))
    row = layers.Flatten()(image)
    assert treats_images_alone(keras.Model(image, dense()(keras.ops.relu(row) + 2 * row)))
    assert not treats_images_alone(keras.Model(image, dense()(row - keras.ops.mean(row))))

    class Mixing(keras.Sequential):
        def call(self, x, **options):
            return super().call(x - keras.ops.mean(x, axis=0), **options)

    mixing = Mixing([keras.Input(SHAPE), layers.Flatten()])
    assert not treats_images_alone(keras.Sequential([keras.Input(SHAPE), mixing, dense()]))
    own = layers.Dense(3, activation=lambda x: keras.ops.softmax(x, axis=0))
    assert not treats_images_alone(keras.Sequential([keras.Input(SHAPE), layers.Flatten(), own]))
    first = layers.Softmax(axis=0)
    assert not treats_images_alone(keras.Sequential([keras.Input(SHAPE), first, layers.Flatten(), dense()]))
    regular = dense(activity_regularizer="l2")
    assert not treats_images_alone(keras.Sequential([keras.Input(SHAPE), layers.Flatten(), regular]))


def test_two_halves_give_the_gradient_of_the_whole_batch(sets, monkeypatch):
    """Without dropout, but for the rounding."""
    found = []
    for halves in (True, False):
        monkeypatch.setattr(training, "treats_images_alone", lambda network, halves=halves: halves)
        network = compile_network(build_network(SHAPE, 3, {"kind": "cnn", "dropout": 0.0}, 1), 0.01)
        history = train_on(sets, network, 1)
        found.append((history[0]["loss"], network.get_weights()))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    assert any(np.any(one != other) for one, other in zip(found[0][1], found[1][1], strict=True))


NAMESAKES = """
from keras import Input, Sequential, layers, saving

FACTOR = {}


@saving.register_keras_serializable("mine")
class Scaled(layers.Layer):
    def call(self, x):
        return x * FACTOR


def build(shape, classes):
    last = layers.Dense(classes, activation="softmax", kernel_initializer="ones")
    network = Sequential([Input(shape), layers.Flatten(), Scaled(), last])
    return Sequential.from_config(network.get_config())  # made by the names of its classes
"""


def test_files_that_register_a_class_of_one_name_are_each_built_with_their_own(tmp_path):
    """In one process, as for the lab."""
    factors = {"small.py": 2.0, "large.py": 3.0}
    for name, factor in factors.items():
        (tmp_path / name).write_text(NAMESAKES.format(factor))
    names = ["small.py", "large.py", "small.py"]
    networks = [build_network(SHAPE, 3, {"path": str(tmp_path / name)}, 1) for name in names]
    for name, network in zip(names, networks, strict=True):
        scaled = network.layers[1](np.ones((1, 4), np.float32))
        assert np.array_equal(scaled, np.full((1, 4), factors[name]))
        stored = tmp_path / f"{name}.keras"
        network.save(stored)
        network.load_weights(stored)
        compile_network(network, 0.01).predict(np.zeros((2, *SHAPE)), verbose=0)
        assert np.array_equal(network.layers[1](np.ones((1, 4), np.float32)), scaled)
