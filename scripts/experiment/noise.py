"""The noise, and every other stream of random numbers of a run."""

from collections.abc import Iterator

import numpy as np

PURPOSES = ("noise", "weights", "order", "dropout", "fresh")
CHUNK = 5_000  # images: 16 MB of noise at a time


def seed_sequence(seed: int, purpose: str, *numbers: float) -> np.random.SeedSequence:
    """Independent random numbers for each (seed, purpose, numbers).

    The numbers go in by their value (the 64 bits of the float), so that a scale's noise does not depend on
    its place in a list. Streams of different entropy are independent by the hashing of SeedSequence
    (numpy.random.SeedSequence; O'Neill 2015, "Developing a seed_seq alternative").
    """
    words = np.array(numbers, dtype="<f8").view("<u4")
    return np.random.SeedSequence([seed, PURPOSES.index(purpose), *words.tolist()])


def noise_chunks(shape: tuple[int, int], seed: int, scale: float, split: str) -> Iterator[np.ndarray]:
    """Draw N(0, scale) for every pixel of every image, CHUNK images at a time.

    shape: (images, pixels). split: 'train' or 'test', which have different streams.
    Yields float32 arrays (up to CHUNK, pixels), in pixel units (the pixel range is 0 to 1).
    """
    stream = seed_sequence(seed, "noise", scale, ("train", "test").index(split))
    generator = np.random.Generator(np.random.SFC64(stream))
    for start in range(0, shape[0], CHUNK):
        images = min(CHUNK, shape[0] - start)
        noise = generator.standard_normal((images, shape[1]), dtype=np.float32)
        noise *= np.float32(scale)
        yield noise


def sum_of_products(a: np.ndarray, b: np.ndarray) -> float:
    """Of two float32 arrays (n, pixels), in double precision. Not by BLAS: its kernels differ in the bits."""
    return np.einsum("ij,ij->", a, b, dtype=float)


def add_noise(images: np.ndarray, seed: int, scale: float, split: str, out: np.ndarray) -> dict[str, float]:
    """Write the noisy copy clip(images / 255 + N(0, scale), 0, 1) to `out`, and measure it.

    images: uint8 (n, 28, 28). out: float32 (n, 784), every value in [0, 1].
    Gives mean and standard deviation of the noise before clipping, the shares of pixels at 0 and at 1, and
    Pearson's correlation of the noisy with the clean pixels: how much of the images is left.
    """
    sums, start = np.zeros(9), 0
    for noise in noise_chunks(out.shape, seed, scale, split):
        stop = start + len(noise)
        clean = images[start:stop].reshape(noise.shape).astype(np.float32) / np.float32(255)
        noisy = np.clip(clean + noise, 0, 1, out=out[start:stop])
        sums += [
            *(noise.sum(dtype=float), sum_of_products(noise, noise)),
            *(clean.sum(dtype=float), sum_of_products(clean, clean)),
            *(noisy.sum(dtype=float), sum_of_products(noisy, noisy)),
            *(sum_of_products(clean, noisy), np.sum(noisy == 0), np.sum(noisy == 1)),
        ]
        start = stop
    noise, noise2, clean, clean2, noisy, noisy2, product, at_0, at_1 = sums / out.size
    spread = np.sqrt((clean2 - clean**2) * (noisy2 - noisy**2))
    measured = {
        "noise_mean": noise,
        "noise_std": np.sqrt(max(noise2 - noise**2, 0.0)),
        "share_at_0": at_0,
        "share_at_1": at_1,
        "correlation_with_clean": (product - clean * noisy) / spread if spread else 0.0,
    }
    return {name: round(float(value), 5) for name, value in measured.items()}
