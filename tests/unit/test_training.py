"""The network and its own epoch loop, against Keras where Keras can say the same."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from experiment.training import (
    build_network,
    compile_epoch,
    epoch_key,
    epoch_order,
    forward,
    load_set,
    normal_numbers,
    train,
)
from scipy import stats

PARAMETERS = 669_706  # 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10


@pytest.fixture(scope="module")
def sets():
    sample = np.load("tests/data/mnist_sample.npz")
    return [
        (
            tf.constant(sample[f"x_{split}"].reshape(-1, 784).astype(np.float32) / 255),
            tf.one_hot(sample[f"y_{split}"], 10),
        )
        for split in ("train", "test")
    ]


def first(images, of):
    return of[0][:images], of[1][:images]


def small(dropout=0.2, seed=1):
    return build_network([32, 16], dropout, 0.001, seed)


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_the_assignments_network():
    network = build_network([512, 512], 0.2, 0.001, seed=1)
    assert network.count_params() == PARAMETERS
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert network.layers[-1].activation is keras.activations.softmax
    assert float(network.optimizer.learning_rate) == pytest.approx(0.001)


def test_initial_weights_are_glorot_uniform_and_follow_the_seed():
    network = build_network([512, 512], 0.2, 0.001, seed=1)
    kernel, bias = network.layers[2].get_weights()
    limit = np.sqrt(6 / (512 + 512))
    assert np.abs(kernel).max() <= limit * (1 + 1e-6)
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not bias.any()
    assert equal(small(seed=1), small(seed=1))
    assert not equal(small(seed=1), small(seed=2))


def test_order_is_a_fresh_permutation_in_every_epoch_and_seed():
    orders = [epoch_order(1, 1, 600), epoch_order(1, 2, 600), epoch_order(2, 1, 600)]
    for order in orders:
        assert sorted(order) == list(range(600))
    # Two random permutations agree in one place on average.
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        assert np.sum(orders[a] == orders[b]) < 10
    assert np.array_equal(epoch_order(1, 1, 600), orders[0])


def test_an_epoch_without_dropout_is_kerass_own_steps(sets):
    """Same weights, batches and optimizer: what Keras's train_on_batch gives, the last batch included."""
    x, y = first(224, sets[0])  # a batch of 128 and one of 96, as at the end of a full epoch
    ours, keras_own = small(dropout=0.0), small(dropout=0.0)
    order = epoch_order(1, 1, 224)
    keys = epoch_key(1, "dropout", 1), epoch_key(1, "fresh", 0, 1)
    loss, right = compile_epoch(ours, x, y, 128)(tf.constant(order), *keys)
    logs = []
    for batch in (order[:128], order[128:]):
        keras_own.reset_metrics()
        logs.append(keras_own.train_on_batch(tf.gather(x, batch), tf.gather(y, batch), return_dict=True))
    assert int(ours.optimizer.iterations) == 2
    for one, other in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)
    assert float(loss) == pytest.approx(128 * logs[0]["loss"] + 96 * logs[1]["loss"], rel=1e-5)
    assert float(right) == pytest.approx(128 * logs[0]["accuracy"] + 96 * logs[1]["accuracy"])


def test_the_last_batch_is_trained_on(sets):
    """Changing an image of the last, smaller batch changes the weights."""
    x, y = (part.numpy() for part in first(224, sets[0]))
    changed = x.copy()
    changed[epoch_order(1, 1, 224)[-1]] = 1.0
    networks = []
    for images in (x, changed):
        networks.append(small())
        train(networks[-1], (tf.constant(images), tf.constant(y)), first(50, sets[1]), 1, 128, seed=1)
    assert not equal(*networks)


def test_a_batch_larger_than_the_set_is_one_step(sets):
    network = small()
    history = train(network, first(50, sets[0]), first(50, sets[1]), 2, 128, seed=1)
    assert int(network.optimizer.iterations) == 2
    assert [row["epoch"] for row in history] == [1, 2]


