"""Filters before a network: each does what its library does, the bias is gone, the posterior is Bayes's."""

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import median_filter
from scipy.signal import wiener
from scipy.special import softmax
from scipy.stats import norm
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet

from analysis.filters import compare_filters, say_filters
from analysis.intervals import paired_interval, student_interval
from analysis.tables import checked
from experiment.ceiling import Sizes, log_evidence, posterior_means
from experiment.counts import pack_answers
from experiment.filters import (
    FILTERS,
    FIXED,
    correct_bias,
    filtered,
    filtered_name,
    mean_of_black,
    noise_sigma,
    ways_of,
)
from experiment.noise import KINDS, Noise, clean_images, noisy_copy
from experiment.streams import noise_generator
from made_up import counted, merged, network

SAMPLE = np.load("tests/data/mnist_sample.npz")
X_TRAIN, X_TEST = SAMPLE["x_train"][:300], SAMPLE["x_test"][:20]
GAUSSIAN = Noise()


def noisy_of(images, scale, noise=GAUSSIAN, seed=1):
    return noisy_copy(images, scale, noise_generator(seed, scale, "test", noise.kind), noise)


def of_library(name, image, sigma):
    """What the library makes of one image, with the values that the docs name."""
    return {
        "median": lambda: median_filter(image, 3),
        "non_local_means": lambda: denoise_nl_means(
            image, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma
        ),
        "total_variation": lambda: denoise_tv_chambolle(image, weight=sigma),
        "wavelet": lambda: denoise_wavelet(image, sigma=sigma),
        "wiener": lambda: wiener(image.astype(float), 3, sigma**2),
    }[name]()


@pytest.mark.parametrize("name", ["median", "non_local_means", "total_variation", "wavelet", "wiener"])
def test_every_image_is_filtered_as_its_library_filters_one(name):
    noisy = noisy_of(X_TEST, 0.5)
    sigma = noise_sigma(X_TRAIN, 0.5, 1, GAUSSIAN, False)
    (found,) = filtered(noisy, (name,), X_TRAIN, 0.5, 1, GAUSSIAN)
    assert found.dtype == np.float32
    for image, after in zip(noisy, found, strict=True):
        np.testing.assert_allclose(after, of_library(name, image, sigma), atol=1e-6)


@pytest.mark.parametrize("name", FILTERS)
def test_colours_are_filtered_within_themselves(name):
    grey = noisy_of(X_TEST[:4], 0.2)
    colours = np.stack([grey, grey[:, ::-1], np.zeros_like(grey)], axis=-1)
    after = FILTERS[name](colours, 0.2)
    assert after.shape == colours.shape
    assert np.abs(after[..., 2]).max() < 1e-6
    if name != "non_local_means":  # which compares patches of all colours
        for channel in (0, 1):
            alone = FILTERS[name](colours[..., channel], 0.2)
            # Total variation stops by the change of one channel in both cases.
            np.testing.assert_allclose(after[..., channel], alone, atol=1e-5)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("side", [4, 8])
def test_small_images_are_filtered_too(name, side):
    images = noisy_of(X_TEST[:3, :side, :side], 1.0)
    after = FILTERS[name](images, 0.4)
    assert after.shape == images.shape
    assert np.isfinite(after).all()


def test_without_noise_only_those_of_fixed_size_change_anything():
    clean = clean_images(X_TEST)
    for name in FILTERS:
        (after,) = filtered(clean, (name,), X_TRAIN, 0.0, 1, GAUSSIAN)
        assert np.array_equal(after, clean) == (name not in FIXED)
    (after,) = filtered(clean, ("bias_correction",), X_TRAIN, 0.0, 1, GAUSSIAN)
    assert np.array_equal(after, clean)


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0, 4.0])
def test_the_mean_of_a_black_pixel_is_that_of_the_censored_normal(scale):
    """E[clip(N(0, scale), 0, 1)] is the integral of P(N > t) from 0 to 1."""
    points = np.linspace(0, 1, 100_001)
    assert mean_of_black(scale) == pytest.approx(np.trapezoid(norm.sf(points / scale), points), abs=1e-9)


