"""What a pretrained network says of an image: which outputs it has, and what they mean."""

import re
from typing import Any, NamedTuple

import numpy as np

TOLERANCE = 1e-3  # by which a sum of probabilities may differ from 1
LOOSE = 0.05  # the same where the configuration says that they are, as of networks in half precision
MIN_PROBABILITY = 1e-7  # below which a log-loss counts no further, as in Keras
# What outputs may be. Without probabilities there is no log-loss: of scores, the largest is the answer.
MEANINGS = ("probabilities", "logits", "log_probabilities", "scores", "labels")
WITHOUT_PROBABILITIES = ("scores", "labels")


class Outputs(NamedTuple):
    """meaning: of MEANINGS. columns: for every class, the number of its output or label."""

    meaning: str
    columns: tuple[int, ...]


class Answers(NamedTuple):
    """predicted: class of every image, int (n,). losses: -log p(true class), float64 (n,), in nats; None
    without probabilities.
    """

    predicted: np.ndarray
    losses: np.ndarray | None


def check_outputs(raw: np.ndarray, classes: int) -> None:
    """Raise ValueError where `raw` has neither an output for every class nor labels."""
    wanted = (classes, 1) if classes == 2 else (classes,)
    if raw.ndim > 1 and raw.shape[1] not in wanted:
        raise ValueError(f"it gives {raw.shape[1]} numbers for an image; it must give {classes}, one a class")


def meaning_of(raw: np.ndarray, scores: bool = False) -> str:
    """What outputs mean, by their values: (n,) labels, or float (n, outputs).

    scores: whether they are no logits where they are no probabilities.

    >>> meaning_of(np.array([[0.5, 0.5], [0.1, 0.9]])), meaning_of(np.array([[-3.5, 8.0]]))
    ('probabilities', 'logits')
    """
    if raw.ndim == 1:
        return "labels"
    values = raw.astype(np.float64)
    inside = bool((values >= -TOLERANCE).all() and (values <= 1 + TOLERANCE).all())
    if values.shape[1] == 1:  # of two classes
        return "probabilities" if inside else "scores" if scores else "logits"
    if inside:
        # Several sigmoids are no probabilities of classes that exclude each other.
        return "probabilities" if np.allclose(values.sum(axis=1), 1, atol=TOLERANCE) else "scores"
    if (values <= TOLERANCE).all() and np.allclose(np.exp(values).sum(axis=1), 1, atol=TOLERANCE):
        return "log_probabilities"
    whole = bool((values == np.rint(values)).all())  # of a quantised network
    return "scores" if scores or whole else "logits"


def check_meaning(raw: np.ndarray, meaning: str) -> None:
    """Raise ValueError where outputs cannot be what the configuration says. raw: as for meaning_of."""
    if meaning in WITHOUT_PROBABILITIES or not np.isfinite(raw).all():
        return  # numbers that are none are refused later
    likely, low, high = meaning_of(raw), raw.min(), raw.max()
    if meaning == "logits":  # of a single output, all numbers may be
        wrong = likely == "probabilities" and raw.shape[1] > 1
    elif meaning == "probabilities":
        wrong = low < -LOOSE or high > 1 + LOOSE
    else:
        sums = np.exp(raw.astype(np.float64)).sum(axis=1)
        wrong = high > LOOSE or (raw.shape[1] > 1 and bool((abs(sums - 1) > LOOSE).any()))
    if wrong:
        raise ValueError(
            f"outputs is {meaning}, but it gives numbers from {low:.3g} to {high:.3g}, which are none. Leave "
            f"out outputs, or set {likely}"
        )


