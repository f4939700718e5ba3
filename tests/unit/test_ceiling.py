"""The ceiling's classifier is the best possible one, checked where this can be known otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_ndtr, logsumexp
from scipy.stats import norm

from analysis.intervals import wilson_interval
from estimate_ceiling import estimate_ceiling
from experiment.ceiling import NEGLIGIBLE, Sizes, classify, log_evidence
from experiment.counts import BOUNDS
from experiment.noise import Noise, noisy_copy

# The same examples until a test is edited: a bound of four standard errors is passed by one in 16 000.
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=30)
SAMPLE = np.load("tests/data/mnist_sample.npz")


def add_noise(images, scale, seed=1, clip=True):
    """The noisy copy of uint8 images, as add_noise stores it."""
    return noisy_copy(images, scale, np.random.default_rng(seed), Noise("gaussian", clip))


def answers_of(noisy, originals, labels, scale, classes, **options):
    return classify(log_evidence(noisy, originals, labels, classes, scale, **options))


def same_within(share, probability, n, errors=4):
    return abs(share - probability) <= errors * np.sqrt(probability * (1 - probability) / n)


@REPEATABLE
@given(
    pixels=st.integers(1, 30),
    step=st.integers(1, 6),
    distance=st.floats(0.5, 4),  # of the originals, in standard deviations of the noise
    seed=st.integers(0, 2**32 - 1),
)
def test_two_originals_without_clipping_are_told_apart_as_often_as_theory_says(pixels, step, distance, seed):
    """The error is Phi(-d / 2 scale), d the distance of the two (Kay 1998, Detection Theory, section 4.3)."""
    originals = np.full((2, pixels), 128, np.uint8)
    originals[1] += step
    d = np.sqrt(pixels) * step / 255
    scale, n = d / distance, 4000
    if scale > 0.08:  # a pixel of 0.5 would be clipped now and then
        scale, distance = 0.08, d / 0.08
    labels = np.arange(n) % 2
    answers, _ = answers_of(add_noise(originals[labels], scale, seed), originals, np.arange(2), scale, 2)
    assert same_within(np.mean(answers != labels), norm.cdf(-distance / 2), n)


@REPEATABLE
@given(
    pixels=st.integers(1, 30),
    levels=st.lists(st.integers(0, 255), min_size=2, max_size=2, unique=True),
    distance=st.floats(0.3, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_two_originals_of_noise_that_is_not_clipped_are_told_apart_as_well(pixels, levels, distance, seed):
    """Anywhere in the pixel range, and with as much noise as there may be."""
    originals = np.repeat(np.array(levels, np.uint8)[:, None], pixels, axis=1)
    d = np.sqrt(pixels) * abs(levels[1] - levels[0]) / 255
    labels, n = np.arange(4000) % 2, 4000
    noisy = add_noise(originals[labels], d / distance, seed, clip=False)
    answers, _ = answers_of(noisy, originals, np.arange(2), d / distance, 2, clip=False)
    assert same_within(np.mean(answers != labels), norm.cdf(-distance / 2), n)


@pytest.mark.parametrize("scale", [1e-5, 0.01, 0.5, 2.0, 1000.0])
def test_noise_that_is_not_clipped_is_read_as_by_its_distances(scale):
    x, labels = SAMPLE["x_train"].reshape(600, -1), SAMPLE["y_train"]
    y = add_noise(SAMPLE["x_test"], scale, clip=False).reshape(200, -1)
    answers, log_probability = answers_of(y, x, labels, scale, 10, clip=False)
    distances = ((y[:, None].astype(float) - x[None] / 255) ** 2).sum(axis=2) / (2 * scale**2)
    evidence = np.stack([logsumexp(-distances[:, labels == label], axis=1) for label in range(10)])
    exact = evidence - logsumexp(evidence, axis=0)
    assert answers.tolist() == exact.argmax(axis=0).tolist()
    if scale >= NEGLIGIBLE:
        likely = exact > -20
        assert np.exp(log_probability[likely]) == pytest.approx(np.exp(exact[likely]), rel=2e-3)


def outcomes(originals, scale, nodes=60):
    """All outcomes of a noisy pixel of each original: values (k,), and their probability (originals, k).

    0 and 1 have a mass of their own. Between them, the density is integrated by Gauss and Legendre.
    """
    points, weights = np.polynomial.legendre.leggauss(nodes)
    points, weights = (points + 1) / 2, weights / 2
    x = originals[:, None] / 255
    density = norm.pdf(points, x, scale) * weights
    ends = norm.cdf(0, x, scale), norm.sf(1, x, scale)
    return np.concatenate([[0], points, [1]]), np.concatenate([ends[0], density, ends[1]], axis=1)


@REPEATABLE
@given(
    originals=st.lists(st.tuples(*[st.integers(0, 255)] * 2), min_size=2, max_size=5, unique=True),
    scale=st.floats(0.15, 3),
    data=st.data(),
)
def test_clipped_images_of_two_pixels_are_read_as_by_integration(originals, scale, data):
    """Every posterior, and the accuracy of the classifier, against sums over all that two pixels can be."""
    originals = np.array(originals, np.uint8)
    labels = np.array([0, 1, *data.draw(st.lists(st.integers(0, 2), min_size=3, max_size=3))])
    labels = labels[: len(originals)]
    (values, first), (_, second) = (outcomes(originals[:, pixel], scale) for pixel in (0, 1))
    joint = first[:, :, None] * second[:, None, :]  # (originals, k, k)
    by_class = np.stack([joint[labels == label].sum(axis=0) for label in range(3)])
    assert joint.sum(axis=(1, 2)) == pytest.approx(1, abs=1e-6)

    grid = np.stack(np.meshgrid(values, values, indexing="ij"), axis=-1).reshape(-1, 2).astype(np.float32)
    answers, log_probability = answers_of(grid, originals, labels, scale, 3)
    total = by_class.sum(axis=0).ravel()
    probable = total > 1e-9  # elsewhere, nothing is left of the sums
    posterior = by_class.reshape(3, -1) / np.maximum(total, 1e-300)
    assert np.exp(log_probability)[:, probable] == pytest.approx(posterior[:, probable], abs=2e-4)
    # The best classifier's accuracy is the integral of the most probable class.
    reached = by_class.reshape(3, -1)[answers, np.arange(len(answers))].sum()
    assert reached == pytest.approx(by_class.max(axis=0).sum(), abs=1e-5)


@REPEATABLE
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.0, 1e-30, 1e-6, 1.1e-4]))
def test_with_hardly_any_noise_the_nearest_original_is_taken(seed, scale):
    generator = np.random.default_rng(seed)
    chosen = generator.choice(600, 50, replace=False)
    originals, labels = SAMPLE["x_train"][chosen], SAMPLE["y_train"][chosen]
    clean = SAMPLE["x_test"][generator.choice(200, 40, replace=False)]
    answers, _ = answers_of(add_noise(clean, scale, seed), originals, labels, scale, 10)
    difference = clean.reshape(40, 1, -1).astype(int) - originals.reshape(1, 50, -1)
    nearest = labels[(difference**2).sum(axis=2).argmin(axis=1)]
    # Noise of 1.1e-4 is counted, and may decide between two that are as good as equally near.
    assert np.sum(answers != nearest) <= (scale > NEGLIGIBLE)


def test_originals_that_are_equally_near_share_the_probability():
    originals = np.array([[0], [20], [20], [200]], np.uint8)
    noisy = np.array([[10 / 255], [20 / 255]], np.float32)
    _, log_probability = answers_of(noisy, originals, np.array([0, 1, 1, 2]), 0.0, 3)
    assert np.exp(log_probability[:, 0]) == pytest.approx([1 / 3, 2 / 3, 0])
    assert np.exp(log_probability[:, 1]) == pytest.approx([0, 1, 0])


@REPEATABLE
@given(counts=st.lists(st.integers(1, 60), min_size=2, max_size=4, unique=True), seed=st.integers(0, 99))
def test_of_endless_noise_only_the_sizes_of_the_classes_are_left(counts, seed):
    """Where counts differ by more than the images say, the answer is always the most frequent class."""
    labels = np.repeat(np.arange(len(counts)), counts)
    originals = np.random.default_rng(seed).integers(0, 256, (len(labels), 3), dtype=np.uint8)
    scale = 1e6
    answers, log_probability = answers_of(
        add_noise(originals, scale, seed), originals, labels, scale, len(counts)
    )
    assert set(answers) == {int(np.argmax(counts))}
    assert np.mean(answers == labels) == max(counts) / sum(counts)
    assert np.exp(log_probability[:, 0]) == pytest.approx(np.array(counts) / sum(counts), rel=1e-3)


def exact_log_probability(y, x, labels, scale, classes, clip=True):
    """log p(class) of noisy images y (n, pixels), by the sums of the docstring as they stand there."""
    x, y = x.reshape(len(x), -1) / 255, y.reshape(len(y), -1).astype(float)
    at_0, at_1 = (y == 0) & clip, (y == 1) & clip
    between = ~(at_0 | at_1)
    scores = at_0 @ log_ndtr(-x / scale).T + at_1 @ log_ndtr((x - 1) / scale).T
    for image in range(len(y)):
        here = between[image]
        scores[image] -= ((y[image, here] - x[:, here]) ** 2).sum(axis=1) / (2 * scale**2)
    evidence = np.stack([logsumexp(scores[:, labels == label], axis=1) for label in range(classes)])
    return evidence - logsumexp(evidence, axis=0)


@pytest.mark.parametrize("scale", [0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 1000.0])
def test_single_precision_answers_as_double_precision(scale):
    """On 200 real images."""
    x, labels = SAMPLE["x_train"], SAMPLE["y_train"]
    y = add_noise(SAMPLE["x_test"], scale)
    answers, log_probability = answers_of(y, x, labels, scale, 10)
    exact = exact_log_probability(y, x, labels, scale, 10)
    assert answers.tolist() == exact.argmax(axis=0).tolist()
    likely = exact > -20
    assert np.exp(log_probability[likely]) == pytest.approx(np.exp(exact[likely]), rel=1e-3)


def estimate(tmp_path, arrays, scale, seed, classes):
    files = {}
    for name, array in arrays.items():
        files[name] = tmp_path / f"{name}.npy"
        np.save(files[name], array)
    np.save(tmp_path / "noisy.npy", add_noise(arrays["x_test"], scale, seed))
    images = len(arrays["y_test"])
    return estimate_ceiling(files, tmp_path / "noisy.npy", classes, scale, True, images, threads=1)


@REPEATABLE
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 5),
    pixels=st.integers(1, 40),
    scale=st.sampled_from([0.0, 0.01, 0.1, 0.5, 2.0, 10.0]),
)
def test_the_upper_bound_is_not_below_the_lower(tmp_path_factory, seed, classes, pixels, scale):
    """By no more than its interval, for training and test images from one distribution."""
    generator = np.random.default_rng(seed)
    centres = generator.integers(0, 256, (classes, pixels))
    labels = generator.integers(0, classes, 500).astype(np.uint8)
    images = centres[labels] + generator.normal(0, 60, (500, pixels))
    images = images.clip(0, 255).astype(np.uint8)
    arrays = {
        "x_train": images[:300],
        "y_train": labels[:300],
        "x_test": images[300:],
        "y_test": labels[300:],
    }
    bounds = estimate(tmp_path_factory.mktemp("ceiling"), arrays, scale, seed, classes)
    assert list(bounds) == ["ceiling_lower", "ceiling_upper"]
    lower, upper = (correct for correct, _ in bounds.values())
    assert upper.dtype == lower.dtype == bool
    assert upper.shape == lower.shape == (200,)
    _, high = wilson_interval(int(upper.sum()), 200)
    assert high >= lower.mean()


def test_real_images_at_many_scales(tmp_path):
    """600 + 200 digits: without noise the upper bound is 1, and both fall; the log-loss has its sign."""
    arrays = {name: SAMPLE[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    estimates = [estimate(tmp_path, arrays, scale, 1, 10) for scale in (0.0, 0.5, 2.0, 1000.0)]
    lower, upper = ([bounds[bound][0].mean() for bounds in estimates] for bound in BOUNDS)
    losses = [[loss for _, loss in bounds.values()] for bounds in estimates]
    assert upper[:2] == [1.0, 1.0]
    assert sorted(lower, reverse=True) == lower
    assert sorted(upper, reverse=True) == upper
    assert losses[0] == [None, None]
    assert all(loss >= 0 for pair in losses[1:] for loss in pair)
    # Of a coin with ten sides, hardly weighted by the sizes of the classes.
    assert losses[-1][0] == pytest.approx(np.log(10), abs=0.02)


def test_the_bits_do_not_depend_on_threads():
    sizes = Sizes(originals=16)
    arguments = (add_noise(SAMPLE["x_test"], 1.0), SAMPLE["x_train"], SAMPLE["y_train"], 10, 1.0)
    one = log_evidence(*arguments, threads=1, sizes=sizes)
    for threads in (2, 5):
        assert np.array_equal(log_evidence(*arguments, threads=threads, sizes=sizes), one)


@pytest.mark.parametrize(
    "sizes",
    [Sizes(originals=7), Sizes(images=7), Sizes(weights=10_000), Sizes(features=10_000)],
)
def test_the_sizes_of_chunks_change_nothing_that_counts(sizes):
    arguments = (add_noise(SAMPLE["x_test"][:50], 1.0), SAMPLE["x_train"], SAMPLE["y_train"], 10, 1.0)
    whole = log_evidence(*arguments)
    told = []
    parts = log_evidence(
        *arguments, after_chunk=lambda done, chunks: told.append((done, chunks)), sizes=sizes
    )
    np.testing.assert_allclose(parts, whole, atol=1e-3)
    assert told == [(done, len(told)) for done in range(1, len(told) + 1)]


@pytest.mark.parametrize("sizes", [Sizes(), Sizes(weights=60_000, features=150_000)])
@pytest.mark.parametrize("clip", [True, False])
def test_originals_that_differ_little_on_large_bright_images_are_told_apart(clip, sizes):
    """Sums over so many bright pixels are a million nats, of which single precision keeps no small part."""
    generator = np.random.default_rng(1)
    originals = np.full((24, 100, 100, 3), 230, np.uint8)
    originals[:, 40:44, 40:44] = generator.integers(200, 256, (24, 4, 4, 3))
    labels, scale = np.arange(24) % 3, 0.3
    noisy = originals[:12].astype(np.float32) / 255
    noisy += np.float32(scale) * generator.standard_normal(noisy.shape, np.float32)
    noisy = noisy.clip(0, 1) if clip else noisy
    _, log_probability = answers_of(noisy, originals, labels, scale, 3, clip=clip, sizes=sizes)
    exact = exact_log_probability(noisy, originals, labels, scale, 3, clip)
    assert np.abs(log_probability - exact).max() < 1e-6


def test_a_class_without_originals_is_never_answered():
    originals = np.array([[0, 0], [255, 255]], np.uint8)
    evidence = log_evidence(np.full((1, 2), 0.4, np.float32), originals, np.array([0, 2]), 4, 0.5)
    assert evidence[[1, 3]].tolist() == [[-np.inf], [-np.inf]]
    assert classify(evidence)[0].tolist() == [0]


def test_images_in_colour_and_all_black_originals():
    """Black alone: its likelihood is the reference. Beside white, a grey image is nearer to the nearer."""
    black, white = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 255, np.uint8)
    noisy = np.stack([np.full((4, 4, 3), value, np.float32) for value in (0.3, 0.7)])
    assert log_evidence(noisy, black, np.array([0]), 1, 0.5).tolist() == [[0.0, 0.0]]
    both = np.concatenate([black, white])
    assert answers_of(noisy, both, np.arange(2), 0.5, 2)[0].tolist() == [0, 1]


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0])
def test_pixels_of_floats_are_read_as_the_same_pixels_of_bytes(scale, clip):
    noisy = add_noise(SAMPLE["x_test"][:50], scale, clip=clip)
    originals = SAMPLE["x_train"]
    by_kind = [
        log_evidence(noisy, pixels, SAMPLE["y_train"], 10, scale, clip)
        for pixels in (originals, (originals / 255).astype(np.float32))
    ]
    if scale:
        np.testing.assert_allclose(*by_kind, rtol=1e-5, atol=2e-3)
    assert np.array_equal(*(evidence.argmax(axis=0) for evidence in by_kind))


def test_of_floats_without_noise_the_image_itself_is_the_nearest():
    """Levels between those of bytes, and nearer to each other."""
    pixels = np.random.default_rng(1).random((200, 4, 4), dtype=np.float32) / 100
    answers, _ = answers_of(pixels, pixels, np.arange(200), 0.0, 200)
    assert np.array_equal(answers, np.arange(200))
