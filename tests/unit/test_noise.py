"""The noise: its distribution, its independence, and that it follows seed, scale and split or epoch alone."""

import time
import weakref

import numpy as np
import pytest
from scipy import stats

from experiment import noise as noise_module
from experiment.noise import fresh_copies, gaussian, noisy_chunks
from experiment.streams import fresh_generator, noise_generator

SHAPE = (600, 28, 28)
GENERATORS = {
    "stored": lambda scale: noise_generator(1, scale, "train"),
    "fresh": lambda scale: fresh_generator(1, scale, 3),
}


def noise(scale=0.5, generator=None, shape=SHAPE):
    """The noise alone, before clipping: what is added to black images."""
    black = np.zeros(shape, np.uint8)
    chunks = noisy_chunks(
        black, scale, generator or noise_generator(1, scale, "train"), np.empty(shape, np.float32)
    )
    return np.concatenate([unclipped for _, unclipped, _ in chunks])


@pytest.fixture(scope="module")
def images():
    return np.load("tests/data/mnist_sample.npz")["x_train"]


def noisy(images, scale=0.5, generator=None):
    out = np.full(images.shape, np.nan, np.float32)
    for _ in noisy_chunks(images, scale, generator or noise_generator(1, scale, "train"), out):
        pass
    return out


@pytest.mark.parametrize("scale", [0.1, 0.5, 4.0])
@pytest.mark.parametrize("kind", GENERATORS)
def test_before_clipping_it_is_normal_with_mean_0_and_the_scale_as_standard_deviation(kind, scale):
    drawn = noise(scale, GENERATORS[kind](scale))
    assert drawn.dtype == np.float32
    values = drawn.astype(np.float64).ravel() / scale
    # Two-sided tests of the mean (z) and the variance (chi-squared), and of the whole distribution.
    assert 2 * stats.norm.sf(abs(values.mean()) * np.sqrt(values.size)) > 0.001
    tail = stats.chi2.cdf(values.var() * values.size, df=values.size - 1)
    assert 0.0005 < tail < 0.9995
    assert stats.kstest(values, "norm").pvalue > 0.001


def test_it_is_normal_out_to_the_tails():
    values = noise(1.0, fresh_generator(1, 1.0, 1), (2500, 28, 28)).ravel()
    for bound in (3, 4):
        expected = stats.norm.sf(bound) * values.size
        for tail in (values > bound, values < -bound):
            assert tail.sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_every_image_has_its_own_draw():
    drawn = noise().reshape(600, -1)
    between = np.corrcoef(drawn) - np.eye(len(drawn))
    # The largest of 179 700 correlations of 784 independent pixels: 6 standard errors are never reached.
    assert np.abs(between).max() < 6 / np.sqrt(drawn.shape[1])


@pytest.mark.parametrize("other", [(1, 0.5, "test"), (1, 1.0, "train"), (2, 0.5, "train")])
def test_other_split_scale_or_seed_is_another_draw(other):
    correlation = np.corrcoef(noise().ravel(), noise(other[1], noise_generator(*other)).ravel())[0, 1]
    assert abs(correlation) < 5 / np.sqrt(np.prod(SHAPE))


def test_same_seed_gives_the_same_bytes(images):
    assert noisy(images).tobytes() == noisy(images).tobytes()


def test_chunks_and_number_of_images_do_not_change_the_noise(images, monkeypatch):
    whole = noisy(images)
    assert noisy(images[:250]).tobytes() == whole[:250].tobytes()
    monkeypatch.setattr(noise_module, "CHUNK", 77)
    assert noisy(images).tobytes() == whole.tobytes()


@pytest.mark.parametrize("scale", [0.1, 4.0, 1000.0])
def test_copies_stay_in_the_pixel_range_and_reach_both_ends(images, scale):
    copy = noisy(images, scale)
    assert copy.dtype == np.float32
    assert copy.shape == images.shape
    assert copy.min() == 0.0
    assert copy.max() == 1.0


def test_it_is_clean_plus_noise_clipped(images):
    clean = images.astype(np.float32) / np.float32(255)
    assert np.array_equal(noisy(images), np.clip(clean + noise(), 0, 1))


def test_scale_0_is_exactly_the_images(images):
    assert np.array_equal(noisy(images, 0.0), images.astype(np.float32) / np.float32(255))


