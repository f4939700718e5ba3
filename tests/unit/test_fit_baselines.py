"""Simple methods on known images."""

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from analysis.intervals import wilson_interval
from fit_baselines import fit_baselines, nearest_class_mean


@pytest.fixture
def files(tmp_path):
    """30 + 20 images of 2 x 2 pixels: 3 is twice as frequent in training as 0, and not in the test images."""
    y_train, y_test = np.repeat([0, 3], [10, 20]), np.repeat([0, 3], [15, 5])
    arrays = {"y_train": y_train, "y_test": y_test}
    for split, labels in (("train", y_train), ("test", y_test)):
        noise = np.random.default_rng(1).random((len(labels), 2, 2)) / 10
        arrays[f"x_{split}"] = (labels[:, None, None] / 4 + noise).astype(np.float32)
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return {name: tmp_path / f"{name}.npy" for name in arrays}


def test_chance_is_the_class_most_frequent_in_training(files):
    chance, mean, ridge = fit_baselines(files)
    assert (chance["method"], chance["accuracy"], chance["n"]) == ("chance", 0.25, 20)
    assert (chance["accuracy_low"], chance["accuracy_high"]) == wilson_interval(5, 20)
    assert mean["accuracy"] == ridge["accuracy"] == 1.0


def test_the_nearest_class_mean_is_scikit_learns():
    with np.load("tests/data/mnist_sample.npz") as file:
        x, y, x_test = (file[name] for name in ("x_train", "y_train", "x_test"))
    noise = np.random.default_rng(1)
    x, x_test = (
        (images / 255 + noise.normal(0, 0.5, images.shape)).astype(np.float32).reshape(-1, 784)
        for images in (x, x_test)
    )
    kept = y != 3  # the classes that are there need not be all
    expected = NearestCentroid().fit(x[kept], y[kept]).predict(x_test)
    assert np.array_equal(nearest_class_mean(x[kept], y[kept], x_test), expected)


def test_training_images_of_one_class_leave_nothing_to_tell_apart(files):
    np.save(files["y_train"], np.full(30, 3))
    assert [row["accuracy"] for row in fit_baselines(files)] == [0.25] * 3
