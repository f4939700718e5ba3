"""The draws: which noisy copies of the training images a network sees, epoch by epoch.

This is the one table of them. analysis/draws.py has their names and colours.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from experiment.noise import Noise, noisy_copy
from experiment.streams import fresh_generator, mixed_generator


class Draw(NamedTuple):
    """A draw of the noise.

    copies: (x_train, scale, seed, epochs, noise) -> a copy of the training images for each of the epochs
    (1-based), float32 (n, *shape). stored: x_train is the stored noisy copy, the same in every epoch; else it
    is the images as published, uint8 or float32, and noise is drawn while the network trains. one_scale: each
    network learns from noise of one scale; else one network counts for all of them, and `scale` is the
    largest.
    """

    copies: Callable[[np.ndarray, float, int, range, Noise], Iterator[np.ndarray]]
    stored: bool
    one_scale: bool = True


def fixed_copies(
    x_train: np.ndarray, scale: float, seed: int, epochs: range, noise: Noise
) -> Iterator[np.ndarray]:
    """The stored noisy copy, for every epoch."""
    return itertools.repeat(x_train, len(epochs))


def fresh_copies(
    x_train: np.ndarray, scale: float, seed: int, epochs: range, noise: Noise
) -> Iterator[np.ndarray]:
    """A new noisy copy for each epoch, a function of seed, kind, scale and epoch."""

    def draw(epoch: int) -> np.ndarray:
        return noisy_copy(x_train, scale, fresh_generator(seed, scale, epoch, noise.kind), noise)

    return drawn_ahead(draw, epochs)


def mixed_copies(
    x_train: np.ndarray, scale: float, seed: int, epochs: range, noise: Noise
) -> Iterator[np.ndarray]:
    """A new noisy copy for each epoch, in which each image has a scale of its own: from 0 to `scale`, uniform
    on the square-root axis. A function of seed, kind, scale and epoch.
    """

    def draw(epoch: int) -> np.ndarray:
        generator = mixed_generator(seed, scale, epoch, noise.kind)
        scales = scale * generator.random(len(x_train)) ** 2
        return noisy_copy(x_train, scales, generator, noise)

    return drawn_ahead(draw, epochs)


def drawn_ahead(draw: Callable[[int], np.ndarray], epochs: range) -> Iterator[np.ndarray]:
    """The copy of each epoch. While the caller trains on one, a thread draws the next."""
    with ThreadPoolExecutor(1, "noise of the next epoch") as thread:
        upcoming = thread.submit(draw, epochs.start) if epochs else None
        for epoch in epochs:
            drawn = [upcoming.result()]
            upcoming = thread.submit(draw, epoch + 1) if epoch + 1 in epochs else None
            yield drawn.pop()  # keeps no copy alive that the caller has let go


DRAWS = {
    "fixed": Draw(fixed_copies, stored=True),
    "fresh": Draw(fresh_copies, stored=False),
    "mixed": Draw(mixed_copies, stored=False, one_scale=False),
}
# Without noise there is nothing to draw again: the clean network is trained once, and counts for every draw
# of one scale.
CLEAN = "fixed"
