"""The trial of an own network before the first job: what Keras trains is taken, all else told with its
reason.
"""

import itertools
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from control.own_network import Data, answer_for
from experiment.network import build_network, compile_network
from experiment.training import train

DATA = Data((8, 8), classes=3, train=70, batch_size=32, options={"learning_rate": 0.01})
IMPORTS = "import keras\nimport numpy as np\nfrom keras import Input, Sequential, layers, ops\n"
# Lines that make x of the image; at the end of build comes a dense layer with a softmax.
FUNCTIONAL = """
def build(shape, classes):
    image = x = Input(shape)
    {}
    return keras.Model(image, layers.Dense(classes, activation="softmax"{})(x))
"""
# Lines of the constructor, and what call gives for the flattened image.
SUBCLASS = """
class Network(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.flatten = layers.Flatten()
        self.last = layers.Dense(classes, activation="softmax")
        {}

    def call(self, image, training=False):
        x = self.flatten(image)
        return {}

    def get_config(self):
        return {{"classes": self.classes}}


def build(shape, classes):
    return Network(classes)
"""


def functional(*lines, end="", before=""):
    return IMPORTS + before + FUNCTIONAL.format("\n    ".join(lines), end)


def subclass(*lines, gives="self.last(x)", before=""):
    return IMPORTS + before + SUBCLASS.format("\n        ".join(lines) or "pass", gives)


def policy(name):
    return f"keras.mixed_precision.set_global_policy('{name}')\n"


