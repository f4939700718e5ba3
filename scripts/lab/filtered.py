"""What the lab shows of filters: a noisy image, what each filter makes of it, and what networks then say."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.filters import steps_label
from experiment.filters import filtered, ways_of
from experiment.runs import Run
from lab.exhibits import Source, levels, top_votes, votes_of

if TYPE_CHECKING:
    import keras

# The maximum on the page. Of large images, as many as have so many pixels, after all filters and at all
# scales.
FILTERED, FILTERED_PIXELS = 10, 1_000_000


def describe_filtered(
    source: Source,
    networks: Iterable[tuple[Run, "keras.Model"]],
    filters: list[str],
    scales: list[float],
    test: np.ndarray,
) -> dict[str, Any] | None:
    """Noisy test images before and after every filter, as whole numbers to 255, and each network's votes.

    networks: those that learned from no noise. scales: of the page. test: indices of its test images. None
    where there are no filters.
    """
    if not filters:
        return None
    ways = [(), *ways_of(filters, source.noise)]
    n = min(len(test), source.room("test", FILTERED, FILTERED_PIXELS // (len(scales) * len(ways))))
    clean, x_train = source.images("test", test[:n]), source.arrays["x_train"]
    images = {}
    for scale in scales:
        noisy = source.other(clean, scale)
        images[scale] = [noisy]
        for steps in ways[1:]:
            parts = filtered(noisy, steps, x_train, scale, source.seed, source.noise)
            images[scale].append(np.concatenate(list(parts)))
    votes = {
        run.network: [[top_votes(votes_of(network, after)) for after in images[scale]] for scale in scales]
        for run, network in networks
    }
    return {
        "ways": [steps_label(steps) for steps in ways],
        "scales": [
            {"scale": scale, "images": [levels(np.clip(after, 0, 1)) for after in images[scale]]}
            for scale in scales
        ],
        "votes": votes,
        "labels": source.labels("test", test[:n]).tolist(),
    }
