"""The comparison of scales: means, intervals, and the crossing of a level of accuracy."""

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95
RUN = ["draw", "scale", "seed"]


def wilson_interval(right: int, images: int) -> tuple[float, float]:
    """95 % interval of an accuracy of `right` out of `images` (Wilson 1927, JASA 22, p. 209)."""
    interval = stats.binomtest(right, images).proportion_ci(CONFIDENCE, method="wilson")
    return interval.low, interval.high


def student_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean of two or more values (Student 1908, Biometrika 6, p. 1)."""
    return stats.t.interval(CONFIDENCE, len(values) - 1, np.mean(values), stats.sem(values))


def accuracy_interval(accuracies: np.ndarray, images: int) -> tuple[float, float]:
    """95 % interval of the accuracy: with one seed Wilson's for the test images, else Student's over seeds.

    accuracies: (seeds,), shares of `images` test images. Clipped to [0, 1]; equal values give a point.
    """
    if len(accuracies) == 1:
        return wilson_interval(round(float(accuracies[0]) * images), images)
    if np.ptp(accuracies) == 0:
        return float(accuracies[0]), float(accuracies[0])
    low, high = student_interval(accuracies)
    return max(low, 0.0), min(high, 1.0)


def compare_scales(histories: pd.DataFrame, test_images: int) -> pd.DataFrame:
    """One row per (draw, scale): means over the seeds of the last epoch, never of the best one.

    histories: one row per run and epoch, as stored by train_model. change_from_clean is the mean over the
    seeds of val_accuracy minus that of the same draw and seed at scale 0.0. Raises ValueError when the runs
    are not all of the same number of epochs.
    """
    last = histories.sort_values("epoch").groupby(RUN).tail(1)
    if last["epoch"].nunique() > 1:
        raise ValueError(f"runs end at different epochs: {sorted(last['epoch'].unique())}")
    clean = last[last["scale"] == 0].set_index(["draw", "seed"])["val_accuracy"]
    rows = []
    for (draw, scale), runs in last.groupby(["draw", "scale"]):
        low, high = accuracy_interval(runs["val_accuracy"].to_numpy(), test_images)
        change = runs.set_index(["draw", "seed"])["val_accuracy"] - clean.loc[[draw]]
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
                "change_from_clean": change.mean(),
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


def answer(comparison: pd.DataFrame, level: float = 0.9) -> str:
    """One sentence per draw: up to which scale validation accuracy stays above `level`."""
    sentences = []
    for draw, rows in comparison.groupby("draw"):
        scales, accuracies = rows["scale"].to_numpy(), rows["val_accuracy"].to_numpy()
        epochs, seeds = rows["epochs"].iloc[0], rows["seeds"].iloc[0]
        mean = "one seed" if seeds == 1 else f"mean of {seeds} seeds"
        start = f"With {draw} noise, validation accuracy after {epochs} epochs ({mean})"
        index = last_above(scales, accuracies, level)
        if index is None:
            end = f"is not above {level:.0%} even without noise: it is {accuracies[0]:.1%} there."
        elif (scale := crossing(scales, accuracies, level)) is None:
            end = (
                f"stays above {level:.0%} at every scale tried, up to {scales[-1]:g}, "
                f"where it is {accuracies[-1]:.1%}."
            )
        else:
            end = (
                f"stays above {level:.0%} up to noise scale {scales[index]:g} ({accuracies[index]:.1%}) and "
                f"is {accuracies[index + 1]:.1%} at scale {scales[index + 1]:g}; interpolated linearly "
                f"between these two, it crosses {level:.0%} near scale {scale:.2g}."
            )
        sentences.append(f"{start} {end}".replace("%", " %"))
    return "\n".join(sentences)
