"""The noise: its distribution, its independence, and that it follows seed, scale and split or epoch alone."""

import time
import weakref

import numpy as np
import pytest
from scipy import stats

from experiment.draws import DRAWS, fixed_copies, fresh_copies, mixed_copies
from experiment.noise import CHUNK, KINDS, Noise, gaussian, noisy_chunks, noisy_copy
from experiment.streams import fresh_generator, mixed_generator, noise_generator

SHAPE = (600, 28, 28)
GENERATORS = {
    "stored": lambda scale: noise_generator(1, scale, "train"),
    "fresh": lambda scale: fresh_generator(1, scale, 3),
}


def noise(scale=0.5, generator=None, shape=SHAPE):
    """The noise alone, before clipping: what is added to black images."""
    black = np.zeros(shape, np.uint8)
    generator = generator or noise_generator(1, scale, "train")
    chunks = noisy_chunks(black, scale, generator, np.empty(shape, np.float32), Noise())
    return np.concatenate([unclipped for _, unclipped, _ in chunks])


@pytest.fixture(scope="module")
def images():
    return np.load("tests/data/mnist_sample.npz")["x_train"]


def noisy(images, scale=0.5, generator=None, kind="gaussian", clip=True, pixels=CHUNK):
    generator = generator or noise_generator(1, scale, "train", kind)
    return noisy_copy(images, scale, generator, Noise(kind, clip), pixels)


def on_grey(kind, scale, level, images=1000):
    """Unclipped copies of grey images, as float64."""
    grey = np.full((images, 28, 28), level, np.uint8)
    return noisy(grey, scale, kind=kind, clip=False).astype(float)


def has_mean_and_variance(values, mean, variance, kurtosis):
    """Whether independent values do, within four standard errors. kurtosis: of their distribution."""
    n = values.size
    error = variance * np.sqrt((kurtosis - 1) / n)  # of the variance (Cramer 1946, section 27.4)
    return abs(values.mean() - mean) < 4 * np.sqrt(variance / n) and abs(values.var() - variance) < 4 * error


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


def test_chunks_and_number_of_images_do_not_change_the_noise(images):
    whole = noisy(images)
    assert noisy(images[:250]).tobytes() == whole[:250].tobytes()
    assert noisy(images, pixels=77 * 28 * 28).tobytes() == whole.tobytes()


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


def test_chunks_are_clean_unclipped_and_as_stored(images):
    out, generator = np.empty(images.shape, np.float32), noise_generator(1, 0.5, "train")
    chunks = list(noisy_chunks(images, 0.5, generator, out, Noise(), 250 * 28 * 28))
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


# Of each kind, a scale at which it does much, and a very large one.
SCALES = dict.fromkeys(KINDS, (0.5, 1000.0)) | {
    "shot": (0.5, 4.0),  # more leaves hardly any photon
    "salt_and_pepper": (0.3, 1.0),
    "occlusion": (0.3, 1.0),
    "gaussian_blur": (1.5, 100.0),
}


@pytest.mark.parametrize("scale", [0.1, 0.5, 4.0])
def test_uniform_noise_has_its_standard_deviation_and_range(scale):
    values = on_grey("uniform", scale, 0) / scale
    assert has_mean_and_variance(values, 0, 1, 1.8)
    assert stats.kstest(values.ravel(), stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)).cdf).pvalue > 0.001
    assert np.abs(values).max() <= np.sqrt(3) * (1 + 1e-6)


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0])
def test_salt_and_pepper_turns_its_share_of_pixels_half_black_half_white(scale):
    values = on_grey("salt_and_pepper", scale, 100)
    for count in (np.sum(values == 0), np.sum(values == 1)):
        assert stats.binomtest(int(count), values.size, scale / 2).pvalue > 0.001
    others = values[(values != 0) & (values != 1)]
    assert np.all(others == np.float32(100) / np.float32(255))


@pytest.mark.parametrize("level", [0, 51, 255])
@pytest.mark.parametrize("scale", [0.1, 2.0])
def test_speckle_is_noise_in_proportion_to_the_pixel(scale, level):
    x = level / 255
    values = on_grey("speckle", scale, level)
    if level == 0:
        assert not values.any()
        return
    assert has_mean_and_variance(values, x, (x * scale) ** 2, 3)
    assert stats.kstest(((values - x) / (x * scale)).ravel(), "norm").pvalue > 0.001


