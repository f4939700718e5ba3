"""Images that occur more than once, with identical pixels. Those in training and in test make every
classifier look better than it is, and the bounds of the ceiling meaningless.
"""

import hashlib

import numpy as np


def find_duplicates(x: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> tuple[dict[str, int], np.ndarray]:
    """How many images occur more than once, and which training images are among them.

    x: images (n, ...) by split. y: their classes (n,). The counts: test_in_training, test images that are
    also training images; repeated_in_training and repeated_in_test, repetitions within a split; other_class,
    how many of all these have another class than the first time. The training images, bool (n,), are those
    that are test images too, and repetitions of one before.
    """
    counts = {"test_in_training": 0, "repeated_in_training": 0, "repeated_in_test": 0, "other_class": 0}
    checksums = {split: [checksum_of(image) for image in x[split]] for split in ("train", "test")}
    class_of: dict[bytes, int] = {}
    known: set[bytes] = set()
    for split, repeated in (("train", "repeated_in_training"), ("test", "repeated_in_test")):
        own: set[bytes] = set()
        for checksum, label in zip(checksums[split], y[split].tolist(), strict=True):
            counts["test_in_training"] += checksum in known
            counts[repeated] += checksum in own
            counts["other_class"] += class_of.setdefault(checksum, label) != label
            own.add(checksum)
        known = own
    seen = set(checksums["test"])
    duplicate = np.zeros(len(checksums["train"]), bool)
    for index, checksum in enumerate(checksums["train"]):
        duplicate[index] = checksum in seen
        seen.add(checksum)
    return counts, duplicate


def checksum_of(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def keep_only(images: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The images that are kept, bool (n,). In place, because a copy would take their memory twice.

    >>> keep_only(np.array([10, 20, 30]), np.array([True, False, True]))
    array([10, 30])
    """
    indices = np.flatnonzero(kept)
    for new, old in enumerate(indices.tolist()):
        images[new] = images[old]
    return images[: len(indices)]
