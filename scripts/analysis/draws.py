"""The draws of the noise in words, colours and markers. What they do is in experiment/draws.py."""

from typing import NamedTuple

from experiment.draws import DRAWS

# The draws with a network for each scale.
ONE_SCALE = [name for name, draw in DRAWS.items() if draw.one_scale]
# The draws that are compared with each of these: those after it.
COMPARED = {draw: list(DRAWS)[number:] for number, draw in enumerate(DRAWS, 1) if draw in ONE_SCALE}


class Style(NamedTuple):
    """How a draw looks and is explained.

    colour: of Okabe & Ito (2008), "Color Universal Design", or of Tol (2021, "muted"): told apart by all
    common kinds of colour vision.
    on_dark: the same, lighter, for a dark page. marker, line: of matplotlib. about: a sentence. The colour
    tells the draws of one network apart; where there are several networks, the line does (network_style in
    analysis/classifiers.py).
    """

    colour: str
    on_dark: str
    marker: str
    line: str
    about: str


STYLES = {
    "fixed": Style(
        "#0072B2",
        "#5DB7EC",
        "o",
        "-",
        "Fixed noise is drawn once for each image, so the network sees the same noise in every epoch.",
    ),
    "fresh": Style("#D55E00", "#FF9A57", "D", "--", "Fresh noise is drawn again for every epoch."),
    "mixed": Style(
        "#882255",
        "#E07BAE",
        "X",
        ":",
        "Mixed noise is drawn again for every epoch too, and each image has a scale of its own: one network "
        "learns from all scales.",
    ),
}
