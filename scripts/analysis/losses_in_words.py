"""Sentences about the lost points: where they went, and what no classifier can win back."""

import numpy as np
import pandas as pd

from analysis.losses import OTHER, edges
from analysis.phrases import about, count, count_seeds, listed, network_phrase, percent, whole_points
from analysis.summaries import LEVEL, last_above
from experiment.selection import chosen_scales

MAX_SCALES = 5  # with a sentence of their own, or in one
MIN_LOST = 0.0095  # accuracy: of less, in whole points of percent, nothing can be said


def say_limit(losses: pd.DataFrame, comparison: pd.DataFrame) -> str:
    """Up to which scale the best known classifier stays above the level, and from which on no classifier can.

    The best known classifier is one of those in the losses, or a network of the comparison. Of the measured
    scales: between two of them, a straight line would not be a bound.
    """
    losses = losses[losses["network"] == losses["network"].iloc[0]]  # the bounds are those of all
    accuracies = edges(losses)
    scales, level = accuracies.index.to_numpy(), f"{LEVEL:.0%}".replace("%", " %")
    bounds = losses[losses["part"] == "open"].set_index("scale")
    of_networks = comparison.groupby("scale")["val_accuracy"].max()
    below_open = accuracies.iloc[:, -3]
    known = np.maximum(below_open, of_networks.loc[scales]).to_numpy()
    limit = np.maximum(bounds["better_accuracy"].to_numpy(), known)
    best, last = (last_above(scales, shares, LEVEL) for shares in (known, limit))
    if best == len(scales) - 1:
        return (
            f"The best known classifier stays above {level} at every scale ({percent(known[-1])} at scale "
            f"{scales[-1]:g})."
        )
    if limit.max() <= LEVEL:
        return (
            f"No classifier can be expected to be above {level} at any scale ({percent(limit.max())} at "
            "most)."
        )
    if last is None or last == len(scales) - 1:
        return f"It is open whether a better classifier could stay above {level} at every scale."
    text = f"From scale {scales[last + 1]:g} on, no classifier can be expected to stay above {level} "
    text += f"({percent(limit[last + 1])} at most)"
    if best is None:
        return f"{text}."
    return f"{text}; the best known one does up to scale {scales[best]:g} ({percent(known[best])})."


def say_losses(losses: pd.DataFrame, loser: str = "", max_scales: int = MAX_SCALES) -> list[str]:
    """Where the lost points of each scale went, a sentence per scale. losses: the table of this name, one
    network. loser: its name, where there are several.

    A part counts if it is clear: above zero with its whole interval. The rest is open.
    """
    phrases = {
        "memorised": "memorising the noise cost {}",
        OTHER: "another network reads {}",
        "unread": "a better classifier could win back at least {}",
        "memorised or unread": "a better classifier could win back at least {}",
        "gone": "at least {} {are} gone",
    }
    images = losses.loc[losses["part"] == "gone", "n"].iloc[0]
    measured = f"(the ceiling: {count(images, 'test image')}, {count_seeds(losses['seeds'].iloc[0])})"
    widths = edges(losses).diff(axis="columns")
    lost = widths.sum(axis="columns")
    sentences = []
    for scale in chosen_scales(list(lost.index[lost >= MIN_LOST]), max_scales):
        parts = losses[losses["scale"] == scale].set_index("part")
        clear = parts.index[parts["lost_low"] > 0]
        named = {part: widths.at[scale, part] for part in phrases if part in clear}
        rest = max(lost[scale] - sum(named.values()), 0.0)
        *numbers, open_points = whole_points([*named.values(), rest])
        counts = {part: number for part, number in zip(named, numbers, strict=True) if number}
        texts = [
            phrases[part].format(number, are="is" if number == 1 else "are")
            for part, number in counts.items()
        ]
        total = sum(numbers) + open_points
        by_whom = f"that {loser} loses" if loser else "lost"
        lost_points = f"{count(total, 'point')} {by_whom} at scale {scale:g}"
        if not sentences:
            lost_points += f" {measured}"
        if open_points == total:
            sentences.append(f"It is open whether the {lost_points} could be won back.")
        elif len(counts) == 1 and not open_points:
            whole = phrases[next(iter(counts))].replace("at least ", "").format("all of them", are="are")
            sentences.append(f"Of the {lost_points}, {whole}.")
        else:
            other = f"; it is open whether the other {open_points} could be won back" * bool(open_points)
            parts_text = ", ".join([*texts[:-1], f"and {texts[-1]}"] if len(texts) > 1 else texts)
            sentences.append(f"Of the {lost_points}, {parts_text}{other}.")
    return sentences


def say_equivalents(comparison: pd.DataFrame) -> list[str]:
    """At which scale the best known classifier does as well as the network, where this is clearly another.

    comparison: the table of this name, one network.
    """
    sentences = []
    for (network, draw), rows in comparison.groupby(["network", "draw"]):
        low = rows["equivalent_scale_low"].fillna(rows["equivalent_scale"])
        worse = rows[(rows["scale"] > 0) & (low > rows["scale"])]
        other = worse[worse["scale"].map(about) != worse["equivalent_scale"].map(about)]
        pairs = [f"{about(row.equivalent_scale)} instead of {row.scale:g}" for row in other.itertuples()]
        if pairs:
            who = network_phrase(network, draw, several=False)
            sentences.append(
                f"The best known classifier takes more noise before it is as bad as {who}: scale "
                f"{listed(chosen_scales(pairs, MAX_SCALES))}."
            )
    return sentences
