"""Where every lost point goes: memorised, in the image and unread, open, or gone.

Every classifier of the noisy images stands between two others. From the worst to the best they are the
network with fixed noise, the network with fresh noise, the lower and the upper bound of the ceiling, and the
network without noise. Differences between networks are taken on all test images, those from a bound on the
images of the ceiling, seed by seed. What is open is the rest, so that the parts add up to what the network
has lost.
"""

from typing import Any

import numpy as np
import pandas as pd

from analysis.classifiers import CHANCE, LOWER, UPPER, is_network, own_scale
from analysis.intervals import same_everywhere, with_interval
from analysis.summaries import for_each_draw
from analysis.tables import make_table
from experiment.draws import CLEAN, DRAWS
from experiment.runs import trained_as
from experiment.selection import spread_images

Answers = dict[tuple, np.ndarray]  # (classifier, draw or None, scale, seed) -> images recognised, bool (n,)


def draws_of_losses(draws: list[str]) -> list[str]:
    """The draws whose networks stand in the losses: one that is stored, then one that is drawn again.

    A network of all scales stands there only where no other was trained: what it loses beside a network of
    one scale is neither memorised nor unread.
    """
    one_scale = [draw for draw in draws if DRAWS[draw].one_scale]
    stored = [draw for draw in one_scale if DRAWS[draw].stored]
    drawn_again = [draw for draw in one_scale if not DRAWS[draw].stored]
    return stored[:1] + drawn_again[:1] or draws[:1]


def accuracies_by_seed(accuracies: pd.DataFrame, network: str, draws: list[str], column: str) -> pd.DataFrame:
    """Share of images that each classifier recognises at its own scale. Index: scale and seed, sorted.

    accuracies: the table of this name. Columns: each of the draws (its network of the same scale), `clean`
    (the network without noise, at scale 0), and every other classifier that was tested on these images by its
    name. column: `correct` (all test images) or `paired_correct` (those of the ceiling).
    """
    own = own_scale(accuracies).assign(
        share=lambda table: table[column] / table["n" if column == "correct" else "paired_n"]
    )
    networks = for_each_draw(own[own["classifier"] == network], draws)
    networks = networks.pivot(index=["scale", "seed"], columns="draw", values="share")
    others = own[~is_network(own["classifier"]) & own["seed"].notna()].dropna(subset="share")
    others = others.pivot(index=["scale", "seed"], columns="classifier", values="share")
    shares = networks.join(others).sort_index()
    clean = own[(own["classifier"] == network) & (own["draw"] == CLEAN) & (own["scale"] == 0)]
    seeds = shares.index.get_level_values("seed")
    return shares.assign(clean=clean.set_index("seed")["share"].reindex(seeds).to_numpy())


def best_known(paired: pd.DataFrame) -> pd.Series:
    """The best known classifier of each scale: that with the highest mean over the seeds.

    paired: of accuracies_by_seed, on the images of the ceiling. A network is taken before another classifier
    that is as good. The upper bound is no classifier that one could have, and chance looks at no image.
    """
    known = paired.drop(columns=[UPPER, CHANCE, "clean"], errors="ignore")
    return known.groupby("scale").mean().idxmax(axis="columns")


def losses(
    accuracies: pd.DataFrame, networks: list[str], draws: list[str], answers: Answers, **identity: str
) -> pd.DataFrame:
    """One row per network, scale and part: what the better of two classifiers recognises and the worse does
    not.

    accuracies: the table of this name. networks: its classifiers whose points are lost. answers: which images
    were recognised, for the intervals of one seed.

    The parts of a scale add up to the accuracy without noise minus that of the first network, both on all
    test images. A part may be negative: where the network is better than the lower bound nothing is known to
    be unread, and where the upper bound is above the clean network nothing is known to be gone.
    """
    draws = draws_of_losses(draws)
    rows = [row for network in networks for row in network_losses(accuracies, network, draws, answers)]
    return make_table("losses", rows, **identity)


