"""Where every lost point goes: memorised, in the image and unread, open, or gone.

Every reader of the noisy images stands between two others. From the worst to the best they are the network
with fixed noise, the network with fresh noise, the best known reader, the upper end of the ceiling, and the
network without noise. All are compared on the same test images and the same noise, seed by seed.
"""

import numpy as np
import pandas as pd

from analysis.intervals import paired_change, with_interval
from analysis.summaries import for_each_draw
from analysis.tables import make_table


def accuracies_of_readers(
    evaluations: pd.DataFrame, ceilings: pd.DataFrame, draws: list[str]
) -> pd.DataFrame:
    """Accuracy of every reader on the images of the ceiling. Index: scale and seed, sorted.

    evaluations, ceilings: the tables of these names. Columns: each of the draws (its network of the same
    scale), `lower` and `upper` (the ends of the ceiling), `clean` (the network without noise, at scale 0).
    """
    own = for_each_draw(
        evaluations[evaluations["train_scale"] == evaluations["test_scale"]], draws, "train_scale"
    )
    own = own.rename(columns={"train_scale": "scale"})
    networks = own.pivot(index=["scale", "seed"], columns="draw", values="paired_accuracy")
    ends = ceilings.pivot(index=["scale", "seed"], columns="end", values="accuracy")
    readers = networks.join(ends).sort_index()
    clean = readers.xs(0.0, level="scale")[draws[0]]
    return readers.assign(clean=clean.reindex(readers.index.get_level_values("seed")).to_numpy())


def best_known(readers: pd.DataFrame, draws: list[str]) -> pd.Series:
    """Name of the best known reader of each scale: of the networks and the lower end, that with the highest
    mean over the seeds. A network is taken before a lower end that is as good.
    """
    return readers.groupby("scale")[[*draws, "lower"]].mean().idxmax(axis="columns")


def losses(readers: pd.DataFrame, draws: list[str], images: int) -> pd.DataFrame:
    """One row per scale and part: what the better of two readers recognises and the worse does not.

    readers: of accuracies_of_readers. images: on how many they were tested. The parts of a scale add up to
    the accuracy without noise minus that of the first network. Without fresh noise, what was memorised cannot
    be told from what is unread. A part may be negative: where the upper end is above the clean network,
    nothing is known to be gone.
    """
    best, rows = best_known(readers, draws), []
    for scale, accuracies in readers.groupby("scale"):
        by_seed = accuracies.droplevel("scale")
        known = best[scale]
        parts = [("unread", "fresh", known), ("open", known, "upper"), ("gone", "upper", "clean")]
        if "fresh" not in draws:
            parts[0] = ("memorised or unread", "fixed", known)
        elif "fixed" in draws:
            parts.insert(0, ("memorised", "fixed", "fresh"))
        for part, worse, better in parts:
            row = {"scale": scale, "part": part, "seeds": len(by_seed), "n": images}
            row |= {"worse": worse, "worse_accuracy": by_seed[worse].mean()}
            row |= {"better": better, "better_accuracy": by_seed[better].mean()}
            rows.append(row | paired_change("lost", by_seed[better], by_seed[worse]))
    return make_table("losses", rows)


def edges(losses: pd.DataFrame) -> pd.DataFrame:
    """Accuracies between which the parts of each scale lie, one above the other.

    None is below the first network, and none above the network without noise. losses: the table of this name.
    Index: scale. Columns: `recognised` (by the first network), and each part,
    with the accuracy at its upper edge. A part with nothing in it ends where it begins.
    """
    better = losses.pivot(index="scale", columns="part", values="better_accuracy")
    first = losses[losses["part"] == losses["part"].iloc[0]].set_index("scale")["worse_accuracy"]
    better = better[losses["part"].unique()]  # in their order
    capped = better.clip(upper=better.iloc[:, -1], axis="index")
    return pd.concat([first.rename("recognised"), capped], axis="columns").cummax(axis="columns")


def scale_at(scales: np.ndarray, accuracies: np.ndarray, accuracy: float) -> float:
    """The largest scale at which a curve still has this accuracy, interpolated linearly.

    scales: ascending; accuracies: of the same length. The first scale when the curve never has it, and nan
    when it still has more at the last scale.

    >>> scale_at(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.8, 0.4]), 0.5)
    1.75
    """
    enough = np.flatnonzero(accuracies >= accuracy)
    if not len(enough):
        return float(scales[0])
    last = enough[-1]
    if accuracies[last] == accuracy:
        return float(scales[last])
    if last == len(scales) - 1:
        return np.nan
    share = (accuracies[last] - accuracy) / (accuracies[last] - accuracies[last + 1])
    return float(scales[last] + share * (scales[last + 1] - scales[last]))


def equivalent_scales(readers: pd.DataFrame, draws: list[str]) -> dict[tuple[str, float], dict[str, float]]:
    """The scale at which the best known reader recognises as many images as each network does at its own.

    readers: of accuracies_of_readers. By draw and scale: the mean over the seeds, and its interval over the
    seeds. All is nan where it lies beyond the largest scale, for any seed.
    """
    best = best_known(readers, draws)
    scales = best.index.to_numpy()
    equivalents = {(draw, scale): [] for draw in draws for scale in scales}
    for _, accuracies in readers.groupby("seed"):
        by_scale = accuracies.droplevel("seed")
        curve = np.array([by_scale.at[scale, best[scale]] for scale in scales])
        for (draw, scale), found in equivalents.items():
            found.append(scale_at(scales, curve, by_scale.at[scale, draw]))
    return {
        network: with_interval("equivalent_scale", np.array(found)) for network, found in equivalents.items()
    }
