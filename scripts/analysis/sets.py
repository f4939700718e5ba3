"""Test sets of people's own: what every classifier recognises, and which scale of the noise costs as much."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.classifiers import is_network
from analysis.draws import ONE_SCALE
from analysis.intervals import accuracy_interval, measured_once, same_everywhere, with_interval
from analysis.kinds import WORDS
from analysis.phrases import about, network_phrase, percent
from analysis.summaries import crossing, last_above
from analysis.tables import make_table
from experiment.draws import CLEAN

NAME = "equivalent_scale"
REASON = f"{NAME}_reason"


def compare_sets(accuracies: pd.DataFrame, kind: str, **identity: str) -> pd.DataFrame:
    """One row per test set and classifier, as trained at one scale: means over the seeds.

    accuracies: the table of this name. kind: of noise, with which the sets are compared. The equivalent scale
    is where the classifier's own accuracy, over the scales of the test images, falls to that on the set.
    """
    keys = ["classifier", "draw", "train_scale"]
    noisy = accuracies[accuracies["kind"] == kind]
    curves = {
        identified(key): rows.pivot(index="scale", columns="seed", values="accuracy")
        for key, rows in noisy.dropna(subset="seed").groupby(keys, dropna=False)
    }
    rows = []
    for (name, *key), tests in accuracies[accuracies["scale"].isna()].groupby(["kind", *keys], dropna=False):
        by_seed = tests.set_index("seed").sort_index()
        correct, n = by_seed["correct"].to_numpy(), int(by_seed["n"].iloc[0])
        # The same answers with every seed are one measurement, as of a pretrained network.
        low, high = accuracy_interval(correct, n)
        curve, shares = curves[identified(key)][by_seed.index], by_seed["accuracy"]
        change = (shares - curve.loc[0.0]).mean() if 0.0 in curve.index else np.nan
        row = dict(zip(["set", *keys], (name, *key), strict=True)) | {"seeds": len(shares), "n": n}
        row |= {"accuracy": shares.mean(), "accuracy_low": low, "accuracy_high": high, "change": change}
        rows.append(row | equivalent(curve, shares, (low, high), measured_once(correct)))
    table = make_table("sets", rows, kind=kind, **identity)
    others = ~is_network(table["classifier"])
    return table.assign(others=others).sort_values(["set", "others"], kind="stable", ignore_index=True)[
        table.columns
    ]


def identified(key: Any) -> tuple:
    """Classifier, draw and train_scale, of which nan equals nan."""
    return tuple(None if isinstance(part, float) and np.isnan(part) else part for part in key)


def equivalent(
    curve: pd.DataFrame, shares: pd.Series, limits: tuple[float, float], once: bool
) -> dict[str, float | str]:
    """The scale at which the classifier is as accurate as on the set, its interval, and why there is none.

    curve: its accuracy, a row per scale and a column per seed. shares: on the set, by seed. limits: of the
    mean of these. Whether there is a scale is decided by the means. Where the set was measured `once`, or not
    every seed has a scale, the scale is that of the means, and the limits are carried through the mean curve.
    """
    if len(curve) == 1:
        return same_everywhere(NAME, np.nan) | {REASON: "one scale"}
    scales, mean = curve.index.to_numpy(), curve.mean(axis="columns").to_numpy()
    if last_above(scales, mean, shares.mean()) is None:
        return same_everywhere(NAME, np.nan) | {REASON: "never above"}
    if (of_means := crossing(scales, mean, shares.mean())) is None:
        return same_everywhere(NAME, np.nan) | {REASON: "not reached"}
    values = [crossing(scales, curve[seed].to_numpy(), share) for seed, share in shares.items()]
    if once or None in values:
        row = {
            NAME: of_means,
            f"{NAME}_low": scale_at(scales, mean, limits[1]),
            f"{NAME}_high": scale_at(scales, mean, limits[0]),
        }
    else:
        row = with_interval(NAME, values)
        row[f"{NAME}_low"] = np.maximum(row[f"{NAME}_low"], 0.0)  # there is no scale below
    return row | {REASON: "crossed"}


def scale_at(scales: np.ndarray, accuracies: np.ndarray, level: float) -> float:
    """Where accuracy falls to the level: 0 if it is never above, nan if it stays above."""
    if last_above(scales, accuracies, level) is None:
        return float(scales[0])
    scale = crossing(scales, accuracies, level)
    return np.nan if scale is None else scale


def say_sets(sets: pd.DataFrame, several: bool = False) -> list[str]:
    """What every set costs the networks without noise, and whether training on noise helps.

    sets: the table of this name.
    """
    networks = sets[is_network(sets["classifier"])]
    sentences = []
    for (_, network), rows in networks.groupby(["set", "classifier"], sort=False):
        unseen = rows[(rows["draw"] == "") | ((rows["draw"] == CLEAN) & (rows["train_scale"] == 0))]
        noisy = rows.drop(unseen.index)
        without = unseen.iloc[0]
        sentences.append(
            say_equivalent(without, network if several or not without["draw"] else "the network")
        )
        if noisy.empty:
            continue
        best = noisy.loc[noisy["accuracy"].idxmax()]
        if best["accuracy_low"] > without["accuracy_high"]:
            trained = network_phrase(network, best["draw"], several)
            trained += f" of scale {best['train_scale']:g}" * (best["draw"] in ONE_SCALE)
            chosen = f"; it was chosen among {len(noisy)} on the same images" * (len(noisy) > 1)
            sentences.append(f"Of {best['set']}, {trained} recognises {percent(best['accuracy'])}{chosen}.")
    return sentences


def say_equivalent(row: pd.Series, network: str) -> str:
    """What a set costs a network that learned from no noise. row: of the table sets."""
    subject = f"{network}, trained without noise" if row["draw"] else network
    comma = "," if row["draw"] else ""
    noise = "noise" if row["kind"] == "gaussian" else WORDS[row["kind"]].name
    images = f"it recognises {percent(row['accuracy'])} of its images"
    if row[REASON] == "crossed":
        low, high = row[f"{NAME}_low"], row[f"{NAME}_high"]
        limits = "" if np.isnan(low) else f" ({about(low)} to {about(high)})"
        if np.isnan(high) and not np.isnan(low):
            limits = f" (from {about(low)})"
        scale = about(row[NAME])
        return f"{row['set']} costs {subject}{comma} as much as {noise} of scale {scale}{limits}: {images}."
    if row[REASON] == "not reached":
        return f"{row['set']} costs {subject}{comma} more than {noise} of the largest scale: {images}."
    if row[REASON] == "never above":
        more = "and no more of the test images without noise"
        return f"{row['set']} costs {subject}{comma} nothing: {images}, {more}."
    return f"On {row['set']}, no scale is compared for {network}: {images}."
