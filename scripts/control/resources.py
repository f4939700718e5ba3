"""What jobs ask for: memory in MB (2^20 bytes) and minutes, from measurements (docs/cluster.md)."""

import math

MB = 2**20
FLOAT = 4  # bytes


def training_memory(parameters: int, images: int, shape: tuple[int, ...], draw: str) -> int:
    """MB of a training, with the Snakemake that a cluster's job has around it (137 MB).

    A training holds the images twice, as a tensor and mapped from their file. With fresh noise it also holds
    the next epoch's copy while it is drawn. Adam keeps four arrays of the network's size.
    """
    copies = 2.0 if draw == "fixed" else 3.5
    return round(1150 + copies * FLOAT * images * math.prod(shape) / MB + 16 * FLOAT * parameters / MB)


def evaluation_memory(parameters: int) -> int:
    """MB of an evaluation: 1126 were measured of the assignment's."""
    return round(1500 + 16 * FLOAT * parameters / MB)


def ceiling_memory(shape: tuple[int, ...], originals: int, images: int) -> int:
    """MB of a ceiling of `images` test images: 630 were measured of 10 000 with 70 000 originals.

    It maps the originals, which have a byte a pixel, and holds the noisy images twice.
    """
    return round(750 + (originals + 2 * FLOAT * images) * math.prod(shape) / MB)


def training_minutes(parameters: int, images: int, epochs: int) -> int:
    """Five times what was measured on one core: 3 s for an epoch of 60 000 images and 669 706 parameters."""
    return round(10 + 0.25 * epochs * images / 60_000 * max(parameters / 669_706, 0.1))


def evaluation_minutes(networks: int, tests: int) -> int:
    """Five times what was measured on one core: 0.15 s for each network on each test set."""
    return round(10 + 0.0125 * networks * tests)


def ceiling_minutes(shape: tuple[int, ...], originals: int, images: int) -> int:
    """Five times what was measured on one core: 30 s for 10 000 images of 784 pixels and 70 000 originals."""
    return round(10 + 2.5 * images / 10_000 * originals / 70_000 * math.prod(shape) / 784)
