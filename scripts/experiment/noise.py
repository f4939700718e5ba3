"""The noise: drawn and applied by the same code, for stored copies and for fresh ones.

A kind of noise is one function (clean, scale, generator) -> unclipped. It gets clean images, float32 (n,
*shape) in [0, 1], and draws from the generator in the order of the images. It returns the noisy images in a
new array of the same shape and dtype. The scale is a number, or one for each image: (n, 1, 1, ...), with as
many axes as the images. Scale 0 gives exactly the clean images. Where Hendrycks & Dietterich 2019
(arXiv:1903.12261, and the code of ImageNet-C) define a kind, their definition is used.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from experiment.rows import Rows, store_rows

CHUNK = 5_000 * 28 * 28  # pixels drawn at a time: 16 MB of noise
# Shot noise below this is lost in the rounding of single precision.
MIN_SHOT = 1e-8

Scale = float | np.ndarray
Images = np.ndarray | Rows  # uint8 or float32 (n, *shape)


def scales_of_images(scale: Scale, images: int) -> np.ndarray:
    """The scale of each image: (images,)."""
    return np.broadcast_to(np.ravel(scale), images)


def gaussian(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """x + N(0, scale), one independent draw per pixel. scale: standard deviation in pixel units (0 to 1)."""
    noisy = generator.standard_normal(clean.shape, dtype=np.float32)
    noisy *= np.float32(scale)
    noisy += clean
    return noisy


def uniform(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """x + U(-w, w), one independent draw per pixel. scale: standard deviation in pixel units, w / sqrt(3)."""
    noisy = generator.random(clean.shape, dtype=np.float32)
    noisy -= np.float32(0.5)
    noisy *= np.float32(2 * np.sqrt(3) * scale)
    noisy += clean
    return noisy


def salt_and_pepper(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """Each pixel becomes 0 with probability scale / 2, and 1 with the same probability: the impulse noise of
    Hendrycks & Dietterich. scale: share of the pixels, 0 to 1. Each colour of a pixel is drawn separately.
    """
    drawn = generator.random(clean.shape, dtype=np.float32)
    noisy = clean.copy()
    noisy[drawn < np.float32(scale / 2)] = 0
    noisy[drawn >= np.float32(1 - scale / 2)] = 1
    return noisy


def speckle(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """x + x N(0, scale), as in Hendrycks & Dietterich. scale: standard deviation at a white pixel."""
    noisy = generator.standard_normal(clean.shape, dtype=np.float32)
    noisy *= np.float32(scale)
    noisy *= clean
    noisy += clean
    return noisy


def shot(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """Poisson(c x) / c: a pixel counts c x photons on average. scale: 1 / sqrt(c), the standard deviation at
    a white pixel. Hendrycks & Dietterich use c from 60 to 3, which are scales from 0.13 to 0.58.
    """
    photons = 1 / np.maximum(scale, MIN_SHOT) ** 2
    drawn = scale >= MIN_SHOT  # elsewhere a mean of 0, for which numpy draws nothing
    counts = generator.poisson(clean * np.float32(photons) * drawn)
    return np.where(drawn, counts / photons, clean).astype(np.float32)


def gaussian_blur(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """The image convolved with a Gaussian, its border pixels repeated outwards, as in Hendrycks & Dietterich
    (who use scikit-image). scale: the Gaussian's standard deviation, in pixels. Nothing is drawn.
    """
    from scipy.ndimage import gaussian_filter  # this import takes half a second

    noisy, scales = np.empty_like(clean), scales_of_images(scale, len(clean))
    for sigma in np.unique(scales):
        chosen = scales == sigma
        noisy[chosen] = gaussian_filter(clean[chosen], sigma, mode="nearest", axes=(1, 2))
    return noisy


def occlusion(clean: np.ndarray, scale: Scale, generator: np.random.Generator) -> np.ndarray:
    """A grey square (0.5) hides part of each image, at a random position inside it, as in Zeiler & Fergus
    2014 (arXiv:1311.2901, section 4.2). scale: side of the square, as a share of the image's shorter side, 0
    to 1.
    """
    height, width = clean.shape[1:3]
    sides = np.rint(scales_of_images(scale, len(clean)) * min(height, width)).astype(int)
    room = np.stack([height - sides + 1, width - sides + 1], axis=1)
    corners = (generator.random((len(clean), 2)) * room).astype(int)
    noisy = clean.copy()
    for image, side, (top, left) in zip(noisy, sides, corners, strict=True):
        image[top : top + side, left : left + side] = 0.5
    return noisy


class Kind(NamedTuple):
    """A kind of noise; analysis/kinds.py has its name and its unit.

    random: whether anything is drawn. bounded: its pixels never leave [0, 1], so there is nothing to clip.
    """

    apply: Callable[[np.ndarray, Scale, np.random.Generator], np.ndarray]
    random: bool = True
    bounded: bool = False


KINDS = {
    "gaussian": Kind(gaussian),
    "uniform": Kind(uniform),
    "salt_and_pepper": Kind(salt_and_pepper, bounded=True),
    "speckle": Kind(speckle),
    "shot": Kind(shot),
    "gaussian_blur": Kind(gaussian_blur, random=False, bounded=True),
    "occlusion": Kind(occlusion, bounded=True),
}


class Noise(NamedTuple):
    """The noise of a configuration. kind: of KINDS. clip: whether noisy pixels are clipped to [0, 1]."""

    kind: str = "gaussian"
    clip: bool = True


def clean_images(images: np.ndarray) -> np.ndarray:
    """Images with pixels from 0 to 1, float32. uint8 images are divided by 255; others are copied."""
    return images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else np.array(images)


def noisy_chunks(
    images: Images,
    scale: Scale,
    generator: np.random.Generator,
    out: np.ndarray | None,
    noise: Noise,
    pixels: int = CHUNK,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Draw the noisy copy of `images`, some images at a time, and write it to `out`, if that is given.

    images: uint8 or float32 (n, *shape). scale: of all images, or of each, (n,). out: float32 (n, *shape),
    every value in [0, 1] if the noise is clipped. pixels: about how many are drawn at a time. Yields each
    chunk three times: clean (from 0 to 1), noisy before clipping, and noisy as stored. The noise is drawn in
    the order of the images, so the noise of the first images does not depend on how many follow.
    """
    step = max(1, pixels // math.prod(images.shape[1:]))
    scales = scales_of_images(scale, len(images)).reshape(-1, *[1] * (images.ndim - 1))
    for start in range(0, len(images), step):
        chunk = slice(start, start + step)
        clean = clean_images(images[chunk])
        unclipped = KINDS[noise.kind].apply(clean, scales[chunk], generator)
        noisy = np.empty_like(unclipped) if out is None else out[chunk]
        if noise.clip:
            np.clip(unclipped, 0, 1, out=noisy)
        else:
            noisy[:] = unclipped
        yield clean, unclipped, noisy


def noisy_copy(
    images: np.ndarray, scale: Scale, generator: np.random.Generator, noise: Noise, pixels: int = CHUNK
) -> np.ndarray:
    """The noisy copy of `images`, uint8 or float32 (n, *shape): float32 (n, *shape).

    scale: of all images, or of each, (n,). The noise is drawn in the order of the images. pixels: about how
    many are drawn at a time.
    """
    out = np.empty(images.shape, np.float32)
    for _ in noisy_chunks(images, scale, generator, out, noise, pixels):
        pass
    return out


def copy_of(images: Images, scale: Scale, generator: np.random.Generator, noise: Noise) -> Images:
    """The noisy copy of `images`, as noisy_copy gives it. That of Rows is a file of the temporary folder."""
    if not isinstance(images, Rows):
        return noisy_copy(images, scale, generator, noise)
    chunks = noisy_chunks(images, scale, generator, None, noise)
    return store_rows((noisy for _, _, noisy in chunks), images.shape)
