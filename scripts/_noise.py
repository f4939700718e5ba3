"""The noise, and every other stream of random numbers of a run."""

from collections.abc import Iterator

import numpy as np

PURPOSES = ("noise", "weights", "order", "dropout")
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


def add_noise(images: np.ndarray, seed: int, scale: float, split: str, out: np.ndarray) -> None:
    """Write the noisy copy clip(images / 255 + N(0, scale), 0, 1) to `out`.

    images: uint8 (n, 28, 28). out: float32 (n, 784), every value in [0, 1].
    """
    start = 0
    for noise in noise_chunks(out.shape, seed, scale, split):
        stop = start + len(noise)
        clean = images[start:stop].reshape(noise.shape).astype(np.float32) / np.float32(255)
        np.clip(clean + noise, 0, 1, out=out[start:stop])
        start = stop
