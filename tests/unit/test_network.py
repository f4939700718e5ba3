"""The network: the assignment's layers, its initial weights, and its number of parameters."""

import keras
import numpy as np
import pytest

from experiment.network import build_network, compile_network, network_size
from experiment.streams import weight_seeds

ASSIGNMENT = {"kind": "mlp", "hidden_units": [512, 512], "dropout": 0.2}
PARAMETERS = 669_706  # 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10


def small(seed=1):
    return build_network((28, 28), 10, ASSIGNMENT | {"hidden_units": [32, 16]}, seed)


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_the_assignments_network():
    network = compile_network(build_network((28, 28), 10, ASSIGNMENT, seed=1), 0.001)
    assert network.input_shape == (None, 28, 28)
    assert network.count_params() == PARAMETERS
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Flatten", "Dense", "Dropout", "Dense", "Dropout", "Dense"]
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            assert layer.rate == 0.2
    activations = [layer.activation.__name__ for layer in network.layers if hasattr(layer, "activation")]
    assert activations == ["relu", "relu", "softmax"]
    assert isinstance(network.optimizer, keras.optimizers.Adam)
    assert float(network.optimizer.learning_rate) == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("shape", "classes", "units"),
    [((28, 28), 10, [512, 512]), ((28, 28), 10, [1]), ((8, 8, 3), 7, [5, 4, 3]), ((5,), 2, [6])],
)
def test_parameters_are_counted_without_keras(shape, classes, units):
    settings = ASSIGNMENT | {"hidden_units": units}
    network = build_network(shape, classes, settings, seed=1)
    assert network.output_shape == (None, classes)
    assert network.count_params() == network_size(shape, classes, settings).parameters


def cnn(shape=(28, 28), classes=10, seed=1):
    return build_network(shape, classes, {"kind": "cnn", "dropout": 0.2}, seed)


@pytest.mark.parametrize(
    "shape", [(4, 4), (4, 5, 1), (8, 8), (28, 28), (32, 32, 3), (5, 40), (33, 7, 3), (224, 224, 3)]
)
def test_cnn_has_any_shape_and_its_size_is_known_without_keras(shape):
    network = cnn(shape, 7)
    size = network_size(shape, 7, {"kind": "cnn"})
    assert network.input_shape == (None, *shape)
    assert network.output_shape == (None, 7)
    assert network.count_params() == size.parameters < 3_000_000
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    counted = [*convolutions, *(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))]
    assert size.multiplications == sum(
        layer.kernel.shape.num_elements() * int(np.prod(layer.output.shape[1:-1])) for layer in counted
    )
    pools = [layer for layer in network.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    assert size.outputs == sum(int(np.prod(layer.output.shape[1:])) for layer in [*counted, *pools])


def test_cnn_of_mnist_has_the_textbooks_layers():
    kinds = [type(layer).__name__ for layer in cnn().layers]
    convolution = ["Conv2D", "MaxPooling2D"]
    assert kinds == ["Reshape", *convolution, *convolution, "Flatten", "Dense", "Dropout", "Dense"]
    assert cnn().count_params() == 421_642


def test_weights_of_cnn_follow_the_seed():
    assert equal(cnn(seed=1), cnn(seed=1))
    assert not equal(cnn(seed=1), cnn(seed=2))


def test_initial_weights_are_glorot_uniform_and_follow_the_seed():
    network = build_network((28, 28), 10, ASSIGNMENT, seed=1)
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    kernel, bias = dense[1].get_weights()
    limit = np.sqrt(6 / (512 + 512))
    assert np.abs(kernel).max() <= limit * (1 + 1e-6)
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not bias.any()
    assert [layer.kernel_initializer.seed for layer in dense] == weight_seeds(1, 3)
    assert equal(small(seed=1), small(seed=1))
    assert not equal(small(seed=1), small(seed=2))


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_dropout_in_bfloat16_drops_the_share_that_is_set(kind):
    settings = {"kind": kind, "dropout": 0.01, "precision": "mixed_bfloat16"}
    settings |= {"hidden_units": [16]} if kind == "mlp" else {}
    network = build_network((8, 8), 3, settings, 1)
    dropouts = [layer for layer in network.layers if type(layer) is keras.layers.Dropout]
    assert dropouts
    for layer in dropouts:
        dropped = np.asarray(layer(keras.ops.ones((1000, 1000), "bfloat16"), training=True) == 0).mean()
        assert abs(dropped - 0.01) < 5 * (0.01 * 0.99 / 1e6) ** 0.5


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_bfloat16_leaves_weights_and_softmax_in_float32(kind):
    settings = {"kind": kind, "dropout": 0.2, "precision": "mixed_bfloat16"}
    settings |= {"hidden_units": [16]} if kind == "mlp" else {}
    network = build_network((28, 28), 10, settings, seed=1)
    plain = build_network((28, 28), 10, {**settings, "precision": "float32"}, seed=1)
    *others, last = network.layers
    assert {layer.compute_dtype for layer in others if layer.weights} == {"bfloat16"}
    assert last.compute_dtype == "float32"
    assert {weight.dtype for weight in network.trainable_variables} == {"float32"}
    for one, other in zip(network.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert keras.config.dtype_policy().name == "float32"
    images = np.random.default_rng(1).random((50, 28, 28), np.float32)
    difference = np.abs(network.predict(images, verbose=0) - plain.predict(images, verbose=0)).max()
    assert 0 < difference < 0.02
