"""How much noise single networks, and single digits, can take."""

import numpy as np
import pandas as pd
from analysis.summaries import CHANCE, accuracy_interval, crossing, for_each_draw, last_above

LEVEL = 0.9  # of accuracy, up to which a network or a digit is said to take the noise


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


def robustness(evaluations: pd.DataFrame, draws: list[str]) -> pd.DataFrame:
    """One row per network: draw, train_scale, seed, and how accuracy falls with the scale of the test images.

    evaluations: as stored by evaluate_models, all seeds. Rows with train_scale 'matched' are not of one
    network but of one per scale, each tested at its own. corruption_error is Hendrycks & Dietterich's (2019,
    arXiv:1903.12261, section 4): the sum of errors over the noisy scales, divided by that of the network of
    the same seed trained without noise; below 1 is better than this.
    """
    rows = []
    for (draw, seed), pairs in for_each_draw(evaluations, draws, "train_scale").groupby(["draw", "seed"]):
        own = pairs[pairs["train_scale"] == pairs["test_scale"]]
        matched = own.set_index("test_scale")["accuracy"].sort_index()
        # Of many scales, only the chosen ones are tested with every network.
        curves = pairs.pivot(index="test_scale", columns="train_scale", values="accuracy").dropna()
        noisy = curves.index[curves.index > 0]
        baseline = (1 - curves.loc[noisy, 0.0]).sum()
        for train_scale, curve in [*curves.items(), ("matched", matched)]:
            scales, accuracies = curve.index.to_numpy(), curve.to_numpy()
            rows.append(
                {
                    "draw": draw,
                    "train_scale": train_scale,
                    "seed": seed,
                    "scale_at_90_percent": crossing_or_why(scales, accuracies, LEVEL),
                    "scale_half_way_to_chance": crossing_or_why(
                        scales, accuracies, (accuracies[0] + CHANCE) / 2
                    ),
                    "area": area_under_curve(scales, accuracies),
                    "corruption_error": (1 - curve[noisy]).sum() / baseline if baseline else np.nan,
                }
            )
    return pd.DataFrame(rows)


def class_recall(confusion: pd.DataFrame, draws: list[str]) -> pd.DataFrame:
    """One row per draw, scale and digit: the share of its test images that is recognised, mean over seeds.

    confusion: as stored by evaluate_models, all seeds. Intervals as for accuracies. Digits that are not
    among the test images are left out.
    """
    key = ["draw", "scale", "class", "seed"]
    confusion = for_each_draw(confusion, draws)
    right = confusion[confusion["class"] == confusion["predicted"]].set_index(key)["n"]
    images = confusion.groupby(key)["n"].sum()
    rows = []
    for place, runs in pd.DataFrame({"right": right, "n": images}).query("n > 0").groupby(key[:3]):
        recall, n = (runs["right"] / runs["n"]).to_numpy(), runs["n"].iloc[0]
        low, high = accuracy_interval(recall, n)
        columns = ("draw", "scale", "class", "seeds", "n", "recall", "recall_low", "recall_high")
        rows.append(dict(zip(columns, (*place, len(recall), n, recall.mean(), low, high), strict=True)))
    return pd.DataFrame(rows)