def network_losses(
    accuracies: pd.DataFrame, network: str, draws: list[str], answers: Answers
) -> list[dict[str, Any]]:
    """The rows of one network. draws: of draws_of_losses."""
    everything = accuracies_by_seed(accuracies, network, draws, "correct")
    paired = accuracies_by_seed(accuracies, network, draws, "paired_correct")
    last = draws[-1]
    n = int(accuracies.loc[accuracies["classifier"] == network, "n"].iloc[0])
    paired_n = int(accuracies.loc[accuracies["classifier"] == LOWER, "n"].iloc[0])
    chosen = spread_images(n, paired_n)
    unread = "unread" if not DRAWS[last].stored else "memorised or unread"
    rows = []
    for scale in everything.index.unique("scale"):
        of_all, of_paired = everything.xs(scale, level="scale"), paired.xs(scale, level="scale")
        lost = {"memorised": of_all[last] - of_all[draws[0]]} if len(draws) == 2 else {}
        lost[unread] = of_paired[LOWER] - of_paired[last]
        gone = of_paired["clean"] - of_paired[UPPER]
        lost["open"] = of_all["clean"] - of_all[draws[0]] - sum(lost.values()) - gone
        lost["gone"] = gone
        images = {}
        if len(of_all) == 1:
            images = lost_images(answers, network, draws, scale, of_all.index[0], chosen, unread)
        below = of_all[draws[0]].mean()
        names = [*draws, LOWER, UPPER, "clean"]
        for worse, better, (part, values) in zip(names, names[1:], lost.items(), strict=False):
            row = {"network": network, "scale": scale, "part": part, "seeds": len(values)}
            row["n"] = n if part in ("memorised", "open") else paired_n
            row |= {"worse": worse, "worse_accuracy": below}
            below += values.mean()
            row |= {"better": better, "better_accuracy": below}
            same_run = part == "memorised" and scale == 0  # the clean network counts for every draw
            row |= same_everywhere("lost", 0.0) if same_run else {}
            rows.append(with_interval("lost", values.to_numpy(), images.get(part)) | row)
    return rows


def lost_images(
    answers: Answers,
    network: str,
    draws: list[str],
    scale: float,
    seed: int,
    chosen: np.ndarray,
    unread: str,
) -> dict[str, np.ndarray]:
    """The parts of one seed, image by image: float (n,), or (images of the ceiling,). chosen: indices of
    these.
    """
    of_draw = {draw: answers[network, trained_as(draw, scale), scale, seed].astype(float) for draw in draws}
    clean = answers[network, CLEAN, 0.0, seed].astype(float)
    lower, upper = (answers[bound, None, scale, seed].astype(float) for bound in (LOWER, UPPER))
    first, last = of_draw[draws[0]], of_draw[draws[-1]]
    images = {unread: lower - last[chosen], "gone": clean[chosen] - upper}
    # What is open is the mean of this over all images: an image of the ceiling stands for len(clean) /
    # len(chosen). Without the mean, so that the images of the ceiling do not differ from the others by it.
    known = images[unread] + images["gone"]
    images["open"] = clean - last - known.mean()
    images["open"][chosen] -= (known - known.mean()) * len(clean) / len(chosen)
    return images | {"memorised": last - first}


def edges(losses: pd.DataFrame) -> pd.DataFrame:
    """Accuracies between which the parts of each scale lie, one above the other.

    None is below the first network, and none above the network without noise. losses: the table of this name,
    one network. Index: scale. Columns: `recognised` (by the first network), and each part, with the accuracy
    at its upper edge. A part with nothing in it ends where it begins.
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


def equivalent_scales(
    accuracies: pd.DataFrame, networks: list[str], draws: list[str]
) -> dict[tuple[str, str, float], dict[str, float]]:
    """The scale at which the best known classifier recognises as many images as each network does at its own.

    accuracies: the table of this name. By network, draw and scale: the mean over the seeds, and its interval
    over the seeds. All is nan where it lies beyond the largest scale, for any seed.
    """
    equivalents = {}
    for network in networks:
        paired = accuracies_by_seed(accuracies, network, draws, "paired_correct")
        best = best_known(paired)
        scales = best.index.to_numpy()
        equivalents |= {(network, draw, scale): [] for draw in draws for scale in scales}
        for _, shares in paired.groupby("seed"):
            by_scale = shares.droplevel("seed")
            curve = np.array([by_scale.at[scale, best[scale]] for scale in scales])
            for draw in draws:
                for scale in scales:
                    value = scale_at(scales, curve, by_scale.at[scale, draw])
                    equivalents[network, draw, scale].append(value)
    return {key: with_interval("equivalent_scale", values) for key, values in equivalents.items()}