@pytest.mark.parametrize("level", [0, 51, 255])
@pytest.mark.parametrize("scale", [0.1, 0.58, 4.0])
def test_shot_noise_counts_photons(scale, level):
    """Of a Poisson distribution, mean and variance are equal, and the kurtosis is 3 + 1 / mean."""
    counts = on_grey("shot", scale, level) / scale**2
    photons = level / 255 / scale**2
    np.testing.assert_allclose(counts, np.rint(counts), rtol=1e-6, atol=1e-12)
    if level == 0:
        assert not counts.any()
    else:
        assert has_mean_and_variance(counts, photons, photons, 3 + 1 / photons)


def test_faintest_shot_noise_is_below_the_last_digit(images):
    clean = images / np.float32(255)
    for scale in (1e-9, 1.1e-8, 1e-7):
        assert np.abs(noisy(images, scale, kind="shot") - clean).max() < 1e-6


def test_blur_keeps_grey_images_and_spreads_a_point_by_its_scale():
    assert on_grey("gaussian_blur", 1.5, 51, images=2) == pytest.approx(0.2, abs=1e-6)
    point = np.zeros((2, 41, 41), np.uint8)
    point[0, 20, 20] = 255
    first, second = noisy(point, 2.0, kind="gaussian_blur").astype(float)
    assert not second.any()  # no image is blurred into the next
    assert first.sum() == pytest.approx(1, abs=1e-5)
    away = np.arange(41) - 20
    assert (first.sum(axis=0) * away**2).sum() == pytest.approx(4, rel=0.02)
    assert first == pytest.approx(first.T, abs=1e-7)


def test_blur_does_not_mix_colours():
    red = np.zeros((1, 9, 9, 3), np.uint8)
    red[0, 4, 4, 0] = 255
    assert noisy(red, 1.0, kind="gaussian_blur")[0].sum(axis=(0, 1)) == pytest.approx([1, 0, 0], abs=1e-5)


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0])
def test_occlusion_hides_one_square_at_every_place_equally_often(scale):
    images = np.full((3000, 10, 14, 3), 255, np.uint8)
    hidden = noisy(images, scale, kind="occlusion") == 0.5
    side = round(10 * scale)
    assert np.all(hidden.sum(axis=(1, 2)) == side**2)  # in each colour
    assert np.all(hidden.any(axis=2).sum(axis=1) == side)
    assert np.all(hidden.any(axis=1).sum(axis=1) == side)
    if 0 < side < 10:
        corners = [hidden[..., 0].any(axis=axis).argmax(axis=1) for axis in (2, 1)]
        for indices, number in zip(corners, (11 - side, 15 - side), strict=True):
            assert stats.chisquare(np.bincount(indices, minlength=number)).pvalue > 0.001
        assert abs(np.corrcoef(corners)[0, 1]) < 4 / np.sqrt(len(images))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(12, 6, 5), (12, 6, 5, 3)])
def test_every_kind_stays_in_range_and_form_and_leaves_the_images_alone(kind, shape):
    images = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    before = images.copy()
    for scale in SCALES[kind]:
        copy = noisy(images, scale, kind=kind)
        assert (copy.dtype, copy.shape) == (np.float32, shape)
        assert 0 <= copy.min() <= copy.max() <= 1
        unclipped = noisy(images, scale, kind=kind, clip=False)
        assert np.array_equal(np.clip(unclipped, 0, 1), copy)
        assert (unclipped.min() < 0 or unclipped.max() > 1) != KINDS[kind].bounded
    assert np.array_equal(images, before)
    assert np.array_equal(noisy(images, 0.0, kind=kind), images.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("kind", KINDS)
def test_first_images_have_the_noise_that_they_have_among_more(kind, images):
    scale = SCALES[kind][0]
    whole = noisy(images, scale, kind=kind)
    assert noisy(images[:250], scale, kind=kind).tobytes() == whole[:250].tobytes()
    assert noisy(images, scale, kind=kind, pixels=77 * 28 * 28).tobytes() == whole.tobytes()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "shot"])