def test_chunks_are_clean_unclipped_and_as_stored(images, monkeypatch):
    monkeypatch.setattr(noise_module, "CHUNK", 250)
    out = np.empty(images.shape, np.float32)
    chunks = list(noisy_chunks(images, 0.5, noise_generator(1, 0.5, "train"), out))
    assert [len(clean) for clean, _, _ in chunks] == [250, 250, 100]
    clean, unclipped, stored = map(np.concatenate, zip(*chunks, strict=True))
    assert np.array_equal(clean, images / np.float32(255))
    assert np.array_equal(np.clip(unclipped, 0, 1), stored)
    assert unclipped.min() < 0 < 1 < unclipped.max()
    assert np.array_equal(stored, out)


@pytest.mark.parametrize("shape", [(20, 784), (20, 28, 28), (20, 8, 8, 3)])
def test_images_keep_their_shape_which_does_not_change_the_noise(shape):
    drawn = gaussian(np.zeros(shape, np.float32), 0.5, noise_generator(1, 0.5, "train"))
    assert drawn.shape == shape
    flat = gaussian(np.zeros(drawn.size, np.float32), 0.5, noise_generator(1, 0.5, "train"))
    assert drawn.tobytes() == flat.tobytes()


def all_bytes(copies, wait=0.0):
    """The bytes of each copy, of a consumer that takes its time before it looks at one."""
    found = []
    for copy in copies:
        time.sleep(wait)
        found.append(copy.tobytes())
    return found


def test_every_epoch_has_another_copy_which_is_that_of_its_own_generator(images):
    copies = list(fresh_copies(images, 0.5, 7, range(1, 4)))
    assert len(copies) == 3
    for epoch, copy in enumerate(copies, 1):
        assert copy.dtype == np.float32
        assert copy.shape == images.shape
        assert copy.tobytes() == noisy(images, 0.5, fresh_generator(7, 0.5, epoch)).tobytes()
    # Where the images are black, each has the noise of its own that is above 0.
    black = np.all(images == 0, axis=0)
    values = np.array([copy[:, black].ravel() for copy in copies])
    assert np.abs(np.corrcoef(values) - np.eye(3)).max() < 5 / np.sqrt(values.shape[1])


def test_fresh_copies_are_a_function_of_seed_scale_and_epoch(images):
    images = images[:50]
    first = all_bytes(fresh_copies(images, 0.5, 1, range(1, 4)))
    assert all_bytes(fresh_copies(images, 0.5, 1, range(1, 4))) == first
    others = [fresh_copies(images, scale, seed, range(1, 4)) for scale, seed in ((0.5, 2), (0.6, 1))]
    assert len({*first, *all_bytes(others[0]), *all_bytes(others[1])}) == 9


def test_a_training_that_resumes_has_the_copies_that_it_would_have_had(images):
    whole = all_bytes(fresh_copies(images[:50], 0.5, 1, range(1, 7)))
    for epoch in range(1, 8):
        assert all_bytes(fresh_copies(images[:50], 0.5, 1, range(epoch, 7))) == whole[epoch - 1 :]


@pytest.mark.parametrize("wait", [0.0, 0.05])
def test_a_slow_or_fast_training_has_the_same_copies(images, wait):
    """Drawing one copy takes 0.01 s or so."""
    expected = [noisy(images, 0.5, fresh_generator(1, 0.5, epoch)).tobytes() for epoch in range(1, 9)]
    assert all_bytes(fresh_copies(images, 0.5, 1, range(1, 9)), wait) == expected


def test_a_slow_draw_gives_the_same_copies(images, monkeypatch):
    expected = all_bytes(fresh_copies(images, 0.5, 1, range(1, 4)))

    def slow(*arguments):
        time.sleep(0.05)
        return gaussian(*arguments)

    monkeypatch.setattr(noise_module, "gaussian", slow)
    assert all_bytes(fresh_copies(images, 0.5, 1, range(1, 4))) == expected


def test_a_copy_is_not_written_to_again_and_goes_when_the_training_lets_it_go(images):
    copies = fresh_copies(images, 0.5, 1, range(1, 4))
    first = next(copies)
    before = first.tobytes()
    next(copies)
    assert first.tobytes() == before
    gone = weakref.ref(first)
    del first
    assert gone() is None


def test_no_epochs_have_no_copies(images):
    assert list(fresh_copies(images, 0.5, 1, range(5, 5))) == []


def test_an_error_of_the_thread_is_the_trainings(images, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(noise_module, "gaussian", fail)
    with pytest.raises(MemoryError):
        next(fresh_copies(images, 0.5, 1, range(1, 4)))
