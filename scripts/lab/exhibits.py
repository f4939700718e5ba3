"""What the lab shows: images, their noise, and what networks say of them.

The noise is drawn again from the streams that the stored copies came from, so no stored copy is read. Arrays
stay arrays here: lab/page.py packs them.
"""

import math
from collections.abc import Collection, Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from experiment.ceiling import KNOWN_KINDS
from experiment.noise import KINDS, Noise, clean_images, noisy_copy
from experiment.runs import Run
from experiment.selection import spread_images
from experiment.streams import fresh_generator, noise_generator
from lab.dense import Layer, dense_layers, run_dense
from lab.words import players_name, trained_name

if TYPE_CHECKING:
    import keras

# The maximum on the page. Of large images as many as have so many pixels.
TEST_IMAGES, TEST_PIXELS = 2_000, 1_600_000
ORIGINALS, ORIGINAL_PIXELS = 3_000, 2_400_000
MEMORISED, MEMORISED_PIXELS = 40, 200_000  # at every scale
STORED_IMAGES, STORED_PIXELS = 200, 1_000_000  # at all scales together, where a network is not on the page
CENTROID_PIXELS = 400_000  # of the centroids at all scales together
# Not on the page. Training images whose noise is drawn (where they are sorted by class, of all classes), and
# of these, those that networks are asked about.
DRAWN, DRAWN_PIXELS, SORTED_PIXELS = 5_000, 20_000_000, 50_000_000
COUNTED, COUNTED_PIXELS = 500, 10_000_000
TOP_VOTES = 5
MAX_STEPS = 2**14 - 1  # of a rounded weight: with its sign 15 bits
PIXELS_AT_A_TIME = 400_000  # that a network is given: each may become many numbers


