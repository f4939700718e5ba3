"""What all figures share: the sweep that they show, their style, axes, curves and labels."""

import textwrap
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.optimize import isotonic_regression

from analysis.classifiers import CHANCE, MAX_MARKERS, STYLES, on_noise
from analysis.kinds import WORDS
from inputs.datasets import short_name

# Tol (2021), "Colour schemes", SRON/EPS/TN/09-002, figure 4 ("muted"), with a grey for the tenth class.
CLASS_COLOURS = (
    *("#332288", "#88CCEE", "#44AA99", "#117733", "#999933"),
    *("#DDCC77", "#CC6677", "#882255", "#AA4499", "#777777"),
)
MAX_NAME = 20  # characters of a name
MAX_NAMED = 4  # networks in a title
MAX_IN_A_ROW = 3  # panels of networks
CHARACTERS_PER_INCH = 10  # of a title
# How the axis of noise scales is called; AXES are the values of figures.axis in the configuration.
AXES = {"sqrt": "square-root axis", "linear": "linear axis", "log": "logarithmic axis"}

plt.rcdefaults()  # whatever stands in a matplotlibrc
plt.rcParams |= {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.dpi": 150,
    "figure.titlesize": 11,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "noise",  # the same bytes every time
}


class Sweep(NamedTuple):
    """What the figures show.

    tables: of analysis/tables.py, by name. noun: what an image shows. axis: of noise scales, one of AXES.
    """

    tables: dict[str, pd.DataFrame]
    noun: str
    axis: str = "sqrt"

    @property
    def networks(self) -> list[str]:
        return list(self.tables["comparison"]["network"].unique())

    @property
    def draws(self) -> list[str]:
        """The draws of the networks that were trained here."""
        return [draw for draw in self.tables["comparison"]["draw"].unique() if draw]

    @property
    def cases(self) -> list[tuple[str, str]]:
        """The networks with their draws, (network, draw); the draw is "" for a pretrained one."""
        pairs = self.tables["comparison"][["network", "draw"]].drop_duplicates()
        return list(pairs.itertuples(index=False, name=None))

    def case_label(self, network: str, draw: str) -> str:
        """A network with its draw, for the title of a panel or the label of a curve."""
        names = [short_name(network, MAX_NAME)] * (len(self.networks) > 1 or not draw)
        return ", ".join([*names, *[f"{draw} noise"] * bool(draw)])

    @property
    def scales(self) -> np.ndarray:
        """All noise scales, ascending."""
        return np.unique(self.tables["comparison"]["scale"])

    @property
    def kind(self) -> str:
        """The kind of noise that the networks learned from."""
        return self.tables["comparison"]["kind"].iloc[0]

    @property
    def seeds(self) -> int:
        return int(self.tables["comparison"]["seeds"].iloc[0])

    @property
    def chance(self) -> float:
        """Accuracy of a guess."""
        accuracies = on_noise(self.tables["accuracies"])
        return float(accuracies.loc[accuracies["classifier"] == CHANCE, "accuracy"].iloc[0])


class End(NamedTuple):
    """Where a curve ends, and the label that belongs there."""

    x: float
    y: float
    label: str
    colour: str