HIDDEN = "x = layers.Dense(8, activation='relu')(layers.Flatten()(x))"
TAKEN = {
    "a permutation from the seed": functional(
        "x = ops.take(layers.Flatten()(x), np.random.permutation(64), axis=1)"
    ),
    "hash() of text": functional("x = layers.Flatten()(x) * (1 + hash('a') % 7)"),
    "16 bits that end in 32": functional(HIDDEN, end=", dtype='float32'", before=policy("mixed_float16")),
    "bfloat16": functional(HIDDEN, end=", dtype='float32'", before=policy("mixed_bfloat16")),
    "64 bits": functional(HIDDEN, before="keras.config.set_floatx('float64')\n"),
    "a batch size in Input": functional(HIDDEN).replace("Input(shape)", "Input(shape, batch_size=32)"),
    "images of any size": functional(
        "x = layers.Conv2D(4, 3)(layers.Reshape((8, 8, 1))(x))", "x = layers.GlobalAveragePooling2D()(x)"
    ).replace("Input(shape)", "Input((None, None))"),
    "a dictionary of one": subclass(gives="{'p': self.last(x)}"),
    "a list of one": subclass(gives="[self.last(x)]"),
    "a Sequential without an input": IMPORTS
    + "def build(shape, classes):\n"
    + "    return Sequential([layers.Flatten(), layers.Dense(classes, activation='softmax')])\n",
    "a Lambda": functional("x = layers.Lambda(lambda image: ops.reshape(image, (-1, 64)))(x)"),
    "a Lambda with a name of its file": functional(
        "x = layers.Lambda(lambda image: ops.reshape(image, (-1, SIDE * SIDE)))(x)", before="SIDE = 8\n"
    ),
    "normalised pixels": functional(
        "x = layers.Flatten()(layers.Normalization(mean=0.13, variance=0.09)(x))"
    ),
    "attention": functional("x = layers.Flatten()(layers.MultiHeadAttention(2, 4)(x, x))"),
    "a recurrent layer": functional("x = layers.LSTM(4)(x)"),
    "a model in a model": functional(
        "inner = [layers.Flatten(), layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.5)]",
        "x = Sequential(inner)(x)",
    ),
    "random layers": functional(
        "x = layers.RandomTranslation(0.1, 0.1)(layers.Reshape((8, 8, 1))(x))", "x = layers.Flatten()(x)"
    ),
    "constant numbers that are weights": subclass(
        "mixed = self.add_weight(shape=(64,), trainable=False)",
        "self.mixed = mixed",
        gives="self.last(x * self.mixed)",
    ),
}
SEQUENTIAL = """
class Own(keras.Sequential):
    {}

def build(shape, classes):
    return Own([Input(shape), layers.Flatten(), layers.Dense(classes, activation="softmax")])
"""
NEITHER = "loaded from its .keras file, the network gives something else: it uses a layer or numbers that"
REFUSED = {
    "random without a seed": (
        functional("x = ops.take(layers.Flatten()(x), np.random.default_rng().permutation(64), axis=1)"),
        "built again with the same seed and weights, the network gives something else",
    ),
    "a layer that Keras does not see": (
        subclass(
            "hidden = [layers.Dense(8)]",
            "self.hidden = lambda: hidden[0]",
            gives="self.last(self.hidden()(x))",
        ),
        NEITHER,
    ),
    "numbers that Keras does not store": (
        subclass(
            "self.order = np.random.permutation(64)", gives="self.last(ops.take(x, self.order, axis=1))"
        ),
        NEITHER,
    ),
    "numbers in a Lambda": (
        functional(
            "order = np.random.permutation(64)",
            "x = layers.Lambda(lambda image: ops.take(ops.reshape(image, (-1, 64)), order, axis=1))(x)",
        ),
        NEITHER,
    ),
    "a variable that is no weight": (
        subclass(
            "self.seen = tf.Variable(1.0)",
            gives="self.last(x * (self.seen.assign_add(1.0) if training else self.seen))",
            before="import tensorflow as tf\n",
        ),
        "built again with the same seed and weights",
    ),
    "16 bits at the end": (
        functional(HIDDEN, before=policy("mixed_float16")),
        "its last layer gives float16, .*Give it dtype='float32'",
    ),
    "bfloat16 to the end": (
        functional(HIDDEN, before=policy("mixed_bfloat16")),
        "its last layer gives bfloat16, .*Give it dtype='float32'",
    ),
    "a mean over the batch": (
        functional("x = layers.Flatten()((x - ops.mean(x)) / ops.std(x))"),
        "depends on the other images in its batch, .*Leave axis 0 out",
    ),
    "the size of a batch": (
        subclass(gives="self.last(ops.reshape(x, (x.shape[0], 64)))"),
        r"my\.py, line \d+, .*: TypeError: .* Failed to convert elements of \(None, 64\) to Tensor",
    ),
    "a fixed batch": (
        functional("x = ops.reshape(x, (32, 64))").replace("Input(shape)", "Input(shape, batch_size=32)"),
        "Input to reshape is a tensor with .* values, but the requested shape has 2048",
    ),
    "the logarithm of a pixel": (
        functional("x = layers.Flatten()(ops.log(x))"),
        "the network gives nan for a black image",
    ),
    "standardised images": (
        functional("x = layers.Flatten()(x)", "x = (x - ops.mean(x, 1, True)) / ops.std(x, 1, True)"),
        "the network gives nan for a black image",
    ),
    "one divided by what is not white": (
        functional("x = layers.Flatten()(1 / (1 - x))", "x = x - x"),
        "the network gives nan for a white image",
    ),
    "a compiled model": (
        functional(HIDDEN).replace("return keras.Model", "model = keras.Model")
        + "    model.compile('sgd', 'mse')\n    return model\n",
        "the model is compiled, but the workflow compiles it: with training.optimizer",
    ),
    "a compile of its own": (
        IMPORTS + SEQUENTIAL.format("def compile(self, **options):\n        super().compile('sgd', 'mse')"),
        "Own has a method compile of its own, which the workflow would not use",
    ),
    "a train_step of its own": (
        IMPORTS + SEQUENTIAL.format("def train_step(self, data):\n        return {}"),
        "Own has a method train_step of its own",
    ),
    "a compile of a mixin": (
        IMPORTS
        + "class Mixin(keras.Model):\n    def compile(self, **options):\n        super().compile('sgd')\n"
        + SEQUENTIAL.replace("(keras.Sequential)", "(keras.Sequential, Mixin)").format("pass"),
        "Mixin has a method compile of its own",
    ),
    "a compile that replaces the model's": (
        functional(HIDDEN).replace("return keras.Model", "model = keras.Model")
        + "    model.compile = lambda **options: None\n    return model\n",
        "the model has a method compile of its own",
    ),
    "an optimizer of its own": (
        IMPORTS
        + SEQUENTIAL.format(
            "optimizer = property(lambda self: self.own, lambda self, given: setattr(\n"
            "        self, 'own', given and keras.optimizers.SGD(0.1)))"
        ),
        "the model trains with SGD, but the workflow trains with adam",
    ),
    "a loss of its own": (
        IMPORTS + SEQUENTIAL.format("def compute_loss(self, **options):\n        return 0.0"),
        "Own has a method compute_loss of its own",
    ),
    "a train_step of a class above": (
        IMPORTS
        + "class Base(keras.Sequential):\n    def train_step(self, data):\n        return {}\n"
        + SEQUENTIAL.replace("keras.Sequential", "Base").format("pass"),
        "Base has a method train_step of its own",
    ),
    "Rescaling to 255": (
        functional("x = layers.Dense(8)(layers.Flatten()(layers.Rescaling(1 / 255)(x)))"),
        "gets numbers that differ by 0.0039 at most: images come as float32 from 0 to 1",
    ),
    "divided by 255": (
        functional("x = layers.Flatten()(layers.Conv2D(4, 3)(layers.Reshape((8, 8, 1))(x / 255)))"),
        "gets numbers that differ by 0.0039 at most",
    ),
    "rescaled to -1": (
        functional("x = layers.Flatten()(layers.Rescaling(1 / 127.5, offset=-1)(x))"),
        "gets numbers that differ by 0.0078 at most",
    ),
    "rounded": (
        functional("x = layers.Flatten()(ops.cast(ops.cast(x, 'uint8'), 'float32'))"),
        "gets numbers that differ by 0 at most",
    ),
    "uint8": (
        functional(HIDDEN).replace("Input(shape)", "Input(shape, dtype='uint8')"),
        "takes uint8 images, which would make every pixel below white 0",
    ),
    "two inputs": (
        functional("other = Input(shape)", "x = layers.Flatten()(x + other)").replace(
            "Model(image,", "Model([image, other],"
        ),
        "the network has 2 inputs; it must have one",
    ),
    "two outputs": (
        subclass(gives="[self.last(x), self.last(x)]"),
        "the network gives 2 arrays for the images",
    ),
    "a module beside it": (
        "from my_helpers import block\n" + functional(HIDDEN),
        r"line 1, `from my_helpers import block`: my_helpers\.py is beside it, but a network is one file",
    ),
    "a module that is nowhere": (
        "from no_such_module import block\n" + functional(HIDDEN),
        r"my\.py, line 1, .*: ModuleNotFoundError: No module named 'no_such_module'",
    ),
}


