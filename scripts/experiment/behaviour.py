"""How a pretrained network behaves: what it gives, whether twice the same, and on what this depends.

`read` gives the outputs for images of the data set: uint8 or float32 (n, *shape) to (n, outputs), or to
labels (n,).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from experiment.noise import Noise, noisy_copy
from experiment.outputs import (
    Outputs,
    answers_of,
    check_meaning,
    check_outputs,
    columns_of,
    label_columns,
    meaning_of,
)
from experiment.streams import noise_generator
from experiment.trained import Model

NOISE_SCALE = 0.5  # of the Gaussian noise with which a network is tried
MAX_CHANGED = 0.01  # share of the answers that may depend on the other images in a batch
SAME = 1e-3  # by which outputs may differ for that reason without a note

Read = Callable[[np.ndarray], np.ndarray]


def find_outputs(
    read: Read, model: Model, network: dict[str, Any], images: np.ndarray, classes: list[str]
) -> Outputs:
    """What the outputs mean, by those for some images. network: the keys of the configuration.

    Raises ValueError where they contradict the configuration, and where a second run gives others.
    """
    raw = read(images)
    check_outputs(raw, len(classes))
    if not np.array_equal(raw, read(images), equal_nan=raw.dtype.kind == "f"):
        raise ValueError(
            "it gives other outputs for the same images in a second run, as with dropout that is still on. "
            "Export it in inference mode: call model.eval() before torch.onnx.export"
        )
    meaning = network["outputs"]
    if meaning is None:
        meaning = meaning_of(raw, model.scores)
    elif (meaning == "labels") != (raw.ndim == 1):
        given = "labels" if raw.ndim == 1 else f"{raw.shape[1]} numbers for an image"
        raise ValueError(f"outputs is {meaning}, but it gives {given}")
    else:
        check_meaning(raw, meaning)
    if meaning == "labels":
        return Outputs(meaning, label_columns(network["classes"], classes))
    return Outputs(meaning, columns_of(model.names, network["classes"], classes))


def depends_on_batch(read: Read, outputs: Outputs, images: np.ndarray, batch: int) -> bool:
    """Whether the outputs for an image depend on the others in its batch, of so many images.

    Raises ValueError where answers do, as with batch normalisation that is still in training.
    """
    shift = min(batch, len(images)) // 2
    if shift == 0:
        return False
    raw, among_others = read(images), np.roll(read(np.roll(images, shift, axis=0)), -shift, axis=0)
    any_class = np.zeros(len(images), int)
    first, second = (answers_of(given, outputs, any_class).predicted for given in (raw, among_others))
    changed = float((first != second).mean())
    if changed > MAX_CHANGED:
        raise ValueError(
            f"its answers depend on the other images in a batch: {100 * changed:.3g} % change, as with batch "
            "normalisation that is still in training. Export it in inference mode"
        )
    return not np.allclose(raw, among_others, rtol=0, atol=SAME)


def noisy(images: np.ndarray, clip: bool) -> np.ndarray:
    """Images with Gaussian noise, float32 (n, *shape)."""
    return noisy_copy(images, NOISE_SCALE, noise_generator(0, NOISE_SCALE, "train"), Noise("gaussian", clip))


def clips_pixels(read: Read, images: np.ndarray) -> bool:
    """Whether it gives the same for pixels beyond black and white as for these: as static int8, whose range
    was measured on images without noise.
    """
    return bool(np.allclose(read(noisy(images, clip=False)), read(noisy(images, clip=True)), atol=1e-6))
