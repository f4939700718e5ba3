"""The axes of images: how they are stored, and how the workflow has them, (n, height, width) or (n, height,
width, channels).
"""

import math
from collections.abc import Callable

import numpy as np

from inputs.arrays import Array


def number_of_labels(labels: Array) -> int:
    """How many images these labels are for: (n,), (n, 1), (1, n) or one-hot (n, classes)."""
    return labels.shape[1] if len(labels.shape) == 2 and labels.shape[0] == 1 else (labels.shape or (1,))[0]


def arrange(
    name: str,
    array: Array,
    images: int | None,
    shape: list[int] | None = None,
    transpose: bool = False,
    by_columns: bool = False,
) -> Array:
    """The array with the axes of the workflow. Nothing is read before its `load`.

    images: the number of labels, which tells the axis of the images; None: the first. shape: of an image that
    is stored as a row of pixels; None: they make a grey square. transpose: exchange height and width, for
    images that are stored column by column. by_columns: whether the images may be along the last axis even
    where the first one has the same length, as in MATLAB.
    """
    if images is not None and images_are_last(name, array.shape, images, by_columns):
        array = moved(array, lambda x: np.moveaxis(x, -1, 0), (images, *array.shape[:-1]))
    if len(array.shape) == 2:
        array = unrolled(name, array, shape)
    elif shape is not None and array.shape[1:] not in ways_of(shape):
        raise ValueError(
            f"images of {name} have the shape {array.shape[1:]}, so they are no rows of pixels. Leave out "
            "images.shape"
        )
    if len(array.shape) == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 3):
        n, channels, height, width = array.shape
        array = moved(array, lambda x: np.moveaxis(x, 1, -1), (n, height, width, channels))
    if transpose and len(array.shape) in (3, 4):
        n, height, width, *channels = array.shape
        array = moved(array, lambda x: np.swapaxes(x, 1, 2), (n, width, height, *channels))
    return array


def ways_of(shape: list[int]) -> list[tuple[int, ...]]:
    """Shapes of the same image: its colours may be first in one file, and last in another beside it."""
    last = [(*shape[1:], shape[0])] if len(shape) == 3 and shape[0] in (1, 3) else []
    return [tuple(shape), *last]


def images_are_last(name: str, shape: tuple[int, ...], images: int, by_columns: bool) -> bool:
    """Whether the images are along the last axis of an array of this shape, and not along the first.

    Raises ValueError where both can be meant.
    """
    if images not in shape[-1:] or len(shape) < 2:
        return False
    if shape[0] != images:
        return True
    if not by_columns or len(shape) == 4:  # where colours tell the other axes
        return len(shape) == 4 and shape[2] in (1, 3) and shape[3] not in (1, 3)
    raise ValueError(
        f"{name} has the shape {shape}, whose first and last axis could both be that of the {images} images. "
        "Add or remove an image"
    )


def moved(array: Array, move: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> Array:
    return Array(array.dtype, shape, lambda: move(array.load()))


def unrolled(name: str, array: Array, shape: list[int] | None) -> Array:
    """Images (n, height, width) or (n, *shape) of rows of pixels (n, pixels)."""
    n, pixels = array.shape
    side = math.isqrt(pixels)
    if shape is None:
        if side * side != pixels:
            colour = math.isqrt(pixels // 3)
            likely = (
                f"[{colour}, {colour}, 3], or [3, {colour}, {colour}] where all red pixels come first"
                if 3 * colour * colour == pixels and colour > 3
                else "[height, width]"
            )
            raise ValueError(
                f"{name} has {pixels} pixels for each image, which make no grey square. Set images.shape: "
                f"{likely}"
            )
        shape = [side, side]
    if math.prod(shape) != pixels:
        raise ValueError(f"{name} has {pixels} pixels for each image, but images.shape is {shape}")
    return moved(array, lambda x: x.reshape(n, *shape), (n, *shape))
