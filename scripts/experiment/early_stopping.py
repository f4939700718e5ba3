"""Early stopping: training images that are held out, and the epoch whose network is kept."""

import numpy as np

from experiment.streams import epoch_order


def hold_out(labels: np.ndarray, share: float, seed: int, groups: list[int] | None = None) -> np.ndarray:
    """Which training images no step sees, bool (n,): this share of each class, but at least one image, and
    never its only one.

    labels: numbers of classes (n,). The images are the first of their class in the order of an epoch 0, which
    no training has. groups: one of every image; those of one stay together (hold_groups_out).
    """
    order, held_out = epoch_order(seed, 0, len(labels)), np.zeros(len(labels), bool)
    if groups is not None:
        return hold_groups_out(labels, share, np.array(groups), order)
    for number in np.unique(labels):
        of_class = order[labels[order] == number]
        held_out[of_class[: min(max(1, round(share * len(of_class))), len(of_class) - 1)]] = True
    return held_out


def hold_groups_out(labels: np.ndarray, share: float, groups: np.ndarray, order: np.ndarray) -> np.ndarray:
    """As hold_out, but of whole groups: in this order of their images, while they bring the number of images
    of each class nearer to the share. Every class keeps an image to train on, and some may have none held
    out.

    Raises ValueError where each group has all images of a class, so that none can be held out.
    """
    _, class_of, counts = np.unique(labels, return_inverse=True, return_counts=True)
    sizes = np.zeros((groups.max() + 1, len(counts)), int)
    np.add.at(sizes, (groups, class_of), 1)
    missing = np.minimum(np.maximum(np.rint(share * counts).astype(int), 1), counts - 1)
    left, chosen = counts.copy(), []
    spare = [group for group in dict.fromkeys(groups[order].tolist()) if (sizes[group] < counts).all()]
    for group in spare:
        nearer = np.abs(missing - sizes[group]).sum() < np.abs(missing).sum()
        if nearer and (sizes[group] < left).all():
            missing, left = missing - sizes[group], left - sizes[group]
            chosen.append(group)
    if not chosen:
        if not spare:
            raise ValueError("every group of images.group has all training images of a class")
        chosen = [min(spare, key=lambda group: sizes[group].sum())]
    return np.isin(groups, chosen)


def best_epoch(history: list[dict]) -> int:
    """The epoch after which the loss of the images held out was lowest, the first of several."""
    return min(history, key=lambda row: row["held_out_loss"])["epoch"]


def is_over(history: list[dict], patience: int) -> bool:
    """Whether so many epochs have passed without a lower loss of the images held out."""
    return bool(history) and history[-1]["epoch"] - best_epoch(history) >= patience
