"""What many runs say together: comparison of scales, robustness of networks, recall of classes."""

import numpy as np
import pandas as pd

from analysis.intervals import accuracy_interval, paired_change, with_interval
from analysis.tables import make_table
from experiment.runs import trained_as

NO_VALUE = np.array([np.nan])
LEVEL = 0.9  # of accuracy, up to which a network or a class is said to take the noise


def for_each_draw(table: pd.DataFrame, draws: list[str], scale: str = "scale") -> pd.DataFrame:
    """The rows that count for each draw: a network that counts for several draws is there once for each."""
    parts = []
    for draw in draws:
        counted = [trained_as(draw, number) for number in table[scale]]
        parts.append(table[table["draw"] == counted].assign(draw=draw))
    return pd.concat(parts, ignore_index=True)


def compare_scales(
    histories: pd.DataFrame,
    test_images: int,
    draws: list[str],
    equivalents: dict[tuple[str, float], dict[str, float]] | None = None,
) -> pd.DataFrame:
    """One row per (draw, scale): means over the seeds of the last epoch, never of the best one.

    histories: the table of this name. test_images: on how many images val_accuracy was measured. The changes
    of val_accuracy, from the same draw without noise and from fixed noise of the same scale, are paired by
    seed. equivalents: of losses.equivalent_scales; none without a ceiling. Raises ValueError when not all
    runs have the same number of epochs.
    """
    last = histories.sort_values("epoch").groupby(["draw", "scale", "seed"]).tail(1)
    if last["epoch"].nunique() > 1:
        raise ValueError(f"runs end at different epochs: {sorted(last['epoch'].unique())}")
    clean = last[last["scale"] == 0].set_index("seed")["val_accuracy"]
    rows = []
    for (draw, scale), runs in for_each_draw(last, draws).groupby(["draw", "scale"]):
        accuracies = runs.set_index("seed")["val_accuracy"]
        low, high = accuracy_interval(accuracies.to_numpy(), test_images)
        other = draw != "fixed" and "fixed" in draws
        fixed = last[(last["draw"] == "fixed") & (last["scale"] == scale) & other]
        rows.append(
            {
                "draw": draw,
                "scale": scale,
                "seeds": len(runs),
                "epochs": runs["epoch"].iloc[0],
                "train_accuracy": runs["accuracy"].mean(),
                "val_accuracy": runs["val_accuracy"].mean(),
                "val_accuracy_low": low,
                "val_accuracy_high": high,
                "train_loss": runs["loss"].mean(),
                "val_loss": runs["val_loss"].mean(),
                **paired_change("change_from_clean", accuracies, clean),
                **paired_change("change_from_fixed", accuracies, fixed.set_index("seed")["val_accuracy"]),
                **(equivalents[draw, scale] if equivalents else with_interval("equivalent_scale", NO_VALUE)),
            }
        )
    return make_table("comparison", rows)


def last_above(scales: np.ndarray, accuracies: np.ndarray, level: float) -> int | None:
    """Index of the last scale before accuracy first falls to `level` or below; None if it starts there.

    scales: ascending, from 0.0 on; accuracies: of the same length.
    """
    fallen = np.flatnonzero(np.asarray(accuracies) <= level)
    index = int(fallen[0]) - 1 if len(fallen) else len(scales) - 1
    return index if index >= 0 else None


def crossing(scales: np.ndarray, accuracies: np.ndarray, level: float) -> float | None:
    """Scale at which accuracy first falls to `level`, interpolated linearly between neighbouring scales.

    None when it never falls so far, or starts below.
    """
    index = last_above(scales, accuracies, level)
    if index is None or index == len(scales) - 1:
        return None
    (x0, x1), (y0, y1) = scales[index : index + 2], accuracies[index : index + 2]
    return float(x0 + (y0 - level) / (y0 - y1) * (x1 - x0))


def crossing_or_why(scales: np.ndarray, accuracies: np.ndarray, level: float) -> float | str:
    """The crossing of the level; 'not reached' if accuracy stays above, 'never above' if it starts below."""
    if last_above(scales, accuracies, level) is None:
        return "never above"
    scale = crossing(scales, accuracies, level)
    return "not reached" if scale is None else round(scale, 4)


def area_under_curve(scales: np.ndarray, accuracies: np.ndarray) -> float:
    """Mean height of accuracy over the square root of the scale, the axis of the figures: 1 is perfect.

    By the trapezoidal rule, divided by the axis's length. With a single scale, the accuracy there.
    """
    x = np.sqrt(scales)
    return float(np.trapezoid(accuracies, x) / (x[-1] - x[0]) if len(x) > 1 else accuracies[0])


