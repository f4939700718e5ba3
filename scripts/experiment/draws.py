"""The draws: which noisy copies of the training images a network sees, epoch by epoch.

This is the one table of them. analysis/draws.py has their names and colours.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from experiment.noise import Images, Noise, copy_of
from experiment.rows import ahead
from experiment.streams import fresh_generator, mixed_generator


class Draw(NamedTuple):
    """A draw of the noise.

    copies: (x_train, scale, seed, epochs, noise) -> a copy of the training images for each of the epochs
    (1-based), float32 (n, *shape): in a file where x_train is Rows. stored: x_train is the stored noisy copy,
    the same in every epoch; else it is the images as published, uint8 or float32, and noise is drawn while
    the network trains. one_scale: each network learns from noise of one scale; else one network counts for
    all of them, and `scale` is the largest.
    """

    copies: Callable[[Images, float, int, range, Noise], Iterator[Images]]
    stored: bool
    one_scale: bool = True


def fixed_copies(x_train: Images, scale: float, seed: int, epochs: range, noise: Noise) -> Iterator[Images]:
    """The stored noisy copy, for every epoch."""
    return itertools.repeat(x_train, len(epochs))


def fresh_copies(x_train: Images, scale: float, seed: int, epochs: range, noise: Noise) -> Iterator[Images]:
    """A new noisy copy for each epoch, a function of seed, kind, scale and epoch."""

    def draw(epoch: int) -> Images:
        return copy_of(x_train, scale, fresh_generator(seed, scale, epoch, noise.kind), noise)

    return ahead(draw, epochs)


def mixed_copies(x_train: Images, scale: float, seed: int, epochs: range, noise: Noise) -> Iterator[Images]:
    """A new noisy copy for each epoch, in which each image has a scale of its own: from 0 to `scale`, uniform
    on the square-root axis. A function of seed, kind, scale and epoch.
    """

    def draw(epoch: int) -> Images:
        generator = mixed_generator(seed, scale, epoch, noise.kind)
        scales = scale * generator.random(len(x_train)) ** 2
        return copy_of(x_train, scales, generator, noise)

    return ahead(draw, epochs)


DRAWS = {
    "fixed": Draw(fixed_copies, stored=True),
    "fresh": Draw(fresh_copies, stored=False),
    "mixed": Draw(mixed_copies, stored=False, one_scale=False),
}
# Without noise there is nothing to draw again: the clean network is trained once, and counts for every draw
# of one scale.
CLEAN = "fixed"
