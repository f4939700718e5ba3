"""The figures with curves: accuracy against noise scale, and against epochs."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from analysis import classifiers, draws
from analysis.classifiers import CHANCE, GREY, LOWER, UPPER, is_network, is_person, mean_accuracies, own_scale
from analysis.drawing import (
    CLASS_COLOURS,
    MAX_NAME,
    End,
    Sweep,
    accuracy_panel,
    case_panels,
    draw_accuracy,
    draw_chance,
    label_ends,
    network_panels,
    panels,
    percent_axis,
    scale_axis,
    set_title,
)
from analysis.draws import ONE_SCALE
from analysis.filters import filter_label
from analysis.intervals import student_interval
from analysis.losses import OTHER, edges
from analysis.phrases import count, count_seeds
from analysis.summaries import LEVEL, for_each_draw
from experiment.filters import NO_FILTER
from experiment.selection import chosen_scales
from inputs.datasets import short_name

# Colour and hatching of a part of the lost points. The colours are of Okabe & Ito (analysis/draws.py).
PARTS = {
    "memorised": ("#D55E00", "//"),
    OTHER: ("#009E73", "||"),
    "unread": ("#56B4E9", "\\\\"),
    "memorised or unread": ("#56B4E9", "\\\\"),
    "open": ("#F0E442", ".."),
    "gone": ("#BBBBBB", ""),
}
# Colour, marker and line of a filter: of Okabe & Ito, and two of Tol (2021, "muted").
FILTER_STYLES = {
    "none": ("black", "", "-"),
    "median": ("#009E73", "s", "-"),
    "gaussian": ("#E69F00", "^", "--"),
    "non_local_means": ("#CC79A7", "v", "-."),
    "total_variation": ("#56B4E9", "P", "--"),
    "wavelet": ("#332288", "<", ":"),
    "wiener": ("#999933", ">", "-"),
    "posterior_mean": ("#AA4499", "*", "-"),
}
MAX_TOGETHER = 6  # curves of several networks in one panel
MAX_CLASS_CURVES = 12  # in one panel
MAX_PEOPLE = 8  # whose names are in one panel
CLASS_MARKERS = "osD^vP<>Xp"
# Of the curves of epochs, which lie close together where there is little noise.
EPOCH_STYLES = [
    {"color": "black", "marker": "o", "linestyle": "-"},
    {"color": "#E69F00", "marker": "s", "linestyle": "--"},
    {"color": "#56B4E9", "marker": "D", "linestyle": "-"},
    {"color": "#882255", "marker": "^", "linestyle": "-."},
    {"color": "#009E73", "marker": "v", "linestyle": "-"},
    {"color": "#CC79A7", "marker": "P", "linestyle": "--"},
    {"color": "#332288", "marker": "X", "linestyle": "-"},
    {"color": "#999933", "marker": "*", "linestyle": ":"},
]


def style_of(network: str, draw: str, networks: list[str]) -> dict[str, Any]:
    """How matplotlib draws the curve of a network, which is one of `networks`."""
    style = classifiers.network_style(network, draw, networks)
    return {"color": style.colour, "marker": style.marker, "linestyle": style.line, "markersize": 5}


def draw_networks(axis: plt.Axes, sweep: Sweep) -> list[End]:
    """Validation accuracy of every network and draw."""
    ends = []
    for (network, draw), rows in sweep.tables["comparison"].groupby(["network", "draw"], sort=False):
        style = style_of(network, draw, sweep.networks)
        end = draw_accuracy(axis, rows, "val_accuracy", **style)
        label = ", ".join([short_name(network, MAX_NAME), *[f"{draw} noise"] * bool(draw)])
        ends.append(End(*end, label, style["color"]))
    return ends


def draw_classifier(axis: plt.Axes, means: pd.DataFrame, classifier: str) -> End:
    """The curve of a classifier of classifiers.STYLES. means: of mean_accuracies."""
    look, rows = classifiers.STYLES[classifier], means[means["classifier"] == classifier]
    style = {"color": look.colour, "linestyle": look.line, "linewidth": 1}
    end = draw_accuracy(axis, rows, "accuracy", marker=look.marker, markersize=4, **style)
    return End(*end, look.label, look.colour)


def draw_people(axis: plt.Axes, means: pd.DataFrame) -> list[End]:
    """The points of every person. means: of mean_accuracies. Of many people there is one label."""
    ends = []
    for index, (person, rows) in enumerate(means.groupby("classifier")):
        marker = classifiers.PERSON_MARKERS[index % len(classifiers.PERSON_MARKERS)]
        style = {"color": classifiers.PURPLE, "linestyle": ":", "linewidth": 1, "markersize": 6}
        end = draw_accuracy(axis, rows, "accuracy", marker=marker, **style)
        name = short_name(classifiers.person_label(person), MAX_NAME)
        ends.append(End(*end, name, classifiers.PURPLE))
    return ends if len(ends) <= MAX_PEOPLE else [ends[0]._replace(label=f"{len(ends)} people")]


def plot_accuracy(sweep: Sweep) -> plt.Figure:
    """Validation accuracy of the networks against noise scale; beside it, training accuracy.

    Few networks are in one panel, without their training accuracy where there are several. Of more, each has
    a panel.
    """
    networks, last = sweep.networks, sweep.scales[-1]
    together = 1 < len(networks) and len(sweep.cases) <= MAX_TOGETHER
    if together:
        figure, axis = accuracy_panel(8)
        axes = [axis]
    else:
        figure, axes = network_panels(networks, 8)
    for network, axis in zip(networks, axes, strict=False):
        axis.axhline(LEVEL, color=GREY, linestyle=":", linewidth=1)
        ends = [draw_chance(axis, sweep.chance, last), End(last, LEVEL, f"{100 * LEVEL:g} %", GREY)]
        ends += draw_networks(axis, sweep) if together else draw_learning(axis, sweep, network)
        scale_axis(axis, sweep, 5.5 if len(axes) == 1 else 4)
        label_ends(axis, ends)
        axis.set_ylabel("accuracy")
    counts = sweep.tables["comparison"]["epochs"].unique()  # NaN of a pretrained network
    epochs = f" after {count(int(counts[0]), 'epoch')}" if len(counts) == 1 and counts[0] % 1 == 0 else ""
    set_title(figure, sweep, f"accuracy{epochs}, {count_seeds(sweep.seeds)}, 95 % intervals")
    return figure


def draw_learning(axis: plt.Axes, sweep: Sweep, network: str) -> list[End]:
    """Training and validation accuracy of one network, for every draw."""
    comparison, ends = sweep.tables["comparison"], []
    for draw, rows in comparison[comparison["network"] == network].groupby("draw", sort=False):
        style = style_of(network, draw, [network])
        open_markers = style | {"linestyle": "--", "markerfacecolor": "white", "linewidth": 1}
        noise = f", {draw} noise" * bool(draw)
        if draw in ONE_SCALE:  # else training accuracy is one number, a mean over all scales
            training = draw_accuracy(axis, rows, "train_accuracy", **open_markers)
            ends.append(End(*training, f"training{noise}", style["color"]))
        validation = draw_accuracy(axis, rows, "val_accuracy", **style)
        ends.append(End(*validation, f"validation{noise}" if draw else "accuracy", style["color"]))
    if "filters" in sweep.tables:
        ends += draw_band_of_filters(axis, sweep.tables["filters"], network)
    return ends


def draw_band_of_filters(axis: plt.Axes, filters: pd.DataFrame, network: str) -> list[End]:
    """From the worst to the best filter at each scale, before the network without noise."""
    of_network = filters[filters["network"] == network]
    tried = of_network[(of_network["filter"] != NO_FILTER) | (of_network["bias_correction"] == 1)]
    if tried.empty:
        return []
    low, high = (tried.groupby("scale")["accuracy"].agg(limit) for limit in ("min", "max"))
    axis.fill_between(low.index, low, high, color=classifiers.GREY, alpha=0.2, linewidth=0)
    middle = (low.iloc[-1] + high.iloc[-1]) / 2
    return [End(low.index[-1], middle, "without noise, after filters", classifiers.GREY)]


def plot_classifiers(sweep: Sweep) -> plt.Figure:
    """Validation accuracy of the networks beside that of simple methods, and of people, who saw other images
    with the same kind of noise. What people recognised above the largest scale is left out.
    """
    own, last = own_scale(sweep.tables["accuracies"]), sweep.scales[-1]
    means = mean_accuracies(own[~is_network(own["classifier"]) & (own["scale"] <= last)])
    simple = [name for name in classifiers.STYLES if name not in (CHANCE, LOWER, UPPER)]
    people = means[is_person(means["classifier"])]
    figure, axis = accuracy_panel(8)
    ends = [draw_chance(axis, sweep.chance, last)]
    ends += [draw_classifier(axis, means, name) for name in simple]
    ends += draw_people(axis, people)
    ends += draw_networks(axis, sweep)
    scale_axis(axis, sweep, 5.5)
    label_ends(axis, ends)
    axis.set_ylabel("accuracy on noisy test images")
    compared = "networks and simple methods" if people.empty else "networks, simple methods and people"
    set_title(figure, sweep, f"{compared}, {count_seeds(sweep.seeds)}, 95 % intervals")
    return figure


def plot_filters(sweep: Sweep) -> plt.Figure:
    """The networks without noise after every filter, beside those that were trained on noise: a row per
    network. On the right, the bias of clipped noise was corrected first.
    """
    filters, comparison = sweep.tables["filters"], sweep.tables["comparison"]
    networks = [network for network in sweep.networks if network in set(filters["network"])]
    columns = sorted(filters["bias_correction"].unique())
    figure, axes = panels(len(networks), len(columns), 7.4, 4.6, sharey=True)
    for row, network in zip(axes, networks, strict=True):
        for axis, corrected in zip(row, columns, strict=True):
            percent_axis(axis)
            ends = [draw_chance(axis, sweep.chance, sweep.scales[-1])]
            for draw, rows in comparison[comparison["network"] == network].groupby("draw", sort=False):
                if draw:  # a pretrained one stands among the filters, as `none`
                    style = style_of(network, draw, [network]) | {"linewidth": 1}
                    ends.append(
                        End(
                            *draw_accuracy(axis, rows, "val_accuracy", **style),
                            f"{draw} noise",
                            style["color"],
                        )
                    )
            of_panel = filters[(filters["network"] == network) & (filters["bias_correction"] == corrected)]
            for name, rows in of_panel.groupby("filter", sort=False):
                style = dict(zip(("color", "marker", "linestyle"), FILTER_STYLES[name], strict=True))
                end = draw_accuracy(axis, rows, "accuracy", markersize=4, linewidth=1, **style)
                ends.append(End(*end, filter_label(name), style["color"]))
            scale_axis(axis, sweep, 4.5)
            label_ends(axis, ends)
            panel = ["after bias correction" if corrected else "filters alone"] * (len(columns) > 1)
            name = [short_name(network, MAX_NAME)] * (len(networks) > 1)
            axis.set_title(", ".join(name + panel), parse_math=False)
        row[0].set_ylabel("accuracy on noisy test images")
    seeds = count_seeds(sweep.seeds)
    set_title(
        figure, sweep, f"trained without noise, after filters; and trained on noise; {seeds}, 95 % intervals"
    )
    return figure


def plot_ceiling(sweep: Sweep) -> plt.Figure:
    """Validation accuracy of the networks, and the bounds of what any classifier could reach, with the band
    between them.
    """
    own = own_scale(sweep.tables["accuracies"])
    means = mean_accuracies(own[own["classifier"].isin([LOWER, UPPER])])
    figure, axis = accuracy_panel(8.6)
    lower, upper = (means[means["classifier"] == bound] for bound in (LOWER, UPPER))
    band = (lower["scale"], lower["accuracy"], upper["accuracy"])
    axis.fill_between(*band, color=classifiers.STYLES[UPPER].colour, alpha=0.2, linewidth=0)
    ends = [draw_chance(axis, sweep.chance, sweep.scales[-1])]
    ends += [draw_classifier(axis, means, bound) for bound in (LOWER, UPPER)]
    ends += draw_networks(axis, sweep)
    scale_axis(axis, sweep, 5.5)
    label_ends(axis, ends)
    axis.set_ylabel("accuracy on noisy test images")
    images = count(int(own.loc[own["classifier"] == LOWER, "n"].iloc[0]), "test image")
    seeds = count_seeds(sweep.seeds)
    set_title(figure, sweep, f"networks and the ceiling (on {images}), {seeds}, 95 % intervals")
    return figure


def plot_losses(sweep: Sweep) -> plt.Figure:
    """Where every lost point goes, against noise scale, a panel per network."""
    losses, networks = sweep.tables["losses"], sweep.networks
    figure, axes = network_panels(networks, 8.6)
    for axis, network in zip(axes, networks, strict=True):
        label_ends(axis, draw_losses(axis, losses[losses["network"] == network], network), gap=0.06)
        scale_axis(axis, sweep, 5.5 if len(networks) == 1 else 4)
        axis.set_ylabel("accuracy")
    images, draw = count(losses["n"].min(), "image"), losses["worse"].iloc[0]
    noise = f"{draw} noise" if len(networks) == 1 and draw in draws.STYLES else "noise"
    seeds = count_seeds(sweep.seeds)
    set_title(figure, sweep, f"where the points lost to {noise} go, {seeds}, ceiling on {images}")
    return figure


def draw_losses(axis: plt.Axes, losses: pd.DataFrame, network: str) -> list[End]:
    """Bands from what a network recognises up to what it recognises without noise. losses: of this
    network.
    """
    stacked, draw = edges(losses), losses["worse"].iloc[0]
    scales, below = stacked.index.to_numpy(), stacked["recognised"]
    clean = losses["better_accuracy"].iloc[-1]
    ends = [End(scales[-1], below.iloc[-1] / 2, "recognised", GREY)]
    ends.append(End(scales[-1], clean, f"without noise {100 * clean:.1f} %", GREY))
    for part, edge in stacked.iloc[:, 1:].items():
        colour, hatch = PARTS[part]
        axis.fill_between(scales, below, edge, facecolor=colour, edgecolor="white", hatch=hatch, linewidth=0)
        axis.plot(scales, edge, color="black", linewidth=0.6)
        ends.append(End(scales[-1], (below.iloc[-1] + edge.iloc[-1]) / 2, part, "black"))
        below = edge
    style = style_of(network, draw if draw in draws.STYLES else "", [network])
    draw_accuracy(axis, stacked.reset_index(), "recognised", **style)
    return ends


def plot_classes(sweep: Sweep) -> plt.Figure:
    """Recall of every class against noise scale, a panel per draw; each curve ends at its name.

    Of many classes, those with the highest and those with the lowest recall on average.
    """
    classes = sweep.tables["classes"]
    names, title = list(classes["class"].unique()), f"which {sweep.noun} fails first"
    if len(names) > MAX_CLASS_CURVES:
        order = classes.groupby("class", sort=False)["recall"].mean().sort_values(kind="stable").index
        half = MAX_CLASS_CURVES // 2
        title += f" and last, {half} each of {len(names)} classes"
        names = [*order[:half], *order[-half:]]
    longest = min(max(map(len, names)), MAX_NAME)
    figure, axes, left = case_panels(sweep, 6.6 + 0.06 * longest, 4.6, sharey=True)
    for (network, draw), axis in axes.items():
        percent_axis(axis)
        of_case = classes[(classes["network"] == network) & (classes["draw"] == draw)]
        ends = []
        for index, name in enumerate(names):
            rows = of_case[of_case["class"] == name]
            colour = CLASS_COLOURS[index % len(CLASS_COLOURS)]
            # A name of one character is its own marker.
            alone = len(name) == 1 and name.isalnum()
            marker = f"${name}$" if alone else CLASS_MARKERS[index % len(CLASS_MARKERS)]
            recall = rows[["scale", "recall"]]  # ten intervals would hide the curves
            end = draw_accuracy(axis, recall, "recall", color=colour, marker=marker, markersize=6)
            ends.append(End(*end, short_name(name, MAX_NAME), GREY if alone else colour))
        scale_axis(axis, sweep, 5)
        label_ends(axis, ends)
    for axis in left:
        axis.set_ylabel(f"recall: share of the {sweep.noun}'s test images recognised")
    set_title(figure, sweep, f"{title}, {count_seeds(sweep.seeds)}")
    return figure


def plot_epochs(sweep: Sweep) -> plt.Figure:
    """Accuracy per epoch, training left and validation right, a row per draw; bands of 95 % over seeds."""
    cases = [(network, draw) for network, draw in sweep.cases if draw]
    histories = for_each_draw(sweep.tables["histories"], list(dict.fromkeys(draw for _, draw in cases)))
    scales = chosen_scales(sweep.scales, len(EPOCH_STYLES))
    columns = {"training": "accuracy", "validation": "val_accuracy"}
    figure, axes = panels(len(cases), 2, 5.6, 4, sharey=True, sharex=len(sweep.networks) == 1)
    for row, (network, draw) in zip(axes, cases, strict=True):
        of_case = histories[(histories["network"] == network) & (histories["draw"] == draw)]
        for axis, (title, column) in zip(row, columns.items(), strict=True):
            percent_axis(axis)
            ends = [draw_chance(axis, sweep.chance, of_case["epoch"].max())]
            together = title == "training" and draw not in ONE_SCALE  # the same at every scale
            for scale, style in zip(scales[:1] if together else scales, EPOCH_STYLES, strict=False):
                runs = of_case[of_case["scale"] == scale]
                end = draw_epochs(axis, runs.pivot(index="epoch", columns="seed", values=column), style)
                ends.append(End(*end, "all" if together else f"{scale:g}", style["color"]))
            label_ends(axis, ends)
            axis.set_title(f"{title}, {sweep.case_label(network, draw)}", parse_math=False)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        row[0].set_ylabel("accuracy")
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
    seeds = count_seeds(sweep.seeds)
    set_title(figure, sweep, f"accuracy per epoch, {seeds}; the number at a curve is its noise scale")
    return figure


def draw_epochs(axis: plt.Axes, values: pd.DataFrame, style: dict[str, str]) -> tuple[float, float]:
    """The mean of every epoch with its interval. values: a row per epoch, a column per seed. Returns its last
    point. With early stopping, it ends where the first seed does.
    """
    values = values.dropna()
    means, every = values.mean(axis=1), max(1, len(values) // 20)
    axis.plot(values.index, means, markersize=4, markevery=every, **style)
    band = np.array([student_interval(seeds) for seeds in values.to_numpy()])
    axis.fill_between(values.index, *band.T, color=style["color"], alpha=0.25, linewidth=0)
    return values.index[-1], means.iloc[-1]
