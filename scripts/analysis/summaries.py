"""The comparison of scales: means, intervals, paired changes, and the crossing of a level of accuracy."""

import functools

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95
CHANCE = 0.1  # of a guess among ten digits
RUN = ["draw", "scale", "seed"]


@functools.cache
def wilson_interval(right: int, images: int) -> tuple[float, float]:
    """95 % interval of an accuracy of `right` out of `images` (Wilson 1927, JASA 22, p. 209)."""
    interval = stats.binomtest(right, images).proportion_ci(CONFIDENCE, method="wilson")
    return interval.low, interval.high


def student_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean of values of independent seeds (Student 1908, Biometrika 6, p. 1).

    Of one value nothing can be said: both ends are nan. Equal values give a point.
    """
    if len(values) == 1:
        return np.nan, np.nan
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    return stats.t.interval(CONFIDENCE, len(values) - 1, np.mean(values), stats.sem(values))


def accuracy_interval(accuracies: np.ndarray, images: int) -> tuple[float, float]:
    """95 % interval of the accuracy: with one seed Wilson's for the test images, else Student's over seeds.

    accuracies: (seeds,), shares of `images` test images. Clipped to [0, 1].
    """
    if len(accuracies) == 1:
        return wilson_interval(round(float(accuracies[0]) * images), images)
    low, high = student_interval(accuracies)
    return max(low, 0.0), min(high, 1.0)


def add_wilson_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The table with accuracy_low and accuracy_high, from its columns accuracy and n (test images)."""
    right = (table["accuracy"] * table["n"]).round().astype(int)
    intervals = [wilson_interval(*pair) for pair in zip(right, table["n"], strict=True)]
    return table.assign(
        accuracy_low=[low for low, _ in intervals], accuracy_high=[high for _, high in intervals]
    )


def count_seeds(seeds: int) -> str:
    """What a figure is of, in words."""
    return "one seed" if seeds == 1 else f"mean of {seeds} seeds"


def for_each_draw(runs: pd.DataFrame, draws: list[str], scale: str = "scale") -> pd.DataFrame:
    """The runs of each draw. Those without noise are trained once, as fixed, and belong to every draw."""
    parts = [runs[(runs["draw"] == draw) | (runs[scale] == 0)].assign(draw=draw) for draw in draws]
    return pd.concat(parts, ignore_index=True)


def paired_change(name: str, values: pd.Series, reference: pd.Series) -> dict[str, float]:
    """Mean over the seeds of value minus reference of the same seed, with its interval over the seeds.

    Both series have the seed as index. Without a reference all is nan.
    """
    differences = (values - reference).to_numpy() if len(reference) else np.array([np.nan])
    low, high = student_interval(differences)
    return {name: differences.mean(), f"{name}_low": low, f"{name}_high": high}


def compare_scales(histories: pd.DataFrame, test_images: int, draws: list[str]) -> pd.DataFrame:
    """One row per (draw, scale): means over the seeds of the last epoch, never of the best one.

    histories: one row per run and epoch, as stored by train_model. The changes of val_accuracy, from the same
    draw without noise and from fixed noise of the same scale, are paired by seed. Raises ValueError when the
    runs are not all of the same number of epochs.
    """
    last = histories.sort_values("epoch").groupby(RUN).tail(1)
    if last["epoch"].nunique() > 1:
        raise ValueError(f"runs end at different epochs: {sorted(last['epoch'].unique())}")
    clean = last[last["scale"] == 0].set_index("seed")["val_accuracy"]
    rows = []
    for (draw, scale), runs in for_each_draw(last, draws).groupby(["draw", "scale"]):
        accuracies = runs.set_index("seed")["val_accuracy"]
        low, high = accuracy_interval(accuracies.to_numpy(), test_images)
        fixed = last[(last["draw"] == "fixed") & (last["scale"] == scale) & (draw != "fixed")]
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
            }
        )
    return pd.DataFrame(rows)


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
