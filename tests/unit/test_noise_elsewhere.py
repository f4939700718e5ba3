"""The calls of other libraries that docs/noise.md names draw the same noise; those that it warns of do not.

Each runs where its library is installed: Keras and scikit-image are, and `make test-peers` has all.
"""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from experiment.noise import KINDS, Noise, noisy_copy

GREYS = (0.1, 0.5, 0.9)
SIDE = 500
MIN_P = 1e-4  # of a Kolmogorov-Smirnov test; all seeds are fixed


def of_skimage(**options):
    def call(image, scale):
        util = pytest.importorskip("skimage.util")
        asked = {name: value(scale) for name, value in options.items() if name != "mode"}
        return util.random_noise(image, mode=options["mode"], rng=1, **asked)

    return call


def of_albumentations(name, **options):
    def call(image, scale):
        library = pytest.importorskip("albumentations")
        transform = getattr(library, name)(**{key: value(scale) for key, value in options.items()}, p=1)
        return library.Compose([transform], seed=1)(image=image[..., None])["image"][..., 0]

    return call


def of_torchvision(name, **options):
    def call(image, scale):
        torch, v2 = pytest.importorskip("torch"), pytest.importorskip("torchvision.transforms.v2")
        torch.manual_seed(1)
        transform = getattr(v2, name)(**{key: value(scale) for key, value in options.items()})
        return transform(torch.from_numpy(image[None]))[0].numpy()

    return call


def of_kornia(name, **options):
    def call(image, scale):
        torch, library = pytest.importorskip("torch"), pytest.importorskip("kornia.augmentation")
        torch.manual_seed(1)
        transform = getattr(library, name)(**{key: value(scale) for key, value in options.items()}, p=1)
        return np.clip(transform(torch.from_numpy(image[None, None]))[0, 0].numpy(), 0, 1)

    return call


def of_keras(name, **options):
    def call(image, scale):
        pytest.importorskip("tensorflow")
        import keras

        layer = getattr(keras.layers, name)(
            **{key: value(scale) for key, value in options.items()}, seed=1, dtype="float32"
        )
        return np.clip(np.asarray(layer(image[None, ..., None], training=True))[0, ..., 0], 0, 1)

    return call


def of_art(image, scale):
    preprocessor = pytest.importorskip("art.defences.preprocessor")
    np.random.seed(1)
    call = preprocessor.GaussianAugmentation(sigma=scale, augmentation=False, clip_values=(0, 1))
    return call(image)[0]


def constant(value):
    return lambda scale: value


def twice(scale):
    return scale, scale


SAME = {
    "gaussian": [
        of_skimage(mode="gaussian", var=lambda scale: scale**2),
        of_albumentations("GaussNoise", std_range=twice),
        of_torchvision("GaussianNoise", sigma=lambda scale: scale),
        of_kornia("RandomGaussianNoise", std=lambda scale: scale),
        of_keras("GaussianNoise", stddev=lambda scale: scale),
        of_art,
    ],
    "uniform": [
        of_albumentations(
            "AdditiveNoise",
            noise_type=constant("uniform"),
            spatial_mode=constant("per_pixel"),
            noise_params=lambda scale: {"ranges": [(-(3**0.5) * scale, 3**0.5 * scale)]},
        )
    ],
    "salt_and_pepper": [
        of_skimage(mode="s&p", amount=lambda scale: scale),
        of_kornia("RandomSaltAndPepperNoise", amount=twice, salt_vs_pepper=constant((0.5, 0.5))),
    ],
    "speckle": [
        of_skimage(mode="speckle", var=lambda scale: scale**2),
        of_keras("GaussianDropout", rate=lambda scale: scale**2 / (1 + scale**2)),
    ],
}


def ours(kind, grey, scale):
    image = np.full((1, SIDE, SIDE), grey, np.float32)
    return noisy_copy(image, scale, np.random.default_rng(1), Noise(kind))[0]


@pytest.mark.parametrize("scale", [0.1, 0.5])
@pytest.mark.parametrize(("kind", "call"), [(kind, call) for kind, calls in SAME.items() for call in calls])
def test_the_same_noise(kind, call, scale):
    for grey in GREYS:
        theirs = call(np.full((SIDE, SIDE), grey, np.float32), scale)
        expected = ours(kind, grey, scale)
        assert ks_2samp(theirs.ravel(), expected.ravel(), method="asymp").pvalue > MIN_P
        for bound in (0, 1):  # as many pixels are clipped
            assert (theirs == bound).mean() == pytest.approx((expected == bound).mean(), abs=0.005)


