"""The figures with matrices: networks on the noise of others, and which class is taken for which."""

import textwrap
from math import ceil

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.image import AxesImage
from matplotlib.ticker import PercentFormatter

from analysis.classifiers import is_network
from analysis.drawing import MAX_IN_A_ROW, MAX_NAME, Sweep, case_panels, panels, set_title
from analysis.draws import ONE_SCALE
from analysis.kinds import WORDS
from analysis.phrases import count_seeds
from analysis.summaries import for_each_draw
from experiment.selection import chosen_scales
from inputs.datasets import short_name

MAX_CELLS = 20  # in one row of a heat map
MAX_MATRICES = 6  # of one draw
MAX_CLASSES = 30  # in one matrix
MAX_NUMBERED = 12  # classes, of a matrix with numbers in its cells


def draw_matrix(axis: plt.Axes, shares: np.ndarray, **options: str) -> AxesImage:
    """The cells of a matrix of shares, on one scale of colours for all."""
    axis.grid(False)
    return axis.imshow(shares, "cividis", vmin=0, vmax=1, **options)


def write_shares(axis: plt.Axes, shares: np.ndarray, size: float) -> None:
    """Write every share into its cell, as a whole number of percent; nothing for less than half of one."""
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            number = axis.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=size)
            number.set_color("white" if share < 0.5 else "black")
            number.set_in_layout(False)  # hundreds of them would make the layout slow


def plot_evaluations(sweep: Sweep) -> plt.Figure:
    """Heat map of accuracy, scale of the training noise by that of the test noise, a panel per draw. A
    network of all scales has one row. Other kinds of test noise follow on the right, then test sets of
    people's own.
    """
    accuracies = sweep.tables["accuracies"]
    networks = accuracies[is_network(accuracies["classifier"])]
    networks = for_each_draw(networks, sweep.draws, "train_scale")
    scales = chosen_scales(sweep.scales, MAX_CELLS)
    # A set has no scale, and a name that is none of a kind of noise.
    networks = networks.assign(scale=networks["scale"].fillna(0.0))
    others = networks.loc[networks["kind"] != sweep.kind, ["kind", "scale"]].drop_duplicates()
    others = sorted(map(tuple, others.to_numpy()), key=lambda other: (other[0] not in WORDS, *other))
    columns = [(sweep.kind, scale) for scale in scales] + others
    groups = [kind if kind in WORDS else "" for kind, _ in columns]  # all sets are one
    starts = [index for index in range(1, len(groups)) if groups[index] != groups[index - 1]]
    names = [f"{scale:g}" for scale in scales]
    names += [f"{WORDS[kind].name} {scale:g}" if kind in WORDS else kind for kind, scale in others]
    side = max(3.2, 0.42 * len(scales) + 1)
    width = side + 0.42 * (len(columns) - len(scales))
    figure, axes, left = case_panels(sweep, width + 0.4, side + 1.5 * bool(starts))
    for (network, draw), axis in axes.items():
        rows = networks[(networks["classifier"] == network) & (networks["draw"] == draw)]
        of_all = "all" if draw else "not known"
        trained = {scale: f"{scale:g}" for scale in scales} if draw in ONE_SCALE else {of_all: of_all}
        rows = rows.assign(train_scale=rows["train_scale"].astype(object).fillna(of_all))
        means = rows.groupby(["train_scale", "kind", "scale"])["accuracy"].mean()
        shares = means.unstack(["kind", "scale"]).loc[[*trained], columns].to_numpy()
        # With other kinds, long names below take their room from the cells, which then are no squares.
        draw_matrix(axis, shares, aspect="auto" if starts and len(shares) > 1 else "equal")
        write_shares(axis, shares, 8)
        for start in starts:
            axis.axvline(start - 0.5, color="white", linewidth=2)
        turned = 90 if len(names) > 8 or starts else 0
        axis.set_xticks(range(len(names)), names, rotation=turned, fontsize="small", parse_math=False)
        axis.set_yticks(range(len(shares)), list(trained.values()), fontsize="small")
        axis.set_xlabel("scale of the test noise" + ", or test set" * ("" in groups))
    for axis in left:
        axis.set_ylabel("scale of the training noise")
    set_title(figure, sweep, f"accuracy in %, {count_seeds(sweep.seeds)}")
    return figure


