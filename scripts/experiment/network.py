"""The network: built by Keras, and counted without TensorFlow, which takes seconds to import."""

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from experiment.streams import weight_seeds

if TYPE_CHECKING:
    import keras


def count_parameters(shape: tuple[int, ...], classes: int, training: dict[str, Any]) -> int:
    """Number of parameters of build_network's network.

    >>> count_parameters((28, 28), 10, {"hidden_units": [512, 512]})
    669706
    """
    units = [math.prod(shape), *training["hidden_units"], classes]
    return sum((before + 1) * after for before, after in pairwise(units))


def build_network(
    shape: tuple[int, ...], classes: int, training: dict[str, Any], seed: int
) -> "keras.Sequential":
    """The compiled network: images (n, *shape) are flattened, then dense ReLU layers, each followed by
    dropout, then a softmax over the classes.

    training: hidden_units (one number per hidden layer), dropout (share), learning_rate (of Adam). Weights
    are drawn by Keras's default, Glorot uniform (Glorot & Bengio 2010, AISTATS, eq. 16).
    """
    import keras

    hidden_units = training["hidden_units"]
    initial = [
        keras.initializers.GlorotUniform(seed=number) for number in weight_seeds(seed, len(hidden_units) + 1)
    ]
    layers = [keras.Input(shape), keras.layers.Flatten()]
    for units, initializer in zip(hidden_units, initial[:-1], strict=True):
        layers.append(keras.layers.Dense(units, activation="relu", kernel_initializer=initializer))
        # Keras saves the state of its own generator, which is never used: with a seed it is always the same.
        layers.append(keras.layers.Dropout(training["dropout"], seed=seed))
    layers.append(keras.layers.Dense(classes, activation="softmax", kernel_initializer=initial[-1]))
    network = keras.Sequential(layers)
    network.compile(
        optimizer=keras.optimizers.Adam(training["learning_rate"]),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return network
