"""What is measured on a noisy copy, and that the copy is stored whole."""

import numpy as np
import pytest

import add_noise
from add_noise import measure, store_noisy_copy, sum_of_products
from experiment.noise import Noise, noisy_chunks
from experiment.streams import noise_generator

GAUSSIAN = Noise("gaussian", clip=True)


@pytest.fixture(scope="module")
def images():
    return np.load("tests/data/mnist_sample.npz")["x_train"]


def test_products_are_summed_in_double_precision():
    generator = np.random.default_rng(1)
    a, b = (generator.standard_normal((600, 28, 28), dtype=np.float32) for _ in range(2))
    assert sum_of_products(a, b) == pytest.approx(np.sum(a.astype(float) * b.astype(float)), rel=1e-12)
    ones = np.full((100, 784), np.float32(1 + 2**-20))
    assert sum_of_products(ones, ones) == ones.size * (1 + 2**-20) ** 2  # which float32 cannot hold


@pytest.mark.parametrize("scale", [0.1, 0.5, 4.0])
def test_measured_values_are_those_of_the_copy(images, scale):
    out = np.empty(images.shape, np.float32)
    chunks = list(noisy_chunks(images, scale, noise_generator(1, scale, "train"), out, GAUSSIAN))
    clean, unclipped, _ = (np.concatenate(parts).astype(float) for parts in zip(*chunks, strict=True))
    drawn = unclipped - clean
    assert measure(chunks) == {
        "noise_mean": pytest.approx(drawn.mean(), abs=6e-6),
        "noise_std": pytest.approx(drawn.std(), abs=6e-6),
        "share_at_0": pytest.approx(np.mean(out == 0), abs=6e-6),
        "share_at_1": pytest.approx(np.mean(out == 1), abs=6e-6),
        "correlation_with_clean": pytest.approx(np.corrcoef(clean.ravel(), out.ravel())[0, 1], abs=6e-6),
    }


def test_without_noise_the_copy_is_the_images(images):
    generator, out = noise_generator(1, 0.0, "train"), np.empty(images.shape, np.float32)
    chunks = noisy_chunks(images, 0.0, generator, out, GAUSSIAN)
    measured = measure(chunks)
    assert measured["noise_mean"] == measured["noise_std"] == 0
    assert measured["correlation_with_clean"] == pytest.approx(1)
    assert measured["share_at_0"] == pytest.approx(np.mean(images == 0), abs=6e-6)


def test_images_of_one_grey_have_no_correlation():
    grey = np.full((10, 28, 28), 100, np.uint8)
    generator, out = noise_generator(1, 0.5, "train"), np.empty(grey.shape, np.float32)
    chunks = noisy_chunks(grey, 0.5, generator, out, GAUSSIAN)
    assert abs(measure(chunks)["correlation_with_clean"]) < 1e-3


@pytest.mark.parametrize("split", ["train", "test"])
def test_stored_copy_is_the_noisy_images(images, tmp_path, split):
    np.save(tmp_path / "x.npy", images)
    measured = store_noisy_copy(tmp_path / "x.npy", tmp_path / "noisy.npy", 1, 0.5, split, GAUSSIAN)
    expected = np.empty(images.shape, np.float32)
    assert measured == {
        "images": 600,
        **measure(noisy_chunks(images, 0.5, noise_generator(1, 0.5, split), expected, GAUSSIAN)),
    }
    stored = np.load(tmp_path / "noisy.npy")
    assert stored.dtype == np.float32
    assert np.array_equal(stored, expected)


def test_stored_copy_is_of_its_kind_and_clipped_only_if_told_so(images, tmp_path):
    np.save(tmp_path / "x.npy", images)
    noise = Noise("speckle", clip=False)
    measured = store_noisy_copy(tmp_path / "x.npy", tmp_path / "noisy.npy", 1, 0.5, "test", noise)
    stored = np.load(tmp_path / "noisy.npy")
    assert stored.min() < 0 < 1 < stored.max()
    assert not stored[images == 0].any()
    # The generator of this kind, from its start.
    drawn = noise_generator(1, 0.5, "test", "speckle").standard_normal(images.shape, dtype=np.float32)
    white = images == 255
    assert stored[white] == pytest.approx(1 + drawn[white] / 2, abs=1e-6)
    assert measured["share_at_1"] < 0.01


def test_an_error_in_the_middle_leaves_no_copy(images, tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", images)
    monkeypatch.setattr(add_noise, "measure", lambda chunks: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store_noisy_copy(tmp_path / "x.npy", tmp_path / "noisy.npy", 1, 0.5, "train", GAUSSIAN)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
