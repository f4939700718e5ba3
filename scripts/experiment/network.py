"""The networks: built with Keras. Their size is computed without TensorFlow, which takes seconds to import.

mlp: images are flattened, then dense ReLU layers, each followed by dropout, then a softmax over the classes.
cnn: blocks of a convolution of 3 x 3 pixels and pooling that halves the sides, then a dense ReLU layer with
dropout, then a softmax. An own network comes from a Python file with `build(shape, classes)`.
"""

import math
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from experiment.optimizer import ADAM, make_optimizer
from experiment.streams import build_seed, weight_seeds

if TYPE_CHECKING:
    import keras

# The kinds of networks, with the keys of the configuration that decide each, and their defaults.
KINDS: dict[str, dict[str, Any]] = {
    "mlp": {"hidden_units": [512, 512], "dropout": 0.2},
    "cnn": {"dropout": 0.2},
}
FILTERS = (32, 64, 128)  # of the blocks of cnn; all further blocks have as many as the last one
SMALL_SIDE = 7  # pixels: cnn has blocks until no side is longer
DENSE_UNITS = 128  # of cnn
EVALUATION_BATCH = 250  # images that go through a network at a time, unless it has dense layers alone
# Of the softmax and of dropout with every policy. TensorFlow compares the rate with a random number of the
# layer's precision: in bfloat16 that is a multiple of 1/128, and 0.01 would drop 1.6 %.
SINGLE = "float32"


class Size(NamedTuple):
    """The cost of a network: its parameters; for each image, the outputs of its layers and the
    multiplications; whether it is `only_dense` (experiment/training.py), and so evaluates all images at once.
    """

    parameters: int
    outputs: int
    multiplications: int
    dense: bool