# By kind: the name in imagecorruptions, and the scales of severities 1 to 5. There, shot noise has photons.
SEVERITIES = {
    "gaussian": ("gaussian_noise", [0.08, 0.12, 0.18, 0.26, 0.38]),
    "salt_and_pepper": ("impulse_noise", [0.03, 0.06, 0.09, 0.17, 0.27]),
    "speckle": ("speckle_noise", [0.15, 0.2, 0.35, 0.45, 0.6]),
    "shot": ("shot_noise", [photons**-0.5 for photons in (60, 25, 12, 5, 3)]),
}


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("kind", SEVERITIES)
def test_the_same_noise_by_severity(kind, severity):
    library = pytest.importorskip("imagecorruptions")
    name, scales = SEVERITIES[kind]
    np.random.seed(1)
    for grey in (26, 128, 230):
        image = np.full((SIDE, SIDE), grey, np.uint8)
        theirs = library.corrupt(image, corruption_name=name, severity=severity)
        noisy = ours(kind, np.float32(grey) / 255, scales[severity - 1])
        expected = np.floor(noisy * 255)  # cut, not rounded
        assert theirs.shape == (SIDE, SIDE, 3)
        assert ks_2samp(theirs[..., 0].ravel(), expected.ravel(), method="asymp").pvalue > MIN_P


def test_the_same_blur():
    image = np.random.default_rng(1).random((1, 28, 28), np.float32)
    blurred = KINDS["gaussian_blur"].apply(image, 2.0, np.random.default_rng(1))[0]
    filters = pytest.importorskip("skimage.filters")
    np.testing.assert_allclose(filters.gaussian(image[0], 2.0), blurred, atol=1e-6)


def test_the_same_blur_of_opencv_with_the_border_repeated():
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(1).random((1, 28, 28), np.float32)
    blurred = KINDS["gaussian_blur"].apply(image, 2.0, np.random.default_rng(1))[0]
    repeated = cv2.GaussianBlur(image[0], (0, 0), 2.0, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(repeated, blurred, atol=1e-6)
    assert np.abs(cv2.GaussianBlur(image[0], (0, 0), 2.0) - blurred).max() > 0.05


HIDDEN = [
    of_albumentations(
        "CoarseDropout",
        num_holes_range=constant((1, 1)),
        hole_height_range=twice,
        hole_width_range=twice,
        fill=constant(0.5),
    ),
    of_torchvision(
        "RandomErasing",
        scale=lambda scale: (scale**2, scale**2),
        ratio=constant((1, 1)),
        value=constant(0.5),
        p=constant(1),
    ),
    of_kornia(
        "RandomErasing",
        scale=lambda scale: (scale**2, scale**2),
        ratio=constant((1, 1)),
        value=constant(0.5),
    ),
    of_keras(
        "RandomErasing",
        factor=constant((1, 1)),
        scale=lambda scale: (scale**2, scale**2),
        fill_value=constant(0.5),
        value_range=constant((0, 1)),
    ),
]


@pytest.mark.parametrize("call", HIDDEN)
def test_the_same_occlusion(call):
    noisy = call(np.zeros((28, 28), np.float32), 0.5)
    assert (noisy == 0.5).sum() == 14**2 and set(np.unique(noisy)) == {0, 0.5}


def test_photons_of_scikit_image_depend_on_how_many_greys_an_image_has():
    util = pytest.importorskip("skimage.util")
    found = []
    for greys in (2, 256):
        image = np.full((SIDE, SIDE), 0.5)
        image[0, :greys] = np.linspace(0, 1, greys)  # of all but the first row, nothing changes
        found.append(util.random_noise(image, mode="poisson", rng=1)[1:].std())
    assert found == pytest.approx([0.31, 0.031], rel=0.1)


def test_one_pixel_below_0_lets_scikit_image_clip_at_minus_1():
    util = pytest.importorskip("skimage.util")
    image = np.full((SIDE, SIDE), 0.1)
    assert util.random_noise(image, var=0.25, rng=1).min() == 0
    image[0, 0] = -0.001
    assert util.random_noise(image, var=0.25, rng=1).min() == -1


def test_grey_levels_of_albumentations_and_torchvision_are_cut_towards_0():
    image = np.full((SIDE, SIDE), 128, np.uint8)
    spread = of_albumentations("GaussNoise", std_range=twice)(image, 1 / 255).std()
    assert 0.6 < spread < 0.75
