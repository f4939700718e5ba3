"""What a pretrained network wants of an image: the values of its pixels, the order of its axes and
colours.
"""

import json
import math
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

# The order of the axes of an image: height, width and channels. "wh": with its sides exchanged.
AXES = ("hw", "hwc", "chw", "wh", "whc", "cwh")
LAYOUTS = (*(f"n{axes}" for axes in AXES), *(f"flat_{axes}" for axes in AXES))
# Means and standard deviations that people copy from the examples of PyTorch and of Keras.
MNIST = {"mean": 0.1307, "std": 0.3081}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
IMAGENET_CENTRED = {"mean": [0.485, 0.456, 0.406], "std": 0.003922}  # in BGR, the "caffe" mode of Keras
ALIKE = 0.05  # share of the range of pixels by which two preprocessings may differ and count as one


class Preprocessing(NamedTuple):
    """pixels: [black, white], {"mean": ..., "std": ...} or "per_image". layout: of LAYOUTS."""

    pixels: Any
    layout: str
    channels: str = "rgb"


def sides_of(layout: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Shape of an image (height, width[, channels]) in this layout. None where it cannot have it.

    >>> sides_of("nchw", (28, 28)), sides_of("flat_hw", (28, 28)), sides_of("nhw", (32, 32, 3))
    ((1, 28, 28), (784,), None)
    """
    height, width, channels = (*shape, 1)[:3]
    axes, flat = layout.removeprefix("flat_").removeprefix("n"), layout.startswith("flat_")
    # A flat grey image has one name for each order of its sides.
    if (channels > 1 and "c" not in axes) or (flat and channels == 1 and "c" in axes):
        return None
    lengths = {"h": height, "w": width, "c": channels}
    sides = tuple(lengths[axis] for axis in axes)
    return (math.prod(sides),) if flat else sides


def fitting_layouts(sides: tuple[int | None, ...], shape: tuple[int, ...], channels_first: bool) -> list[str]:
    """Layouts in which images of this shape have the sides that a model takes, the likeliest first.

    sides: None for one of any length. channels_first: whether the model's library has them first.
    """
    fits = []
    for layout in LAYOUTS:
        wanted = sides_of(layout, shape)
        if wanted and len(wanted) == len(sides):
            if all(side in (None, length) for side, length in zip(sides, wanted, strict=True)):
                fits.append(layout)
    return sorted(fits, key=lambda layout: ("wh" in layout, ("chw" in layout) != channels_first))


def with_pixels(images: np.ndarray, pixels: Any) -> np.ndarray:
    """Images float32 (n, *shape) whose pixels go from 0 to 1, with the values that a model wants: float32.

    >>> with_pixels(np.float32([[[0, 0.5, 1]]]), [-1, 1]).tolist()
    [[[-1.0, 0.0, 1.0]]]
    """
    if pixels == "per_image":  # as tf.image.per_image_standardization
        axes = tuple(range(1, images.ndim))
        spread = images.std(axis=axes, keepdims=True, dtype=np.float64)
        spread = np.maximum(spread, 1 / math.sqrt(images[0].size))
        return ((images - images.mean(axis=axes, keepdims=True, dtype=np.float64)) / spread).astype(
            np.float32
        )
    if isinstance(pixels, dict):
        return (images - np.float32(pixels["mean"])) / np.float32(pixels["std"])
    black, white = pixels
    return images * np.float32(white - black) + np.float32(black)


def prepare(images: np.ndarray, how: Preprocessing) -> np.ndarray:
    """Images float32 (n, *shape) from 0 to 1 as a model wants them: float32 (n, *sides_of(layout))."""
    values = with_pixels(images, how.pixels)
    values = values.reshape((*values.shape, 1)[:4] if values.ndim == 3 else values.shape)
    if how.channels == "bgr":
        values = values[..., ::-1]
    axes = how.layout.removeprefix("flat_").removeprefix("n")
    if "c" not in axes:
        values = values[..., 0]
    values = values.transpose(0, *("hwc".index(axis) + 1 for axis in axes))
    if how.layout.startswith("flat_"):
        values = values.reshape(len(values), -1)
    return np.ascontiguousarray(values)


def usual_pixels(channels: int, images: np.ndarray) -> Iterator[Any]:
    """Values of pixels that models are usually trained with. images: some of the set, float32 (n, *shape)."""
    yield from ([0, 1], [0, 255], [-1, 1], [1, 0], [255, 0], "per_image")
    yield from (IMAGENET, IMAGENET_CENTRED) if channels == 3 else (MNIST,)
    axes = (0, 1, 2)
    mean, std = images.mean(axis=axes, dtype=np.float64), images.std(axis=axes, dtype=np.float64)
    if np.all(std > 0):
        yield {"mean": np.round(mean, 4).tolist(), "std": np.round(std, 4).tolist()}


def black_and_white(pixels: Any) -> np.ndarray | None:
    """The values of black and of white, float64 (2, 1 or 3). None where they depend on the image."""
    if pixels == "per_image":
        return None
    if isinstance(pixels, dict):
        mean, std = np.atleast_1d(pixels["mean"]), np.atleast_1d(pixels["std"])
        return np.stack(np.broadcast_arrays(-mean / std, (1 - mean) / std))
    return np.array(pixels, float).reshape(2, 1)


def alike(one: Any, other: Any) -> bool:
    """Whether two `pixels` give a model nearly the same numbers.

    >>> alike(MNIST, {"mean": 0.131, "std": 0.308}), alike([0, 1], [0, 255])
    (True, False)
    """
    if "per_image" in (one, other):
        return one == other
    first, second = black_and_white(one), black_and_white(other)
    return bool(np.abs(first - second).max() < ALIKE * np.abs(first[1] - first[0]).max())


def other_preprocessings(
    declared: Preprocessing, layouts: list[str], images: np.ndarray
) -> list[Preprocessing]:
    """All usual ones but the declared one. layouts: those that fit the model. images: float32 (n, *shape)."""
    channels = (*images.shape, 1)[3]
    others = [declared.pixels]
    for pixels in usual_pixels(channels, images):
        if not any(alike(pixels, other) for other in others):
            others.append(pixels)
    colours = ("rgb", "bgr") if channels == 3 else ("rgb",)
    every = (Preprocessing(*parts) for parts in product(others, layouts, colours))
    return [how for how in every if how != declared]


def in_yaml(value: Any) -> str:
    """A value of the configuration as somebody would write it.

    >>> in_yaml({"mean": 0.1307, "std": 0.3081}), in_yaml([0, 255.0]), in_yaml(["no", "7"])
    ('{mean: 0.1307, std: 0.3081}', '[0, 255]', '["no", "7"]')
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {in_yaml(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        # YAML reads some names as something else, such as no.
        items = [json.dumps(item) if isinstance(item, str) else in_yaml(item) for item in value]
        return f"[{', '.join(items)}]"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