def cnn_blocks(shape: tuple[int, ...]) -> list[tuple[tuple[int, int], int]]:
    """Sides of the images before each block of cnn, and the filters of the block: two blocks or more.

    >>> cnn_blocks((28, 28))
    [((28, 28), 32), ((14, 14), 64)]
    """
    (height, width), blocks = shape[:2], []
    while len(blocks) < 2 or max(height, width) > SMALL_SIDE:
        blocks.append(((height, width), FILTERS[min(len(blocks), len(FILTERS) - 1)]))
        height, width = -(-height // 2), -(-width // 2)
    return blocks


def network_size(shape: tuple[int, ...], classes: int, network: dict[str, Any]) -> Size:
    """Size of build_network's mlp or cnn.

    >>> network_size((28, 28), 10, {"kind": "mlp", "hidden_units": [512, 512]}).parameters
    669706
    """
    parameters = outputs = multiplications = 0
    if network["kind"] == "mlp":
        units = [math.prod(shape), *network["hidden_units"], classes]
    else:
        channels = shape[2] if len(shape) == 3 else 1
        for (height, width), filters in cnn_blocks(shape):
            weights = 9 * channels * filters
            parameters += weights + filters
            multiplications += weights * height * width
            pooled = -(-height // 2) * -(-width // 2) * filters
            outputs += height * width * filters + pooled
            channels = filters
        units = [pooled, DENSE_UNITS, classes]
    for before, after in pairwise(units):
        parameters += (before + 1) * after
        multiplications += before * after
        outputs += after
    return Size(parameters, outputs, multiplications, network["kind"] == "mlp")


def mlp_layers(shape: tuple[int, ...], classes: int, network: dict[str, Any], seed: int) -> list:
    """Layers of mlp. network: hidden_units (one number per hidden layer), dropout (share)."""
    import keras

    hidden_units = network["hidden_units"]
    initial = [
        keras.initializers.GlorotUniform(seed=number) for number in weight_seeds(seed, len(hidden_units) + 1)
    ]
    layers = [keras.layers.Flatten()]
    for units, initializer in zip(hidden_units, initial[:-1], strict=True):
        layers.append(keras.layers.Dense(units, activation="relu", kernel_initializer=initializer))
        # In float32, the state of its generator is saved, but never used: with a seed it is always the same.
        layers.append(keras.layers.Dropout(network["dropout"], seed=seed, dtype=SINGLE))
    return [
        *layers,
        keras.layers.Dense(classes, activation="softmax", kernel_initializer=initial[-1], dtype=SINGLE),
    ]


def cnn_layers(shape: tuple[int, ...], classes: int, network: dict[str, Any], seed: int) -> list:
    """Layers of cnn. network: dropout (share)."""
    import keras

    blocks = cnn_blocks(shape)
    *initial, dropout_seed = weight_seeds(seed, len(blocks) + 3)
    initial = iter([keras.initializers.GlorotUniform(seed=number) for number in initial])
    layers = [] if len(shape) == 3 else [keras.layers.Reshape((*shape, 1))]
    for _, filters in blocks:
        # "same": images of any size have room for every block.
        layers.append(
            keras.layers.Conv2D(
                filters, 3, padding="same", activation="relu", kernel_initializer=next(initial)
            )
        )
        layers.append(keras.layers.MaxPooling2D(2, padding="same"))
    return [
        *layers,
        keras.layers.Flatten(),
        keras.layers.Dense(DENSE_UNITS, activation="relu", kernel_initializer=next(initial)),
        keras.layers.Dropout(network["dropout"], seed=dropout_seed, dtype=SINGLE),
        keras.layers.Dense(classes, activation="softmax", kernel_initializer=next(initial), dtype=SINGLE),
    ]


LAYERS = {"mlp": mlp_layers, "cnn": cnn_layers}


def load_file(path: str) -> ModuleType:
    """Run a Python file that people trust. Raises whatever it raises."""
    module = ModuleType("own_network")
    module.__file__ = path
    sys.modules[module.__name__] = module  # where Keras looks for the classes that the file registers
    exec(compile(Path(path).read_bytes(), path, "exec"), vars(module))
    return module


def load_build(path: str) -> Callable:
    """The function `build` in the file of an own network."""
    return load_file(path).build


def build_network(shape: tuple[int, ...], classes: int, network: dict[str, Any], seed: int) -> "keras.Model":
    """The network, not yet compiled: images (n, *shape) in, probabilities (n, classes) out.

    network: its `kind` and the keys of this, or the `path` of an own one; and its `precision`, one of Keras's
    dtype policies, if that is not float32. Weights are float32 with every policy, and so is the softmax of
    mlp and cnn. The weights of mlp and cnn are drawn by Keras's default, Glorot uniform (Glorot & Bengio
    2010, AISTATS, eq. 16), each layer's from a seed of its own. An own network draws from the generators of
    Keras, Python, numpy and TensorFlow, set to one seed. Its file may set a policy of its own.
    """
    from experiment.libraries import keras

    keras.config.set_dtype_policy(network.get("precision", "float32"))
    if "path" in network:
        keras.utils.set_random_seed(build_seed(seed))
        built = load_build(network["path"])(tuple(shape), classes)
        if isinstance(built, keras.Model) and not built.built:  # the first call creates the weights
            built(keras.ops.zeros((1, *shape)))
        return built
    layers = LAYERS[network["kind"]](tuple(shape), classes, network, seed)
    built = keras.Sequential([keras.Input(shape), *layers])
    keras.config.set_dtype_policy("float32")
    return built


def compile_network(
    network: "keras.Model",
    learning_rate: float | dict[str, Any],
    optimizer: dict[str, Any] = ADAM,
    weight_decay: float | None = None,
    clipnorm: float | None = None,
    label_smoothing: float = 0.0,
) -> "keras.Model":
    """The network with its optimizer (make_optimizer) and its loss, cross-entropy.

    label_smoothing: the share of each label that is spread evenly over all classes (Szegedy et al. 2016,
    CVPR, section 7).
    """
    import keras

    network.compile(
        optimizer=make_optimizer(learning_rate, optimizer, weight_decay, clipnorm),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=["accuracy"],
    )
    return network
