"""What a job takes before any of this sweep has finished.

It is a rule of thumb, measured on an Intel Xeon (docs/performance.md), or what earlier trainings on this
processor took.
"""

import json
import statistics
from collections import defaultdict
from itertools import islice
from pathlib import Path

from control.resources import PIXELS, cost, pixels
from experiment.ceiling import MAX_IN_SINGLE
from experiment.draws import DRAWS
from experiment.network import Size
from inputs.datasets import DataSet

BEFORE_EPOCHS = 6.0  # seconds of a training: imports, compiling, reading
AFTER_EPOCHS = 1.0  # seconds: storing
MAX_CARDS = 50  # of earlier trainings that are read


def epoch_seconds(data: DataSet, size: Size, draw: str, threads: int, tests: int = 1) -> float:
    """Seconds of an epoch with its validation on so many test sets, by the rule of thumb."""
    factor = 1.0 if DRAWS[draw].stored else 1.3  # noise that is drawn as the network trains
    factor *= 0.6 if threads > 1 else 1.0
    others = 0.07 * (tests - 1) * data.test / 10_000  # beside the first test set
    return (2.2 * data.train / 60_000 + others) * max(cost(size), 0.1) * factor


def training_seconds(epochs: int, seconds: float) -> float:
    """What a training takes whose epochs take so many seconds each."""
    return BEFORE_EPOCHS + epochs * seconds + AFTER_EPOCHS


def evaluation_seconds(data: DataSet, size: Size, models: int, tests: int) -> float:
    """Seconds of an evaluation of so many models, each in so many tests, by the rule of thumb."""
    return 4.5 + 0.07 * models * tests * data.test / 10_000 * max(cost(size), 0.1)


def trained_seconds(seconds: float, images: int, threads: int) -> float:
    """Seconds of a job in which a pretrained network reads so many images, each in so many seconds."""
    return 3.0 + seconds * images / threads


def filter_seconds(data: DataSet, filters: list[str]) -> float:
    """Seconds of a network after filters, by the rule of thumb."""
    pixels_tested = pixels(data, data.test) / (10_000 * 784)
    slow = {
        "non_local_means": 30,
        "total_variation": 12,
        "wavelet": 20,
        "posterior_mean": 45 * data.train / 60_000,
    }
    return 6 + pixels_tested * sum(slow.get(name, 1) for name in filters)


def rule_seconds(data: DataSet, kind: str, ceiling: int) -> dict[str, float]:
    """Seconds of a job of every rule whose jobs have no network, by the rule of thumb.

    kind: of noise. ceiling: its test images.
    """
    share = pixels(data, data.train + data.test) / PIXELS
    # Of ridge regression: 4.9e13 took 880 s, with 18 000 images of 224 x 224 in colour.
    products = pixels(data, data.train) * min(data.train, pixels(data, 1))
    # Of a ceiling: in double precision and tile by tile.
    factor = 4 if pixels(data, 1) > MAX_IN_SINGLE else 1
    return {
        "fetch_images": 3 + 2 * share,
        "add_noise": 0.5 + (15 if kind == "shot" else 1.5) * share,
        "plot_samples": 1.1,
        "fit_baselines": 1.3 + 0.5 * share + products / 5e10,
        "estimate_ceiling": 0.7 + 25 * ceiling / 10_000 * share * factor,
        "read_person": 0.5,
        "read_set": 0.7 + share,
        "compare_scales": 0.7,
        "make_lab": 6,
        "plot_figures": 7,
        "write_tables": 0.6,
    }


def earlier_epochs(
    results: Path, data: DataSet, name: str, network: dict, training: dict, threads: int, cpu: str
) -> dict[str, float]:
    """Seconds of an epoch, by draw, in trainings like these on this processor: the median of their cards.

    name: of the network. network: its settings as on a card, with the SHA-256 of its file if it has one.
    """
    try:
        card = json.loads((results / "images/card.json").read_text())
        images, shape = card["sha256"], tuple(card["shape"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if shape != tuple(data.shape):
        return {}
    labels = next((digest for path, digest in images.items() if path.endswith("y_train.npy")), None)
    seconds = defaultdict(list)
    for path in islice(results.glob(f"models/{name}/*/*/*.json"), MAX_CARDS):
        try:
            card = json.loads(path.read_text())
            if (
                (card["cpu"], card["threads"]) == (cpu, threads)
                and labels in card["inputs"].values()
                and card["settings"]["network"] == network
                and card["settings"]["training"]["batch_size"] == training["batch_size"]
            ):
                epoch = card["seconds"] / card["epochs"]
                seconds[card["settings"]["run"]["draw"]].append(epoch)
        except (OSError, ValueError, KeyError, TypeError):  # of another form, or damaged
            continue
    return {draw: statistics.median(values) for draw, values in seconds.items()}
