"""The noise: its distribution, its independence, and that it is a pure function of seed, scale and split."""

import numpy as np
import pytest
from experiment import noise as noise_module
from experiment.noise import add_noise, noise_chunks, seed_sequence, sum_of_products
from scipy import stats

SHAPE = (600, 784)


def noise(seed=1, scale=0.5, split="train", shape=SHAPE):
    return np.concatenate(list(noise_chunks(shape, seed, scale, split)))


@pytest.fixture(scope="module")
def images():
    return np.load("tests/data/mnist_sample.npz")["x_train"]


def noisy(images, seed=1, scale=0.5, split="train"):
    out = np.empty((len(images), 784), np.float32)
    add_noise(images, seed, scale, split, out)
    return out


@pytest.mark.parametrize("scale", [0.1, 0.5, 4.0])
def test_before_clipping_it_is_normal_with_mean_0_and_the_scale_as_standard_deviation(scale):
    drawn = noise(scale=scale)
    assert drawn.dtype == np.float32
    values = drawn.astype(np.float64).ravel() / scale
    # Two-sided tests of the mean (z) and the variance (chi-squared), and of the whole distribution.
    assert 2 * stats.norm.sf(abs(values.mean()) * np.sqrt(values.size)) > 0.001
    tail = stats.chi2.cdf(values.var() * values.size, df=values.size - 1)
    assert 0.0005 < tail < 0.9995
    assert stats.kstest(values, "norm").pvalue > 0.001


def correlation(a, b):
    return abs(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_every_image_has_its_own_draw():
    drawn = noise()
    between = np.corrcoef(drawn) - np.eye(len(drawn))
    # The largest of 179 700 correlations of 784 independent pixels: 6 standard errors are never reached.
    assert np.abs(between).max() < 6 / np.sqrt(SHAPE[1])


@pytest.mark.parametrize("other", [{"split": "test"}, {"scale": 1.0}, {"seed": 2}])
def test_other_split_scale_or_seed_is_another_draw(other):
    assert correlation(noise(), noise(**other)) < 5 / np.sqrt(np.prod(SHAPE))


def test_same_seed_gives_the_same_bytes(images):
    assert noisy(images).tobytes() == noisy(images).tobytes()


def test_chunks_and_number_of_images_do_not_change_the_noise(images, monkeypatch):
    whole = noisy(images)
    assert noisy(images[:250]).tobytes() == whole[:250].tobytes()
    monkeypatch.setattr(noise_module, "CHUNK", 77)
    assert noisy(images).tobytes() == whole.tobytes()


@pytest.mark.parametrize("scale", [0.1, 4.0, 1000.0])
def test_copies_stay_in_the_pixel_range_and_reach_both_ends(images, scale):
    copy = noisy(images, scale=scale)
    assert copy.dtype == np.float32
    assert copy.min() == 0.0
    assert copy.max() == 1.0


def test_it_is_clean_plus_noise_clipped(images):
    clean = images.reshape(-1, 784).astype(np.float32) / np.float32(255)
    assert np.array_equal(noisy(images), np.clip(clean + noise(), 0, 1))


def test_scale_0_is_exactly_the_images(images):
    clean = images.reshape(-1, 784).astype(np.float32) / np.float32(255)
    assert np.array_equal(noisy(images, scale=0.0), clean)


def test_streams_depend_on_purpose_and_value():
    states = {
        tuple(seed_sequence(*key).generate_state(4))
        for key in [(1, "noise", 0.5, 0), (1, "noise", 0.5, 1), (1, "order", 0.5, 0), (2, "noise", 0.5, 0)]
    }
    assert len(states) == 4


def test_products_are_summed_in_double_precision():
    a, b = noise(), noise(seed=2)
    assert sum_of_products(a, b) == pytest.approx(np.sum(a.astype(float) * b.astype(float)), rel=1e-12)


def test_measured_values_are_those_of_the_copy(images):
    out = np.empty((len(images), 784), np.float32)
    measured = add_noise(images, 1, 0.5, "train", out)
    drawn, clean = noise().astype(float), images.reshape(-1, 784) / 255
    assert measured == {
        "noise_mean": pytest.approx(drawn.mean(), abs=5.1e-6),
        "noise_std": pytest.approx(drawn.std(), abs=5.1e-6),
        "share_at_0": pytest.approx(np.mean(out == 0), abs=5.1e-6),
        "share_at_1": pytest.approx(np.mean(out == 1), abs=5.1e-6),
        "correlation_with_clean": pytest.approx(np.corrcoef(clean.ravel(), out.ravel())[0, 1], abs=5.1e-6),
    }
    assert add_noise(images, 1, 0.0, "train", out)["correlation_with_clean"] == pytest.approx(1)
