"""Simple methods on known images."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestCentroid

import fit_baselines
from experiment import rows
from experiment.rows import open_rows
from fit_baselines import METHODS, fit, nearest_centroid, recognised, ridge_regression


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


def recognised_by(method, files):
    predict = fit(method, files["x_train"], files["y_train"])
    return recognised(predict, np.load(files["x_test"]), np.load(files["y_test"]))


def test_chance_is_the_class_most_frequent_in_training(files):
    assert list(METHODS) == ["chance", "nearest_centroid", "ridge_regression"]
    chance, centroid, ridge = (recognised_by(method, files) for method in METHODS.values())
    assert np.array_equal(chance, np.load(files["y_test"]) == 3)
    assert centroid.tolist() == ridge.tolist() == [True] * 20


@pytest.mark.parametrize("pixels", [196, 784], ids=["more images than pixels", "fewer images than pixels"])
@pytest.mark.parametrize(
    ("method", "of_scikit_learn"),
    [(nearest_centroid, NearestCentroid()), (ridge_regression, RidgeClassifier())],
)
def test_a_method_gives_what_scikit_learn_gives(method, of_scikit_learn, pixels, tmp_path, monkeypatch):
    with np.load("tests/data/mnist_sample.npz") as file:
        x, y, x_test = (file[name] for name in ("x_train", "y_train", "x_test"))
    noise = np.random.default_rng(1)
    x, x_test = (
        (images / 255 + noise.normal(0, 0.5, images.shape)).astype(np.float32).reshape(-1, 784)
        for images in (x, x_test)
    )
    x, x_test = x[:, :: 784 // pixels], x_test[:, :: 784 // pixels]
    kept = y != 3  # the classes that are there need not be all
    expected = of_scikit_learn.fit(x[kept], y[kept]).predict(x_test)
    assert np.array_equal(method(x[kept], y[kept])(x_test), expected)
    # From the file, some of it at a time: 50 images, or 20 pixels of all.
    np.save(tmp_path / "x.npy", x[kept])
    for module in (fit_baselines, rows):
        monkeypatch.setattr(module, "BLOCK", 4 * 50 * pixels)
    monkeypatch.setattr(fit_baselines, "PAGE", 80)
    assert np.array_equal(method(open_rows(tmp_path / "x.npy"), y[kept])(x_test), expected)


def test_ridge_regression_of_two_classes_is_scikit_learns(files):
    x, y, x_test = (np.load(files[name]) for name in ("x_train", "y_train", "x_test"))
    x, x_test = x.reshape(len(x), -1), np.random.default_rng(2).random((50, 4), dtype=np.float32) * 1.5
    expected = RidgeClassifier().fit(x, y).predict(x_test)
    assert len(np.unique(expected)) == 2
    assert np.array_equal(ridge_regression(x, y)(x_test), expected)


def test_training_images_of_one_class_leave_nothing_to_tell_apart(files):
    np.save(files["y_train"], np.full(30, 3))
    for method in METHODS.values():
        assert np.array_equal(recognised_by(method, files), np.load(files["y_test"]) == 3)
