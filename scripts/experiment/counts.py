"""What is stored about every classifier that is tested: a row of counts, and which images it recognised.

Shares and intervals are computed later, in analysis/: an edit there does not repeat any test.
"""

from typing import Any

import numpy as np

from experiment.selection import spread_images

# Names of the classifiers that are neither networks nor people.
BASELINES = ("chance", "nearest_centroid", "ridge_regression")
BOUNDS = ("ceiling_lower", "ceiling_upper")  # of the ceiling
OTHER_CLASSIFIERS = (*BASELINES, *BOUNDS)

NO_CLASS = "none of the classes"  # what a pretrained network may answer that gives labels
MAX_PAIRED_CLASSES = 100  # of more classes, pairs that never happened are left out

COLUMNS = (
    *("classifier", "draw", "train_scale", "kind", "scale", "seed"),
    *("correct", "n", "paired_correct", "paired_n", "log_loss"),
)


def count_row(
    classifier: str,
    tested: dict[str, Any],
    correct: np.ndarray,
    ceiling_images: int = 0,
    trained: dict[str, Any] | None = None,
    log_loss: float | None = None,
) -> dict[str, Any]:
    """A row of COLUMNS. The table `accuracies` is merged from such rows.

    tested: kind, scale and seed of the noise in the test images. correct: which of these were recognised,
    bool (n,). ceiling_images: on how many of them the ceiling is estimated; 0: they are not compared with it.
    trained: draw and train_scale of a classifier that learned from noisy images. log_loss: mean of -log
    p(true class), in nats.
    """
    paired = correct[spread_images(len(correct), ceiling_images)]
    return {
        "classifier": classifier,
        **(trained or {"draw": None, "train_scale": None}),
        **tested,
        "correct": int(correct.sum()),
        "n": len(correct),
        "paired_correct": int(paired.sum()) if len(paired) else None,
        "paired_n": len(paired) or None,
        "log_loss": log_loss,
    }


def pack_answers(correct: list[np.ndarray]) -> np.ndarray:
    """Which images each row's classifier recognised, bool (n,) each, as bits: uint8 (rows, ceil(n / 8))."""
    return np.packbits(np.stack(correct), axis=1)


def unpack_answers(bits: np.ndarray, n: int) -> np.ndarray:
    """The answers of one row of pack_answers: bool (n,)."""
    return np.unpackbits(bits, count=n).astype(bool)


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: list[str]) -> list[dict[str, Any]]:
    """How often every class was taken for every class: class, predicted, n.

    All pairs of them. Of more than 100 classes only those that happened, and each class with itself.
    predicted: (n,), -1 for the answers of a pretrained network that are none of the classes.
    """
    counts = np.zeros((len(classes), len(classes) + 1), int)
    np.add.at(counts, (labels, predicted), 1)  # -1 is the last column
    wanted = (counts > 0) | np.eye(*counts.shape, dtype=bool)
    wanted[:, :-1] |= len(classes) <= MAX_PAIRED_CLASSES
    names = [*classes, NO_CLASS]
    return [
        {"class": classes[true], "predicted": names[taken_for], "n": int(counts[true, taken_for])}
        for true, taken_for in np.argwhere(wanted)
    ]
