"""Store one noisy copy of the images.

In:  x_train, x_test as published, uint8 (n, 28, 28); scale and seed.
Out: x_train, x_test, float32 (n, 784) in [0, 1].
"""

import logging

import numpy as np
from _job import replacing, start_log
from _noise import add_noise


def store_noisy_copy(source: str, target: str, seed: int, scale: float, split: str) -> None:
    """Write the noisy copy of `source` to `target`, chunk by chunk: a full set never is in memory."""
    images = np.load(source, mmap_mode="r")
    with replacing(target) as part:
        shape = (len(images), images[0].size)
        noisy = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)
        add_noise(images, seed, scale, split, out=noisy)
        noisy.flush()
    logging.info("%s: %d images, scale %s, seed %d", split, len(images), scale, seed)


def main() -> None:
    start_log(snakemake.log[0])
    run = snakemake.params.run
    for split in ("train", "test"):
        source, target = snakemake.input[f"x_{split}"], snakemake.output[f"x_{split}"]
        store_noisy_copy(source, target, run["seed"], run["scale"], split)


if __name__ == "__main__":
    main()
