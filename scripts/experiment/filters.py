"""Filters that take noise out of images before a network reads them.

A filter is one function (images, sigma) -> images. It gets noisy images, float32 (n, height, width) or (n,
height, width, channels), and the standard deviation of their noise, in pixel units. It returns images of the
same shape and dtype. No strength is tuned: the median and the Gaussian have their usual size, whatever the
noise, and the others get `sigma`.
"""

from collections.abc import Callable, Iterator

import numpy as np

from experiment.ceiling import KNOWN_KINDS, posterior_means
from experiment.noise import Images, Noise, clean_images, noisy_copy
from experiment.rows import parts_of
from experiment.selection import spread_images
from experiment.streams import noise_generator

# Of training images, from which the standard deviation of the noise is computed.
KNOWN_IMAGES = 1_000
AFTER = " after "  # in the name of a classifier: `mlp after median`
BIAS_CORRECTION = "bias_correction"
NO_FILTER = "none"

Filter = Callable[[np.ndarray, float], np.ndarray]


def channels_of(images: np.ndarray) -> int | None:
    """The axis of the colours of each image, for scikit-image."""
    return -1 if images.ndim == 4 else None


def median(images: np.ndarray, sigma: float) -> np.ndarray:
    """The median of 3 x 3 pixels."""
    from scipy.ndimage import median_filter

    return median_filter(images, size=3, axes=(1, 2))