def test_dropout_keeps_its_share_and_differs_by_layer_step_and_epoch():
    network = keras.Sequential([keras.Input((4000,)), keras.layers.Dropout(0.2), keras.layers.Dropout(0.2)])
    ones = tf.ones((100, 4000))

    def mask(epoch, step, layers):
        layered = keras.Sequential([keras.Input((4000,)), *network.layers[:layers]])
        compiled = tf.function(forward, jit_compile=True)
        return compiled(layered, ones, (epoch_key(1, "dropout", epoch), tf.constant(step))).numpy()

    base = mask(1, 0, 1)
    assert set(np.unique(base)) == {0.0, np.float32(1 / 0.8)}
    # 400 000 draws: a standard error of 0.0006.
    assert np.mean(base == 0) == pytest.approx(0.2, abs=0.003)
    for other in (mask(2, 0, 1), mask(1, 1, 1)):
        assert np.mean((base == 0) & (other == 0)) == pytest.approx(0.04, abs=0.003)
    assert np.mean(mask(1, 0, 2) == 0) == pytest.approx(1 - 0.8**2, abs=0.003)
    assert np.array_equal(base, mask(1, 0, 1))


def test_normal_numbers_are_normal_out_to_the_tails():
    draw = tf.function(normal_numbers, jit_compile=True)
    first, second = (draw((2000, 1000), tf.constant([5, step])).numpy() for step in (0, 1))
    assert np.array_equal(first, draw((2000, 1000), tf.constant([5, 0])).numpy())
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4 / np.sqrt(first.size)
    assert stats.kstest(first.ravel(), "norm").pvalue > 0.001
    for bound in (3, 4):
        expected = stats.norm.sf(bound) * first.size
        for tail in (first > bound, first < -bound):
            assert tail.sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_training_with_fresh_noise_sees_clipped_noise_of_the_scale(sets):
    """A linear network with a learning rate of 1: its first step is the mean of the images it was shown."""
    x, y = sets[0][0][:128], tf.one_hot(np.zeros(128, int), 10)
    network = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(10, "softmax", kernel_initializer="zeros")]
    )
    network.compile(optimizer=keras.optimizers.SGD(1.0))
    steps = []
    for epoch in (1, 2):
        network.set_weights([np.zeros((784, 10), np.float32), np.zeros(10, np.float32)])
        keys = epoch_key(1, "dropout", epoch), epoch_key(1, "fresh", 2.0, epoch)
        compile_epoch(network, x, y, 128, fresh_scale=2.0)(tf.range(128), *keys)
        steps.append(network.get_weights()[0][:, 0] / 0.9)  # the gradient is (1 - 1 / 10) times the images
    assert not np.array_equal(*steps)
    noise = np.random.default_rng(1).normal(0, 2, (200, 128, 784))[:, :, :50]
    background = np.clip(noise, 0, 1).mean()  # where all 128 images are black, as at the upper edge
    edge = np.flatnonzero(np.all(x.numpy() == 0, axis=0))
    for step in steps:
        assert step[edge].mean() == pytest.approx(background, abs=4 * 0.48 / np.sqrt(128 * len(edge)))
        assert 0 < step.min() < step.max() < 1


def test_fresh_noise_changes_the_training_and_is_the_same_every_time(sets):
    histories = [train(small(), *sets, 2, 128, 1, fresh_scale=scale) for scale in (0.0, 0.5, 0.5)]
    values = [[{**row, "seconds": 0} for row in history] for history in histories]
    assert values[1] == values[2]
    assert values[0] != values[1]


def test_training_twice_gives_the_same_bits_and_another_seed_others(sets):
    runs = []
    for seed in (1, 1, 2):
        network = small(seed=seed)
        history = train(network, *sets, 2, 128, seed)
        runs.append((network, [{**row, "seconds": 0} for row in history]))
    assert equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert not equal(runs[0][0], runs[2][0])


def test_it_learns(sets):
    history = train(build_network([64], 0.2, 0.001, 1), *sets, 15, 32, 1)
    assert history[-1]["val_accuracy"] > 0.75  # 600 images are enough for that; chance is 0.1
    assert history[-1]["loss"] < history[0]["loss"] / 3


def test_load_set_reads_what_add_noise_stores(tmp_path):
    images = np.random.default_rng(1).random((20, 784), dtype=np.float32)
    labels = np.arange(20, dtype=np.uint8) % 10
    np.save(tmp_path / "x.npy", images)
    np.save(tmp_path / "y.npy", labels)
    x, y = load_set(tmp_path / "x.npy", tmp_path / "y.npy")
    assert np.array_equal(x, images)
    assert np.array_equal(np.argmax(y, axis=1), labels)
    assert y.shape == (20, 10)
