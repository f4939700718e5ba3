"""The figures of the comparison."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# Okabe & Ito (2008), "Color Universal Design": told apart by all common kinds of colour vision.
COLOURS = {"fixed": "#0072B2", "fresh": "#D55E00"}
GREY = "#555555"
CHANCE = 0.1  # ten classes of nearly equal size
MOST_CURVES = 8

plt.rcParams |= {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 150,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "noise",  # the same bytes every time
}


def scale_axis(axis: plt.Axes, scales: np.ndarray) -> None:
    """A square-root axis for scales, which are uneven and begin at 0, with a tick at each where it fits."""
    axis.set_xscale(
        "function",
        functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda x: np.sign(x) * x**2),
    )
    width = np.sqrt(scales[-1]) or 1.0
    axis.set_xlim(-((0.03 * width) ** 2), (1.05 * width) ** 2)
    ticks = []
    for scale in scales:
        if not ticks or np.sqrt(scale) - np.sqrt(ticks[-1]) > 0.045 * width:
            ticks.append(scale)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_xticks([], minor=True)
    axis.set_xlabel("noise scale (standard deviation, pixels from 0 to 1; square-root axis)")


def percent_axis(axis: plt.Axes) -> None:
    axis.set_ylim(0, 1.02)
    axis.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, symbol=" %"))


def line_label(axis: plt.Axes, height: float, text: str) -> None:
    """A label at the right end, just above a horizontal line."""
    axis.annotate(
        text,
        xy=(1, height),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=GREY,
        fontsize="small",
    )


def plot_accuracy(comparison: pd.DataFrame) -> plt.Figure:
    """Train and validation accuracy against noise scale, with the interval of the latter."""
    figure, axis = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    for draw, rows in comparison.groupby("draw"):
        colour = COLOURS[draw]
        axis.plot(
            "scale",
            "train_accuracy",
            data=rows,
            color=colour,
            linestyle="--",
            marker="s",
            markersize=4,
            markerfacecolor="white",
            label=f"training ({draw} noise)",
        )
        below = rows["val_accuracy"] - rows["val_accuracy_low"]
        above = rows["val_accuracy_high"] - rows["val_accuracy"]
        axis.errorbar(
            rows["scale"],
            rows["val_accuracy"],
            yerr=np.maximum([below, above], 0),
            color=colour,
            marker="o",
            markersize=5,
            capsize=3,
            label=f"validation ({draw} noise), 95 % interval",
        )
    clean = comparison.loc[comparison["scale"] == 0, "val_accuracy"].iloc[0]
    axis.axhline(clean, color=GREY, linestyle=":", linewidth=1)
    line_label(axis, clean, f"validation without noise {clean:.1%}".replace("%", " %"))
    axis.axhline(CHANCE, color=GREY, linestyle="-.", linewidth=1)
    line_label(axis, CHANCE, "chance")
    scale_axis(axis, np.unique(comparison["scale"]))
    percent_axis(axis)
    epochs, seeds = comparison["epochs"].iloc[0], comparison["seeds"].iloc[0]
    axis.set_ylabel("accuracy")
    axis.set_title(f"Accuracy after {epochs} epochs, {seeds} seed{'' if seeds == 1 else 's'}")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 0.12))
    return figure


def chosen_scales(scales: np.ndarray) -> np.ndarray:
    """At most MOST_CURVES scales, evenly by rank, the first and the last among them."""
    places = np.linspace(0, len(scales) - 1, min(MOST_CURVES, len(scales)))
    return scales[np.unique(places.round().astype(int))]


def plot_epochs(histories: pd.DataFrame) -> plt.Figure:
    """Accuracy per epoch with and without noise (means over the seeds): training left, validation right."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), sharey=True, layout="constrained")
    scales = chosen_scales(np.unique(histories["scale"]))
    colours = plt.colormaps["viridis"](np.linspace(0, 0.9, len(scales)))
    means = histories[histories["draw"] == histories["draw"].iloc[0]]
    means = means.groupby(["scale", "epoch"], as_index=False)[["accuracy", "val_accuracy"]].mean()
    for scale, colour, marker in zip(scales, colours, "osD^vPX*", strict=False):
        rows = means[means["scale"] == scale]
        label = f"{scale:g}" + (" (no noise)" if scale == 0 else "")
        for axis, column in zip(axes, ("accuracy", "val_accuracy"), strict=True):
            axis.plot("epoch", column, data=rows, color=colour, marker=marker, markersize=4, label=label)
    for axis, title in zip(axes, ("Training", "Validation"), strict=True):
        axis.axhline(CHANCE, color=GREY, linestyle="-.", linewidth=1)
        axis.set(title=title, xlabel="epoch")
        axis.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
        line_label(axis, CHANCE, "chance")
    percent_axis(axes[0])
    axes[0].set_ylabel("accuracy")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", title="noise scale")
    return figure
