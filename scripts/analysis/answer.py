"""What the numbers say, in sentences: first the answer, then why. The details are in the tables."""

import numpy as np
import pandas as pd

from analysis.losses import edges
from analysis.summaries import LEVEL, crossing, last_above, mean_accuracies
from experiment.noise import KINDS
from experiment.runs import chosen_scales

BASELINE = "nearest_class_mean"
MOST_NAMES = 5  # in one list
MOST_SCALES = 5  # in one sentence, or with a sentence of their own
LEAST_LOST = 0.0095  # accuracy: of less, in whole points of percent, nothing can be said


def percent(share: float) -> str:
    """A share for people: without decimals, unless it would then look like the level."""
    text = f"{share:.0%}" if f"{share:.0%}" != f"{LEVEL:.0%}" else f"{share:.1%}"
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

    >>> about(0.5649), about(1.25), about(123.4)
    ('0.56', '1.2', '123')
    """
    return f"{scale:.2g}" if scale < 100 else f"{scale:.0f}"


def count_seeds(seeds: int) -> str:
    """What a figure is of, in words."""
    return "one seed" if seeds == 1 else f"mean of {seeds} seeds"


def say_crossing(rows: pd.DataFrame, kind: str) -> str:
    """Up to which scale validation accuracy stays above the level.

    rows: of the comparison, one draw. kind: of noise, which is named unless it is the usual one.
    """
    scales, accuracies = rows["scale"].to_numpy(), rows["val_accuracy"].to_numpy()
    said = f"({count(rows['epochs'].iloc[0], 'epoch')}, {count_seeds(rows['seeds'].iloc[0])})"
    named = "" if kind == "gaussian" else f" ({KINDS[kind].name})"
    start = f"With {rows['draw'].iloc[0]} noise{named}, validation accuracy"
    level, index = f"{LEVEL:.0%}".replace("%", " %"), last_above(scales, accuracies, LEVEL)
    if index is None:
        return f"{start} is {percent(accuracies[0])} without any noise, which is not above {level} {said}."
    if (scale := crossing(scales, accuracies, LEVEL)) is None:
        end = f"at scale {scales[-1]:g} it is {percent(accuracies[-1])}"
        return f"{start} stays above {level} at every scale; {end} {said}."
    return (
        f"{start} stays above {level} up to scale {scales[index]:g} ({percent(accuracies[index])}) and is "
        f"{percent(accuracies[index + 1])} at scale {scales[index + 1]:g}; it crosses {level} near "
        f"{about(scale)} {said}."
    )


def say_memorised(comparison: pd.DataFrame) -> list[str]:
    """How much of what fixed noise costs was memorised noise: what fresh noise wins back, where this is
    clear.

    Where one draw alone was run, how far it reads its training images better than new ones.
    """
    noisy = comparison[comparison["scale"] > 0]
    if noisy.empty:
        return []
    fresh = noisy.dropna(subset="change_from_fixed")
    if fresh.empty:
        gap = noisy["train_accuracy"] - noisy["val_accuracy"]
        row = noisy.loc[gap.idxmax()]
        trained, new = percent(row["train_accuracy"]), percent(row["val_accuracy"])
        if gap.max() <= 0 or trained == new:
            return ["At no noisy scale is training accuracy clearly above validation accuracy."]
        return [
            f"Training accuracy exceeds validation accuracy most at scale {row['scale']:g}: "
            f"{trained} against {new}."
        ]
    # With one seed there is no interval.
    clear = fresh[fresh["change_from_fixed_low"].fillna(fresh["change_from_fixed"]) > 0]
    costs = clear["change_from_fixed"] - clear["change_from_clean"]  # of fixed noise
    clear = clear.assign(cost=costs, won=np.minimum(clear["change_from_fixed"], costs))[costs > 1e-9]
    if clear.empty:
        return ["At no scale is accuracy clearly higher with fresh noise than with fixed noise."]
    shares = [
        f"{points(row.won)} of {points(row.cost)} at scale {row.scale:g}"
        for row in clear.loc[chosen_scales(list(clear.index), MOST_SCALES)].itertuples()
    ]
    return [
        f"Of the points that fixed noise costs, fresh noise wins back {listed(shares)}: "
        "that much was memorised noise."
    ]


def say_kinds(kinds: pd.DataFrame, kind: str) -> list[str]:
    """What training on one kind of noise changes on each other kind. kinds: the table of this name."""
    said = []
    for (draw, other), rows in kinds[kinds["train_scale"] > 0].groupby(["draw", "kind"], sort=False):
        if other == kind:
            continue
        places = chosen_scales(list(rows.index), MOST_SCALES)
        changes = [f"{round(100 * value):+d}" for value in rows.loc[places, "change_from_clean"]]
        scales = listed([f"{scale:g}" for scale in rows.loc[places, "train_scale"]])
        said.append(
            f"On {KINDS[other].name}, training with {draw} noise of scale{'s' * (len(places) > 1)} {scales} "
            f"changes accuracy by {listed(changes)} points against training without noise (mean over its "
            "test scales)."
        )
    return said


def say_baseline(rows: pd.DataFrame, baseline: pd.Series) -> str:
    """Where the network is worse than the nearest class mean: its interval is below the mean of the
    baseline.

    rows: of the comparison, one draw. baseline: mean accuracy over the seeds, by scale.
    """
    below = rows[rows["val_accuracy_high"].to_numpy() < baseline.loc[rows["scale"]].to_numpy()]
    network = (
        f"the network with {rows['draw'].iloc[0]} noise recognises fewer images than the nearest class mean"
    )
    if below.empty:
        return f"At no scale does {network.replace('recognises', 'recognise')}, a method without a network."
    pairs = [
        f"{percent(row.val_accuracy)} against {percent(baseline.loc[row.scale])}"
        for row in below.itertuples()
    ]
    scales = listed([f"{scale:g}" for scale in below["scale"]])
    return (
        f"At scale{'s' * (len(below) > 1)} {scales}, {network}, a method without a network: {listed(pairs)}."
    )


def say_classes(rows: pd.DataFrame, noun: str) -> str:
    """Which classes fail first. rows: of the table classes, one draw. noun: what one image shows."""
    falls, never = {}, []
    for name, curve in rows.groupby("class", sort=False):
        scales, recall = curve["scale"].to_numpy(), curve["recall"].to_numpy()
        if last_above(scales, recall, LEVEL) is None:
            never.append(str(name))
        elif (scale := crossing(scales, recall, LEVEL)) is not None:
            falls[str(name)] = scale
    level, draw = f"{LEVEL:.0%}".replace("%", " %"), rows["draw"].iloc[0]
    said = []
    if never:
        names = (
            never if len(never) <= MOST_NAMES else [*never[:MOST_NAMES], f"{len(never) - MOST_NAMES} more"]
        )
        said.append(f"With {draw} noise, recall is never above {level} for {listed(names)}.")
    if falls:
        order = sorted(falls, key=lambda name: falls[name])
        text = f"With {draw} noise, the first {noun} whose recall falls below {level} is {order[0]} "
        text += f"(near scale {about(falls[order[0]])})"
        if len(order) > 1:
            text += f", the last is {order[-1]} (near {about(falls[order[-1]])})"
        said.append(f"{text}.")
    return " ".join(said) or f"With {draw} noise, recall stays above {level} for every {noun}."


def say_limit(losses: pd.DataFrame) -> str:
    """Up to which scale the best known reader stays above the level, and from which on no reader can.

    Of the measured scales: between two of them, a straight line would not be a bound.
    """
    rows = losses[losses["part"] == "open"]
    scales, level = rows["scale"].to_numpy(), f"{LEVEL:.0%}".replace("%", " %")
    known, limit = rows["worse_accuracy"].to_numpy(), rows["better_accuracy"].to_numpy()
    best, last = (last_above(scales, accuracies, LEVEL) for accuracies in (known, limit))
    if best == len(scales) - 1:
        return (
            f"The best known reader stays above {level} at every scale ({percent(known[-1])} at scale "
            f"{scales[-1]:g})."
        )
    if limit.max() <= LEVEL:
        return f"No reader can be expected to be above {level} at any scale ({percent(limit.max())} at most)."
    if last is None or last == len(scales) - 1:
        return f"It is open whether a better reader could stay above {level} at every scale."
    said = f"From scale {scales[last + 1]:g} on, no reader can be expected to stay above {level} "
    said += f"({percent(limit[last + 1])} at most)"
    if best is None:
        return f"{said}."
    return f"{said}; the best known one does up to scale {scales[best]:g} ({percent(known[best])})."


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


def say_losses(losses: pd.DataFrame) -> list[str]:
    """Where the lost points of each scale went, a sentence per scale. losses: the table of this name.

    A part counts if it is clear: above zero with its whole interval, if it has one. The rest is open.
    """
    phrases = {
        "memorised": "{} {were} memorised noise",
        "unread": "at least {} {are} in the image but not read",
        "memorised or unread": "at least {} can still be read",
        "gone": "at least {} {are} gone",
    }
    measured = f"on {count(losses['n'].iloc[0], 'test image')} ({count_seeds(losses['seeds'].iloc[0])})"
    widths = edges(losses).diff(axis="columns")
    lost = widths.sum(axis="columns")
    said = []
    for scale in chosen_scales(list(lost.index[lost >= LEAST_LOST]), MOST_SCALES):
        parts = losses[losses["scale"] == scale].set_index("part")
        clear = parts.index[parts["lost_low"].fillna(parts["lost"]) > 0]
        named = {part: widths.at[scale, part] for part in phrases if part in clear}
        rest = max(lost[scale] - sum(named.values()), 0.0)
        *numbers, open_points = whole_points([*named.values(), rest])
        texts = []
        for part, number in zip(named, numbers, strict=True):
            verbs = {"were": "was", "are": "is"} if number == 1 else {"were": "were", "are": "are"}
            if number:
                texts.append(phrases[part].format(number, **verbs))
        total = sum(numbers) + open_points
        lost_points = f"{count(total, 'point')} lost at scale {scale:g}"
        if not said:
            lost_points += f" {measured}"
        if open_points == total:
            said.append(f"It is open whether the {lost_points} can be read.")
            continue
        other = f"; it is open whether the other {open_points} can be read" if open_points else ""
        said.append(f"Of the {lost_points}, {listed(texts)}{other}.")
    return said


def say_equivalents(comparison: pd.DataFrame) -> list[str]:
    """At which scale the best known reader does as well as a network, where this is clearly another."""
    said = []
    for draw, rows in comparison.groupby("draw"):
        least = rows["equivalent_scale_low"].fillna(rows["equivalent_scale"])
        worse = rows[(rows["scale"] > 0) & (least > rows["scale"])]
        other = worse[worse["scale"].map(about) != worse["equivalent_scale"].map(about)]
        pairs = [(f"{row.scale:g}", about(row.equivalent_scale)) for row in other.itertuples()]
        pairs = chosen_scales(pairs, MOST_SCALES)
        if pairs:
            own, equivalent = (listed(list(scales)) for scales in zip(*pairs, strict=True))
            many = "s" * (len(pairs) > 1)
            said.append(
                f"With {draw} noise, the network does as well at scale{many} {own} as the best known reader "
                f"at scale{many} {equivalent}."
            )
    return said


def say_kind(kind: str) -> list[str]:
    """What follows from the kind of noise alone."""
    said = []
    if not KINDS[kind].random:
        said.append(f"Nothing is drawn for {KINDS[kind].name}, so fresh noise would be the same as fixed.")
    if not KINDS[kind].likelihood:
        said.append(f"What any reader could reach is not known for {KINDS[kind].name}.")
    return said


def answer(tables: dict[str, pd.DataFrame], noun: str, kind: str = "gaussian") -> str:
    """One sentence a line. The first lines, one per draw, are the answer: up to which scale it holds.

    tables: comparison, baselines, classes; and losses, where there is a ceiling. noun: what one image shows.
    kind: of noise.
    """
    comparison = tables["comparison"]
    means = mean_accuracies(tables["baselines"], "method")
    baseline = means[means["method"] == BASELINE].set_index("scale")["accuracy"]
    by_draw = [rows for _, rows in comparison.groupby("draw")]
    why = say_memorised(comparison)
    if "losses" in tables:
        losses = tables["losses"]
        # With both draws, what was memorised is among the losses.
        why = [*say_losses(losses), *(why if len(by_draw) == 1 else []), say_limit(losses)]
        why += say_equivalents(comparison)
    sentences = [
        *(say_crossing(rows, kind) for rows in by_draw),
        *why,
        *say_kind(kind),
        *(say_kinds(tables["kinds"], kind) if "kinds" in tables else []),
        *(say_baseline(rows, baseline) for rows in by_draw),
        *(say_classes(rows, noun) for _, rows in tables["classes"].groupby("draw")),
    ]
    return "\n".join(sentences)