class Source:
    """The images as published, and the noise that this sweep adds to them.

    files: paths of x_train, y_train, x_test and y_test, by name.
    """

    def __init__(self, files: dict[str, str], seed: int, noise: Noise) -> None:
        self.arrays = {name: np.load(path, mmap_mode="r") for name, path in files.items()}
        self.shape = self.arrays["x_train"].shape[1:]
        self.seed, self.noise = seed, noise

    def room(self, split: str, max_images: int, pixels: int) -> int:
        """How many images of a split: `max_images`, or as many as have so many pixels, or all."""
        return max(1, min(max_images, pixels // math.prod(self.shape), len(self.arrays[f"x_{split}"])))

    def images(self, split: str, indices: np.ndarray) -> np.ndarray:
        """Clean images from 0 to 1: float32 (n, *shape)."""
        return clean_images(self.arrays[f"x_{split}"][indices])

    def labels(self, split: str, indices: np.ndarray) -> np.ndarray:
        return np.asarray(self.arrays[f"y_{split}"][indices])

    def stored(self, split: str, images: int, scale: float) -> np.ndarray:
        """The stored noisy copies of the first images of a split: float32 (images, *shape)."""
        generator = noise_generator(self.seed, scale, split, self.noise.kind)
        return noisy_copy(self.arrays[f"x_{split}"][:images], scale, generator, self.noise)

    def other(self, images: np.ndarray, scale: float) -> np.ndarray:
        """The images with noise that no network has seen: that of an epoch 0, which does not exist."""
        return noisy_copy(images, scale, fresh_generator(self.seed, scale, 0, self.noise.kind), self.noise)


def mixed(indices: np.ndarray) -> np.ndarray:
    """Evenly spread indices in an order whose beginning is evenly spread too. Images may be sorted by class.

    In the order of the fractional parts of multiples of the golden ratio (Knuth 1973, vol. 3, section 6.4).
    """
    return indices[np.argsort(np.arange(len(indices)) * (math.sqrt(5) - 1) / 2 % 1)]


def levels(images: np.ndarray) -> np.ndarray:
    """Pixels from 0 to 1 as whole numbers to 255: uint8 of the same shape."""
    return np.rint(images * 255).astype(np.uint8)


def indices_on_page(source: Source) -> np.ndarray:
    """The test images that are on the page."""
    images = len(source.arrays["x_test"])
    return mixed(spread_images(images, source.room("test", TEST_IMAGES, TEST_PIXELS)))


def describe_images(source: Source, split: str, indices: np.ndarray) -> dict[str, Any]:
    """Pixels and classes of images, and of how many."""
    pixels, labels = levels(source.images(split, indices)), source.labels(split, indices)
    return {"pixels": pixels, "labels": labels.tolist(), "of": len(source.arrays[f"x_{split}"])}


def describe_originals(source: Source, classes: int) -> dict[str, Any] | None:
    """Training images for the lower bound of the ceiling. None where it is not known, or they are too few."""
    n = source.room("train", ORIGINALS, ORIGINAL_PIXELS)
    if source.noise.kind not in KNOWN_KINDS or n < 10 * classes:
        return None
    return describe_images(source, "train", spread_images(len(source.arrays["x_train"]), n))


def describe_centroids(source: Source, scales: list[float], classes: int) -> list[dict[str, Any]] | None:
    """The centroids (class means) of noisy training images at each scale. None where they need more room, or
    a class has no image.
    """
    images = len(source.arrays["x_train"])
    indices = spread_images(images, source.room("train", DRAWN, DRAWN_PIXELS))
    labels = source.labels("train", indices)
    pixels = classes * math.prod(source.shape) * len(scales)
    if pixels > CENTROID_PIXELS or len(np.unique(labels)) < classes:
        return None
    clean = source.images("train", indices)
    centroids = []
    for scale in scales:
        noisy = source.other(clean, scale)
        of_classes = [noisy[labels == index].mean(axis=0) for index in range(classes)]
        centroids.append({"scale": scale, "numbers": np.stack(of_classes).astype(np.float16)})
    return centroids


def votes_of(network: "keras.Model", images: np.ndarray) -> np.ndarray:
    """What a network says of images, float32 (n, *shape): probabilities (n, classes), 0 where it gives no
    number.
    """
    step = max(1, PIXELS_AT_A_TIME // images[0].size)
    import keras

    parts = []
    for start in range(0, len(images), step):
        (part,) = keras.tree.flatten(network(images[start : start + step], training=False))
        parts.append(np.asarray(part, np.float32))
    return np.nan_to_num(np.concatenate(parts))


def top_votes(votes: np.ndarray) -> list[list[tuple[int, float]]]:
    """Of every image the classes with the most votes: (class, share), the first of them with the most."""
    order = np.argsort(-votes, axis=1, kind="stable")[:, :TOP_VOTES]
    shares = np.take_along_axis(votes, order, axis=1).round(3).astype(float)
    return [list(zip(*row, strict=True)) for row in zip(order.tolist(), shares.tolist(), strict=True)]


def round_weights(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights, float32 (inputs, units), as whole numbers of steps: int16 of this shape; float32 (units,).

    The largest weight of a unit is MAX_STEPS of its steps.
    """
    largest = np.abs(weights).max(axis=0)
    steps = np.where(largest > 0, largest / MAX_STEPS, 1).astype(np.float32)
    return np.rint(weights / steps).astype(np.int16), steps


def rounded_agreement(network: "keras.Model", layers: list[Layer], images: np.ndarray) -> float:
    """Share of the images of which the layers with rounded weights say the same as Keras."""
    rounded = [(*round_weights(layer.weights), layer) for layer in layers]
    on_page = [Layer(numbers * steps, layer.bias, layer.activation) for numbers, steps, layer in rounded]
    same = run_dense(on_page, images).argmax(axis=1) == votes_of(network, images).argmax(axis=1)
    return float(same.mean())


def describe_run(run: Run, names: list[str]) -> dict[str, Any]:
    """A trained network: which it is, what cards and the quiz call it, and whether it votes at every scale.

    names: of all networks.
    """
    return {
        "network": run.network,
        "draw": None if run.scale == 0 else run.draw or None,
        "scale": run.scale,
        "everywhere": not run.scale,  # it learned from none, or from all
        "name": trained_name(run, names),
        "player": players_name(run, names),
    }


def describe_networks(
    source: Source,
    networks: Iterable[tuple[Run, "keras.Model"]],
    scales: list[float],
    test: np.ndarray,
    names: list[str],
) -> dict[str, Any]:
    """Networks of dense layers, to be run on the page, and how well they agree with Keras.

    networks: one after the other, as they may be the same object with other weights. scales: of the page; a
    network of all scales is compared at the largest. test: indices of the test images of which Keras is asked
    too. names: of all networks.
    """
    images = source.images("test", test)
    entries, shapes, agreements = [], {}, []
    for run, network in networks:
        layers = dense_layers(network)
        numbers, steps = zip(*(round_weights(layer.weights) for layer in layers), strict=True)
        entries.append(
            describe_run(run, names)
            | {
                "numbers": np.concatenate([part.ravel() for part in numbers]),
                "steps": np.concatenate(steps),
                "biases": np.concatenate([layer.bias for layer in layers]),
            }
        )
        noisy = source.other(images, max(scales) if run.scale is None else run.scale)
        agreements.append(rounded_agreement(network, layers, noisy))
        shapes[run.network] = [
            {"inputs": len(layer.weights), "units": len(layer.bias), "activation": layer.activation}
            for layer in layers
        ]
    agreement = min(agreements, default=1.0)
    return {"networks": entries, "layers": shapes, "agreement": agreement, "agreement_n": len(images)}


def describe_votes(
    source: Source,
    networks: Iterable[tuple[Run, "keras.Model"]],
    scales: list[float],
    test: np.ndarray,
    names: list[str],
) -> dict[str, Any]:
    """What networks that are not on the page say of noisy test images, and the names of these networks.

    The networks without noise and of all scales are asked at every scale, the others at their own. names: of
    all networks.
    """
    n = min(len(test), source.room("test", STORED_IMAGES, STORED_PIXELS // len(scales)))
    images = source.images("test", test[:n])
    noisy = {scale: source.other(images, scale) for scale in scales}
    entries = {
        scale: {"scale": scale, "noisy": noisy[scale].astype(np.float16), "networks": []} for scale in scales
    }
    asked: dict[str, None] = {}
    for run, network in networks:
        described = describe_run(run, names)
        for scale in scales if described["everywhere"] else [run.scale]:
            votes = top_votes(votes_of(network, noisy[scale]))
            entries[scale]["networks"].append(described | {"votes": votes})
        asked[run.network] = None
    labels = source.labels("test", test[:n]).tolist()
    return {"names": list(asked), "scales": list(entries.values()), "labels": labels}


def first_images(source: Source) -> int:
    """How many of the first training images to draw the noise of.

    It is drawn in the order of the images: that of the first ones is needed for that of the next.
    """
    labels = source.arrays["y_train"]
    drawn = source.room("train", DRAWN, DRAWN_PIXELS)
    if len(np.unique(labels[:drawn])) < len(np.unique(labels)):  # they are sorted by class
        drawn = source.room("train", len(labels), SORTED_PIXELS)
    return drawn


def describe_memorised(
    source: Source, networks: Iterable[tuple[Run, "keras.Model"]], live: Collection[str]
) -> dict[str, Any] | None:
    """Training images with the stored noise and with other noise, and what networks of fixed noise say.

    networks: these, one after the other, in the order of their scales. live: the names of those on the page,
    which asks them itself about the images that it shows. None where nothing can be memorised: no network, or
    noise that is not random.
    """
    if not KINDS[source.noise.kind].random:
        return None
    drawn = first_images(source)
    indices = mixed(spread_images(drawn, source.room("train", COUNTED, COUNTED_PIXELS)))
    shown = slice(min(len(indices), source.room("train", MEMORISED, MEMORISED_PIXELS)))
    clean, labels = source.images("train", indices), source.labels("train", indices)
    rows, scales = [], []
    for scale, of_scale in groupby(networks, key=lambda pair: pair[0].scale):
        noisy = {"stored": source.stored("train", drawn, scale)[indices], "other": source.other(clean, scale)}
        images = {name: copies[shown].astype(np.float16) for name, copies in noisy.items()}
        scales.append({"scale": scale, "stored": images["stored"]})
        for run, network in of_scale:
            row = {"network": run.network, "draw": run.draw, "scale": scale, "n": len(labels)}
            for name, copies in noisy.items():
                votes = votes_of(network, copies)
                row[f"correct_{name}"] = int(np.sum((votes.argmax(axis=1) == labels) & votes.any(axis=1)))
                if run.network not in live:
                    row[f"{name}_votes"] = top_votes(votes[shown])
                    scales[-1] |= images
            rows.append(row)
    if not rows:
        return None
    memorised = {"networks": rows, "scales": scales, "labels": labels[shown].tolist()}
    return memorised | {"clean": clean[shown].astype(np.float16)}
