"""Where every lost point goes: memorised, read by another network, in the image and unread, open, or gone.

Every classifier of the noisy images stands between two others. From the worst to the best they are the
network with fixed noise, the network with fresh noise, the best network of the sweep (where there are
several), the lower and the upper bound of the ceiling, and the network without noise. A pretrained
network stands below the best network of the sweep. Differences between networks are taken on all test images,
those from a bound on the images of the ceiling, seed by seed. What is open is the rest, so that the parts add
up to what the network has lost.
"""

import numpy as np
import pandas as pd

from analysis.classifiers import CHANCE, LOWER, UPPER, is_network, own_scale
from analysis.intervals import same_everywhere, with_interval
from analysis.summaries import for_each_draw
from analysis.tables import make_table
from experiment.draws import CLEAN, DRAWS
from experiment.runs import trained_as
from experiment.selection import spread_images

# (classifier, draw, scale, seed) -> images recognised, bool (n,). The draw is "" where there is none.
Answers = dict[tuple, np.ndarray]
Step = tuple[str, str]  # a network in the losses: its name and its draw
OTHER = "read by another network"  # a part
WITHOUT_NOISE = ("clean", "")  # the network without noise, at scale 0


def draws_of_losses(draws: list[str]) -> list[str]:
    """The draws whose networks stand in the losses: one that is stored, then one that is drawn again.

    A network of all scales stands there only where no other was trained: what it loses beside a network of
    one scale is neither memorised nor unread.
    """
    one_scale = [draw for draw in draws if DRAWS[draw].one_scale]
    stored = [draw for draw in one_scale if DRAWS[draw].stored]
    drawn_again = [draw for draw in one_scale if not DRAWS[draw].stored]
    return stored[:1] + drawn_again[:1] or draws[:1]


