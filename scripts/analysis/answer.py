"""What the numbers say, in sentences: first the answer, then why. The details are in the tables."""

import numpy as np
import pandas as pd

from analysis.classifiers import CENTROID, mean_accuracies, own_scale
from analysis.draws import ONE_SCALE
from analysis.kinds import WORDS
from analysis.losses import edges
from analysis.summaries import LEVEL, crossing, last_above
from experiment.ceiling import KNOWN_KINDS
from experiment.noise import KINDS
from experiment.selection import chosen_scales

MAX_NAMES = 5  # in one list
MAX_SCALES = 5  # in one sentence, or with a sentence of their own
MIN_LOST = 0.0095  # accuracy: of less, in whole points of percent, nothing can be said


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
    measured = f"({count(rows['epochs'].iloc[0], 'epoch')}, {count_seeds(rows['seeds'].iloc[0])})"
    named = "" if kind == "gaussian" else f" ({WORDS[kind].name})"
    start = f"With {rows['draw'].iloc[0]} noise{named}, validation accuracy"
    level, index = f"{LEVEL:.0%}".replace("%", " %"), last_above(scales, accuracies, LEVEL)
    if index is None:
        return (
            f"{start} is never above {level}: even without noise it is {percent(accuracies[0])} {measured}."
        )
    if (scale := crossing(scales, accuracies, LEVEL)) is None:
        end = f"at scale {scales[-1]:g} it is {percent(accuracies[-1])}"
        return f"{start} stays above {level} at every scale; {end} {measured}."
    next_one = f"{percent(accuracies[index + 1])} at scale {scales[index + 1]:g}"
    if index == 0:
        return (
            f"{start} is only {next_one}, the smallest scale above 0; without noise it is "
            f"{percent(accuracies[0])}. It crosses {level} near scale {about(scale)} {measured}."
        )
    return (
        f"{start} stays above {level} up to scale {scales[index]:g} ({percent(accuracies[index])}) and is "
        f"{next_one}; it crosses {level} near {about(scale)} {measured}."
    )


def say_memorised(comparison: pd.DataFrame) -> list[str]:
    """How much of what fixed noise costs was memorised noise: what another draw wins back, where this is
    clear.

    Where one draw alone was run, how far it reads its training images better than new ones.
    """
    noisy = comparison[(comparison["scale"] > 0) & comparison["draw"].isin(ONE_SCALE)]
    if noisy.empty:
        return []
    others = noisy.dropna(subset="change_from_fixed")
    if not others.empty:
        return [say_won_back(draw, rows) for draw, rows in others.groupby("draw")]
    gap = noisy["train_accuracy"] - noisy["val_accuracy"]
    row = noisy.loc[gap.idxmax()]
    trained, new = percent(row["train_accuracy"]), percent(row["val_accuracy"])
    if gap.max() <= 0 or trained == new:
        return ["At no noisy scale is training accuracy clearly above validation accuracy."]
    return [
        f"Training accuracy exceeds validation accuracy most at scale {row['scale']:g}: {trained} against "
        f"{new}."
    ]


def say_won_back(draw: str, rows: pd.DataFrame) -> str:
    """What a draw wins back of what fixed noise costs. rows: of the comparison, this draw, noisy scales."""
    clear = rows[rows["change_from_fixed_low"] > 0]
    costs = clear["change_from_fixed"] - clear["change_from_clean"]  # of fixed noise
    clear = clear.assign(cost=costs, won=np.minimum(clear["change_from_fixed"], costs))[costs > 1e-9]
    if clear.empty:
        return f"At no scale is accuracy clearly higher with {draw} noise than with fixed noise."
    shares = [
        f"{points(row.won)} of {points(row.cost)} at scale {row.scale:g}"
        for row in clear.loc[chosen_scales(list(clear.index), MAX_SCALES)].itertuples()
    ]
    return (
        f"Of the points that fixed noise costs, {draw} noise wins back {listed(shares)}: that much was "
        "memorised noise."
    )


