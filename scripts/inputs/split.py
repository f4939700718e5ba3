"""Test images set aside from images that are not split: by class, with a seed, and never of a group that is
trained on.
"""

import re
from itertools import chain, zip_longest

import numpy as np

SEED = 0  # of the split, which is the same for all seeds of a sweep


def in_turns(by_class: list) -> list:
    """One of each class in turn: so the first n are of all classes.

    >>> in_turns([["cat 1", "cat 2"], ["dog 1"]])
    ['cat 1', 'dog 1', 'cat 2']
    """
    return [item for item in chain.from_iterable(zip_longest(*by_class)) if item is not None]


def split_images(
    labels: np.ndarray, share: float, classes: list[str], groups: list[str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and of the test images.

    labels: numbers of classes (n,). share: of each class for testing, rounded, but at least one image on both
    sides. groups: one of every image; those of one stay together, so that the share is approximate. Raises
    ValueError for a class that cannot be on both sides.
    """
    random = np.random.default_rng(SEED)
    orders = [random.permutation(np.flatnonzero(labels == number)) for number in range(len(classes))]
    counts = np.array([len(order) for order in orders])
    for name, count in zip(classes, counts.tolist(), strict=True):
        if count < 2:
            raise ValueError(
                f"the class {name} has {count} image{'s' * (count != 1)}, which cannot be in training and in "
                "test. Add more, or remove the class"
            )
    wanted = np.clip(np.rint(share * counts).astype(int), 1, counts - 1)
    if groups is None:
        tested = np.zeros(len(labels), bool)
        for order, count in zip(orders, wanted, strict=True):
            tested[order[:count]] = True
    else:
        tested = groups_tested(labels, wanted, classes, groups, random)
    of_test, of_train = (
        np.array(in_turns([[index for index in order.tolist() if tested[index] == test] for order in orders]))
        for test in (True, False)
    )
    return of_train, of_test


def groups_tested(
    labels: np.ndarray, wanted: np.ndarray, classes: list[str], groups: list[str], random: np.random.Generator
) -> np.ndarray:
    """Which images are for testing, bool (n,): groups are added in random order while they bring the number
    of test images of each class nearer to what is wanted.
    """
    names, group_of = np.unique(groups, return_inverse=True)
    sizes = np.zeros((len(names), len(classes)), int)
    np.add.at(sizes, (group_of, labels), 1)
    missing, chosen = wanted.copy(), np.zeros(len(names), bool)
    for group in random.permutation(len(names)):
        if np.abs(missing - sizes[group]).sum() < np.abs(missing).sum():
            missing -= sizes[group]
            chosen[group] = True
    for number in range(len(classes)):  # a class that is on one side gives its smallest group to the other
        of_class = np.flatnonzero(sizes[:, number])
        if len(of_class) > 1 and len({*chosen[of_class].tolist()}) == 1:
            smallest = of_class[sizes[of_class].sum(axis=1).argmin()]
            chosen[smallest] = not chosen[smallest]
    for number, name in enumerate(classes):
        sides = {bool(side) for side in chosen[sizes[:, number] > 0]}
        if len(sides) == 1:
            raise ValueError(
                f"the class {name} cannot be in training and in test without splitting a group of "
                f"images.group: it has {np.sum(sizes[:, number] > 0)}"
            )
    return chosen[group_of]


def check_pattern(pattern: str) -> None:
    """Raise ValueError unless `images.group` is a regular expression with one group."""
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"images.group is {pattern}, which is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError(
            f"images.group is {pattern}, with {groups} groups; needed: one, such as (patient[0-9]+)_"
        )


def groups_of(paths: list[str], pattern: str) -> list[str]:
    """The group of each image: what the group of a regular expression finds in its path."""
    check_pattern(pattern)
    groups = []
    for path in paths:
        match = re.search(pattern, path)
        if not match or not match[1]:
            raise ValueError(f"images.group, {pattern}, finds no group in {path}")
        groups.append(match[1])
    return groups


def reorder(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The images in this order, a permutation. In place, because a copy would take their memory twice.

    >>> reorder(np.array([10, 20, 30]), np.array([2, 0, 1]))
    array([30, 10, 20])
    """
    done = np.zeros(len(order), bool)
    for start in range(len(order)):
        if done[start]:
            continue
        first, index = x[start].copy(), start
        while order[index] != start:
            x[index] = x[order[index]]
            done[index] = True
            index = order[index]
        x[index] = first
        done[index] = True
    return x