def panels(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple:
    """A figure with rows x columns panels of so many inches, and the panels in an array."""
    size = (columns * width, rows * height + 0.3)
    return plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained", **options)


def network_panels(networks: list[str], width: float, **options: Any) -> tuple[plt.Figure, list[plt.Axes]]:
    """A figure with a panel for the accuracies of each network, some in a row, with their names."""
    columns = min(len(networks), MAX_IN_A_ROW)
    width = width if columns == 1 else 0.8 * width
    figure, axes = panels(-(-len(networks) // columns), columns, width, 4.6, sharey=True, **options)
    for axis in axes.flat[len(networks) :]:
        axis.set_visible(False)
    shown = list(axes.flat[: len(networks)])
    for axis, network in zip(shown, networks, strict=True):
        percent_axis(axis)
        if len(networks) > 1:
            axis.set_title(short_name(network, MAX_NAME), parse_math=False)
    return figure, shown


def case_panels(
    sweep: Sweep, width: float, height: float, **options: Any
) -> tuple[plt.Figure, dict[tuple[str, str], plt.Axes], list[plt.Axes]]:
    """A figure with a row for each network and a panel for each of its draws; the panels by their case; those
    on the left.
    """
    rows = [[case for case in sweep.cases if case[0] == network] for network in sweep.networks]
    figure, axes = panels(len(rows), max(map(len, rows)), width, height, **options)
    shown = {}
    for row, of_row in zip(axes, rows, strict=True):
        shown |= zip(of_row, row, strict=False)
        for axis in row[len(of_row) :]:
            axis.set_visible(False)
    for case, axis in shown.items():
        axis.set_title(sweep.case_label(*case), parse_math=False)
    return figure, shown, list(axes[:, 0])


def accuracy_panel(width: float) -> tuple[plt.Figure, plt.Axes]:
    """A figure with one panel for accuracies, `width` inches wide with the labels on the right."""
    figure, axes = panels(1, 1, width, 4.6)
    percent_axis(axes[0, 0])
    return figure, axes[0, 0]


def set_title(figure: plt.Figure, sweep: Sweep, text: str) -> None:
    """Name the images, the networks and the noise above the figure, and what it shows."""
    networks = [short_name(network, MAX_NAME) for network in sweep.networks]
    if len(networks) > MAX_NAMED:
        networks = [f"{len(networks)} networks"]
    images = short_name(sweep.tables["comparison"]["images"].iloc[0], MAX_NAME)
    names = [images, *networks, WORDS[sweep.kind].name]
    title, width = f"{', '.join(names)}: {text}", int(CHARACTERS_PER_INCH * figure.get_figwidth())
    if len(title) > width:
        title = f"{textwrap.fill(', '.join(names), width)}:\n{textwrap.fill(text, width)}"
    figure.suptitle(title, parse_math=False)  # a network may be called $


def percent_axis(axis: plt.Axes) -> None:
    axis.set_ylim(0, 1.02)
    axis.set_yticks(np.arange(6) / 5)
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))


def scale_axis(axis: plt.Axes, sweep: Sweep, inches: float) -> None:
    """An axis of noise scales, which are uneven and begin at 0, with a tick at each where it fits.

    Of many scales, which are no round numbers, the ticks are round numbers. inches: length of the axis.
    """
    scales, label = sweep.scales, AXES[sweep.axis]
    if sweep.axis == "log" and scales[-1] > 0:
        # Zero has no logarithm, so the axis is linear as far as the smallest noise.
        threshold = scales[scales > 0][0]
        axis.set_xscale("symlog", linthresh=threshold, linscale=0.5)
        label = f"{label}, linear below {threshold:g}"
    elif sweep.axis == "sqrt":
        axis.set_xscale(
            "function",
            functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda x: np.sign(x) * x**2),
        )
    transform = axis.xaxis.get_transform()
    length = transform.transform(scales[-1]) or 1.0
    axis.set_xlim(*transform.inverted().transform(np.array([-0.03, 1.05]) * length))
    if len(scales) > MAX_MARKERS:
        scales = round_numbers(scales, sweep.axis)
    ticks, labels = [], []
    for scale in scales:
        text = f"{scale:g}"
        room = 0.12 + 0.04 * (len(text) + len(labels[-1])) if labels else 0  # inches
        if not ticks or transform.transform(scale) - transform.transform(ticks[-1]) > room / inches * length:
            ticks.append(scale)
            labels.append(text)
    axis.set_xticks(ticks, labels)
    axis.set_xticks([], minor=True)
    noise = WORDS[sweep.kind]
    axis.set_xlabel(f"scale of {noise.name} ({noise.unit};\n{label})")


def round_numbers(scales: np.ndarray, axis: str) -> np.ndarray:
    """Round numbers from 0 to the largest scale, close enough for an axis of this name."""
    numbers = MaxNLocator(20).tick_values(0, scales[-1])
    if axis == "log":
        exponents = np.arange(np.floor(np.log10(scales[1])), np.log10(scales[-1]) + 1)
        numbers = np.array([0, *np.outer(10.0**exponents, (1, 2, 5)).flat])
        numbers = numbers[(numbers == 0) | (numbers >= scales[1])]
    return numbers[numbers <= scales[-1]]


def draw_accuracy(axis: plt.Axes, rows: pd.DataFrame, column: str, **style: Any) -> tuple[float, float]:
    """A curve of means against scale, with the intervals in the columns {column}_low and {column}_high, if
    there are any: bars, or a band. Returns its last point.
    """
    intervals = f"{column}_low" in rows
    if intervals and len(rows) <= MAX_MARKERS:
        low, high = rows[f"{column}_low"], rows[f"{column}_high"]
        spread = np.nan_to_num(np.maximum([rows[column] - low, high - rows[column]], 0))
        axis.errorbar(rows["scale"], rows[column], yerr=spread, capsize=3, **style)
    else:
        many = {"marker": ""} if len(rows) > MAX_MARKERS else {}
        axis.plot("scale", column, data=rows, **style | many)
        if intervals:
            band = (rows["scale"], rows[f"{column}_low"], rows[f"{column}_high"])
            axis.fill_between(*band, color=style["color"], alpha=0.25, linewidth=0)
    return rows["scale"].iloc[-1], rows[column].iloc[-1]


def draw_chance(axis: plt.Axes, chance: float, x: float) -> End:
    """The line of a guess. x: where its label belongs."""
    style = STYLES[CHANCE]
    axis.axhline(chance, color=style.colour, linestyle=style.line, linewidth=1)
    return End(x, chance, style.label, style.colour)


def label_ends(axis: plt.Axes, ends: list[End], gap: float = 0.05) -> None:
    """Label curves to the right of the panel, each at the height of its end or as near as there is room.

    gap: least distance of two labels, in heights of the panel.
    """
    bottom, top = axis.get_ylim()
    ends = sorted(ends, key=lambda end: end.y)
    # The nearest heights that are `gap` apart: an isotonic regression of what is left above the gaps.
    gaps = gap * np.arange(len(ends))
    wanted = np.array([(end.y - bottom) / (top - bottom) for end in ends]) - gaps
    heights = isotonic_regression(np.clip(wanted, 0, 1 - gaps[-1])).x + gaps
    for end, height in zip(ends, heights, strict=True):
        axis.annotate(
            end.label,
            xy=(end.x, end.y),
            xycoords="data",
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize="small",
            color=end.colour,
            arrowprops={"arrowstyle": "-", "color": end.colour, "linewidth": 0.6, "relpos": (0, 0.5)},
            annotation_clip=False,
            parse_math=False,  # a class may be called $
        )