def say_unknown_scale(robustness: pd.DataFrame) -> list[str]:
    """Which network to use where the scale of the noise is not known, if one learned from all scales.

    robustness: the table of this name. Its area is a mean accuracy over the axis of the figures.
    """
    one = robustness[robustness["tested"] == "one"]
    areas = one.groupby(["draw", "train_scale"], dropna=False)["area"].mean().reset_index()
    of_all = areas["train_scale"].isna()
    if of_all.all() or not of_all.any():
        return []
    best = [rows.loc[rows["area"].idxmax()] for rows in (areas[of_all], areas[~of_all])]
    best.sort(key=lambda row: row["area"], reverse=True)
    first, second = (network_of(row["draw"], row["train_scale"]) for row in best)
    return [
        f"Where the scale is not known, use {first}: averaged over the square root of the scale, it "
        f"recognises {percent(best[0]['area'])}, and {second} {percent(best[1]['area'])}."
    ]


def network_of(draw: str, scale: float) -> str:
    """A network in words. scale: of its training; nan: all."""
    if scale == 0:
        return "the network without noise"
    return f"the network with {draw} noise" + ("" if np.isnan(scale) else f" of scale {scale:g}")


def say_cost(rows: pd.DataFrame) -> list[str]:
    """What a network of all scales costs against one that is trained for each. rows: of the comparison, one
    draw.
    """
    draw = rows["draw"].iloc[0]
    if draw in ONE_SCALE:
        return []
    compared = [other for other in ONE_SCALE if rows[f"change_from_{other}"].notna().any()]
    if not compared:
        return []
    change, networks = f"change_from_{compared[-1]}", f"networks with {compared[-1]} noise for each scale"
    worse = rows[rows[f"{change}_high"] < 0]
    if worse.empty:
        return [f"At no scale is the network with {draw} noise clearly worse than {networks}."]
    row = worse.loc[worse[change].idxmin()]
    lost, low, high = (f"{-100 * row[name]:.1f}" for name in (change, f"{change}_high", f"{change}_low"))
    return [
        f"Against {networks}, the network with {draw} noise loses at most {lost} points, at scale "
        f"{row['scale']:g} (95 % interval: {low} to {high})."
    ]


def say_kinds(kinds: pd.DataFrame, kind: str) -> list[str]:
    """What training on one kind of noise changes on each other kind. kinds: the table of this name."""
    sentences = []
    for (draw, other), rows in kinds[kinds["train_scale"] > 0].groupby(["draw", "kind"], sort=False):
        if other == kind:
            continue
        shown = rows.loc[chosen_scales(list(rows.index), MAX_SCALES)]
        changes = [f"{round(100 * value):+d}" for value in shown["change_from_clean"]]
        scales = listed([f"{scale:g}" for scale in shown["train_scale"]])
        sentences.append(
            f"On {WORDS[other].name}, training with {draw} noise of scale{'s' * (len(shown) > 1)} {scales} "
            f"changes accuracy by {listed(changes)} points against training without noise (mean over its "
            "test scales)."
        )
    return sentences


def say_baseline(rows: pd.DataFrame, baseline: pd.Series) -> str:
    """Where the network is worse than nearest centroid: its interval is below the mean of that.

    rows: of the comparison, one draw. baseline: mean accuracy over the seeds, by scale.
    """
    below = rows[rows["val_accuracy_high"].to_numpy() < baseline.loc[rows["scale"]].to_numpy()]
    network = f"the network with {rows['draw'].iloc[0]} noise recognises fewer images than nearest centroid"
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
    crossings, never = {}, []
    classes = rows.groupby("class", sort=False)
    for name, curve in classes:
        scales, recall = curve["scale"].to_numpy(), curve["recall"].to_numpy()
        if last_above(scales, recall, LEVEL) is None:
            never.append(str(name))
        elif (scale := crossing(scales, recall, LEVEL)) is not None:
            crossings[str(name)] = scale
    level, start = f"{LEVEL:.0%}".replace("%", " %"), f"With {rows['draw'].iloc[0]} noise"
    if len(never) == classes.ngroups:
        return f"No {noun} has a recall above {level}, even without noise."
    sentences = []
    if never:
        names = never if len(never) <= MAX_NAMES else [*never[:MAX_NAMES], f"{len(never) - MAX_NAMES} more"]
        sentences.append(f"Even without noise, recall is not above {level} for {listed(names)}.")
    if crossings:
        order = sorted(crossings, key=lambda name: crossings[name])
        first, last = (f"{name} (near scale {about(crossings[name])})" for name in (order[0], order[-1]))
        of_others = f"of the other {noun}s, " if never else ""
        if len(order) == 1:
            only = f"only {first} falls to a recall of {level}"
            sentences.append(f"{start}, {of_others}{only}.")
        else:
            sentences.append(
                f"{start}, {of_others}{first} falls to a recall of {level} first, and {last} last."
            )
    return " ".join(sentences) or f"{start}, recall stays above {level} for every {noun}."