def with_share(accuracies: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows at the own scale of their classifier, with their share of correct answers.

    column: `correct` (all test images) or `paired_correct` (those of the ceiling).
    """
    own = own_scale(accuracies)
    n = own["n" if column == "correct" else "paired_n"]
    return own.assign(share=own[column] / n).dropna(subset=["share", "seed"])


def shares_by_seed(accuracies: pd.DataFrame, draws: list[str], column: str) -> pd.DataFrame:
    """Share of images that each classifier recognises at its own scale. Index: scale and seed, sorted.

    accuracies: the table of this name. column: of with_share. Columns: (classifier, draw), networks first;
    the draw is "" for all that is no network, and for a pretrained network.
    """
    own = with_share(accuracies, column)
    networks = for_each_draw(own[is_network(own["classifier"])], draws)
    shares = pd.concat([networks, own[~is_network(own["classifier"])].assign(draw="")])
    columns = ["classifier", "draw"]
    order = pd.MultiIndex.from_frame(shares[columns].drop_duplicates())
    return shares.pivot(index=["scale", "seed"], columns=columns, values="share")[order]


def clean_shares(accuracies: pd.DataFrame, network: str, column: str) -> pd.Series:
    """Share of images without noise that a network recognises which saw no noise, by seed. column: of
    with_share.
    """
    own = with_share(accuracies, column)
    own = own[(own["classifier"] == network) & (own["scale"] == 0)]
    return own[own["draw"].isin([CLEAN, ""])].set_index("seed")["share"]


def best_known(paired: pd.DataFrame) -> pd.Series:
    """The best known classifier of each scale, (classifier, draw): that with the highest mean over the seeds.

    paired: of shares_by_seed, on the images of the ceiling. A network is taken before another classifier that
    is as good. The upper bound is no classifier that one could have, and chance looks at no image.
    """
    known = paired.drop(columns=[(UPPER, ""), (CHANCE, "")], errors="ignore")
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
    everything, paired = (shares_by_seed(accuracies, draws, name) for name in ("correct", "paired_correct"))
    n, paired_n = (
        int(accuracies.loc[accuracies["classifier"] == name, "n"].iloc[0]) for name in (networks[0], LOWER)
    )
    chosen = spread_images(n, paired_n)
    in_losses = draws_of_losses(draws)
    unread = "memorised or unread" if in_losses and DRAWS[in_losses[-1]].stored else "unread"
    rows = []
    for network in networks:
        own = [(network, "")] if (network, "") in everything else [(network, draw) for draw in in_losses]
        clean = [clean_shares(accuracies, network, name) for name in ("correct", "paired_correct")]
        for scale in everything.index.unique("scale"):
            of_all, of_paired = (table.xs(scale, level="scale").copy() for table in (everything, paired))
            of_all[WITHOUT_NOISE], of_paired[WITHOUT_NOISE] = clean
            several = len(networks) > 1
            steps = own + [best_network(of_all, networks, own[-1])] * several
            parts = ["memorised"] * (len(own) - 1) + [OTHER] * several
            lost = lost_shares(of_all, of_paired, steps, parts, unread)
            images = {}
            if len(of_all) == 1:
                images = lost_images(answers, steps, parts, unread, scale, of_all.index[0], chosen)
            below = of_all[steps[0]].mean()
            names = [*(step_name(step, network) for step in steps), LOWER, UPPER, WITHOUT_NOISE[0]]
            for worse, better, (part, values) in zip(names, names[1:], lost.items(), strict=False):
                row = {"network": network, "scale": scale, "part": part, "seeds": len(values)}
                row["n"] = paired_n if part in (unread, "gone") else n
                row |= {"worse": worse, "worse_accuracy": below}
                below += values.mean()
                row |= {"better": better, "better_accuracy": below}
                # The clean network counts for every draw, and the best network may be this one.
                same_run = (part == "memorised" and scale == 0) or worse == better
                row |= same_everywhere("lost", 0.0) if same_run else {}
                rows.append(with_interval("lost", values.to_numpy(), images.get(part)) | row)
    return make_table("losses", rows, **identity)


def best_network(of_all: pd.DataFrame, networks: list[str], own: Step) -> Step:
    """Of `own` and all other networks that with the highest mean over the seeds; `own` if it is as good.

    of_all: of shares_by_seed, one scale, all test images.
    """
    others = [column for column in of_all.columns if column[0] in networks and column[0] != own[0]]
    means = of_all[[own, *others]].mean()
    return own if means[own] == means.max() else means.idxmax()


def step_name(step: Step, network: str) -> str:
    """A network in the losses of `network`: its own by their draw."""
    name, draw = step
    if name == network:
        return draw or name
    return f"{name}, {draw} noise" if draw else name


def lost_shares(
    of_all: pd.DataFrame, of_paired: pd.DataFrame, steps: list[Step], parts: list[str], unread: str
) -> dict[str, pd.Series]:
    """The parts of one scale by seed, in their order. parts: between the steps."""
    lost = {
        part: of_all[better] - of_all[worse]
        for part, worse, better in zip(parts, steps, steps[1:], strict=False)
    }
    gone = of_paired[WITHOUT_NOISE] - of_paired[UPPER, ""]
    lost[unread] = of_paired[LOWER, ""] - of_paired[steps[-1]]
    lost["open"] = of_all[WITHOUT_NOISE] - of_all[steps[0]] - sum(lost.values()) - gone
    return lost | {"gone": gone}


def lost_images(
    answers: Answers,
    steps: list[Step],
    parts: list[str],
    unread: str,
    scale: float,
    seed: int,
    chosen: np.ndarray,
) -> dict[str, np.ndarray]:
    """The parts of one seed, image by image: float (n,), or (images of the ceiling,). chosen: indices of
    these.
    """

    def recognised(name: str, draw: str, at: float) -> np.ndarray:
        return answers[name, trained_as(draw, at) if draw else "", at, seed].astype(float)

    of_steps = [recognised(*step, scale) for step in steps]
    clean = recognised(steps[0][0], CLEAN if steps[0][1] else "", 0.0)
    lower, upper = (recognised(bound, "", scale) for bound in (LOWER, UPPER))
    top = of_steps[-1]
    images = {
        part: better - worse for part, worse, better in zip(parts, of_steps, of_steps[1:], strict=False)
    }
    images |= {unread: lower - top[chosen], "gone": clean[chosen] - upper}
    # What is open is the mean of this over all images: an image of the ceiling stands for len(clean) /
    # len(chosen). Without the mean, so that the images of the ceiling do not differ from the others by it.
    known = images[unread] + images["gone"]
    images["open"] = clean - top - known.mean()
    images["open"][chosen] -= (known - known.mean()) * len(clean) / len(chosen)
    return images


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
    paired = shares_by_seed(accuracies, draws, "paired_correct")
    best = best_known(paired)
    scales = best.index.to_numpy()
    of_networks = [column for column in paired.columns if column[0] in networks]
    equivalents = {(*column, scale): [] for column in of_networks for scale in scales}
    for _, shares in paired.groupby("seed"):
        by_scale = shares.droplevel("seed")
        curve = np.array([by_scale.at[scale, best[scale]] for scale in scales])
        for (*column, scale), values in equivalents.items():
            values.append(scale_at(scales, curve, by_scale.at[scale, tuple(column)]))
    return {key: with_interval("equivalent_scale", values) for key, values in equivalents.items()}