@pytest.mark.parametrize("scale", [0.05, 0.2, 0.5, 1.0, 2.0])
def test_after_bias_correction_black_and_white_have_their_own_mean_and_grey_almost(scale):
    n = 400_000
    for pixel, error in ((0, 0.0), (1, 0.0), (0.25, 0.0375), (0.5, 0.0)):
        clean = np.full((n, 1, 1), pixel, np.float32)
        after = correct_bias(noisy_of(clean, scale), scale)
        assert abs(after.mean(dtype=float) - pixel) < error + 5 * after.std(dtype=float) / np.sqrt(n)


def test_the_standard_deviation_of_the_noise_is_that_after_clipping():
    grey = np.full((1000, 28, 28), 0.5, np.float32)
    x = np.linspace(0, 0.5, 100_001)
    # E[clip(N, -0.5, 0.5)^2] is the integral of 4 t P(N > t) from 0 to 0.5.
    expected = np.sqrt(np.trapezoid(4 * x * norm.sf(x / 1.0), x))
    assert noise_sigma(grey, 1.0, 1, GAUSSIAN, False) == pytest.approx(expected, rel=2e-3)
    assert noise_sigma(grey, 1.0, 1, Noise("gaussian", False), False) == pytest.approx(1, rel=5e-3)
    stretched = expected / (1 - 2 * mean_of_black(1.0))
    assert noise_sigma(grey, 1.0, 1, GAUSSIAN, True) == pytest.approx(stretched, rel=2e-3)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_posterior_mean_is_that_of_bayes_rule(scale, clip):
    noisy = noisy_of(X_TEST, scale, Noise("gaussian", clip))
    clean = clean_images(X_TRAIN).astype(float).reshape(len(X_TRAIN), -1)
    # Each original is a class of its own, so the evidence of the ceiling is its likelihood.
    each = log_evidence(noisy, X_TRAIN, np.arange(len(X_TRAIN)), len(X_TRAIN), scale, clip)
    expected = (softmax(each, axis=0).T @ clean).reshape(noisy.shape)
    for sizes in (Sizes(), Sizes(originals=37, images=2)):
        found = np.concatenate(list(posterior_means(noisy, X_TRAIN, scale, clip, sizes=sizes)))
        np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("scale", [0.0, 3.0])
def test_posterior_mean_of_large_images_is_that_of_bayes_rule(scale):
    """They are compared tile by tile."""
    originals = X_TRAIN[:150].repeat(3, axis=1).repeat(3, axis=2)
    noisy = noisy_of(X_TEST[:6].repeat(3, axis=1).repeat(3, axis=2), scale)
    each = log_evidence(noisy, originals, np.arange(150), 150, scale)
    expected = softmax(each, axis=0).T @ clean_images(originals).reshape(150, -1)
    for sizes in (Sizes(), Sizes(weights=100_000, features=60_000)):
        found = np.concatenate(list(posterior_means(noisy, originals, scale, sizes=sizes)))
        np.testing.assert_allclose(found.reshape(6, -1), expected, atol=2e-6)


def test_posterior_mean_has_the_same_bits_with_every_number_of_threads_and_the_least_squared_error():
    noisy, clean = noisy_of(X_TRAIN, 1.0), clean_images(X_TRAIN)
    sizes = Sizes(originals=64, images=10)
    one, three = (
        np.concatenate(list(posterior_means(noisy, X_TRAIN, 1.0, True, threads, sizes))) for threads in (1, 3)
    )
    assert np.array_equal(one, three)
    error = np.mean((one - clean) ** 2)
    for steps in ways_of([*FILTERS], GAUSSIAN):
        other = np.concatenate(list(filtered(noisy, steps, X_TRAIN, 1.0, 1, GAUSSIAN)))
        assert error < np.mean((other - clean) ** 2)


