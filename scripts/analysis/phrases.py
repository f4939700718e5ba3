"""Numbers and names within sentences."""

import numpy as np

from analysis.summaries import LEVEL


def percent(share: float) -> str:
    """A share for people: without decimals, unless it would then look like the level, or like all or none.

    >>> percent(0.723), percent(0.8996), percent(0.9958), percent(0.99996), percent(1.0)
    ('72 %', '90.0 %', '99.6 %', '99.9 %', '100 %')
    """
    text = f"{share:.0%}"
    if text in (f"{LEVEL:.0%}", "100%", "0%") and share not in (0, 1):
        text = f"{min(max(share, 0.001), 0.999):.1%}"
    return text.replace("%", " %")


def points(share: float) -> str:
    """A share in points of percent: 27, and 0.3 below one."""
    return f"{100 * share:.0f}" if share >= 0.0095 else f"{100 * share:.1g}"


def listed(names: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def count(number: int, noun: str) -> str:
    """'1 epoch', '20 epochs', '1 000 test images'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", " ")


def about(scale: float) -> str:
    """A scale that was interpolated: two digits, or whole.

    >>> about(0.5649), about(1.25), about(99.7), about(123.4)
    ('0.56', '1.2', '100', '123')
    """
    return f"{scale:.2g}" if scale < 99.5 else f"{scale:.0f}"


def count_seeds(seeds: int) -> str:
    """What a figure is of, in words."""
    return "one seed" if seeds == 1 else f"mean of {seeds} seeds"


def whole_points(shares: list[float]) -> list[int]:
    """Shares in whole points of percent that add up to their rounded sum: the largest remainders go up.

    >>> whole_points([0.083, 0.062, 0.096, 0.023])
    [8, 6, 10, 2]
    """
    exact = 100 * np.array(shares)
    whole = np.floor(exact).astype(int)
    missing = round(exact.sum()) - whole.sum()
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole.tolist()


def network_phrase(network: str, draw: str, several: bool) -> str:
    """A network within a sentence. draw: "" for a pretrained one. several: whether there are others.

    >>> [network_phrase("mlp", "fixed", several) for several in (False, True)]
    ['the network with fixed noise', 'mlp with fixed noise']
    """
    if not draw:
        return network
    return f"{network if several else 'the network'} with {draw} noise"


def case_phrase(network: str, draw: str, several: bool) -> str:
    """What stands behind "with" where something is said of a network.

    >>> case_phrase("mlp", "fixed", False), case_phrase("mlp", "fixed", True), case_phrase("a", "", True)
    ('fixed noise', 'mlp and fixed noise', 'a')
    """
    return " and ".join([network] * (several or not draw) + [f"{draw} noise"] * bool(draw))
