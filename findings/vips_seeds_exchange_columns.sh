#!/usr/bin/env bash
# Guess: libvips's gaussnoise draws other numbers for another seed, so the means of ten noisy images of 512 x 512 pixels, with a
# standard deviation of 10 and seeds 0 to 9, vary by 10 / 512 = 0.02. They do not vary at all. All seeds below 256 have the same
# 262 144 numbers: column x of seed s is column x XOR s of seed 0. Repeats with such seeds are no independent draws, and the
# mean of the images with seeds 0 to 7 is the same in all columns of each eight, which shows as stripes. libvips's page of
# gaussnoise only calls the seed a seed. Its code shows why: the seed is XORed with the column before either is mixed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyvips==3.2.0 pyvips-binary==8.18.7 numpy==2.4.6
"$folder/venv/bin/python" - <<'END'
import numpy as np
import pyvips

SIDE = 512


def noise(seed):
    return pyvips.Image.gaussnoise(SIDE, SIDE, mean=0, sigma=10, seed=seed).numpy().astype(float)


first, columns = noise(0), np.arange(SIDE)
exchanged = sum(np.array_equal(noise(seed), first[:, columns ^ seed]) for seed in range(256))
others = sum(np.array_equal(np.sort(noise(seed).ravel()), np.sort(first.ravel())) for seed in range(256, 300))
means = [np.sort(noise(seed).ravel()).mean() for seed in range(10)]
mean_image = sum(noise(seed) for seed in range(8)) / 8
within = mean_image.reshape(SIDE, -1, 8).std(axis=2).max()

print(f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}, gaussnoise of {SIDE} x {SIDE}, sigma 10:")
print(f"seeds of 0 to 255 that only exchange columns of seed 0: {exchanged}; of 256 to 299, that have its numbers: {others}")
print(f"standard deviation of the means of seeds 0 to 9: {np.std(means):.6f} (independent: {10 / SIDE:.6f})")
print(f"mean image of seeds 0 to 7: standard deviation {mean_image.std():.2f}; at most {within:.6f} within eight columns")
assert exchanged == 256 and others == 0
assert np.std(means) == 0 and abs(mean_image.std() - 10 / 8**0.5) < 0.05 and within < 1e-5
END
