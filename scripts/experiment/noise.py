"""The noise: drawn and applied by the same code, for stored copies and for fresh ones.

A kind of noise is one function (clean, scale, generator) -> unclipped. It gets clean images, float32 (n,
*shape) in [0, 1], draws from the generator, and gives the noisy images back, of the same shape and dtype.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from experiment.streams import fresh_generator

CHUNK = 5_000  # images drawn at a time: 16 MB of noise for 28 x 28 pixels


def gaussian(clean: np.ndarray, scale: float, generator: np.random.Generator) -> np.ndarray:
    """x + N(0, scale), one independent draw per pixel. scale: standard deviation in pixel units (0 to 1)."""
    noisy = generator.standard_normal(clean.shape, dtype=np.float32)
    noisy *= np.float32(scale)
    noisy += clean
    return noisy


def noisy_chunks(
    images: np.ndarray, scale: float, generator: np.random.Generator, out: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Write the noisy copy of `images` to `out`, CHUNK images at a time.

    images: uint8 (n, *shape). out: float32 (n, *shape), every value in [0, 1]. Yields each chunk three times:
    clean (divided by 255), noisy before clipping, and noisy as stored. The noise is drawn in the order of the
    images, so that of the first ones does not depend on how many follow.
    """
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        clean = images[chunk].astype(np.float32) / np.float32(255)
        unclipped = gaussian(clean, scale, generator)
        yield clean, unclipped, np.clip(unclipped, 0, 1, out=out[chunk])


def fresh_copies(images: np.ndarray, scale: float, seed: int, epochs: range) -> Iterator[np.ndarray]:
    """A new noisy copy for each of the epochs (1-based): float32 (n, *shape), a function of seed, scale and
    epoch.

    images: uint8 (n, *shape). While the caller trains on one copy, a thread draws the next.
    """

    def draw(epoch: int) -> np.ndarray:
        out = np.empty(images.shape, np.float32)
        for _ in noisy_chunks(images, scale, fresh_generator(seed, scale, epoch), out):
            pass
        return out

    with ThreadPoolExecutor(1, "noise of the next epoch") as thread:
        upcoming = thread.submit(draw, epochs.start) if epochs else None
        for epoch in epochs:
            drawn = [upcoming.result()]
            upcoming = thread.submit(draw, epoch + 1) if epoch + 1 in epochs else None
            yield drawn.pop()  # keeps no copy alive that the caller has let go
