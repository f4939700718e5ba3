"""What the numbers say, in sentences: first the answer, then why. The details are in the tables.

Where there are several networks (`several`), sentences name the one that they are about.
"""

import math
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from analysis.classifiers import CENTROID, mean_accuracies, own_scale
from analysis.draws import ONE_SCALE
from analysis.filters import say_filters
from analysis.intervals import QUANTILE, measured_once, student_interval
from analysis.kinds import WORDS
from analysis.losses_in_words import MAX_SCALES, say_equivalents, say_limit, say_losses
from analysis.phrases import (
    about,
    case_phrase,
    count,
    count_seeds,
    listed,
    network_phrase,
    percent,
    points,
)
from analysis.sets import say_sets
from analysis.summaries import LEVEL, crossing, last_above
from experiment.ceiling import KNOWN_KINDS
from experiment.noise import KINDS
from experiment.preprocessing import in_yaml
from experiment.selection import chosen_scales

MAX_NAMES = 5  # in one list


def say_crossing(rows: pd.DataFrame, kind: str, several: bool = False) -> str:
    """Up to which scale validation accuracy stays above the level.

    rows: of the comparison, one network and draw. kind: of noise, which is named unless it is the usual one.
    """
    scales, accuracies = rows["scale"].to_numpy(), rows["val_accuracy"].to_numpy()
    network, draw, seeds = rows.iloc[0][["network", "draw", "seeds"]]
    trained = f"{epochs_phrase(rows['epochs'])}, " if draw else ""
    measured = f"({trained}{count_seeds(seeds)})"
    named = "" if kind == "gaussian" else f" ({WORDS[kind].name})"
    start = f"With {case_phrase(network, draw, several)}{named}, validation accuracy"
    level, index = f"{LEVEL:.0%}".replace("%", " %"), last_above(scales, accuracies, LEVEL)
    if index is None and accuracies.max() <= LEVEL:
        return (
            f"{start} is never above {level}: even without noise it is {percent(accuracies[0])} {measured}."
        )
    if index is None:
        above = [f"{scale:g}" for scale in scales[accuracies > LEVEL]]
        return (
            f"{start} is {percent(accuracies[0])} without noise, and above {level} only at scale"
            f"{'s' * (len(above) > 1)} {listed(above)} {measured}."
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


def epochs_phrase(epochs: pd.Series) -> str:
    """After how many epochs networks were taken: '20 epochs', or with early stopping '3 to 12 epochs'."""
    low, high = round(epochs.min()), round(epochs.max())
    return count(high, "epoch") if low == high else f"{low} to {count(high, 'epoch')}"


def say_early_stopping(histories: pd.DataFrame) -> list[str]:
    """Which networks are not those of their last epoch, and why. histories: the table of this name."""
    networks = list(histories.loc[histories["held_out_loss"].notna(), "network"].unique())
    if not networks:
        return []
    were = "was" if len(networks) == 1 else "were"
    return [
        f"{listed(networks)} {were} trained with early stopping: training images that were held out decided "
        "after which epoch, and no test image did."
    ]


def say_memorised(comparison: pd.DataFrame, several: bool = False) -> list[str]:
    """How much of what fixed noise costs was memorised noise: what another draw wins back, where this is
    clear.

    comparison: the table of this name, one network. Where one draw alone was run, how far it reads its
    training images better than new ones.
    """
    noisy = comparison[(comparison["scale"] > 0) & comparison["draw"].isin(ONE_SCALE)]
    if noisy.empty:
        return []
    others = noisy.dropna(subset="change_from_fixed")
    if not others.empty:
        return [say_won_back(draw, rows, several) for draw, rows in others.groupby("draw")]
    gap = noisy["train_accuracy"] - noisy["val_accuracy"]
    row = noisy.loc[gap.idxmax()]
    trained, new = percent(row["train_accuracy"]), percent(row["val_accuracy"])
    if gap.max() <= 0 or trained == new:
        accuracy = f"the training accuracy of {row['network']}" if several else "training accuracy"
        return [f"At no noisy scale is {accuracy} clearly above validation accuracy."]
    accuracy = f"The training accuracy of {row['network']}" if several else "Training accuracy"
    return [
        f"{accuracy} exceeds validation accuracy most at scale {row['scale']:g}: {trained} against {new}."
    ]


def say_won_back(draw: str, rows: pd.DataFrame, several: bool) -> str:
    """What a draw wins back of what fixed noise costs. rows: of the comparison, one network, this draw, noisy
    scales.
    """
    clear = rows[rows["change_from_fixed_low"] > 0]
    costs = clear["change_from_fixed"] - clear["change_from_clean"]  # of fixed noise
    clear = clear.assign(cost=costs, won=np.minimum(clear["change_from_fixed"], costs))[costs > 1e-9]
    network = rows["network"].iloc[0]
    if clear.empty:
        accuracy = f"the accuracy of {network}" if several else "accuracy"
        return f"At no scale is {accuracy} clearly higher with {draw} noise than with fixed noise."
    shares = [
        f"{points(row.won)} of {points(row.cost)} at scale {row.scale:g}"
        for row in clear.loc[chosen_scales(list(clear.index), MAX_SCALES)].itertuples()
    ]
    return (
        f"Of the points that fixed noise costs{f' {network}' * several}, {draw} noise wins back "
        f"{listed(shares)}: that much was memorised noise."
    )


def say_unknown_scale(robustness: pd.DataFrame, images: int, several: bool = False) -> list[str]:
    """Which network to use where the scale of the noise is not known, if one learned from all scales.

    robustness: the table of this name. Its area is a mean accuracy over the axis of the figures. images: the
    number of test images.
    """
    one = robustness[robustness["tested"] == "one"]
    keys = ["network", "draw", "train_scale"]
    by_seed = {case: rows.set_index("seed")["area"] for case, rows in one.groupby(keys, dropna=False)}
    areas = pd.DataFrame(
        [dict(zip([*keys, "area"], [*case, area.mean()], strict=True)) for case, area in by_seed.items()]
    )
    of_all = areas["train_scale"].isna() & (areas["draw"] != "")
    if of_all.all() or not of_all.any():
        return []
    best = [rows.loc[rows["area"].idxmax()] for rows in (areas[of_all], areas[~of_all])]
    best.sort(key=lambda row: row["area"], reverse=True)
    first, second = (network_of(*row[keys], several) for row in best)
    of_first, of_second = ([*by_seed.values()][row.name] for row in best)
    difference = (of_first - of_second).to_numpy()
    lower, _ = student_interval(difference)
    if measured_once(difference):
        # A mean over scales has at most the standard error of an accuracy, at most 0.5 / sqrt(images).
        lower = best[0]["area"] - best[1]["area"] - QUANTILE * math.sqrt(0.5 / images)
    if lower <= 0:
        return [
            f"Where the scale is not known, no difference between {first} and {second} is clear: averaged "
            f"over the square root of the scale, they recognise {percent(best[0]['area'])} and "
            f"{percent(best[1]['area'])}."
        ]
    return [
        f"Where the scale is not known, use {first}: averaged over the square root of the scale, it "
        f"recognises {percent(best[0]['area'])}, and {second} {percent(best[1]['area'])}."
    ]


def network_of(network: str, draw: str, scale: float, several: bool) -> str:
    """A network in words. scale: of its training; nan: all, or none where there is no draw."""
    if scale == 0:
        return f"{network if several else 'the network'} without noise"
    return network_phrase(network, draw, several) + ("" if np.isnan(scale) else f" of scale {scale:g}")


def say_cost(rows: pd.DataFrame, several: bool = False) -> list[str]:
    """What a network of all scales costs against one that is trained for each. rows: of the comparison, one
    network and draw.
    """
    network, draw = rows.iloc[0][["network", "draw"]]
    if draw in ["", *ONE_SCALE]:
        return []
    compared = [other for other in ONE_SCALE if rows[f"change_from_{other}"].notna().any()]
    if not compared:
        return []
    change, subject = f"change_from_{compared[-1]}", network_phrase(network, draw, several)
    networks = f"{network if several else 'networks'} with {compared[-1]} noise for each scale"
    worse = rows[rows[f"{change}_high"] < 0]
    if worse.empty:
        return [f"At no scale is {subject} clearly worse than {networks}."]
    row = worse.loc[worse[change].idxmin()]
    lost, low, high = (f"{-100 * row[name]:.1f}" for name in (change, f"{change}_high", f"{change}_low"))
    return [
        f"Against {networks}, {subject} loses at most {lost} points, at scale "
        f"{row['scale']:g} (95 % interval: {low} to {high})."
    ]


def say_kinds(kinds: pd.DataFrame, kind: str, several: bool = False) -> list[str]:
    """What training on one kind of noise changes on each other kind. kinds: the table of this name."""
    sentences = []
    keys = ["network", "draw", "kind"]
    noisy = kinds[(kinds["draw"] != "") & (kinds["train_scale"] != 0)]
    for (network, draw, other), rows in noisy.groupby(keys, sort=False):
        if other == kind:
            continue
        shown = rows.loc[chosen_scales(list(rows.index), MAX_SCALES)]
        changes = [f"{round(100 * value):+d}" for value in shown["change_from_clean"]]
        scales = listed([f"{scale:g}" for scale in shown["train_scale"]])
        scales = f" of scale{'s' * (len(shown) > 1)} {scales}" if draw in ONE_SCALE else ""
        sentences.append(
            f"On {WORDS[other].name}, training{f' {network}' * several} with {draw} noise{scales} "
            f"changes accuracy by {listed(changes)} points against training without noise (mean over its "
            "test scales)."
        )
    return sentences


def say_baseline(rows: pd.DataFrame, baseline: pd.Series, several: bool = False) -> str:
    """Where the network is worse than nearest centroid: its interval is below the mean of that.

    rows: of the comparison, one network and draw. baseline: mean accuracy over the seeds, by scale.
    """
    below = rows[rows["val_accuracy_high"].to_numpy() < baseline.loc[rows["scale"]].to_numpy()]
    network = network_phrase(*rows.iloc[0][["network", "draw"]], several)
    network += " recognises clearly fewer images than nearest centroid"
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


def say_classes(rows: pd.DataFrame, noun: str, several: bool = False) -> str:
    """Which classes fail first. rows: of the table classes, one network and draw. noun: what an image
    shows.
    """
    crossings, never = {}, []
    classes = rows.groupby("class", sort=False)
    for name, curve in classes:
        scales, recall = curve["scale"].to_numpy(), curve["recall"].to_numpy()
        if last_above(scales, recall, LEVEL) is None:
            never.append(str(name))
        elif (scale := crossing(scales, recall, LEVEL)) is not None:
            crossings[str(name)] = scale
    level = f"{LEVEL:.0%}".replace("%", " %")
    network, draw = rows.iloc[0][["network", "draw"]]
    start = f"With {case_phrase(network, draw, several)}"
    named = several or draw not in ["", *ONE_SCALE]  # for one scale, the network without noise is that of all
    of_network = f"With {network}, " if draw in ["", *ONE_SCALE] else f"{start}, "
    if len(never) == classes.ngroups:
        text = f"no {noun} has a recall above {level} without noise."
        return of_network + text if named else text[0].upper() + text[1:]
    sentences = []
    if never:
        names = never if len(never) <= MAX_NAMES else [*never[:MAX_NAMES], f"{len(never) - MAX_NAMES} more"]
        without = f"{of_network}recall without noise" if named else "Without noise, recall"
        sentences.append(f"{without} is not above {level} for {listed(names)}.")
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


def say_networks(networks: pd.DataFrame, came_trained: Collection[str] = ()) -> list[str]:
    """Which network recognises more images, where this is clear. networks: the table of this name.

    came_trained: names of networks that know no noise of the sweep. The others are then said to know it.
    """
    sentences, compared = [], set()
    for (draw, network, other), rows in networks.groupby(["draw", "network", "other"], sort=False):
        # Without noise, one network counts for all draws of one scale.
        noisy = rows[(rows["scale"] > 0) | ((network, other) not in compared) | (draw not in ONE_SCALE)]
        compared.add((network, other))
        clear = noisy[(noisy["difference_low"] > 0) | (noisy["difference_high"] < 0)]
        start, pair = f"With {draw} noise, " * bool(draw), [network, other]
        if draw and set(pair) & set(came_trained):
            learned = f"trained with {draw} noise" + " of the same scale" * (draw in ONE_SCALE)
            start, pair = "", [name if name in came_trained else f"{name} {learned}" for name in pair]
        if clear.empty:
            no = "no" if start else "No"
            sentences.append(f"{start}{no} difference between {listed(pair)} is clear at any scale.")
            continue
        texts = []
        for row in clear.loc[chosen_scales(list(clear.index), MAX_SCALES)].itertuples():
            low, high = sorted(abs(limit) for limit in (row.difference_low, row.difference_high))
            more = "more" if row.difference > 0 else "fewer"
            amount = points(abs(row.difference))
            by = f"{amount} " + ("" if texts else "point " if amount == "1" else "points ")
            than = "" if texts else f" than {pair[1]}"
            texts.append(f"{by}{more}{than} at scale {row.scale:g} ({points(low)} to {points(high)})")
        paired = "paired by image" if rows["seeds"].iloc[0] == 1 else "paired by seed and image"
        sentences.append(f"{start}{pair[0]} recognises {listed(texts)}, {paired}.")
    return sentences


def say_came_trained(network: str, check: dict[str, Any]) -> list[str]:
    """How a pretrained network is read, and what was noticed. check: the card of check_trained."""
    how = check["how"]
    colours = f", channels {how['channels']}" * (how["channels"] != "rgb")
    return [
        f"{network} is pretrained. It gets pixels {in_yaml(how['pixels'])} in the layout "
        f"{how['layout']}{colours}, gives {check['outputs']['meaning'].replace('_', '-')}, and recognises "
        f"{100 * check['accuracy']:.3g} % of "
        "the training images, without noise.",
        *(f"{network}: {note[0].lower()}{note[1:]}" for note in check["notes"]),
    ]


def say_duplicates(images: dict[str, Any]) -> list[str]:
    """How many images are there more than once. images: the card of fetch_images."""
    sentences, dropped = [], images["dropped"]
    if dropped:
        sentences.append(
            f"{count(dropped, 'training image')} that {'is' if dropped == 1 else 'are'} also in test, or "
            f"repeat another, {'was' if dropped == 1 else 'were'} dropped."
        )
    elif both := images["test_in_training"]:
        are = "is a training image" if both == 1 else "are training images"
        sentences.append(
            f"{both} of {images['test']} test images {are} too, pixel by pixel: every accuracy and both "
            "bounds of the ceiling are too high."
        )
    if repeated := images["repeated_in_training"] * (not dropped) + images["repeated_in_test"]:
        sentences.append(f"{count(repeated, 'image')} occur more than once within training or test.")
    if other := images["other_class"]:
        sentences.append(f"{count(other, 'image')} occur again with another class.")
    return sentences


def answer(
    tables: dict[str, pd.DataFrame],
    noun: str,
    kind: str = "gaussian",
    checks: dict[str, dict[str, Any]] | None = None,
    images: dict[str, Any] | None = None,
) -> str:
    """One sentence a line. The first lines, one per network and draw, are the answer: up to which scale it
    holds.

    tables: comparison, accuracies, robustness, classes; and histories, losses, kinds, filters and sets, where
    there are such. noun: what one image shows. kind: of noise. checks: the card of check_trained of every
    pretrained network. images: the card of fetch_images.
    """
    comparison = tables["comparison"]
    means = mean_accuracies(own_scale(tables["accuracies"]))
    baseline = means[means["classifier"] == CENTROID].set_index("scale")["accuracy"]
    by_network = [rows for _, rows in comparison.groupby("network", sort=False)]
    by_draw = [rows for _, rows in comparison.groupby(["network", "draw"], sort=False)]
    several, came_trained = len(by_network) > 1, set(comparison.loc[comparison["draw"] == "", "network"])
    why, told = [], False
    if "losses" in tables:
        losses = tables["losses"]
        # With both draws, what was memorised is among the losses.
        told = "memorised" in losses["part"].unique()
        max_scales = max(2, MAX_SCALES // len(by_network))
        for network, rows in losses.groupby("network", sort=False):
            why += say_losses(rows, network if several else "", max_scales)
    if not told:
        why += [sentence for rows in by_network for sentence in say_memorised(rows, several)]
    if "losses" in tables:
        why.append(say_limit(losses, comparison))
        why += [] if several else say_equivalents(comparison)
    by_case = [rows for _, rows in tables["classes"].groupby(["network", "draw"], sort=False)]
    # Each once, as where no class is above the level.
    classes = dict.fromkeys(say_classes(rows, noun, several) for rows in by_case)
    sentences = [
        *(say_crossing(rows, kind, several) for rows in by_draw),
        *(say_networks(tables["networks"], came_trained) if several else []),
        *say_unknown_scale(tables["robustness"], int(own_scale(tables["accuracies"])["n"].max()), several),
        *(sentence for rows in by_draw for sentence in say_cost(rows, several)),
        *why,
        *say_kind(kind),
        *(say_early_stopping(tables["histories"]) if "histories" in tables else []),
        *(say_kinds(tables["kinds"], kind, several) if "kinds" in tables else []),
        *(say_filters(tables["filters"], several) if "filters" in tables else []),
        *(say_sets(tables["sets"], several) if "sets" in tables else []),
        *(say_baseline(rows, baseline, several) for rows in by_draw),
        *classes,
        *(sentence for check in (checks or {}).items() for sentence in say_came_trained(*check)),
        *(say_duplicates(images) if images else []),
    ]
    return "\n".join(sentences)
