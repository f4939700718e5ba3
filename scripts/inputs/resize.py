"""Images of another size, or without colours, by Pillow."""

from functools import partial
from typing import Any

import numpy as np

from inputs.arrays import Array

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as Pillow has it


def fit_picture(picture: Any, size: list[int]) -> Any:
    """A picture of Pillow with this height and width: resized with antialiasing (Lanczos), and of another
    aspect ratio, cropped around its centre.
    """
    from PIL import Image, ImageOps  # few runs need it

    return ImageOps.fit(picture, (size[1], size[0]), Image.Resampling.LANCZOS)


def resize_array(array: Array, size: list[int] | None, grey: bool, few: bool = False) -> Array:
    """The images of an array, (n, height, width) or (n, height, width, channels), with this height and width,
    and without colours where `grey`. Booleans become float32, and so do whole numbers of which there are
    `few` from black to white, because pixels between these come of it. Nothing is read before its `load`.
    """
    height, width = size or array.shape[1:3]
    channels = array.shape[3:] if not (grey and array.shape[3:] == (3,)) else ()
    shape = (array.shape[0], height, width, *channels)
    asked = size is not None or grey
    dtype = array.dtype
    if array.dtype.kind == "b" or (few and asked and array.dtype.kind in "iu"):
        dtype = np.dtype(np.float32)
    if shape == array.shape and (array.dtype.kind == "b" or dtype == array.dtype):
        return array

    def load() -> np.ndarray:
        stored = array.load()
        images = np.empty(shape, dtype)
        for image, pixels in zip(images, stored, strict=True):
            image[...] = fit_pixels(pixels.astype(np.float32) if few else pixels, size, grey)
        return images

    return Array(dtype, shape, load)


def fit_pixels(pixels: np.ndarray, size: list[int] | None, grey: bool) -> np.ndarray:
    """One image of any type of number, resized as fit_picture does, and rounded where its type has whole
    numbers. Booleans become float32.
    """
    from PIL import Image

    dtype, values = pixels.dtype, pixels.astype(np.float32)
    if grey and values.shape[2:] == (3,):
        values = values @ np.array(LUMA, np.float32)
    if size:
        channels = values[..., np.newaxis] if values.ndim == 2 else values
        fit = partial(fit_picture, size=size)
        fitted = [
            np.asarray(fit(Image.fromarray(channel))) for channel in np.moveaxis(channels, -1, 0).copy()
        ]
        # Lanczos rings at edges, beyond the values of the image.
        values = np.clip(np.stack(fitted, axis=-1), values.min(), values.max()).reshape(
            *size, *values.shape[2:]
        )
    if dtype.kind == "b":
        return values
    return (np.rint(values) if dtype.kind in "iu" else values).astype(dtype)
