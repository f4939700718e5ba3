"""Store one noisy copy of the images.

In:  x_train, x_test as published, uint8 (n, 28, 28); scale and seed.
Out: x_train, x_test, float32 (n, 784) in [0, 1]; a card as JSON, with what was measured on them.
"""

import logging
import os

import numpy as np
from experiment.noise import add_noise
from plumbing.cards import checked_sha256, write_card
from plumbing.job import replacing, start_log


def store_noisy_copy(source: str, target: str, seed: int, scale: float, split: str) -> dict[str, float]:
    """Write the noisy copy of `source` to `target`, chunk by chunk; gives what was measured on it."""
    images = np.load(source, mmap_mode="r")
    with replacing(target) as part:
        shape = (len(images), images[0].size)
        noisy = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)
        with open(part, "r+b") as file:  # on a full disk, an error here and not a killed process later
            os.posix_fallocate(file.fileno(), 0, part.stat().st_size)
        measured = add_noise(images, seed, scale, split, out=noisy)
        noisy.flush()
    logging.info("%s: %s", split, measured)
    return {"images": len(images), **measured}


def main() -> None:
    start_log(snakemake.log[0])
    run = snakemake.params.run
    card = {**run, "clip": [0, 1], "source_sha256": {}}
    for split in ("train", "test"):
        name = f"x_{split}"
        source, target = snakemake.input[name], snakemake.output[name]
        card["source_sha256"][name] = checked_sha256(source)
        card[split] = store_noisy_copy(source, target, run["seed"], run["scale"], split)
    write_card(card, snakemake.output.card, [snakemake.output.x_train, snakemake.output.x_test])


if __name__ == "__main__":
    main()
