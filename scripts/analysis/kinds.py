"""The kinds of noise in words. What they do is in experiment/noise.py."""

from typing import NamedTuple


class Words(NamedTuple):
    """name: of the noise, within a sentence. unit: what its scale is."""

    name: str
    unit: str


WORDS = {
    "gaussian": Words("Gaussian noise", "standard deviation, where pixels go from 0 to 1"),
    "uniform": Words("uniform noise", "standard deviation, where pixels go from 0 to 1"),
    "salt_and_pepper": Words("salt-and-pepper noise", "share of pixels that turn black or white"),
    "speckle": Words("speckle noise", "standard deviation at a white pixel"),
    "shot": Words("shot noise", "standard deviation at a white pixel"),
    "gaussian_blur": Words("Gaussian blur", "standard deviation, in pixels"),
    "occlusion": Words("occlusion", "side of the square, as a share of the image's shorter side"),
}