def log_probabilities(raw: np.ndarray, meaning: str) -> np.ndarray:
    """Logarithms of probabilities, or scores as they are: float64 (n, outputs), of a single output (n, 2)."""
    values = raw.astype(np.float64)
    single = values.shape[1] == 1
    if meaning == "scores":
        return np.hstack([np.zeros_like(values), values]) if single else values
    if meaning == "logits":
        values = np.hstack([np.zeros_like(values), values]) if single else values
        values = values - values.max(axis=1, keepdims=True)
        return values - np.log(np.exp(values).sum(axis=1, keepdims=True))
    probabilities = np.exp(values) if meaning == "log_probabilities" else values
    if single:
        probabilities = np.hstack([1 - probabilities, probabilities])
    return np.log(np.clip(probabilities, MIN_PROBABILITY, 1))


def calibrated_losses(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """-log p(true class), float64 (n,), with the logarithms of probabilities (n, classes) divided by the
    temperature for which its mean is least (Guo et al. 2017, ICML, section 4.2).

    So a network that is less sure than it could be, as after label smoothing, is not taken for one that sees
    too little contrast.
    """

    def losses(power: float) -> np.ndarray:
        scaled = values * np.exp2(-power)
        scaled -= scaled.max(axis=1, keepdims=True)
        return np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]

    powers = np.arange(-6.0, 7.0)  # of two, of the temperature
    for step in (1, 0.25, 0.06):
        best = powers[np.argmin([losses(power).mean() for power in powers])]
        powers = best + step / 4 * np.arange(-4, 5)
    return losses(best)


def answers_of(raw: np.ndarray, outputs: Outputs, labels: np.ndarray) -> Answers:
    """The answers for images of these classes, int (n,). Raises ValueError for NaN."""
    columns = np.array(outputs.columns)
    if outputs.meaning == "labels":
        order = np.argsort(columns)
        classes = order[np.searchsorted(columns[order], raw).clip(max=len(order) - 1)]
        return Answers(np.where(columns[classes] == raw, classes, -1), None)  # a label of no class is wrong
    if not np.isfinite(raw.astype(np.float64)).all():
        raise ValueError("it gives outputs that are no numbers (NaN or infinite)")
    values = log_probabilities(raw, outputs.meaning)[:, columns]
    losses = None
    if outputs.meaning not in WITHOUT_PROBABILITIES:
        losses = -np.maximum(values[np.arange(len(labels)), labels], np.log(MIN_PROBABILITY))
    return Answers(values.argmax(axis=1), losses)


def probabilities_of(raw: np.ndarray, outputs: Outputs) -> np.ndarray:
    """Probabilities of the classes, float64 (n, classes). Without them, that of the answer is 1."""
    if outputs.meaning in WITHOUT_PROBABILITIES:
        predicted, _ = answers_of(raw, outputs, np.zeros(len(raw), int))
        return (predicted[:, None] == np.arange(len(outputs.columns))).astype(float)
    return np.exp(log_probabilities(raw, outputs.meaning)[:, list(outputs.columns)])


def label_columns(order: list[str] | None, classes: list[str]) -> tuple[int, ...]:
    """For every class, its label: by the declared order, or by the classes' names where these are numbers.

    >>> label_columns(None, ["-1", "1"])
    (-1, 1)
    """
    if order is None and all(re.fullmatch("-?[0-9]+", name) for name in classes):
        return tuple(map(int, classes))
    return columns_of(None, order, classes)


def columns_of(names: list[Any] | None, order: list[str] | None, classes: list[str]) -> tuple[int, ...]:
    """For every class, the number of its output: by the declared order, else by the names of the outputs
    where the model has them, else as in the data set. Raises ValueError where the classes are others.

    >>> columns_of(None, ["dog", "cat"], ["cat", "dog"])
    (1, 0)
    """
    for listed, where in ((order, "classes lists"), (names, "its outputs are called")):
        if listed is None:
            continue
        texts = [str(name) for name in listed]
        if sorted(texts) == sorted(classes):
            return tuple(texts.index(name) for name in classes)
        if where == "classes lists" or texts != [str(number) for number in range(len(classes))]:
            raise ValueError(f"{where} {', '.join(texts[:20])}; the data set has {', '.join(classes[:20])}")
    return tuple(range(len(classes)))
