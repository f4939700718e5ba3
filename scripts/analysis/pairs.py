"""Which of two networks recognises more images: every pair of them, on the same test images."""

from itertools import combinations

import numpy as np
import pandas as pd

from analysis.classifiers import networks_at_own_scale
from analysis.intervals import measured_once, with_interval
from analysis.summaries import for_each_draw
from analysis.tables import make_table
from experiment.runs import trained_as


def compare_networks(
    accuracies: pd.DataFrame,
    networks: list[str],
    draws: list[str],
    answers: dict[tuple, np.ndarray],
    **identity: str,
) -> pd.DataFrame:
    """One row per draw, scale and pair of networks: by how much one is above the other.

    accuracies: the table of this name. networks: of each pair, `other` is the one that comes first here.
    answers: (network, draw, scale, seed) -> which test images were recognised, bool (n,), for the intervals
    of what was measured once. A pretrained network stands in the pairs of every draw.
    """
    own = (
        for_each_draw(networks_at_own_scale(accuracies), draws).set_index(["classifier", "draw"]).sort_index()
    )
    drawn = {network: [draw for draw in draws if (network, draw) in own.index] for network in networks}
    rows = []
    for other, network in combinations(networks, 2):
        for draw in drawn[network] or drawn[other] or [""]:
            pair = [(name, draw if drawn[name] else "") for name in (network, other)]
            now, then = (own.loc[[key]].set_index(["scale", "seed"]).sort_index() for key in pair)
            difference = (now["correct"] - then["correct"]) / now["n"]
            for scale, values in difference.groupby("scale"):
                images = None
                if measured_once(values):
                    seed = values.index[0][1]
                    correct = (
                        answers[name, trained_as(of, scale) if of else "", scale, seed] for name, of in pair
                    )
                    images = np.subtract(*(recognised.astype(float) for recognised in correct))
                row = {"draw": draw, "scale": scale, "network": network, "other": other, "seeds": len(values)}
                row["n"] = int(now["n"].iloc[0])
                rows.append(row | with_interval("difference", values.to_numpy(), images))
    return make_table("networks", rows, **identity)