def confused_shares(runs: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Share of the images of each class (row) that the networks take for each class (column).

    runs: rows of the table confusion. names: the classes of the matrix. A class without images has zeros.
    """
    counts = runs.groupby(["class", "predicted"])["n"].sum()
    images = counts.groupby("class").sum().reindex(names).to_numpy()
    pairs = pd.MultiIndex.from_product([names, names])
    matrix = counts.reindex(pairs, fill_value=0).to_numpy().reshape(len(names), len(names))
    return matrix / np.maximum(images, 1)[:, None]


def least_recognised(confusion: pd.DataFrame, classes: int) -> list[str]:
    """The classes with the lowest recall over all runs, in the order of the table."""
    n = confusion.groupby("class", sort=False)["n"].sum()
    correct = confusion[confusion["class"] == confusion["predicted"]]
    recall = correct.groupby("class", sort=False)["n"].sum() / n.where(n > 0)
    lowest = set(recall.nsmallest(classes).index)
    return [name for name in n.index if name in lowest]


def plot_confusion(sweep: Sweep) -> plt.Figure:
    """Which class is taken for which: a matrix per scale, at most three in a row, one draw below the other.
    Each row of a matrix adds up to 1, unless not all classes are shown.
    """
    confusion = for_each_draw(sweep.tables["confusion"], sweep.draws)
    scales = chosen_scales(sweep.scales, max(2, MAX_MATRICES // len(sweep.networks)))
    names = list(confusion["class"].unique())
    title = f"which {sweep.noun} is taken for which, in % of the images of each row"
    if len(names) > MAX_CLASSES:
        title += f"; the {MAX_CLASSES} least recognised of {len(names)} classes"
        names = least_recognised(confusion, MAX_CLASSES)
    shown = [short_name(name, MAX_NAME) for name in names]
    longest, numbered = max(map(len, shown)), len(names) <= MAX_NUMBERED
    rows = ceil(len(scales) / MAX_IN_A_ROW)
    columns = ceil(len(scales) / rows)
    side = max(2.3, (0.25 if numbered else 0.13) * len(names))
    room = 0.06 * longest  # inches, for the names beside and below
    width, height = max(side + room / columns, 6 / columns), side + room + 0.2
    cases = len(sweep.cases)
    figure, axes = panels(rows * cases, columns, width, height, sharey=True)
    figure.set_layout_engine("compressed")  # matrices are squares
    for of_case, (network, draw) in zip(axes.reshape(cases, -1), sweep.cases, strict=True):
        for axis in of_case[len(scales) :]:
            axis.set_visible(False)
        counts = confusion[(confusion["network"] == network) & (confusion["draw"] == draw)]
        for axis, scale in zip(of_case, scales, strict=False):
            runs = counts[counts["scale"] == scale]
            shares = confused_shares(runs, names)
            image = draw_matrix(axis, shares)
            if numbered:
                write_shares(axis, shares, 7)
            case = textwrap.fill(sweep.case_label(network, draw), MAX_NAME)
            axis.set_title(f"{case}, scale {scale:g}", parse_math=False)
            size = {"fontsize": "x-small" if numbered else 5, "parse_math": False}
            axis.set_xticks(range(len(names)), shown, rotation=90 if longest > 1 else 0, **size)
            axis.set_yticks(range(len(names)), shown, **size)
    for axis in axes[:, 0]:
        axis.set_ylabel(sweep.noun)
    for axis in axes[-1]:
        axis.set_xlabel("predicted")
    if not numbered:
        colours = figure.colorbar(image, ax=axes, shrink=0.8)
        colours.ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    seeds = "one seed" if sweep.seeds == 1 else f"{sweep.seeds} seeds"
    set_title(figure, sweep, f"{title}, {seeds}")
    return figure
