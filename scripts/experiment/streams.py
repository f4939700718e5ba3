"""The streams of random numbers. Each is a pure function of a seed, a purpose and numbers."""

import numpy as np

# The index in this list is part of a stream: add new purposes at the end.
PURPOSES = ("noise", "weights", "order", "dropout", "fresh", "build", "mixed")


def seed_sequence(seed: int, purpose: str, *numbers: float) -> np.random.SeedSequence:
    """Independent random numbers for each (seed, purpose, numbers).

    The numbers enter by value (the 64 bits of the float), so the noise of a scale does not depend on its
    position in a list. SeedSequence hashes its entropy, which makes streams of different entropy independent
    (numpy.random.SeedSequence; O'Neill 2015, "Developing a seed_seq alternative"). Raises ValueError for an
    unknown purpose.
    """
    words = np.array(numbers, dtype="<f8").view("<u4")
    return np.random.SeedSequence([seed, PURPOSES.index(purpose), *words.tolist()])


def numbers_of(kind: str) -> list[int]:
    """What a kind of noise adds to the numbers of its streams, so that no two kinds draw the same.

    Gaussian noise adds nothing: its streams are older than the other kinds.
    """
    return [] if kind == "gaussian" else list(kind.encode())


def noise_generator(seed: int, scale: float, split: str, kind: str = "gaussian") -> np.random.Generator:
    """The generator of a stored noisy copy. split: 'train' or 'test', which have different streams."""
    numbers = scale, ("train", "test").index(split), *numbers_of(kind)
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, "noise", *numbers)))


def fresh_generator(seed: int, scale: float, epoch: int, kind: str = "gaussian") -> np.random.Generator:
    """The generator of the fresh noise of one epoch (1-based)."""
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, "fresh", scale, epoch, *numbers_of(kind))))


def mixed_generator(seed: int, largest: float, epoch: int, kind: str = "gaussian") -> np.random.Generator:
    """The generator of one epoch's (1-based) scales from 0 to the largest, and of their noise."""
    numbers = largest, epoch, *numbers_of(kind)
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, "mixed", *numbers)))


def weight_seeds(seed: int, layers: int) -> list[int]:
    """A seed for the initial weights of each layer."""
    return [int(number) for number in seed_sequence(seed, "weights").generate_state(layers)]


def build_seed(seed: int) -> int:
    """The seed of the common generators while an own network is built, below 2^32."""
    return int(seed_sequence(seed, "build").generate_state(1)[0])


def epoch_order(seed: int, epoch: int, images: int) -> np.ndarray:
    """The order in which an epoch (1-based) visits the images: a permutation, int32 (images,)."""
    generator = np.random.default_rng(seed_sequence(seed, "order", epoch))
    return generator.permutation(images).astype(np.int32)


def dropout_key(seed: int, epoch: int) -> np.int32:
    """First half of the key of an epoch's stateless dropout numbers; the second half counts the steps."""
    return np.int32(seed_sequence(seed, "dropout", epoch).generate_state(1)[0] >> 1)
