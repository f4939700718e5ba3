"""Networks of nothing but dense layers, as arrays: these run without Keras, as on the page of the lab."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import keras

ACTIVATIONS = ("linear", "relu", "sigmoid", "softmax", "tanh")  # those of scripts/lab/browser/classifiers.js


class Layer(NamedTuple):
    """A dense layer. weights: float32 (inputs, units). bias: float32 (units,). activation: of ACTIVATIONS."""

    weights: np.ndarray
    bias: np.ndarray
    activation: str


def dense_layers(network: "keras.Model") -> list[Layer] | None:
    """The layers of a built network, or None if it is anything but dense layers on the flattened image.

    Dropout may stand between them: it does nothing but in training.
    """
    import keras

    from experiment.training import only_dense

    if not only_dense(network):
        return None
    layers = []
    for layer in network.layers:
        if type(layer) is keras.layers.Dense:
            activation = keras.activations.serialize(layer.activation)
            if activation not in ACTIVATIONS:
                return None
            weights = layer.kernel.numpy()
            bias = layer.bias.numpy() if layer.use_bias else np.zeros(weights.shape[1], np.float32)
            layers.append(Layer(weights, bias, activation))
    return layers or None


def run_dense(layers: list[Layer], images: np.ndarray) -> np.ndarray:
    """What the layers say of images, float32 (n, *shape): (n, units of the last layer)."""
    values = images.reshape(len(images), -1)
    for weights, bias, activation in layers:
        values = values @ weights + bias
        if activation == "relu":
            values = np.maximum(values, 0)
        elif activation == "sigmoid":
            values = 1 / (1 + np.exp(-values))
        elif activation == "tanh":
            values = np.tanh(values)
        elif activation == "softmax":
            powers = np.exp(values - values.max(axis=1, keepdims=True))
            values = powers / powers.sum(axis=1, keepdims=True)
    return values