def gaussian(images: np.ndarray, sigma: float) -> np.ndarray:
    """The image convolved with a Gaussian whose standard deviation is 1 pixel."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, 1, axes=(1, 2))


def non_local_means(images: np.ndarray, sigma: float) -> np.ndarray:
    """Non-local means (Buades et al. 2005, CVPR, p. 60), with the sizes and the strength, 0.8 sigma, of
    scikit-image's example.
    """
    from skimage.restoration import denoise_nl_means

    sizes = {"patch_size": 5, "patch_distance": 6, "channel_axis": channels_of(images)}
    return np.stack([denoise_nl_means(image, h=0.8 * sigma, sigma=sigma, **sizes) for image in images])


def total_variation(images: np.ndarray, sigma: float) -> np.ndarray:
    """Total variation (Chambolle 2004, JMIV 20, p. 89), of weight sigma. scikit-image's example has weights
    of 0.1 and 0.2 where sigma is about 0.155.
    """
    from skimage.restoration import denoise_tv_chambolle

    axis = channels_of(images)
    return np.stack([denoise_tv_chambolle(image, weight=sigma, channel_axis=axis) for image in images])


def wavelet(images: np.ndarray, sigma: float) -> np.ndarray:
    """Wavelet coefficients shrunk by BayesShrink (Chang et al. 2000, IEEE TIP 9, p. 1532)."""
    from skimage.restoration import denoise_wavelet

    axis = channels_of(images)
    return np.stack([denoise_wavelet(image, sigma=sigma, channel_axis=axis) for image in images])


def wiener(images: np.ndarray, sigma: float) -> np.ndarray:
    """Wiener's filter by the mean and the variance of 3 x 3 pixels (Lim 1990, Two-Dimensional Signal and
    Image Processing, p. 536). That of scikit-image undoes a blur, and has no place for the noise.
    """
    from scipy.signal import wiener as local_wiener

    size = (1, 3, 3, *[1] * (images.ndim - 3))
    with np.errstate(divide="ignore", invalid="ignore"):  # where all 9 are equal, it takes their mean
        return local_wiener(images.astype(float), size, sigma**2)


FILTERS: dict[str, Filter] = {
    "median": median,
    "gaussian": gaussian,
    "non_local_means": non_local_means,
    "total_variation": total_variation,
    "wavelet": wavelet,
    "wiener": wiener,
}
FIXED = ("median", "gaussian")  # of these: those that do the same whatever the noise
POSTERIOR_MEAN = "posterior_mean"  # of the training images: the ceiling's likelihood gives it
FILTER_NAMES = (*FILTERS, POSTERIOR_MEAN)


def mean_of_black(scale: float) -> float:
    """The mean of a black pixel, 0, with Gaussian noise, clipped to [0, 1]. That of a white one is 1 minus
    this.

    The mean of a censored normal variable (Foi 2009, Signal Processing 89, p. 2609, for images).

    >>> round(mean_of_black(1.0), 3), mean_of_black(0.0)
    (0.316, 0.0)
    """
    if scale == 0:
        return 0.0
    from scipy.special import ndtr

    density = (1 - np.exp(-0.5 / scale**2)) / np.sqrt(2 * np.pi)
    return float(scale * density + ndtr(-1 / scale))


def has_bias(noise: Noise) -> bool:
    """Whether clipping moves the mean of a pixel, and it is known by how much."""
    return noise.clip and noise.kind in KNOWN_KINDS


def correct_bias(images: np.ndarray, scale: float) -> np.ndarray:
    """Images with clipped Gaussian noise, stretched so that black and white pixels have their own mean again.

    Clipping turns black into grey on average, and white too. Between the two the mean of a pixel is almost a
    straight line, from which it differs by at most 0.04. Pixels then leave [0, 1]: clipping them once more
    would bring the bias back.
    """
    black = np.float32(mean_of_black(scale))
    return (images - black) / (1 - 2 * black)


def noise_sigma(x_train: Images, scale: float, seed: int, noise: Noise, corrected: bool) -> float:
    """The standard deviation of the noise, from training images with it, in pixel units.

    It is that of the difference from the clean images: after clipping, and after bias correction where the
    images are `corrected`.
    """
    clean = x_train[spread_images(len(x_train), KNOWN_IMAGES)]
    noisy = noisy_copy(clean, scale, noise_generator(seed, scale, "train", noise.kind), noise)
    if corrected:
        noisy = correct_bias(noisy, scale)
    return float(np.std(noisy - clean_images(clean), dtype=float))


def ways_of(filters: list[str], noise: Noise) -> list[tuple[str, ...]]:
    """The steps before the network, of each way to take noise out.

    >>> ways_of(["median"], Noise("shot")), ways_of(["median"], Noise("gaussian"))
    ([('median',)], [('median',), ('bias_correction',), ('bias_correction', 'median')])
    """
    ways = [(name,) for name in filters]
    if has_bias(noise):  # of which the posterior mean knows
        others = [(BIAS_CORRECTION, name) for name in filters if name != POSTERIOR_MEAN]
        ways += [(BIAS_CORRECTION,), *others]
    return ways


def filtered_name(network: str, steps: tuple[str, ...]) -> str:
    """The name of the classifier.

    >>> filtered_name("mlp", ("bias_correction", "median"))
    'mlp after bias_correction and median'
    """
    return network + AFTER + " and ".join(steps)


def filtered(
    images: Images,
    steps: tuple[str, ...],
    x_train: Images,
    scale: float,
    seed: int,
    noise: Noise,
    threads: int = 1,
) -> Iterator[np.ndarray]:
    """Noisy images after these steps, some at a time: float32 (some, *shape).

    images: noisy, float32 (n, *shape). x_train: as published. Without noise, the filters that get its
    standard deviation change nothing.
    """
    if POSTERIOR_MEAN in steps:
        yield from posterior_means(images, x_train, scale, noise.clip, threads)
        return
    corrected, name = BIAS_CORRECTION in steps, steps[-1]
    sigma = noise_sigma(x_train, scale, seed, noise, corrected) if name in FILTERS else 0.0
    for part in parts_of(images):
        part = correct_bias(part, scale) if corrected else part
        if name in FIXED or (name in FILTERS and sigma > 0):
            part = FILTERS[name](part, sigma)
        yield part.astype(np.float32, copy=False)