def test_without_noise_the_posterior_mean_is_the_nearest_original():
    found = np.concatenate(list(posterior_means(clean_images(X_TEST), X_TRAIN, 0.0)))
    flat, originals = clean_images(X_TEST).reshape(20, -1), clean_images(X_TRAIN).reshape(len(X_TRAIN), -1)
    nearest = ((flat[:, None] - originals[None]) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(found, clean_images(X_TRAIN)[nearest])


@pytest.mark.parametrize("kind", KINDS)
def test_only_clipped_gaussian_noise_has_a_bias_that_is_corrected(kind):
    ways = ways_of(["median"], Noise(kind))
    assert len(ways) == (3 if kind == "gaussian" else 1)
    assert ways_of(["median"], Noise("gaussian", False)) == [("median",)]


# 100 test images. Without noise, mlp recognises 90 of them; at scale 1, 20, with fixed noise 60, with fresh
# noise 70 and one more with every seed.
N = 100


def answers(correct):
    return pack_answers([np.arange(N) < correct])[0]


def row_of(name, scale, correct, seed=1, draw=None, train_scale=None):
    if draw is None:
        row = counted(name, scale, correct / N, n=N, seed=seed)
    else:
        row = network(scale, correct / N, classifier=name, n=N, seed=seed, draw=draw, train_scale=train_scale)
    return row | {"bits": answers(correct)}


def sweep_of(seeds=(1,), after_median=(88, 55)):
    rows = []
    for seed in seeds:
        rows += [row_of("chance", scale, 10, seed) for scale in (0.0, 1.0)]
        rows += [row_of("mlp", 0.0, 90, seed, "fixed", 0.0), row_of("mlp", 1.0, 20, seed, "fixed", 0.0)]
        rows += [
            row_of("mlp", 1.0, 60, seed, "fixed", 1.0),
            row_of("mlp", 1.0, 70 + seed, seed, "fresh", 1.0),
        ]
        for steps in ways_of(["median"], GAUSSIAN):
            shares = after_median if steps == ("median",) else (90, 40 + 10 * len(steps))
            rows += [
                row_of(filtered_name("mlp", steps), scale, share, seed)
                for scale, share in zip((0.0, 1.0), shares, strict=True)
            ]
    bits = [row["bits"] for row in rows]
    table = merged([{key: value for key, value in row.items() if key != "bits"} for row in rows])
    # The table is sorted: each row gets the answers of its count.
    table = table.assign(bits=[answers(correct) for correct in table["correct"]])
    assert len(bits) == len(table)
    ways = ways_of(["median"], GAUSSIAN)
    return compare_filters(table, ["mlp"], ["fixed", "fresh"], ways, images="mnist", kind="gaussian")


def test_every_filter_has_a_row_at_every_scale_with_its_changes():
    table = sweep_of()
    assert len(table) == 8
    together = pd.concat([table, table.assign(kind="shot")], ignore_index=True)
    assert len(checked("filters", together)) == 16  # of two sweeps, no row is there twice
    key = ["filter", "bias_correction", "scale"]
    table = table.set_index(key)
    median = table.loc[("median", 0, 1.0)]
    assert median["accuracy"] == 0.55
    assert median[
        ["change_from_unfiltered", "change_from_fixed", "change_from_fresh"]
    ].tolist() == pytest.approx([0.35, -0.05, -0.16])
    difference = (np.arange(N) < 55).astype(float) - (np.arange(N) < 60)
    limits = median[["change_from_fixed_low", "change_from_fixed_high"]].tolist()
    assert limits == pytest.approx(list(paired_interval(difference)))
    assert np.isnan(median["change_from_mixed"])
    # Without a filter and without noise, it is the same run as that of every draw.
    clean = table.loc[("none", 0, 0.0)]
    assert clean[["change_from_fixed", "change_from_fixed_low", "change_from_fresh"]].tolist() == [0, 0, 0]
    assert np.isnan(clean["change_from_unfiltered"])


def test_of_several_seeds_the_interval_is_that_of_student_over_paired_seeds():
    table = sweep_of(seeds=(1, 2, 3)).set_index(["filter", "bias_correction", "scale"])
    row = table.loc[("median", 0, 1.0)]
    expected = student_interval(np.array([0.55 - 0.71, 0.55 - 0.72, 0.55 - 0.73]))
    assert row[["change_from_fresh_low", "change_from_fresh_high"]].tolist() == pytest.approx(list(expected))
    assert row["seeds"] == 3


def test_the_answer_says_whether_a_filter_helps_and_how_far_it_is_behind():
    assert say_filters(sweep_of()) == [
        "Where the noise is taken out first by the best of 3 ways, the network without noise recognises 60 % "
        "at scale 1 (median after bias correction; 20 % without), each chosen on these images.",
        "In points against training: on fixed noise, +0; on fresh noise, -11.",
        "Clipped noise turns black into grey on average. Correcting this bias alone, without a filter, takes "
        "the network without noise from 20 % to 50 % at scale 1.",
    ]
    assert "mlp without noise recognises" in say_filters(sweep_of(), several=True)[0]
    assert say_filters(sweep_of(), several=True)[1].startswith(
        "In points against training mlp: on fixed noise"
    )
