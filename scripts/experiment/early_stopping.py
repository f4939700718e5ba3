"""Early stopping: training images that are held out, and the epoch whose network is kept."""

import numpy as np

from experiment.streams import epoch_order


def hold_out(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Which training images no step sees, bool (n,): this share of each class, but at least one image, and
    never its only one.

    labels: numbers of classes (n,). The images are the first of their class in the order of an epoch 0, which
    no training has.
    """
    order, held_out = epoch_order(seed, 0, len(labels)), np.zeros(len(labels), bool)
    for number in np.unique(labels):
        of_class = order[labels[order] == number]
        held_out[of_class[: min(max(1, round(share * len(of_class))), len(of_class) - 1)]] = True
    return held_out


def best_epoch(history: list[dict]) -> int:
    """The epoch after which the loss of the images held out was lowest, the first of several."""
    return min(history, key=lambda row: row["held_out_loss"])["epoch"]


def is_over(history: list[dict], patience: int) -> bool:
    """Whether so many epochs have passed without a lower loss of the images held out."""
    return bool(history) and history[-1]["epoch"] - best_epoch(history) >= patience
