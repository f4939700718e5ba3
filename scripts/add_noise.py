"""Store one noisy copy of the images.

In:  x_train, x_test as published, uint8 or float32 (n, *shape), with their card; kind of noise, scale and
     seed.
Out: x_train, x_test, float32 (n, *shape), in [0, 1] unless they are not clipped; a card, with what was
     measured on them.
"""

import logging
import math
import os
from collections.abc import Iterable

import numpy as np

from experiment.noise import Noise, noisy_chunks
from experiment.rows import open_rows
from experiment.streams import noise_generator
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing

FLOAT = 4  # bytes
Chunks = Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]


def sum_of_products(a: np.ndarray, b: np.ndarray) -> float:
    """Of two float32 arrays, in double precision. Not by BLAS: its kernels differ in the bits."""
    return np.einsum("i,i->", a.ravel(), b.ravel(), dtype=float)


def measure(chunks: Chunks) -> dict[str, float]:
    """What noise does to images. chunks: clean, noisy before clipping, and noisy, as by noisy_chunks.

    Gives mean and standard deviation of the noise before clipping, the shares of pixels at 0 and at 1, and
    Pearson's correlation of the noisy with the clean pixels: how much of the images is left.
    """
    sums, pixels = np.zeros(9), 0
    for clean, unclipped, noisy in chunks:
        noise = unclipped - clean
        sums += [
            *(noise.sum(dtype=float), sum_of_products(noise, noise)),
            *(clean.sum(dtype=float), sum_of_products(clean, clean)),
            *(noisy.sum(dtype=float), sum_of_products(noisy, noisy)),
            *(sum_of_products(clean, noisy), np.sum(noisy == 0), np.sum(noisy == 1)),
        ]
        pixels += noisy.size
    noise, noise2, clean, clean2, noisy, noisy2, product, at_0, at_1 = sums / pixels
    spread = np.sqrt((clean2 - clean**2) * (noisy2 - noisy**2))
    measured = {
        "noise_mean": noise,
        "noise_std": np.sqrt(max(noise2 - noise**2, 0.0)),
        "share_at_0": at_0,
        "share_at_1": at_1,
        "correlation_with_clean": (product - clean * noisy) / spread if spread else 0.0,
    }
    return {name: round(float(value), 5) for name, value in measured.items()}


def store_noisy_copy(
    source: str, target: str, seed: int, scale: float, split: str, noise: Noise
) -> dict[str, float]:
    """Write the noisy copy of `source` to `target`, chunk by chunk. Gives what was measured on it."""
    images, header = open_rows(source), {"descr": "<f4", "fortran_order": False}
    chunks = noisy_chunks(images, scale, noise_generator(seed, scale, split, noise.kind), None, noise)
    with replacing(target) as part, open(part, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header | {"shape": images.shape})
        # A full disk is an error here, before anything has been drawn.
        os.posix_fallocate(file.fileno(), 0, file.tell() + FLOAT * math.prod(images.shape))

        def stored() -> Chunks:
            for clean, unclipped, noisy in chunks:
                file.write(noisy)
                yield clean, unclipped, noisy

        measured = measure(stored())
    logging.info("%s: %s", split, measured)
    return {"images": len(images), **measured}


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    seed, scale, noise = settings["seed"], settings["scale"], Noise(**settings["noise"])
    measured = {}
    for split in ("train", "test"):
        source, target = snakemake.input[f"x_{split}"], snakemake.output[f"x_{split}"]
        measured[split] = store_noisy_copy(source, target, seed, scale, split, noise)
    finish_job(snakemake, inputs, **measured)


if __name__ == "__main__":
    main()
