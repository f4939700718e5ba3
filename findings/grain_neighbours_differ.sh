#!/usr/bin/env bash
# Guess: the order of Grain's MapDataset.shuffle, which shuffles globally, is as good as a random one. Of 60 000 images, stored
# class by class (ten of 6000), a batch of 128 has 12.8 of a class with a standard deviation of 3.4, and a tenth of all
# neighbours are of one class. It is half of that: 5 %, with any seed, and the standard deviation is 2.8 to 3.1. Batches
# have more even classes than chance gives them, which changes what is measured with them, as the noise of gradients. It depends
# on the number of images: with 100 000, it is near chance. The order is a cipher of the index with four rounds, as that of
# tf.random.experimental.index_shuffle, whose page has "rounds" and, as Grain's pages, no word on how random the order is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check grain==0.2.18 numpy==2.4.6
"$folder/venv/bin/python" - 2>/dev/null <<'END'
import importlib.metadata

import grain
import numpy as np

SEEDS, CLASSES, BATCH = 5, 10, 128


def measure(orders, images):
    """The share of neighbours of one class, and the standard deviation of a class's images in a batch."""
    same, spread = [], []
    for order in orders:
        labels = np.asarray(order) * CLASSES // images
        same.append((labels[1:] == labels[:-1]).mean())
        batches = labels[: images // BATCH * BATCH].reshape(-1, BATCH)
        spread.append(np.mean([(batches == label).sum(axis=1).std() for label in range(CLASSES)]))
    return same, spread


version = importlib.metadata.version("grain")
print(f"Images stored by class, {SEEDS} seeds: neighbours of one class, and standard deviation of a class in batches of {BATCH}")
for images in (50_000, 60_000, 100_000):
    shuffled = [grain.MapDataset.range(images).shuffle(seed=seed) for seed in range(SEEDS)]
    grain_order = [[dataset[place] for place in range(images)] for dataset in shuffled]
    numpy_order = [np.random.default_rng(seed).permutation(images) for seed in range(SEEDS)]
    assert all(sorted(order) == list(range(images)) for order in grain_order)
    (same, spread), (same_random, spread_random) = measure(grain_order, images), measure(numpy_order, images)
    for name, s, d in ((f"Grain {version}", same, spread), ("NumPy", same_random, spread_random)):
        print(f"{images} images, {name}: {min(s):.2%} to {max(s):.2%}; {min(d):.2f} to {max(d):.2f}")
    if images == 60_000:
        assert max(same) < 0.055 and max(spread) < 3.1 < 3.2 < min(spread_random) and min(same_random) > 0.095
END
