"""The range of pixels: which values are black and white. A wrong range changes what a scale of noise
means.
"""

import math
from collections.abc import Callable

import numpy as np

# The pixels of all training images together must fill this share of the range. A single dark photograph may
# fill less, but hardly a whole training set. uint8 pixels from 0 to 16 fill 0.06.
MIN_FILLED = 0.5
MAX_DARK = 0.01  # share of images that may be nearly black, but not wholly
MAX_RANGE_RATIO = 1.8  # of the ranges of training and test images
USUAL_RANGES = ((0, 1), (0, 255), (-0.5, 0.5), (-1, 1), (0, 65535))
WHITES = (1023, 4095, 16383, 65535)  # of 10, 12, 14 and 16 bits


def pixel_range(name: str, pixels: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest pixel. Raises ValueError if one of them is not finite."""
    low, high = float(pixels.min()), float(pixels.max())
    if math.isnan(low):
        image = int(np.isnan(pixels).reshape(len(pixels), -1).any(axis=1).argmax())
        raise ValueError(f"{name} has NaN, which is not a number, in image {image} (counted from 0)")
    if math.isinf(low) or math.isinf(high):
        raise ValueError(f"{name} has values from {low:g} to {high:g}; allowed: finite numbers")
    return low, high


def check_range(name: str, dtype: np.dtype, pixels: tuple[float, float], range_: list[float] | None) -> None:
    """Raise ValueError unless the pixels fit this range.

    pixels: the smallest and the largest one. range_: the values of a black and of a white pixel; None: 0 and
    255 for uint8, 0 and 1 for floats.
    """
    low, high = pixels
    black, white = range_ or usual_range(dtype)
    values = f"{name} has values from {low:g} to {high:g}"
    rounding = 1e-6 * (white - black)
    if low < black - rounding or high > white + rounding:
        likely = likely_range(dtype, pixels)
        raise ValueError(
            f"{values}; allowed: from {black:g} to {white:g}. If black is {likely[0]} and white is "
            f"{likely[1]}, set images.range: {likely}"
        )
    if low == high:
        raise ValueError(f"all pixels of {name} are {low:g}: its images show nothing")
    if range_ is None and high - black < MIN_FILLED * (white - black):
        likely = f"[0, {int(high)}]" if dtype == np.uint8 else f"[0, {high:.6g}]"
        raise ValueError(
            f"{values}. White is {white:g}, so the images would be nearly black. Set images.range: {likely}, "
            f"or images.range: [{black:g}, {white:g}] if they really are that dark"
        )


def usual_range(dtype: np.dtype) -> tuple[float, float]:
    """What black and white are where no range is declared."""
    return (0, 255) if dtype == np.uint8 else (0, 1)


def likely_range(dtype: np.dtype, pixels: tuple[float, float]) -> list[float]:
    """The values of black and white to propose for pixels of this type with this minimum and maximum.

    >>> likely_range(np.dtype("uint16"), (0, 3000)), likely_range(np.dtype("int8"), (-128, 127))
    ([0, 4095], [-128, 127])
    >>> likely_range(np.dtype("float32"), (-0.5, 0.5)), likely_range(np.dtype("float32"), (-0.4, 2.8))
    ([-0.5, 0.5], [-0.4, 2.8])
    """
    (low, high), whole = pixels, dtype.kind in "iu"
    if whole and low >= 0 and high > 255:
        return [0, next((white for white in WHITES if high <= white), int(high))]
    signed = [(np.iinfo(of_bits).min, np.iinfo(of_bits).max) for of_bits in (np.int8, np.int16)]
    for black, white in (*USUAL_RANGES, *(signed if whole else ())):
        if fits(pixels, black, white):
            return [black, white]
    return [int(low), int(high)] if whole else [round_away(low, math.floor), round_away(high, math.ceil)]


def fits(pixels: tuple[float, float], black: float, white: float) -> bool:
    """Whether pixels with this minimum and maximum lie between black and white, and fill most of it."""
    low, high = pixels
    return black <= low and high <= white and high - low >= MIN_FILLED * (white - black)


def round_away(value: float, direction: Callable[[float], int]) -> float:
    """The value rounded to four digits, down by math.floor or up by math.ceil. Whole numbers stay.

    >>> round_away(-0.419355, math.floor), round_away(2.80645, math.ceil), round_away(16383.0, math.ceil)
    (-0.4194, 2.807, 16383.0)
    """
    if value == int(value):
        return float(value)
    digits = 3 - math.floor(math.log10(abs(value)))
    return round(direction(round(value * 10.0**digits, 6)) / 10.0**digits, max(digits, 0))


def check_alike(ranges: dict[str, tuple[float, float]]) -> None:
    """Raise ValueError if training and test images cannot have the same range."""
    spans = {split: high - low for split, (low, high) in ranges.items()}
    if max(spans.values()) > MAX_RANGE_RATIO * min(spans.values()):
        both = " and ".join(
            f"x_{split} has values from {low:g} to {high:g}" for split, (low, high) in ranges.items()
        )
        raise ValueError(f"{both}. Give both the same range")


def narrow(
    name: str, pixels: np.ndarray, range_: list[float] | None, key: str = "images.range"
) -> np.ndarray:
    """Pixels of any type of number as uint8, or as they are. Integers from 0 to 255 mean what uint8 means; of
    others a range must say what is white: that of `key`.
    """
    if pixels.dtype.kind == "b":
        return pixels.astype(np.float32)
    if pixels.dtype.kind not in "iu" or pixels.dtype == np.uint8:
        return pixels
    low, high = int(pixels.min()), int(pixels.max())
    if low >= 0 and high <= 255:
        return pixels.astype(np.uint8)
    if range_ is None:
        black, white = likely_range(pixels.dtype, (low, high))
        raise ValueError(
            f"{name} has values from {low} to {high} as {pixels.dtype}, which do not say what is white. If "
            f"black is {black} and white is {white}, set {key}: [{black}, {white}]"
        )
    return pixels


def scale_pixels(pixels: np.ndarray, range_: list[float] | None) -> np.ndarray:
    """The pixels: uint8 unchanged, or float32 from 0 (black) to 1 (white)."""
    black, white = range_ or (0, 1)
    if pixels.dtype == np.uint8 and (range_ is None or [black, white] == [0, 255]):
        return pixels
    scaled = pixels.astype(np.float32)
    if (black, white) != (0, 1):  # in place: a copy would take this memory twice
        scaled -= np.float32(black)
        scaled /= np.float32(white - black)
    return np.clip(scaled, 0, 1, out=scaled)  # rounding may leave this range


def check_each(name: str, pixels: np.ndarray) -> None:
    """Raise ValueError if some images are nearly black, as those of 0 and 1 among images from 0 to 255.

    Called where no range is declared. Images without any light are passed over.
    """
    white = 255 if pixels.dtype == np.uint8 else 1
    brightest = pixels.max(axis=tuple(range(1, pixels.ndim)))
    dark = int(np.sum((brightest > 0) & (brightest <= white / 255)))
    if dark > MAX_DARK * len(pixels):
        raise ValueError(
            f"{dark} of the {len(pixels)} images of {name} have no pixel above {white / 255:.3g}, where "
            f"white is {white}. Give all images the same range, or set images.range: [0, {white}] if these "
            "really are that dark"
        )


def check_content(name: str, x: np.ndarray) -> None:
    """Raise ValueError if all images that are used are identical."""
    if len(x) > 1 and all(np.array_equal(image, x[0]) for image in x[1:]):
        raise ValueError(f"the {len(x)} images of {name} are identical")
