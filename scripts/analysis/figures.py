"""The figures, for any number of scales, draws and seeds."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from analysis.answer import BASELINE, count, count_seeds
from analysis.intervals import student_interval
from analysis.losses import edges
from analysis.summaries import for_each_draw, mean_accuracies
from experiment.noise import KINDS
from experiment.runs import chosen_scales
from inputs.datasets import short_name

# Okabe & Ito (2008), "Color Universal Design": told apart by all common kinds of colour vision.
COLOURS = {"fixed": "#0072B2", "fresh": "#D55E00"}
# Tol (2021), "Colour schemes", SRON/EPS/TN/09-002, figure 4 ("muted"), with a grey for the tenth class.
CLASS_COLOURS = (
    *("#332288", "#88CCEE", "#44AA99", "#117733", "#999933"),
    *("#DDCC77", "#CC6677", "#882255", "#AA4499", "#777777"),
)
GREY = "#555555"
# Of Okabe & Ito too. A part of the lost points has its own grey and hatching as well.
CEILING_COLOUR = "#009E73"
PARTS = {
    "memorised": ("#D55E00", "//"),
    "unread": ("#56B4E9", "\\\\"),
    "memorised or unread": ("#56B4E9", "\\\\"),
    "open": ("#F0E442", ".."),
    "gone": ("#BBBBBB", ""),
}
MOST_CURVES = 8  # in one panel
MOST_MATRICES = 6  # in one row
MOST_CELLS = 20  # in one row of a heat map
MOST_MARKERS = 30  # on one curve
MOST_CLASS_CURVES = 12  # in one panel
MOST_CLASS_ROWS = 30  # in one matrix
LONGEST_NAME = 20  # characters of a class
BASELINE_STYLES = [
    ("D", "--"),
    ("v", ":"),
    ("^", "-."),
    ("P", "--"),
]  # marker and line, by place in the table
CLASS_MARKERS = "osD^vP<>Xp"
MOST_PEOPLE = 8  # whose names are in one panel
PEOPLE_COLOUR, PEOPLE_MARKERS = "#CC79A7", "*XPh"  # the colour is of Okabe & Ito too

plt.rcdefaults()  # whatever stands in a matplotlibrc
plt.rcParams |= {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 150,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "noise",  # the same bytes every time
}


def percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def panels(rows: int, columns: int, width: float, height: float, **options) -> tuple[plt.Figure, np.ndarray]:
    """A figure with rows x columns panels of so many inches."""
    size = (columns * width, rows * height + 0.3)
    return plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained", **options)


def scale_axis(axis: plt.Axes, scales: np.ndarray, inches: float, kind: str) -> None:
    """A square-root axis for scales, which are uneven and begin at 0, with a tick at each where it fits.

    Of many scales, which are no round numbers, the ticks are round numbers. kind: of noise, for the label.
    """
    axis.set_xscale(
        "function",
        functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda x: np.sign(x) * x**2),
    )
    width = np.sqrt(scales[-1]) or 1.0
    axis.set_xlim(-((0.03 * width) ** 2), (1.05 * width) ** 2)
    if len(scales) > MOST_MARKERS:
        round_numbers = matplotlib.ticker.MaxNLocator(20).tick_values(0, scales[-1])
        scales = round_numbers[round_numbers <= scales[-1]]
    ticks, labels = [], []
    for scale, label in zip(scales, [f"{scale:g}" for scale in scales], strict=True):
        room = 0.12 + 0.04 * (len(label) + len(labels[-1])) if labels else 0  # inches
        if not ticks or np.sqrt(scale) - np.sqrt(ticks[-1]) > room / inches * width:
            ticks.append(scale)
            labels.append(label)
    axis.set_xticks(ticks, labels)
    axis.set_xticks([], minor=True)
    axis.set_xlabel(f"scale of {KINDS[kind].name} ({KINDS[kind].unit};\nsquare-root axis)")


def percent_axis(axis: plt.Axes) -> None:
    axis.set_ylim(0, 1.02)
    axis.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, symbol=" %"))


def label_ends(axis: plt.Axes, ends: list[tuple[float, float, str, str]], gap: float = 0.05) -> None:
    """Label curves to the right of the panel, each at the height of its end or as near as there is room.

    ends: (x, y, text, colour) of each curve; gap: least distance of two labels, in heights of the panel.
    """
    bottom, top = axis.get_ylim()
    ends = sorted(ends, key=lambda end: end[1])
    # The nearest heights that are `gap` apart: an isotonic regression of what is left above the gaps.
    gaps = gap * np.arange(len(ends))
    wanted = np.array([(y - bottom) / (top - bottom) for _, y, _, _ in ends]) - gaps
    heights = isotonic_regression(np.clip(wanted, 0, 1 - gaps[-1])).x + gaps
    for (x, y, text, colour), height in zip(ends, heights, strict=True):
        axis.annotate(
            text,
            xy=(x, y),
            xycoords="data",
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize="small",
            color=colour,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "relpos": (0, 0.5)},
            annotation_clip=False,
            parse_math=False,  # a class may be called $
        )


def draw_accuracy(axis: plt.Axes, rows: pd.DataFrame, prefix: str, **style) -> None:
    """A curve of means with the intervals in the columns {prefix}_low and {prefix}_high: bars, or a band."""
    low, high = rows[f"{prefix}_low"], rows[f"{prefix}_high"]
    if len(rows) > MOST_MARKERS:
        axis.plot("scale", prefix, data=rows, **style | {"marker": ""})
        axis.fill_between(rows["scale"], low, high, color=style["color"], alpha=0.25, linewidth=0)
        return
    spread = np.nan_to_num(np.maximum([rows[prefix] - low, high - rows[prefix]], 0))
    axis.errorbar(rows["scale"], rows[prefix], yerr=spread, capsize=3, **style)


def last_point(rows: pd.DataFrame, column: str) -> tuple[float, float]:
    return rows["scale"].iloc[-1], rows[column].iloc[-1]


def chance_of(baselines: pd.DataFrame) -> float:
    """Accuracy of a guess."""
    return float(baselines.loc[baselines["method"] == "chance", "accuracy"].iloc[0])


def draw_chance(axis: plt.Axes, chance: float, end: float) -> tuple[float, float, str, str]:
    """The line of a guess. Gives its end, for its label."""
    axis.axhline(chance, color=GREY, linestyle="-.", linewidth=1)
    return end, chance, "chance", GREY


def draw_baseline(axis: plt.Axes, means: pd.DataFrame, method: str) -> tuple[float, float, str, str]:
    """The curve of one simple method, of mean_accuracies. Gives its end, for its label."""
    rows = means[means["method"] == method]
    marker, line = BASELINE_STYLES[list(fitted(means)).index(method) % len(BASELINE_STYLES)]
    style = {"color": GREY, "linestyle": line, "linewidth": 1, "marker": marker, "markersize": 4}
    draw_accuracy(axis, rows, "accuracy", **style)
    return *last_point(rows, "accuracy"), method.replace("_", " "), GREY


def draw_person(axis: plt.Axes, rows: pd.DataFrame, place: int) -> tuple[float, float, str, str]:
    """The points of one person. Gives the last, for its label."""
    style = {"color": PEOPLE_COLOUR, "linestyle": ":", "linewidth": 1, "markersize": 6}
    draw_accuracy(axis, rows, "accuracy", marker=PEOPLE_MARKERS[place % len(PEOPLE_MARKERS)], **style)
    name = short_name(rows["person"].iloc[0], LONGEST_NAME)
    return *last_point(rows, "accuracy"), name, PEOPLE_COLOUR


def fitted(means: pd.DataFrame) -> np.ndarray:
    """The baselines that are curves: all but chance."""
    return means.loc[means["method"] != "chance", "method"].unique()


def draw_ceiling(axis: plt.Axes, ceilings: pd.DataFrame) -> tuple[float, float, str, str]:
    """The band between the ends of the ceiling, of mean_accuracies. Gives its end, for its label."""
    lower, upper = (ceilings[ceilings["end"] == end] for end in ("lower", "upper"))
    axis.fill_between(
        lower["scale"], lower["accuracy"], upper["accuracy"], color=CEILING_COLOUR, alpha=0.2, linewidth=0
    )
    for rows, marker in ((lower, "^"), (upper, "v")):
        style = {"color": CEILING_COLOUR, "linewidth": 1, "marker": marker, "markersize": 4}
        draw_accuracy(axis, rows, "accuracy", **style)
    return *last_point(upper, "accuracy"), "ceiling, both ends", CEILING_COLOUR


def plot_accuracy(
    comparison: pd.DataFrame,
    baselines: pd.DataFrame,
    ceilings: pd.DataFrame | None = None,
    kind: str = "gaussian",
) -> plt.Figure:
    """Training and validation accuracy against noise scale, a panel per draw, with baseline and chance, and
    the ceiling if there is one.
    """
    draws, scales = list(comparison["draw"].unique()), np.unique(comparison["scale"])
    chance, means = chance_of(baselines), mean_accuracies(baselines, "method")
    figure, axes = panels(1, len(draws), 7.2, 4.6, sharey=True)
    for axis, draw in zip(axes[0], draws, strict=True):
        rows, colour = comparison[comparison["draw"] == draw], COLOURS[draw]
        clean, end = rows["val_accuracy"].iloc[0], scales[-1]
        axis.axhline(clean, color=GREY, linestyle=":", linewidth=1)
        percent_axis(axis)
        labels = [draw_chance(axis, chance, end), draw_baseline(axis, means, BASELINE)]
        labels.append((end, clean, f"without noise {percent(clean)}", GREY))
        if ceilings is not None:
            labels.append(draw_ceiling(axis, mean_accuracies(ceilings, "end")))
        if draw == "fresh" and "fixed" in draws:
            fixed = comparison[comparison["draw"] == "fixed"]
            axis.plot("scale", "val_accuracy", data=fixed, color=COLOURS["fixed"], linewidth=1)
            labels.append((*last_point(fixed, "val_accuracy"), "validation, fixed noise", COLOURS["fixed"]))
        marker = "s" if len(rows) <= MOST_MARKERS else ""
        style = {"color": colour, "marker": marker, "markersize": 4, "markerfacecolor": "white"}
        axis.plot("scale", "train_accuracy", data=rows, linestyle="--", **style)
        labels.append((*last_point(rows, "train_accuracy"), "training", colour))
        draw_accuracy(axis, rows, "val_accuracy", color=colour, marker="o", markersize=5)
        labels.append((*last_point(rows, "val_accuracy"), "validation", colour))
        scale_axis(axis, scales, 5, kind)
        label_ends(axis, labels)
        axis.set_title(f"{draw.capitalize()} noise")
    axes[0, 0].set_ylabel("accuracy")
    seeds = count_seeds(comparison["seeds"].iloc[0])
    epochs = count(comparison["epochs"].iloc[0], "epoch")
    figure.suptitle(f"Accuracy after {epochs}, {seeds}, 95 % intervals")
    return figure


def plot_losses(losses: pd.DataFrame, kind: str = "gaussian") -> plt.Figure:
    """Where every lost point goes, against noise scale: bands from the first network to the clean one."""
    stacked, network = edges(losses), losses["worse"].iloc[0]
    scales, below = stacked.index.to_numpy(), stacked["recognised"]
    figure, axes = panels(1, 1, 8, 4.6)
    axis = axes[0, 0]
    percent_axis(axis)
    clean = losses["better_accuracy"].iloc[-1]
    labels = [(scales[-1], below.iloc[-1] / 2, "recognised", GREY)]
    labels.append((scales[-1], clean, f"without noise {percent(clean)}", GREY))
    for part, edge in stacked.iloc[:, 1:].items():
        colour, hatch = PARTS[part]
        axis.fill_between(scales, below, edge, facecolor=colour, edgecolor="white", hatch=hatch, linewidth=0)
        axis.plot(scales, edge, color="black", linewidth=0.6)
        labels.append((scales[-1], (below.iloc[-1] + edge.iloc[-1]) / 2, part, "black"))
        below = edge
    marker = "o" if len(scales) <= MOST_MARKERS else ""
    axis.plot(scales, stacked["recognised"], color=COLOURS[network], marker=marker, markersize=5)
    scale_axis(axis, scales, 5.5, kind)
    label_ends(axis, labels, gap=0.06)
    axis.set_ylabel("accuracy")
    images, seeds = count(losses["n"].iloc[0], "test image"), count_seeds(losses["seeds"].iloc[0])
    figure.suptitle(f"Where the lost points go: {network} noise, {images}, {seeds}")
    return figure


def plot_baselines(
    comparison: pd.DataFrame,
    baselines: pd.DataFrame,
    kind: str = "gaussian",
    people: pd.DataFrame | None = None,
) -> plt.Figure:
    """Validation accuracy of the networks beside what simple methods reach on the same files, and people on
    others of the same kind, if any have played at scales up to the largest.
    """
    scales, means = np.unique(comparison["scale"]), mean_accuracies(baselines, "method")
    if people is not None:
        people = people[people["scale"] <= scales[-1]]
        people = None if people.empty else people
    figure, axes = panels(1, 1, 8, 4.6)
    axis = axes[0, 0]
    percent_axis(axis)
    labels = [draw_chance(axis, chance_of(baselines), scales[-1])]
    labels += [draw_baseline(axis, means, method) for method in fitted(means)]
    if people is not None:
        ends = [draw_person(axis, rows, place) for place, (_, rows) in enumerate(people.groupby("person"))]
        if len(ends) > MOST_PEOPLE:
            ends = [(*ends[0][:2], f"{len(ends)} people", PEOPLE_COLOUR)]
        labels += ends
    for (draw, rows), marker in zip(comparison.groupby("draw"), "os", strict=False):
        draw_accuracy(axis, rows, "val_accuracy", color=COLOURS[draw], marker=marker, markersize=5)
        labels.append((*last_point(rows, "val_accuracy"), f"network, {draw} noise", COLOURS[draw]))
    scale_axis(axis, scales, 5.5, kind)
    label_ends(axis, labels)
    axis.set_ylabel("accuracy on the noisy test images")
    seeds = count_seeds(comparison["seeds"].iloc[0])
    compared = "Networks and simple methods" if people is None else "Networks, simple methods and people"
    axis.set_title(f"{compared}, {seeds}, 95 % intervals")
    return figure


def plot_epochs(histories: pd.DataFrame, chance: float, draws: list[str]) -> plt.Figure:
    """Accuracy per epoch, training left and validation right, a row per draw; bands of 95 % over seeds."""
    histories = for_each_draw(histories, draws)
    scales = chosen_scales(np.unique(histories["scale"]), MOST_CURVES)
    colours = [
        matplotlib.colors.to_hex(c) for c in plt.colormaps["viridis"](np.linspace(0, 0.75, len(scales)))
    ]
    figure, axes = panels(len(draws), 2, 5.6, 4, sharey=True, sharex=True)
    for row, draw in zip(axes, draws, strict=True):
        for axis, column in zip(row, ("accuracy", "val_accuracy"), strict=True):
            percent_axis(axis)
            ends = [draw_chance(axis, chance, histories["epoch"].max())]
            for scale, colour, marker in zip(scales, colours, "osD^vPX*", strict=False):
                runs = histories[(histories["draw"] == draw) & (histories["scale"] == scale)]
                values = runs.pivot(index="epoch", columns="seed", values=column)
                mean, epochs = values.mean(axis=1), values.index
                every = max(1, len(epochs) // 20)
                axis.plot(epochs, mean, color=colour, marker=marker, markersize=4, markevery=every)
                bands = np.array([student_interval(seeds) for seeds in values.to_numpy()])
                axis.fill_between(epochs, *bands.T, color=colour, alpha=0.25, linewidth=0)
                ends.append((epochs[-1], mean.iloc[-1], f"{scale:g}", colour))
            label_ends(axis, ends)
            axis.set_title(f"{'Training' if column == 'accuracy' else 'Validation'}, {draw} noise")
            round_numbers = matplotlib.ticker.MaxNLocator(integer=True, steps=[1, 2, 5, 10])
            axis.xaxis.set_major_locator(round_numbers)
        row[0].set_ylabel("accuracy")
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
    seeds = count_seeds(histories["seed"].nunique())
    figure.suptitle(f"Accuracy per epoch, {seeds}; the number at a curve is its noise scale")
    return figure


def plot_evaluations(evaluations: pd.DataFrame, draws: list[str], kind: str = "gaussian") -> plt.Figure:
    """Heat map of accuracy, scale of the training noise by that of the test noise, a panel per draw.

    kind: of the noise in training. Other kinds of test noise follow on the right.
    """
    evaluations = for_each_draw(evaluations, draws, "train_scale")
    scales = chosen_scales(np.unique(evaluations["test_scale"][evaluations["kind"] == kind]), MOST_CELLS)
    columns = [(kind, scale) for scale in scales]
    others = evaluations.loc[evaluations["kind"] != kind, ["kind", "test_scale"]].drop_duplicates()
    columns += sorted(map(tuple, others.to_numpy()))
    starts = [place for place in range(1, len(columns)) if columns[place][0] != columns[place - 1][0]]
    names = [f"{scale:g}" for scale in scales]
    names += [f"{KINDS[other].name} {scale:g}" for other, scale in columns[len(scales) :]]
    side = max(3.2, 0.42 * len(scales) + 1)
    width = side + 0.42 * (len(columns) - len(scales))
    figure, axes = panels(1, len(draws), width + 0.4, side + 1.5 * bool(starts))
    for axis, draw in zip(axes[0], draws, strict=True):
        rows = evaluations[evaluations["draw"] == draw]
        means = rows.groupby(["train_scale", "kind", "test_scale"])["accuracy"].mean()
        matrix = means.unstack(["kind", "test_scale"]).loc[scales, columns].to_numpy()
        # With other kinds, long names below take their room from the cells, which then are no squares.
        image = axis.imshow(matrix, "cividis", aspect="auto" if starts else "equal", vmin=0, vmax=1)
        for (row, column), accuracy in np.ndenumerate(matrix):
            colour = "white" if accuracy < 0.5 else "black"
            axis.text(
                column, row, f"{100 * accuracy:.0f}", ha="center", va="center", color=colour, fontsize=8
            )
        for start in starts:
            axis.axvline(start - 0.5, color="white", linewidth=2)
        turned = 90 if len(names) > 8 or starts else 0
        axis.set_xticks(range(len(names)), names, rotation=turned, fontsize="small")
        axis.set_yticks(range(len(scales)), names[: len(scales)], fontsize="small")
        axis.grid(False)
        axis.set(title=f"{draw.capitalize()} noise", xlabel="scale of the test noise")
    axes[0, 0].set_ylabel("scale of the training noise")
    colours = figure.colorbar(image, ax=axes, shrink=0.8)
    colours.ax.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, symbol=" %"))
    figure.suptitle(f"Accuracy in %, {count_seeds(evaluations['seed'].nunique())}")
    return figure


def plot_confusion(confusion: pd.DataFrame, noun: str, draws: list[str]) -> plt.Figure:
    """Which class is taken for which: a matrix per scale, a row of them per draw; each line adds up to 1."""
    confusion = for_each_draw(confusion, draws)
    scales = chosen_scales(np.unique(confusion["scale"]), MOST_MATRICES)
    names, about = list(confusion["class"].unique()), f"Share of each {noun}'s images"
    if len(names) > MOST_CLASS_ROWS:
        n = confusion.groupby("class", sort=False)["n"].sum()
        right = confusion["class"] == confusion["predicted"]
        recall = confusion[right].groupby("class", sort=False)["n"].sum() / n.where(n > 0)
        worst = recall.nsmallest(MOST_CLASS_ROWS).index
        about += f"\nof the {MOST_CLASS_ROWS} least recognised of {len(names)} classes"
        names = [name for name in names if name in worst]
    shown = [short_name(name, LONGEST_NAME) for name in names]
    longest = 0.08 * max(map(len, shown))  # inches, for the names below the last row
    side = max(2.3, 0.13 * len(names))
    width = max(side - 0.1, 5 / len(scales))
    figure, axes = panels(len(draws), len(scales), width, side, sharey=True, sharex=True)
    figure.set_figheight(figure.get_figheight() + longest)
    for row, draw in zip(axes, draws, strict=True):
        for axis, scale in zip(row, scales, strict=True):
            runs = confusion[(confusion["draw"] == draw) & (confusion["scale"] == scale)]
            counts = runs.groupby(["class", "predicted"])["n"].sum()
            images = counts.groupby("class").sum().reindex(names).to_numpy()
            pairs = pd.MultiIndex.from_product([names, names])
            matrix = counts.reindex(pairs, fill_value=0).to_numpy().reshape(len(names), len(names))
            shares = matrix / np.maximum(images, 1)[:, None]
            image = axis.imshow(shares, "cividis", vmin=0, vmax=1)
            axis.set_title(f"{draw}, scale {scale:g}", fontsize="medium")
            turned = 90 if max(map(len, names)) > 1 else 0
            size = {"fontsize": "x-small" if len(names) <= 10 else 5, "parse_math": False}
            axis.set_xticks(range(len(names)), shown, rotation=turned, **size)
            axis.set_yticks(range(len(names)), shown, **size)
            axis.grid(False)
        row[0].set_ylabel(noun)
    for axis in axes[-1]:
        axis.set_xlabel("predicted")
    colours = figure.colorbar(image, ax=axes, shrink=0.8)
    colours.ax.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, symbol=" %"))
    seeds = confusion["seed"].nunique()
    figure.suptitle(f"{about}, {'one seed' if seeds == 1 else f'{seeds} seeds'}")
    return figure


def plot_classes(classes: pd.DataFrame, noun: str, kind: str = "gaussian") -> plt.Figure:
    """Recall of every class against noise scale, a panel per draw; each curve ends at its name.

    Of many classes, those with the highest and those with the lowest recall on average.
    """
    draws, scales = list(classes["draw"].unique()), np.unique(classes["scale"])
    names, about = list(classes["class"].unique()), f"Which {noun} fails first"
    if len(names) > MOST_CLASS_CURVES:
        order = classes.groupby("class", sort=False)["recall"].mean().sort_values(kind="stable").index
        half = MOST_CLASS_CURVES // 2
        about += f" and last, {half} each of {len(names)} classes"
        names = [*order[:half], *order[-half:]]
    longest = min(max(map(len, names)), LONGEST_NAME)
    figure, axes = panels(1, len(draws), 6.6 + 0.06 * longest, 4.6, sharey=True)
    for axis, draw in zip(axes[0], draws, strict=True):
        percent_axis(axis)
        ends = []
        for place, name in enumerate(names):
            rows = classes[(classes["draw"] == draw) & (classes["class"] == name)]
            colour = CLASS_COLOURS[place % len(CLASS_COLOURS)]
            # A name of one character is its own marker.
            alone = len(name) == 1 and name.isalnum()
            marker = f"${name}$" if alone else CLASS_MARKERS[place % len(CLASS_MARKERS)]
            marker = marker if len(rows) <= MOST_MARKERS else ""
            axis.plot("scale", "recall", data=rows, color=colour, marker=marker, markersize=6)
            ends.append(
                (*last_point(rows, "recall"), short_name(name, LONGEST_NAME), GREY if alone else colour)
            )
        scale_axis(axis, scales, 5, kind)
        label_ends(axis, ends)
        axis.set_title(f"{draw.capitalize()} noise")
    axes[0, 0].set_ylabel(f"recall: share of the {noun}'s test images recognised")
    figure.suptitle(f"{about}, {count_seeds(classes['seeds'].iloc[0])}")
    return figure
