"""A run: a network that is trained with one draw of the noise, at one scale or at all, with one seed."""

from collections.abc import Iterable
from typing import NamedTuple

from experiment.draws import CLEAN, DRAWS


class Run(NamedTuple):
    """The identity of a run. network: its name in the configuration. draw: of experiment/draws.py. scale:
    None for a network of all scales.
    """

    network: str
    draw: str
    scale: float | None
    seed: int

    @property
    def path(self) -> str:
        """Its path below models/, histories/ and checkpoints/, without a suffix.

        >>> Run("mlp", "fixed", 0.5, 1).path
        'mlp/fixed/scale_0.5/seed_1'
        """
        return "{network}/{draw}/scale_{scale}/seed_{seed}".format(**self.wildcards)

    @property
    def wildcards(self) -> dict[str, str]:
        """What stands for it in the patterns of paths."""
        network, draw, scale, seed = self
        return {"network": network, "draw": draw, "scale": scale_label(scale), "seed": str(seed)}


def scale_label(scale: float | None) -> str:
    """The name of a noise scale in paths: the shortest text that converts back to the same number.

    >>> scale_label(1), scale_label(0.10), scale_label(-0.0), scale_label(None)
    ('1.0', '0.1', '0.0', 'all')
    """
    return "all" if scale is None else str(float(scale) + 0.0)  # + 0.0 turns -0.0 into 0.0


def trained_as(draw: str, scale: float) -> str:
    """The draw whose network counts for `draw` at this scale."""
    return CLEAN if scale == 0 and DRAWS[draw].one_scale else draw


def all_runs(
    networks: Iterable[str], draws: Iterable[str], scales: Iterable[float], seeds: Iterable[int]
) -> list[Run]:
    """Every run of a configuration once, in the order of the networks, DRAWS, the scales and the seeds."""
    scales, seeds = list(scales), list(seeds)
    wanted = {(CLEAN, 0.0)}  # with which all others are compared
    for draw in draws:
        own_scales = scales if DRAWS[draw].one_scale else [None]
        wanted |= {(trained_as(draw, scale), scale) for scale in own_scales}
    return [
        Run(network, draw, scale, seed)
        for network in networks
        for draw in DRAWS
        for scale in [*scales, None]
        if (draw, scale) in wanted
        for seed in seeds
    ]
