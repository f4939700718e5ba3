"""The draws of the noise in words, colours and markers. What they do is in experiment/draws.py."""

from typing import NamedTuple


class Style(NamedTuple):
    """How a draw looks and is explained.

    colour: of Okabe & Ito (2008), "Color Universal Design": told apart by all common kinds of colour vision.
    marker: of matplotlib. line: matplotlib's style of the line. about: a sentence.
    """

    colour: str
    marker: str
    line: str
    about: str


STYLES = {
    "fixed": Style(
        "#0072B2",
        "o",
        "-",
        "Fixed noise was drawn once for every image: the network sees the same in every epoch.",
    ),
    "fresh": Style("#D55E00", "s", "-", "Fresh noise is drawn again for every epoch."),
}