def robustness(evaluations: pd.DataFrame, chance: float, draws: list[str]) -> pd.DataFrame:
    """One row per network: how its accuracy falls with the scale of the test images.

    evaluations: the table of this name, all seeds. chance: accuracy of a guess. Rows with train_scale
    'matched' are not of one network but of one per scale, each tested at its own. corruption_error is
    Hendrycks & Dietterich's (2019, arXiv:1903.12261, section 4): the sum of errors over the noisy scales,
    divided by that of the network of the same seed trained without noise. Below 1 is better than this
    network.
    """
    rows = []
    for (draw, seed), pairs in for_each_draw(evaluations, draws, "train_scale").groupby(["draw", "seed"]):
        own = pairs[pairs["train_scale"] == pairs["test_scale"]]
        matched = own.set_index("test_scale")["accuracy"].sort_index()
        # Of many scales, only the chosen ones are tested with every network.
        curves = pairs.pivot(index="test_scale", columns="train_scale", values="accuracy").dropna()
        noisy = curves.index[curves.index > 0]
        clean_error = (1 - curves.loc[noisy, 0.0]).sum()
        for train_scale, curve in [*curves.items(), ("matched", matched)]:
            scales, accuracies = curve.index.to_numpy(), curve.to_numpy()
            half_way = (accuracies[0] + chance) / 2
            rows.append(
                {
                    "draw": draw,
                    "train_scale": train_scale,
                    "seed": seed,
                    "scale_at_90_percent": crossing_or_why(scales, accuracies, LEVEL),
                    "scale_half_way_to_chance": crossing_or_why(scales, accuracies, half_way),
                    "area": area_under_curve(scales, accuracies),
                    "corruption_error": (1 - curve[noisy]).sum() / clean_error if clean_error else np.nan,
                }
            )
    return make_table("robustness", rows)


def compare_kinds(evaluations: pd.DataFrame, draws: list[str]) -> pd.DataFrame:
    """One row per draw, scale of training and kind of noise in the test images: means over its scales.

    evaluations: the table of this name, all seeds and kinds. Scale 0 is left out, and so are scales on which
    not every network was tested. Changes are paired by seed, with the network trained without noise.
    """
    tested = for_each_draw(evaluations[evaluations["test_scale"] > 0], draws, "train_scale")
    rows = []
    for (draw, kind), pairs in tested.groupby(["draw", "kind"], sort=False):
        curves = pairs.pivot(index=["train_scale", "seed"], columns="test_scale", values="accuracy").dropna(
            axis="columns"
        )
        means = curves.mean(axis="columns")
        for train_scale, of_seeds in means.groupby("train_scale"):
            accuracies = of_seeds.droplevel("train_scale")
            rows.append(
                {
                    "draw": draw,
                    "train_scale": train_scale,
                    "kind": kind,
                    "seeds": len(accuracies),
                    "scales": curves.shape[1],
                    "accuracy": accuracies.mean(),
                    **paired_change("change_from_clean", accuracies, means.loc[0.0]),
                }
            )
    return make_table("kinds", rows)


def class_recall(confusion: pd.DataFrame, draws: list[str]) -> pd.DataFrame:
    """One row per draw, scale and class: the share of its test images that is recognised, mean over seeds.

    confusion: the table of this name, all seeds. Intervals as for accuracies. Classes without test images are
    left out.
    """
    confusion = for_each_draw(confusion, draws)
    confusion["right"] = confusion["n"].where(confusion["class"] == confusion["predicted"], 0)
    key = ["draw", "scale", "class", "seed"]
    counts = confusion.groupby(key, sort=False)[["right", "n"]].sum().query("n > 0").reset_index()
    rows = []
    for (draw, scale, name), runs in counts.groupby(key[:3], sort=False):
        recall, n = (runs["right"] / runs["n"]).to_numpy(), runs["n"].iloc[0]
        low, high = accuracy_interval(recall, n)
        place = {"draw": draw, "scale": scale, "class": name, "seeds": len(recall), "n": n}
        rows.append(place | {"recall": recall.mean(), "recall_low": low, "recall_high": high})
    return make_table("classes", rows)


def mean_accuracies(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Mean accuracy over the seeds and its interval, one row per name and scale.

    table: baselines or ceilings; name: the column `method` or `end`.
    """
    rows = []
    for (value, scale), runs in table.groupby([name, "scale"], sort=False):
        low, high = accuracy_interval(runs["accuracy"].to_numpy(), runs["n"].iloc[0])
        row = {name: value, "scale": scale, "accuracy": runs["accuracy"].mean()}
        rows.append(row | {"accuracy_low": low, "accuracy_high": high})
    return pd.DataFrame(rows).sort_values([name, "scale"], ignore_index=True)