@pytest.fixture(autouse=True)
def keras_defaults(tmp_path, monkeypatch):
    """What a file sets is for its process; here many are tried in one."""
    monkeypatch.chdir(tmp_path)
    yield
    keras.mixed_precision.set_global_policy("float32")
    keras.config.set_floatx("float32")


def trial_of(code):
    Path("my.py").write_text(code)
    return answer_for("my.py", DATA)


@pytest.mark.parametrize("what", TAKEN)
def test_what_keras_trains_is_taken(what):
    assert trial_of(TAKEN[what]).get("error") is None


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_give_a_wrong_number_is_refused_with_its_reason(what):
    code, said = REFUSED[what]
    Path("my_helpers.py").touch()
    error = " ".join(trial_of(code).get("error", "taken").split())
    assert error.startswith("my.py")
    assert re.search(said, error)
    assert "\x1b" not in error
    assert len(error) < 1000


def sample():
    with np.load(Path(__file__).parents[1] / "data/mnist_sample.npz") as file:
        return [
            (tf.constant(file[f"x_{split}"] / np.float32(255)), tf.one_hot(file[f"y_{split}"], 10))
            for split in ("train", "test")
        ]


def test_a_network_in_16_bits_learns_as_in_keras_fit():
    """Its loss is scaled, and gradients back: the same loss within what two seeds differ."""
    Path("my.py").write_text(
        functional(HIDDEN.replace("8", "64"), end=", dtype='float32'", before=policy("mixed_float16"))
    )
    (x, y), (x_test, y_test) = sample()
    ours, of_fit = [], []
    for seed in (1, 2):
        network = compile_network(build_network((28, 28), 10, {"path": "my.py"}, seed), 0.001)
        values = {"epochs": 8, "batch_size": 64}
        ours.append(
            train(network, itertools.repeat(x), y, {0.0: lambda: x_test}, y_test, values, seed)[-1]["loss"]
        )
        network = compile_network(build_network((28, 28), 10, {"path": "my.py"}, seed), 0.001)
        assert type(network.optimizer).__name__ == "LossScaleOptimizer"
        of_fit.append(network.fit(x, y, batch_size=64, epochs=8, verbose=0).history["loss"][-1])
    assert np.mean(ours) == pytest.approx(np.mean(of_fit), abs=0.05)
    assert np.mean(of_fit) < 0.5


def test_a_training_that_diverges_ends_at_the_epoch_where_its_loss_is_no_number():
    """Squares of squares, at a rate of 1."""
    square = "x = ops.square(layers.Dense(32)(x))"
    Path("my.py").write_text(functional("x = layers.Flatten()(x)", *[square] * 5))
    (x, y), (x_test, y_test) = sample()
    network = compile_network(build_network((28, 28), 10, {"path": "my.py"}, 1), 1.0)
    history = []
    with pytest.raises(FloatingPointError, match=r"(val_)?loss is (nan|inf) in epoch \d"):
        train(
            network,
            itertools.repeat(x),
            y,
            {0.0: lambda: x_test},
            y_test,
            {"epochs": 9, "batch_size": 64},
            1,
            after_epoch=history.extend,
        )
    assert all(np.isfinite(row["loss"]) for row in history)