def say_limit(losses: pd.DataFrame, comparison: pd.DataFrame) -> str:
    """Up to which scale the best known classifier stays above the level, and from which on no classifier can.

    The best known classifier is one of those in the losses, or a network of the comparison. Of the measured
    scales: between two of them, a straight line would not be a bound.
    """
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

    A part counts if it is clear: above zero with its whole interval. The rest is open.
    """
    phrases = {
        "memorised": "memorising the noise cost {}",
        "unread": "a better classifier could win back at least {}",
        "memorised or unread": "a better classifier could win back at least {}",
        "gone": "at least {} {are} gone",
    }
    images = losses.loc[losses["part"] == "gone", "n"].iloc[0]
    measured = f"(the ceiling: {count(images, 'test image')}, {count_seeds(losses['seeds'].iloc[0])})"
    widths = edges(losses).diff(axis="columns")
    lost = widths.sum(axis="columns")
    sentences = []
    for scale in chosen_scales(list(lost.index[lost >= MIN_LOST]), MAX_SCALES):
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
        lost_points = f"{count(total, 'point')} lost at scale {scale:g}"
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
    """At which scale the best known classifier does as well as a network, where this is clearly another."""
    sentences = []
    for draw, rows in comparison.groupby("draw"):
        low = rows["equivalent_scale_low"].fillna(rows["equivalent_scale"])
        worse = rows[(rows["scale"] > 0) & (low > rows["scale"])]
        other = worse[worse["scale"].map(about) != worse["equivalent_scale"].map(about)]
        pairs = [f"{about(row.equivalent_scale)} instead of {row.scale:g}" for row in other.itertuples()]
        if pairs:
            sentences.append(
                "The best known classifier takes more noise before it is as bad as the network with "
                f"{draw} noise: scale {listed(chosen_scales(pairs, MAX_SCALES))}."
            )
    return sentences


def say_kind(kind: str) -> list[str]:
    """What follows from the kind of noise alone."""
    sentences = []
    if not KINDS[kind].random:
        sentences.append(
            f"Nothing is drawn for {WORDS[kind].name}, so fresh noise would be the same as fixed."
        )
    if kind not in KNOWN_KINDS:
        sentences.append(f"What any classifier could reach is not known for {WORDS[kind].name}.")
    return sentences


def answer(tables: dict[str, pd.DataFrame], noun: str, kind: str = "gaussian") -> str:
    """One sentence a line. The first lines, one per draw, are the answer: up to which scale it holds.

    tables: comparison, accuracies, robustness, classes; and losses, where there is a ceiling. noun: what one
    image shows. kind: of noise.
    """
    comparison = tables["comparison"]
    means = mean_accuracies(own_scale(tables["accuracies"]))
    baseline = means[means["classifier"] == CENTROID].set_index("scale")["accuracy"]
    by_draw = [rows for _, rows in comparison.groupby("draw")]
    why = say_memorised(comparison)
    if "losses" in tables:
        losses = tables["losses"]
        # With both draws, what was memorised is among the losses.
        told = "memorised" in losses["part"].unique()
        why = [*say_losses(losses), *([] if told else why), say_limit(losses, comparison)]
        why += say_equivalents(comparison)
    # Of each draw once, as where no class is above the level.
    classes = dict.fromkeys(say_classes(rows, noun) for _, rows in tables["classes"].groupby("draw"))
    sentences = [
        *(say_crossing(rows, kind) for rows in by_draw),
        *say_unknown_scale(tables["robustness"]),
        *(sentence for rows in by_draw for sentence in say_cost(rows)),
        *why,
        *say_kind(kind),
        *(say_kinds(tables["kinds"], kind) if "kinds" in tables else []),
        *(say_baseline(rows, baseline) for rows in by_draw),
        *classes,
    ]
    return "\n".join(sentences)