def test_every_image_may_have_a_scale_of_its_own(kind, images):
    """These kinds draw as many numbers at every scale, so no image depends on the scales of others."""
    levels = np.array([0.0, *SCALES[kind], 0.2])
    scales = levels[np.arange(90) % len(levels)]
    copy = noisy(images[:90], scales, noise_generator(1, 0.5, "train", kind), kind)
    for scale in levels:
        alone = noisy(images[:90], scale, noise_generator(1, 0.5, "train", kind), kind)
        assert copy[scales == scale].tobytes() == alone[scales == scale].tobytes()


def test_shot_noise_of_many_scales_has_the_variance_of_each():
    grey, scales = np.full((900, 28, 28), 51, np.uint8), np.repeat([0.0, 0.1, 0.58], 300)
    values = noisy(grey, scales, noise_generator(1, 0.5, "train"), "shot", clip=False).astype(float)
    assert np.all(values[scales == 0] == np.float32(51) / np.float32(255))
    for scale in (0.1, 0.58):
        variance = 0.2 * scale**2
        assert has_mean_and_variance(values[scales == scale], 0.2, variance, 3 + scale**2 / 0.2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(60, 9, 5), (60, 9, 5, 3)])
def test_scales_of_images_keep_to_their_images_in_any_chunks(kind, shape):
    images = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    scales = SCALES[kind][0] * np.linspace(0, 1, 60) ** 2
    copies = [
        noisy(images[:n], scales[:n], noise_generator(1, 0.5, "train", kind), kind, pixels=pixels)
        for n, pixels in ((60, CHUNK), (60, 7 * images[0].size), (20, CHUNK))
    ]
    assert copies[0].tobytes() == copies[1].tobytes()
    assert copies[0][:20].tobytes() == copies[2].tobytes()
    assert np.array_equal(copies[0][0], images[0] / np.float32(255))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_random_follows_the_generator_and_what_is_not_does_not(kind, images):
    copies = [
        noisy(images[:50], SCALES[kind][0], generator, kind).tobytes()
        for generator in (noise_generator(1, 0.5, "test", kind), noise_generator(2, 0.5, "test", kind))
    ]
    assert (copies[0] != copies[1]) == KINDS[kind].random


def test_kinds_do_not_share_their_random_numbers():
    draws = {kind: noise_generator(1, 0.5, "train", kind).standard_normal(20_000) for kind in KINDS}
    between = np.corrcoef(list(draws.values())) - np.eye(len(draws))
    assert np.abs(between).max() < 5 / np.sqrt(20_000)


def all_bytes(copies, wait=0.0):
    """The bytes of each copy, of a consumer that takes its time before it looks at one."""
    found = []
    for copy in copies:
        time.sleep(wait)
        found.append(copy.tobytes())
    return found


def test_with_fixed_noise_every_epoch_has_the_stored_copy_and_a_draw_says_what_it_is_given(images):
    copies = list(fixed_copies(images, 0.5, 7, range(2, 5), Noise()))
    assert len(copies) == 3
    assert all(copy is images for copy in copies)
    stored = {name: draw.stored for name, draw in DRAWS.items()}
    assert stored == {"fixed": True, "fresh": False, "mixed": False}
    assert [name for name, draw in DRAWS.items() if not draw.one_scale] == ["mixed"]


def test_every_epoch_has_another_copy_which_is_that_of_its_own_generator(images):
    copies = list(fresh_copies(images, 0.5, 7, range(1, 4), Noise()))
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
    first = all_bytes(fresh_copies(images, 0.5, 1, range(1, 4), Noise()))
    assert all_bytes(fresh_copies(images, 0.5, 1, range(1, 4), Noise())) == first
    others = [fresh_copies(images, scale, seed, range(1, 4), Noise()) for scale, seed in ((0.5, 2), (0.6, 1))]
    assert len({*first, *all_bytes(others[0]), *all_bytes(others[1])}) == 9


