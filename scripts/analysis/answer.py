"""What the numbers say, in sentences."""

import pandas as pd
from analysis.robustness import LEVEL
from analysis.summaries import count_seeds, crossing, last_above


def points(share: float) -> str:
    """A share in points of percent: 12.3."""
    return f"{100 * share:.1f}"


def say_crossing(rows: pd.DataFrame) -> str:
    """Up to which scale validation accuracy stays above 90 %. rows: of one draw, as by compare_scales."""
    scales, accuracies = rows["scale"].to_numpy(), rows["val_accuracy"].to_numpy()
    epochs, seeds = rows["epochs"].iloc[0], rows["seeds"].iloc[0]
    mean = count_seeds(seeds)
    start = f"With {rows['draw'].iloc[0]} noise, validation accuracy after {epochs} epochs ({mean})"
    index = last_above(scales, accuracies, LEVEL)
    if index is None:
        return f"{start} is not above {LEVEL:.0%} even without noise: it is {accuracies[0]:.1%} there."
    if (scale := crossing(scales, accuracies, LEVEL)) is None:
        return (
            f"{start} stays above {LEVEL:.0%} at every scale tried, up to {scales[-1]:g}, "
            f"where it is {accuracies[-1]:.1%}."
        )
    return (
        f"{start} stays above {LEVEL:.0%} up to noise scale {scales[index]:g} ({accuracies[index]:.1%}) and "
        f"is {accuracies[index + 1]:.1%} at scale {scales[index + 1]:g}; interpolated linearly "
        f"between these two, it crosses {LEVEL:.0%} near scale {scale:.2g}."
    )


def say_memorised(comparison: pd.DataFrame) -> list[str]:
    """How much of what fixed noise costs, fresh noise gives back: at every scale where this is clear."""
    fresh = comparison[comparison["scale"] > 0].dropna(subset="change_from_fixed")
    if fresh.empty:
        return []
    # With one seed there is no interval.
    clear = fresh[fresh["change_from_fixed_low"].fillna(fresh["change_from_fixed"]) > 0]
    if clear.empty:
        return ["At no scale is it clear that noise drawn anew in every epoch does better than fixed noise."]
    shares = [
        f"{points(row.change_from_fixed)} of {points(row.change_from_fixed - row.change_from_clean)} "
        f"at scale {row.scale:g}"
        for row in clear.itertuples()
    ]
    return [
        "Of the points of accuracy that fixed noise costs, noise drawn anew in every epoch gives back "
        f"{', '.join(shares)}: so much was memorised noise, and not lost information."
    ]


def say_baseline(rows: pd.DataFrame, baseline: pd.Series) -> str:
    """Where the network falls below the nearest class mean: its interval lies under the mean of the baseline.

    rows: of one draw, as by compare_scales; baseline: mean accuracy over the seeds, by scale.
    """
    below = rows[rows["val_accuracy_high"].to_numpy() < baseline.loc[rows["scale"]].to_numpy()]
    network = f"With {rows['draw'].iloc[0]} noise, the network"
    if below.empty:
        return f"{network} nowhere falls below the nearest class mean, which needs no training."
    pairs = [
        f"{row.scale:g} ({row.val_accuracy:.1%} against {baseline.loc[row.scale]:.1%})"
        for row in below.itertuples()
    ]
    where = f"scale {pairs[0]}" if len(pairs) == 1 else f"scales {', '.join(pairs[:-1])} and {pairs[-1]}"
    return f"{network} falls below the nearest class mean, which needs no training, at {where}."


def say_classes(rows: pd.DataFrame) -> str:
    """Which digits fail first. rows: of one draw, as by class_recall."""
    start, falls, never = f"With {rows['draw'].iloc[0]} noise, recall", {}, []
    for digit, curve in rows.groupby("class"):
        scales, recall = curve["scale"].to_numpy(), curve["recall"].to_numpy()
        if last_above(scales, recall, LEVEL) is None:
            never.append(str(digit))
        elif (scale := crossing(scales, recall, LEVEL)) is not None:
            falls[digit] = scale
    order = [f"{digit} (scale {falls[digit]:.2g})" for digit in sorted(falls, key=lambda digit: falls[digit])]
    said = []
    if order:
        said.append(f"{start} falls below {LEVEL:.0%} in the order of the digits {', '.join(order)}.")
    if never:
        said.append(f"{start} is nowhere above {LEVEL:.0%} for the digits {', '.join(never)}.")
    return " ".join(said) or f"{start} stays above {LEVEL:.0%} for every digit."


def answer(comparison: pd.DataFrame, baselines: pd.DataFrame, digits: pd.DataFrame) -> str:
    """Why it breaks, and as the last line (one per draw) the answer: up to which scale it does not."""
    baseline = baselines[baselines["method"] == "nearest_mean"].groupby("scale")["accuracy"].mean()
    by_draw = [rows for _, rows in comparison.groupby("draw")]
    sentences = [
        *say_memorised(comparison),
        *(say_baseline(rows, baseline) for rows in by_draw),
        *(say_classes(rows) for _, rows in digits.groupby("draw")),
        *(say_crossing(rows) for rows in by_draw),
    ]
    return "\n".join(sentences).replace("%", " %")
