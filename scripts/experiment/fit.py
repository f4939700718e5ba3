"""How well a pretrained network fits clean training images, read in one way or another.

Accuracy hardly tells which way is right: a network often recognises clean images nearly as well with pixels
in another range than in its training, and noisy ones much worse. The mean log-loss tells: as it is, and with
the temperature that suits it best. The better way is better in both.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from experiment.behaviour import NOISE_SCALE, noisy
from experiment.outputs import (
    WITHOUT_PROBABILITIES,
    Outputs,
    answers_of,
    calibrated_losses,
    log_probabilities,
)
from experiment.preprocessing import Preprocessing, in_yaml
from experiment.selection import spread_images

SCREENED = 500  # images on which every way is tried
COMPARED = 10_000  # images on which the ways are compared that are left
MAX_PIXELS = 100_000_000  # of these images
NOISY = 2_000  # images with noise, on which ways are compared that fit equally well
CLEAR = 6  # standard errors from which on a way is not left
ERRORS = 3  # standard errors of a paired difference from which on one way is the better one


# Outputs for images of the data set that are read in some way.
Read = Callable[[Preprocessing, np.ndarray], np.ndarray]


class Fit(NamedTuple):
    """A way to read images, and what a network makes of them. losses: float64 (n,), -log p(true class);
    without probabilities, 1 for a wrong answer. calibrated: the same at the best temperature. correct: bool
    (n,).
    """

    how: Preprocessing
    outputs: Outputs
    losses: np.ndarray
    calibrated: np.ndarray
    correct: np.ndarray

    @property
    def loss(self) -> float:
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        return float(self.correct.mean())


def fit_of(how: Preprocessing, raw: np.ndarray, outputs: Outputs, labels: np.ndarray) -> Fit:
    """The fit of a network that gives `raw` for images of these classes. Raises ValueError for NaN."""
    predicted, losses = answers_of(raw, outputs, labels)
    correct = predicted == labels
    if losses is None:
        wrong = (~correct).astype(float)
        return Fit(how, outputs, wrong, wrong, correct)
    values = log_probabilities(raw, outputs.meaning)[:, list(outputs.columns)]
    return Fit(how, outputs, losses, calibrated_losses(values, labels), correct)


def is_better(other: Fit, declared: Fit, errors: float = ERRORS) -> bool:
    """Whether another way fits better by so many standard errors of the paired difference, for the same
    images.
    """
    pairs = ((declared.losses, other.losses), (declared.calibrated, other.calibrated))
    gains = [one - two for one, two in pairs]
    return all(gain.mean() > max(0, errors * gain.std(ddof=1) / math.sqrt(len(gain))) for gain in gains)


def with_best_order(fit: Fit, raw: np.ndarray, labels: np.ndarray) -> Fit | None:
    """The fit with the outputs assigned to the classes as they fit best (Kuhn 1955), if that makes at least
    half of the wrong answers correct.
    """
    from scipy.optimize import linear_sum_assignment  # this import takes a third of a second

    classes = len(fit.outputs.columns)
    predicted, _ = answers_of(raw, fit.outputs, labels)
    counts = np.zeros((classes, classes), int)
    known = predicted >= 0
    np.add.at(counts, (labels[known], predicted[known]), 1)
    if not counts.sum(axis=1).all():  # nothing is known of the place of a class
        return None
    _, order = linear_sum_assignment(counts, maximize=True)
    columns = tuple(fit.outputs.columns[number] for number in order)
    other = fit_of(fit.how, raw, fit.outputs._replace(columns=columns), labels)
    return (
        other
        if (~other.correct).sum() <= (~fit.correct).sum() / 2 and columns != fit.outputs.columns
        else None
    )


def chance_limit(labels: np.ndarray, images: int) -> float:
    """The accuracy on so many images that a network must exceed to be better than always saying the most
    frequent class, by three standard errors.
    """
    share = np.bincount(labels).max() / len(labels)
    limit = share + ERRORS * math.sqrt(share * (1 - share) / images)
    return float(min(limit, 1 - 0.5 / images))  # all images are always enough


def best_of(fits: list[Fit]) -> Fit:
    return min(fits, key=lambda fit: fit.loss + fit.calibrated.mean())


def is_unclear(one: Fit, other: Fit) -> bool:
    """Whether neither of two ways fits better."""
    return not is_better(one, other) and not is_better(other, one)


def order_of(outputs: Outputs, classes: list[str]) -> list[str]:
    """The classes in the order of a model's outputs.

    >>> order_of(Outputs("logits", (2, 0, 1)), ["a", "b", "c"])
    ['b', 'c', 'a']
    """
    return [classes[number] for number in np.argsort(outputs.columns)]


def differing(one: Fit, other: Fit, classes: list[str]) -> dict[str, tuple[Any, Any]]:
    """The keys of the configuration in which two ways differ, with both of their values."""
    values = [{**fit.how._asdict(), "classes": order_of(fit.outputs, classes)} for fit in (one, other)]
    return {key: (value, values[1][key]) for key, value in values[0].items() if value != values[1][key]}


def in_figures(fit: Fit) -> str:
    """A fit in brackets: log-loss, where there is one, and accuracy."""
    loss = "" if fit.outputs.meaning in WITHOUT_PROBABILITIES else f"log-loss {fit.loss:.2g}, "
    return f"({loss}{100 * fit.accuracy:.3g} %)"


def say_difference(one: Fit, other: Fit, classes: list[str]) -> tuple[str, str]:
    """Two ways in words: the keys in which they differ with the values of each, and its figures."""
    keys = differing(one, other, classes)
    return tuple(
        f"{', '.join(f'{key}: {in_yaml(values[side])}' for key, values in keys.items())} {in_figures(fit)}"
        for side, fit in enumerate((one, other))
    )


def judge(fits: list[Fit], given: set[str], classes: list[str], labels: np.ndarray) -> list[str]:
    """Notes on the declared way to read images, the first of `fits`; the others are those compared with it.

    given: keys that the configuration sets. Raises ValueError where another way fits better and the
    configuration does not say that this one is right, and where the network hardly knows the images.
    """
    declared, *others = fits
    limit = chance_limit(labels, len(declared.losses))
    better = [fit for fit in others if is_better(fit, declared) and fit.accuracy > limit]
    if not better:
        if declared.accuracy > limit:
            return []
        said = f"recognises {100 * declared.accuracy:.3g} % of the training images, no more than chance"
        if given >= {"pixels", "layout", "classes"}:
            return [f"It {said}."]
        raise ValueError(
            f"it {said}, and no usual way to read them fits better. Is it a network for these images? If "
            "so, set pixels, layout and classes"
        )
    # Of those that fit equally well, one that differs in as few keys as possible.
    as_good = [fit for fit in better if not is_better(best_of(better), fit)]
    fewest = min(len(differing(fit, declared, classes)) for fit in as_good)
    best = best_of([fit for fit in as_good if len(differing(fit, declared, classes)) == fewest])
    keys = differing(best, declared, classes)
    right, wrong = say_difference(best, declared, classes)
    if declared.accuracy > limit and given >= set(keys):
        return [f"It fits the training images better with {right} than with {wrong}, which is declared."]
    remedy = "Say which is right: set" if not given >= set(keys) else "This is no more than chance: change"
    raise ValueError(
        f"it fits the training images with {right}, not with {wrong}. {remedy} {' and '.join(keys)}"
    )


def fits_of(
    read: Read, hows: list[Preprocessing], outputs: Outputs, x: np.ndarray, y: np.ndarray, reorder: bool
) -> Iterator[Fit]:
    """The fit of every way to read images, the declared one first; and of those that need another order of
    the outputs, with that order: if wanted (`reorder`).
    """
    for index, how in enumerate(hows):
        try:
            raw = read(how, x)
            fit = fit_of(how, raw, outputs, y)
        except ValueError:  # NaN, or an axis that does not fit: only the declared way has to give numbers
            if index == 0:
                raise
            continue
        yield fit
        if reorder and (other := with_best_order(fit, raw, y)):
            yield other


def compare(
    read: Read,
    hows: list[Preprocessing],
    outputs: Outputs,
    x: np.ndarray,
    y: np.ndarray,
    reorder: bool,
) -> list[Fit]:
    """Fits of the declared way, the first of `hows`, and of those that are not clearly worse than the best.

    Few images tell most ways apart. What is left is compared on more, and what is then unclear on all.
    """
    many = min(COMPARED, max(SCREENED, MAX_PIXELS // math.prod(x.shape[1:])))
    for images in (SCREENED, many, len(x)):
        chosen = slice(None) if images >= len(x) else spread_images(len(x), images)
        fits = list(fits_of(read, hows, outputs, x[chosen], y[chosen], reorder))
        best = best_of(fits)
        left = [fit.how for fit in fits if not is_better(best, fit, CLEAR)]
        hows = [how for index, how in enumerate(hows) if index == 0 or how in left]
        settled = images == many and not any(is_unclear(fits[0], fit) for fit in fits[1:])
        if settled or images >= len(x):
            break
    return fits


def notes_on_unclear(
    read: Read, fits: list[Fit], x: np.ndarray, y: np.ndarray, clip: bool, classes: list[str]
) -> Iterator[str]:
    """Ways that fit as well as the declared one, but recognise another share of noisy images."""
    chosen = spread_images(len(x), NOISY)
    images, (declared, *others) = noisy(x[chosen], clip), fits
    for other in (fit for fit in others if is_unclear(declared, fit)):
        pair = [fit_of(fit.how, read(fit.how, images), fit.outputs, y[chosen]) for fit in (declared, other)]
        gain = pair[0].correct.astype(float) - pair[1].correct
        if abs(gain.mean()) > ERRORS * gain.std(ddof=1) / math.sqrt(len(gain)):
            ours, theirs = say_difference(declared, other, classes)
            first, second = (f"{100 * fit.accuracy:.3g} %" for fit in pair)
            yield (
                f"{ours} and {theirs} fit the training images equally well, but with Gaussian noise of scale "
                f"{NOISE_SCALE} they recognise {first} and {second}. Set the right one."
            )