def test_mixed_noise_has_scales_that_are_uniform_on_the_square_root_axis():
    """Of each grey image the standard deviation of its 784 pixels is its scale, up to 2.5 %."""
    grey = np.full((5000, 28, 28), 128, np.uint8)
    copies = mixed_copies(grey, 4.0, 1, range(1, 3), Noise(clip=False))
    axes = [np.sqrt(copy.std(axis=(1, 2), dtype=float) / 4) for copy in copies]
    for axis in axes:
        assert stats.kstest(axis, "uniform").pvalue > 0.001
        assert axis.max() < 1.06
    assert abs(np.corrcoef(axes)[0, 1]) < 5 / np.sqrt(5000)  # another epoch, other scales
    assert abs(np.corrcoef(axes[0][1:], axes[0][:-1])[0, 1]) < 5 / np.sqrt(5000)


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_copies_are_a_function_of_seed_kind_largest_scale_and_epoch(kind, images):
    images, noise, largest = images[:50], Noise(kind), SCALES[kind][0]
    (first,) = all_bytes(mixed_copies(images, largest, 1, range(3, 4), noise), wait=0.01)
    generator = mixed_generator(1, largest, 3, kind)
    scales = largest * generator.random(50) ** 2
    assert first == noisy(images, scales, generator, kind, pixels=7 * 784).tobytes()
    others = [(largest, 1, 4), (largest, 2, 3), (0.9 * largest, 1, 3)]
    copies = [all_bytes(mixed_copies(images, *key, range(n, n + 1), noise))[0] for *key, n in others]
    assert len({first, *copies}) == 4


def test_mixed_and_fresh_noise_do_not_share_their_random_numbers():
    draws = [generator(1, 0.5, 1).standard_normal(20_000) for generator in (fresh_generator, mixed_generator)]
    assert abs(np.corrcoef(draws)[0, 1]) < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("copies", [fresh_copies, mixed_copies])
def test_a_training_that_resumes_has_the_copies_that_it_would_have_had(copies, images):
    whole = all_bytes(copies(images[:50], 0.5, 1, range(1, 7), Noise()))
    for epoch in range(1, 8):
        assert all_bytes(copies(images[:50], 0.5, 1, range(epoch, 7), Noise())) == whole[epoch - 1 :]


@pytest.mark.parametrize("wait", [0.0, 0.05])
def test_a_slow_or_fast_training_has_the_same_copies(images, wait):
    """Drawing one copy takes 0.01 s or so."""
    expected = [noisy(images, 0.5, fresh_generator(1, 0.5, epoch)).tobytes() for epoch in range(1, 9)]
    assert all_bytes(fresh_copies(images, 0.5, 1, range(1, 9), Noise()), wait) == expected


def test_a_slow_draw_gives_the_same_copies(images, monkeypatch):
    expected = all_bytes(fresh_copies(images, 0.5, 1, range(1, 4), Noise()))

    def slow(*arguments):
        time.sleep(0.05)
        return gaussian(*arguments)

    monkeypatch.setitem(KINDS, "gaussian", KINDS["gaussian"]._replace(apply=slow))
    assert all_bytes(fresh_copies(images, 0.5, 1, range(1, 4), Noise())) == expected


def test_a_copy_is_not_written_to_again_and_goes_when_the_training_lets_it_go(images):
    copies = fresh_copies(images, 0.5, 1, range(1, 4), Noise())
    first = next(copies)
    before = first.tobytes()
    next(copies)
    assert first.tobytes() == before
    gone = weakref.ref(first)
    del first
    assert gone() is None


def test_no_epochs_have_no_copies(images):
    assert list(fresh_copies(images, 0.5, 1, range(5, 5), Noise())) == []


def test_an_error_of_the_thread_is_the_trainings(images, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setitem(KINDS, "gaussian", KINDS["gaussian"]._replace(apply=fail))
    with pytest.raises(MemoryError):
        next(fresh_copies(images, 0.5, 1, range(1, 4), Noise()))


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_of_floats_get_the_noise_of_the_same_pixels_of_bytes(kind, images):
    floats = images.astype(np.float32) / np.float32(255)
    scale = SCALES[kind][0]
    assert noisy(floats, scale, kind=kind).tobytes() == noisy(images, scale, kind=kind).tobytes()


@pytest.mark.parametrize("shape", [(4, 4), (9, 5, 1), (224, 224, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_images_of_any_shape(kind, shape):
    images = np.random.default_rng(1).integers(0, 256, (3, *shape), np.uint8)
    copy = noisy(images, SCALES[kind][0], kind=kind)
    assert copy.shape == images.shape
    assert (copy != noisy(images, 0.0, kind=kind)).any()
