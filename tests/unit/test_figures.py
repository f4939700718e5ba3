"""The figures, at any number of scales, draws, seeds and classes."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.collections import PolyCollection

from analysis.classifiers import LOWER, UPPER, own_scale
from analysis.curves import (
    EPOCH_STYLES,
    PARTS,
    plot_accuracy,
    plot_ceiling,
    plot_classes,
    plot_classifiers,
    plot_epochs,
    plot_losses,
)
from analysis.drawing import AXES, End, Sweep, label_ends
from analysis.draws import STYLES
from analysis.figures import FIGURES
from analysis.losses import losses
from analysis.matrices import draw_matrix, plot_confusion, plot_evaluations, write_shares
from analysis.summaries import class_recall, compare_scales
from analysis.tables import TABLES, make_table, sort_table
from experiment.draws import DRAWS
from experiment.filters import FILTER_NAMES, NO_FILTER
from experiment.selection import chosen_scales
from inputs.datasets import KNOWN
from plot_figures import FUNCTIONS, save_figure
from plot_samples import first_of_each, plot_samples

SIX = [0.0, 0.1, 0.5, 1.0, 2.0, 4.0]
MANY = [
    *(0.0, 0.08, 0.1, 0.12, 0.18, 0.26, 0.38, 0.5, 0.7, 0.9),
    *(1.0, 1.2, 1.5, 1.7, 2.0, 2.5, 3.0, 3.5, 4.0, 8.0),
]
UNEVEN = [0.0, *sorted(np.random.default_rng(1).uniform(0, 4, 19).round(4))]
HUNDRED = np.linspace(0, 4, 100).round(4)
BOTH = ["fixed", "fresh"]
MNIST = KNOWN["mnist"]
IMAGES, OF_CEILING = 1000, 500  # test images, and those of them on which the ceiling is estimated
SWEEP = {"images": "mnist", "kind": "gaussian"}
TRAINED = "theirs"  # the name of a pretrained network


def share_of(network, draw, scale, seed):
    """A plausible accuracy of a network."""
    better = 0.02 * (network == "cnn")
    return 0.1 + better + 0.86 / (1 + scale**2) + seed / 1000 - 0.05 * (draw == "fixed" and scale > 0)


def row_of(classifier, scale, seed, accuracy, n=IMAGES, draw="", train_scale=None):
    """A row of the table `accuracies`. train_scale: None, with a draw, of a network of all scales."""
    correct = round(n * accuracy)
    paired = correct * OF_CEILING // n
    return {
        **{"images": "mnist", "classifier": classifier, "draw": draw},
        **{"train_kind": draw and "gaussian", "train_scale": train_scale},
        **{"kind": "gaussian", "scale": scale, "seed": seed, "correct": correct, "n": n},
        "accuracy": correct / n,
        "accuracy_low": max(correct / n - 0.03, 0),
        "accuracy_high": min(correct / n + 0.02, 1),
        **{"paired_correct": paired, "paired_n": OF_CEILING, "log_loss": 1.0},
    }


def accuracies_of(scales, seeds, draws, people=(), networks=("mlp",)):
    """The table `accuracies` of a sweep. people: (name, scale, accuracy) of each."""
    rows = [row_of(f"people/{name}.csv", scale, np.nan, share, 50) for name, scale, share in people]
    tests = chosen_scales(scales)
    for seed, scale in itertools.product(range(1, seeds + 1), scales):
        rows.append(row_of("chance", scale, seed, 0.1))
        for classifier, part in (("nearest_centroid", 0.9), ("ridge_regression", 0.85)):
            share = part * share_of("mlp", "fixed", scale, seed)
            rows.append(row_of(classifier, scale, seed, share, draw="fixed", train_scale=scale))
        for bound, part in ((LOWER, 0.86), (UPPER, 0.88)):
            share = 0.1 + part / (1 + scale**2 / 2) + seed / 1000
            rows.append(row_of(bound, scale, seed, share, OF_CEILING))
        for run, test in itertools.product(
            runs_of([scale], [seed], draws, networks), sorted({*tests, scale})
        ):
            share = share_of(**run) if test == scale else 0.9 / (1 + test)
            if run["draw"] != "mixed":
                rows.append(row_of(run["network"], test, seed, share, draw=run["draw"], train_scale=scale))
            elif test == scale:
                rows.append(row_of(run["network"], test, seed, share, draw="mixed"))
        if TRAINED in networks:
            rows.append(row_of(TRAINED, scale, seed, 0.9 / (1 + scale)))
    return sort_table("accuracies", pd.DataFrame(rows))


def answers_of(accuracies):
    """Which images each classifier recognised at its own scale: as many as the table says, the first ones."""
    return {
        (row.classifier, row.draw, row.scale, row.seed): np.arange(row.n) < row.correct
        for row in own_scale(accuracies).itertuples()
    }


def runs_of(scales, seeds, draws, networks=("mlp",)):
    """Every run, as a dictionary; that of all scales at each."""
    for network, seed, scale in itertools.product(networks, seeds, scales):
        for draw in draws if scale else sorted({"fixed", *draws} - {"fresh"}):
            if network != TRAINED:
                yield {"network": network, "draw": draw, "scale": scale, "seed": seed}


def histories_of(runs, epochs):
    """The table `histories`: before the last epoch, validation accuracy is 10 points lower."""
    rows = [
        run
        | {"epoch": epoch, "accuracy": 0.95, "loss": 0.1, "val_loss": 0.2, "seconds": 1.0}
        | {"val_accuracy": max(share_of(**run) - 0.1 * (epoch < epochs), 0)}
        | {"held_out_loss": np.nan, "taken": int(epoch == epochs)}
        for run in runs
        for epoch in range(1, epochs + 1)
    ]
    return make_table("histories", rows, **SWEEP)


def confusion_of(runs, names):
    """The table `confusion`: 90 images of each class are recognised, one is taken for each other class."""
    rows = [
        run | {"class": name, "predicted": predicted, "n": 90 if name == predicted else 1}
        for run in runs
        for name, predicted in itertools.product(names, names)
    ]
    return make_table("confusion", rows, **SWEEP)


def sweep_of(
    scales, seeds=1, draws=("fixed",), known=MNIST, people=(), axis="sqrt", epochs=2, networks=("mlp",)
):
    """What the figures show of a made-up sweep."""
    draws, networks = list(draws), list(networks)
    accuracies = accuracies_of(scales, seeds, draws, people, networks)
    runs = list(runs_of(scales, range(1, seeds + 1), draws, networks))
    histories = histories_of(runs, epochs)
    answers = answers_of(accuracies)
    tables = {
        "accuracies": accuracies,
        "histories": histories,
        "comparison": compare_scales(histories, accuracies, networks, draws, {}, answers, **SWEEP),
        "losses": losses(accuracies, networks, draws, answers, **SWEEP),
    }
    sweep = Sweep(tables, known.noun, axis)
    if TRAINED in networks:
        tested = itertools.product(scales, range(1, seeds + 1))
        runs += [{"network": TRAINED, "draw": "", "scale": scale, "seed": seed} for scale, seed in tested]
    return with_confusion(sweep, confusion_of(runs, known.classes))


def with_confusion(sweep, confusion):
    """The sweep with this table `confusion`, and the recall of its classes."""
    classes = class_recall(confusion, sweep.draws, **SWEEP)
    return sweep._replace(tables=sweep.tables | {"confusion": confusion, "classes": classes})


def filters_of(sweep):
    """The table `filters`, every one on every network of the sweep."""
    rows = [
        {
            "network": network,
            "filter": name,
            "bias_correction": corrected,
            "scale": scale,
            "seeds": sweep.seeds,
        }
        | {"accuracy": share, "accuracy_low": 0.9 * share, "accuracy_high": share + 0.01}
        for network in sweep.networks
        for corrected in (0, 1)
        for number, name in enumerate([NO_FILTER, *FILTER_NAMES])
        for scale in sweep.scales
        for share in [0.9 / (1 + scale) + 0.01 * number]
    ]
    columns = dict.fromkeys(TABLES["filters"].columns, np.nan)
    return make_table("filters", [columns | row for row in rows], **SWEEP)


def all_figures(sweep):
    sweep = sweep._replace(tables=sweep.tables | {"filters": filters_of(sweep)})
    for name in FIGURES:
        yield FUNCTIONS[f"plot_{name}"](sweep)


def texts_of(figure):
    """The texts that are drawn."""
    hidden = {
        text for axis in figure.axes if not axis.get_visible() for text in axis.findobj(matplotlib.text.Text)
    }
    texts = set(figure.findobj(matplotlib.text.Text)) - hidden
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def extent(text):
    """Where the text is, without the line that leads to it."""
    return matplotlib.text.Text.get_window_extent(text)


def overlapping(figure):
    """Pairs of texts in a figure of which one lies over another by more than a pixel; and those outside."""
    for _ in range(2):  # as when it is saved: the layout of the first time is not yet the last one
        figure.draw_without_rendering()
    boxes = [(text, extent(text)) for text in texts_of(figure)]
    names = [text.get_text() for text, _ in boxes]
    x0, y0, x1, y1 = np.array([box.extents for _, box in boxes]).T
    assert len(boxes) > 5
    width = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)
    height = np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0)
    pairs = [
        (names[one], names[other])
        for one, other in np.argwhere(np.triu(np.minimum(width, height) > 1, k=1))
        # Axes that share their ticks have them twice in one place.
        if (names[one], x0[one], y0[one]) != (names[other], x0[other], y0[other])
    ]
    right, top = figure.bbox.extents[2:]
    inside = (x0 > -1) & (y0 > -1) & (x1 < right + 1) & (y1 < top + 1)
    # A tick beyond the end of its axis has a label, which is not drawn.
    ticks = {label for axis in figure.axes for label in (*axis.get_xticklabels(), *axis.get_yticklabels())}
    outside = [text for (text, _), fits in zip(boxes, inside, strict=True) if not fits and text not in ticks]
    return pairs + [(text.get_text(), "the edge") for text in outside]


ALL_SCALES = pytest.mark.parametrize(
    "scales",
    [
        pytest.param(SIX, id="6"),
        pytest.param(HUNDRED, id="100", marks=pytest.mark.long),
        pytest.param([0.0], id="1", marks=pytest.mark.long),
        pytest.param([0.0, 1000.0], id="2", marks=pytest.mark.long),
        pytest.param(MANY, id="20", marks=pytest.mark.long),
        pytest.param(UNEVEN, id="20 uneven", marks=pytest.mark.long),
    ],
)
ALL_DRAWS = pytest.mark.parametrize(("seeds", "draws"), [(1, ["fixed"]), (10, ["fixed", "fresh", "mixed"])])


@ALL_SCALES
@ALL_DRAWS
def test_no_text_lies_over_another(scales, seeds, draws):
    people = [("ann", 0.0, 0.9), ("bob", 0.0, 0.8)]
    for figure in all_figures(sweep_of(scales, seeds, draws, people=people)):
        assert overlapping(figure) == []
        plt.close(figure)


@pytest.mark.parametrize(
    ("networks", "draws"),
    [
        (["mlp", "cnn"], BOTH),
        (["mlp", TRAINED], ["fixed"]),
        pytest.param(["mlp", "cnn", "another_network", TRAINED], BOTH, marks=pytest.mark.long),
    ],
)
def test_no_text_lies_over_another_with_several_networks(networks, draws):
    for figure in all_figures(sweep_of(SIX, draws=draws, networks=networks)):
        assert overlapping(figure) == []
        plt.close(figure)


@ALL_SCALES
@pytest.mark.parametrize("axis", ["linear", "log"])
def test_no_text_lies_over_another_on_any_axis(scales, axis):
    sweep = sweep_of(scales, axis=axis)
    for plot in (plot_accuracy, plot_classes):
        figure = plot(sweep)
        assert overlapping(figure) == []
        plt.close(figure)


@ALL_SCALES
def test_no_text_lies_over_another_with_long_names(scales):
    sweep = sweep_of(scales, draws=BOTH, known=KNOWN["fashion_mnist"])
    name, named = "a_very_long_name_of_a_network", {}
    for table, rows in sweep.tables.items():
        column = "classifier" if table == "accuracies" else "network"
        named[table] = rows.assign(**{column: rows[column].replace("mlp", name)}, images="i" * 60)
    for figure in all_figures(sweep._replace(tables=named)):
        assert overlapping(figure) == []
        plt.close(figure)


def test_text_over_another_and_beyond_the_edge_is_found():
    figure, axis = plt.subplots()
    for x, text in [(0.5, "one"), (0.51, "two"), (0.2, "three"), (0.99, "a long text beyond the edge")]:
        axis.text(x, 0.5, text)
    over, outside = overlapping(figure)
    assert (set(over), outside) == ({"one", "two"}, ("a long text beyond the edge", "the edge"))
    plt.close(figure)


def test_every_figure_has_a_function_and_a_caption_and_every_page_too():
    captions = {path.stem for path in Path("report").glob("*.rst")}
    pages = set(re.findall(r'page\("(\w+)"', Path("rules/compare.smk").read_text()))
    assert len(pages) > 5
    assert {name.removeprefix("figure_") for name in captions if name.startswith("figure_")} == set(FIGURES)
    assert {name.removeprefix("table_") for name in captions if name.startswith("table_")} == pages
    assert {f"plot_{name}" for name in FIGURES} <= set(FUNCTIONS)


def test_the_names_of_the_figures_do_not_load_matplotlib():
    code = "import sys, analysis.figures; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": "scripts"})
    modules = done.stdout.split()
    assert "analysis.figures" in modules
    assert "matplotlib" not in modules


def test_a_figure_is_saved_with_the_same_bytes_every_time(tmp_path):
    suffixes = ("png", "svg", "pdf")
    for folder in ("first", "second"):
        paths = [str(tmp_path / folder / f"accuracy.{suffix}") for suffix in suffixes]
        save_figure(plot_accuracy(sweep_of(SIX)), paths)
    for suffix, start in zip(suffixes, (b"\x89PNG", b"<?xml", b"%PDF"), strict=True):
        first, second = (tmp_path / folder / f"accuracy.{suffix}" for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
        assert first.read_bytes().startswith(start)
        assert b"CreationDate" not in first.read_bytes()


def curves_of(axis):
    """Heights of the curves in a panel, in the order of drawing; lines with two ends are none."""
    return [np.asarray(line.get_ydata(), float) for line in axis.lines if len(line.get_xdata()) > 2]


def shown_names(axis):
    return [annotation.get_text() for annotation in axis.texts]


def test_a_few_networks_share_a_panel_and_more_have_one_each():
    few = plot_accuracy(sweep_of(SIX, draws=BOTH, networks=["mlp", "cnn"]))
    assert len(few.axes) == 1
    curves = [line for line in few.axes[0].containers if hasattr(line, "lines")]
    colours = [curve.lines[0].get_color() for curve in curves]
    assert len(curves) == 4
    assert colours[0] == colours[1] != colours[2] == colours[3]
    styles = [curve.lines[0].get_linestyle() for curve in curves]
    assert styles == ["-", "--", "-", "--"]
    many = plot_accuracy(sweep_of(SIX, draws=BOTH, networks=["mlp", "cnn", "a", "b"]))
    shown = [axis.get_title() for axis in many.axes if axis.get_visible()]
    assert shown == ["mlp", "cnn", "a", "b"]
    plt.close("all")


def test_a_network_that_came_trained_has_a_curve_and_no_epochs():
    sweep = sweep_of(SIX, networks=["mlp", TRAINED])
    labels = {text.get_text() for text in texts_of(plot_accuracy(sweep))}
    assert {"mlp, fixed noise", TRAINED} <= labels
    assert len(plot_epochs(sweep).axes) == 2
    losses = [axis.get_title() for axis in plot_losses(sweep).axes]
    assert losses == ["mlp", TRAINED]
    plt.close("all")


@pytest.mark.parametrize("draws", [["fixed"], ["fresh"], BOTH, [*BOTH, "mixed"]])
def test_accuracy_figure_shows_the_networks_chance_and_the_level_and_nothing_else(draws):
    sweep = sweep_of(SIX, seeds=3, draws=draws, people=[("ann", 0.5, 0.9)])
    figure = plot_accuracy(sweep)
    (axis,) = figure.axes
    one_scale = [draw for draw in draws if draw != "mixed"]
    named = [f"training, {draw} noise" for draw in one_scale]
    named += [f"validation, {draw} noise" for draw in draws]
    assert sorted(shown_names(axis)) == sorted([*named, "chance", "90 %"])
    comparison = sweep.tables["comparison"]
    for (_, rows), bars in zip(comparison.groupby("draw", sort=False), axis.containers, strict=True):
        np.testing.assert_allclose(bars.lines[0].get_ydata().astype(float), rows["val_accuracy"])
        ends = np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])
        np.testing.assert_allclose(ends, rows[["val_accuracy_low", "val_accuracy_high"]])
    assert sum(np.allclose(heights, 0.95) for heights in curves_of(axis)) == len(one_scale)
    levels = [line.get_ydata()[0] for line in axis.lines if len(line.get_xdata()) == 2]
    assert sorted(levels) == [0.1, 0.9]
    plt.close(figure)


def test_titles_name_the_images_the_network_and_the_noise():
    sweep = sweep_of([0.0, 1.0], epochs=20)
    for figure in all_figures(sweep):
        assert figure.get_suptitle().replace("\n", " ").startswith("mnist, mlp, Gaussian noise: ")
        assert "one seed" in figure.get_suptitle()
        plt.close(figure)
    title = plot_accuracy(sweep).get_suptitle()
    assert title.endswith("accuracy after 20 epochs, one seed, 95 % intervals")


@pytest.mark.parametrize(
    ("axis", "gaps", "label"),
    [
        ("sqrt", np.diff(np.sqrt(SIX)), "square-root axis"),
        ("linear", np.diff(SIX), "linear axis"),
        ("log", [None, *np.diff(np.log(SIX[1:]))], "logarithmic axis, linear below 0.1"),
    ],
)
def test_scales_lie_on_the_axis_that_the_configuration_names(axis, gaps, label):
    figure = plot_accuracy(sweep_of(SIX, axis=axis))
    figure.draw_without_rendering()
    (panel,) = figure.axes
    assert f"{label})" in panel.get_xlabel()
    places = panel.transData.transform([(scale, 0.5) for scale in SIX])[:, 0]
    assert (np.diff(places) > 20).all() or axis == "linear"  # 0 has a place too
    compared = slice(1 if axis == "log" else 0, None)
    ratios = np.diff(places)[compared] / np.array(gaps[compared], float)
    np.testing.assert_allclose(ratios, ratios[0])
    plt.close(figure)


def test_the_axes_are_those_of_the_configuration():
    schema = yaml.safe_load(Path("schemas/config.schema.yaml").read_text())
    assert schema["properties"]["figures"]["properties"]["axis"]["enum"] == list(AXES)


def test_epochs_figure_has_a_curve_per_scale_and_a_mean_over_seeds():
    figure = plot_epochs(sweep_of([0.0, 1.0], seeds=3))
    curves = [line for line in figure.axes[1].lines if line.get_marker() != "None"]
    assert len(curves) == 2
    assert list(curves[0].get_ydata()) == pytest.approx([0.862, 0.962])  # seeds add 0.001, 0.002 and 0.003
    plt.close(figure)


def test_a_curve_of_early_stopping_ends_where_its_first_seed_does():
    sweep = sweep_of([0.0, 1.0], seeds=3, epochs=8)
    histories = sweep.tables["histories"]
    ends = 4 + histories["seed"] + 2 * (histories["scale"] == 0)
    sweep.tables["histories"] = histories[histories["epoch"] <= ends]
    figure = plot_epochs(sweep)
    curves = [line for line in figure.axes[1].lines if line.get_marker() != "None"]
    assert [line.get_xdata()[-1] for line in curves] == [7, 5]
    plt.close(figure)


def test_no_two_curves_of_epochs_have_the_same_colour_or_marker():
    for key in ("color", "marker"):
        assert len({style[key] for style in EPOCH_STYLES}) == len(EPOCH_STYLES)


@pytest.mark.parametrize(
    ("epochs", "marked"),
    [(2, [1, 2]), (12, [2, 4, 6, 8, 10, 12]), (20, [5, 10, 15, 20]), (100, [20, 40, 60, 80, 100])],
)
def test_epochs_are_marked_at_round_numbers(epochs, marked):
    figure = plot_epochs(sweep_of([0.0], seeds=2, epochs=epochs))
    for axis in figure.axes:
        assert [tick for tick in axis.get_xticks() if 1 <= tick <= epochs] == marked
    plt.close(figure)


def test_heat_map_has_the_mean_over_seeds_in_every_cell():
    sweep = sweep_of([0.0, 0.5, 1.0], seeds=2, draws=BOTH)
    figure = plot_evaluations(sweep)
    for axis, draw in zip(figure.axes, BOTH, strict=True):
        expected = np.tile([0.9, 0.6, 0.45], (3, 1))
        np.fill_diagonal(
            expected, [np.mean([share_of("mlp", draw, s, seed) for seed in (1, 2)]) for s in (0, 0.5, 1)]
        )
        np.testing.assert_allclose(axis.images[0].get_array(), expected, atol=0.0006)
        numbers = [f"{100 * share:.0f}" for share in axis.images[0].get_array().flat]
        assert shown_names(axis) == numbers
    plt.close(figure)


def test_heat_map_has_one_row_for_a_network_of_all_scales():
    scales = [0.0, 0.5, 1.0]
    figure = plot_evaluations(sweep_of(scales, draws=["fixed", "mixed"]))
    axis = figure.axes[1]
    expected = [[share_of("mlp", "mixed", scale, 1) for scale in scales]]
    np.testing.assert_allclose(axis.images[0].get_array(), expected, atol=0.0006)
    assert [label.get_text() for label in axis.get_yticklabels()] == ["all"]
    plt.close(figure)


def test_epochs_figure_has_one_curve_of_training_for_a_network_of_all_scales():
    figure = plot_epochs(sweep_of([0.0, 0.5, 1.0], draws=["mixed"]))
    names = [shown_names(axis) for axis in figure.axes]
    assert [sorted(shown) for shown in names] == [["all", "chance"], ["0", "0.5", "1", "chance"]]
    plt.close(figure)


def test_other_kinds_of_noise_stand_on_the_right_of_the_heat_map():
    sweep = sweep_of([0.0, 1.0])
    accuracies = sweep.tables["accuracies"]
    shot = accuracies[(accuracies["classifier"] == "mlp") & (accuracies["scale"] == 1)]
    shot = shot.assign(kind="shot", scale=0.2, accuracy=0.3)
    tables = sweep.tables | {"accuracies": pd.concat([accuracies, shot])}
    figure = plot_evaluations(sweep._replace(tables=tables))
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0", "1", "shot noise 0.2"]
    assert list(axis.images[0].get_array()[:, 2]) == [0.3, 0.3]
    plt.close(figure)


def test_test_sets_stand_on_the_right_of_other_kinds_of_noise_and_chance_is_that_of_the_test_images():
    sweep = sweep_of([0.0, 1.0])
    accuracies = sweep.tables["accuracies"]
    shot = accuracies[(accuracies["classifier"] == "mlp") & (accuracies["scale"] == 1)]
    a_set = shot.assign(kind="a$_set", scale=np.nan, accuracy=0.4)
    chance = accuracies[accuracies["classifier"] == "chance"].assign(
        kind="a$_set", scale=np.nan, accuracy=1.0
    )
    parts = [accuracies, shot.assign(kind="shot", scale=0.2, accuracy=0.3), a_set, chance.head(1)]
    table = sort_table("accuracies", pd.concat(parts))
    sweep = sweep._replace(tables=sweep.tables | {"accuracies": table})
    figure = plot_evaluations(sweep)
    (axis,) = figure.axes
    names = [label.get_text() for label in axis.get_xticklabels()]
    assert names == ["0", "1", "shot noise 0.2", "a$_set"]
    assert axis.images[0].get_array()[:, 2:].tolist() == [[0.3, 0.4], [0.3, 0.4]]
    plt.close(figure)
    assert sweep.chance == 0.1
    for plot in (plot_classifiers, plot_accuracy, plot_ceiling):
        plt.close(plot(sweep))


def test_classifiers_figure_has_a_curve_for_every_method_and_draw():
    sweep = sweep_of(SIX, seeds=2, draws=BOTH)
    figure = plot_classifiers(sweep)
    (axis,) = figure.axes
    assert sorted(shown_names(axis)) == sorted(
        ["chance", "nearest centroid", "ridge regression", "mlp, fixed noise", "mlp, fresh noise"]
    )
    heights = [np.array(bars.lines[0].get_ydata(), float) for bars in axis.containers]
    means = sweep.tables["accuracies"].groupby(["classifier", "scale"])["accuracy"].mean()
    np.testing.assert_allclose(heights[0], means["nearest_centroid"])
    np.testing.assert_allclose(heights[1], means["ridge_regression"])
    for drawn, (_, rows) in zip(heights[2:], sweep.tables["comparison"].groupby("draw"), strict=True):
        np.testing.assert_allclose(drawn, rows["val_accuracy"])
    plt.close(figure)


@pytest.mark.parametrize("draws", [["fixed"], BOTH])
def test_ceiling_figure_has_the_band_between_the_bounds_and_the_networks(draws):
    sweep = sweep_of([0.0, 1.0], seeds=2, draws=draws)
    accuracies = sweep.tables["accuracies"]
    bounds = accuracies[accuracies["classifier"].isin([LOWER, UPPER])]
    means = bounds.groupby(["classifier", "scale"])["accuracy"].mean()
    figure = plot_ceiling(sweep)
    (axis,) = figure.axes
    named = [f"{which} bound of the ceiling" for which in ("lower", "upper")]
    assert sorted(shown_names(axis)) == sorted([*named, "chance", *(f"mlp, {draw} noise" for draw in draws)])
    (band,) = (patch for patch in axis.collections if isinstance(patch, PolyCollection))
    corners = {(round(x, 6), round(y, 6)) for path in band.get_paths() for x, y in path.vertices}
    assert {(scale, round(mean, 6)) for (_, scale), mean in means.items()} <= corners
    plt.close(figure)


@pytest.mark.parametrize("draws", [BOTH, ["fixed"], ["fresh"], ["mixed"]])
def test_losses_figure_has_a_named_band_for_every_part(draws):
    sweep = sweep_of(SIX, seeds=2, draws=draws)
    table = sweep.tables["losses"]
    figure = plot_losses(sweep)
    (axis,) = figure.axes
    parts = list(table["part"].unique())
    clean = table["better_accuracy"].iloc[-1]
    named = ["recognised", *parts, f"without noise {100 * clean:.1f} %"]
    assert sorted(shown_names(axis)) == sorted(named)
    assert len({patch.get_hatch() for patch in axis.collections}) == len(parts)
    colours = [
        matplotlib.colors.to_hex(patch.get_facecolor()[0], keep_alpha=False) for patch in axis.collections
    ]
    assert [colour.upper() for colour in colours] == [PARTS[part][0] for part in parts]
    tops = np.array([line.get_ydata() for line in axis.lines[: len(parts)]])
    assert (np.diff(tops, axis=0) >= 0).all()  # one above the other
    np.testing.assert_allclose(tops[-1], table[table["part"] == "gone"]["better_accuracy"])
    plt.close(figure)


@pytest.mark.parametrize("chance", [0.1, 0.5])
def test_chance_is_that_of_the_table(chance):
    sweep = sweep_of(SIX)
    accuracies = sweep.tables["accuracies"]
    accuracies.loc[accuracies["classifier"] == "chance", "accuracy"] = chance
    for figure in (plot_accuracy(sweep), plot_epochs(sweep)):
        for axis in figure.axes:
            assert any(np.all(np.asarray(line.get_ydata()) == chance) for line in axis.lines)
        plt.close(figure)


@pytest.mark.parametrize("name", KNOWN)
def test_matrices_have_the_classes_in_their_order_and_the_share_of_each(name):
    names = KNOWN[name].classes
    sweep = sweep_of([0.0, 1.0], seeds=2, known=KNOWN[name])
    confusion = sweep.tables["confusion"]
    confusion.loc[(confusion["class"] == names[0]) & (confusion["predicted"] == names[1]), "n"] = 91  # half
    confusion.loc[(confusion["class"] == names[1]) & (confusion["predicted"] == names[0]), "n"] = 0
    figure = plot_confusion(sweep)
    assert len(figure.axes) == 2
    for axis in figure.axes:
        assert [label.get_text() for label in axis.get_xticklabels()] == list(names)
        shares = axis.images[0].get_array()
        np.testing.assert_allclose(shares[:2, :2], [[90 / 189, 91 / 189], [0, 90 / 98]])
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        numbers = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axis.texts}
        assert (numbers[0, 0], numbers[0, 1], numbers[1, 1]) == ("48", "48", "92")
        assert (1, 0) not in numbers  # nothing, so no number
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(names)
    assert figure.axes[0].get_ylabel() == KNOWN[name].noun
    plt.close(figure)


def test_numbers_in_cells_can_be_read_against_every_colour():
    """Contrast of 3 to 1 at least (WCAG 2.1 for graphics), by relative luminance."""
    shares = np.linspace(0.005, 1, 200)[None]
    figure, axis = plt.subplots()
    image = draw_matrix(axis, shares)
    write_shares(axis, shares, 7)

    def luminance(colour):
        rgb = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    assert len(axis.texts) == 200
    for share, text in zip(shares[0], axis.texts, strict=True):
        dark, light = sorted([luminance(image.cmap(image.norm(share))), luminance(text.get_color())])
        assert (light + 0.05) / (dark + 0.05) > 3
    plt.close(figure)


@pytest.mark.parametrize(
    ("scales", "shown"),
    [(1, 1), (5, 5), *(pytest.param(*case, marks=pytest.mark.long) for case in ((4, 4), (6, 6), (7, 6)))],
)
def test_a_matrix_for_every_scale_up_to_six(scales, shown):
    figure = plot_confusion(sweep_of([scale / 4 for scale in range(scales)], draws=BOTH))
    titles = [axis.get_title() for axis in figure.axes if axis.get_visible()]
    assert len(titles) == len(set(titles)) == 2 * shown
    assert overlapping(figure) == []
    plt.close(figure)


@pytest.mark.parametrize("name", KNOWN)
def test_every_class_has_a_curve_with_its_name_at_its_end(name):
    figure = plot_classes(sweep_of(SIX, known=KNOWN[name]))
    (axis,) = figure.axes
    assert sorted(shown_names(axis)) == sorted(KNOWN[name].classes)
    assert len({line.get_color() for line in axis.lines}) == 10
    assert len({line.get_marker() for line in axis.lines}) == 10
    assert KNOWN[name].noun in figure.get_suptitle()
    plt.close(figure)


def test_every_draw_has_a_style_of_its_own():
    assert set(STYLES) == set(DRAWS)
    for field in ("colour", "marker"):
        assert len({getattr(style, field) for style in STYLES.values()}) == len(DRAWS)


def test_labels_lie_at_the_ends_of_their_curves_where_there_is_room():
    figure, axis = plt.subplots()
    axis.set_ylim(0, 1)
    heights = [0.1, 0.5, 0.5, 0.9]
    label_ends(axis, [End(1, y, str(y), "black") for y in heights], gap=0.1)
    placed = [text.xyann[1] for text in axis.texts]
    assert placed == pytest.approx([0.1, 0.45, 0.55, 0.9])
    plt.close(figure)


def test_samples_show_one_of_every_digit():
    sample = np.load("tests/data/mnist_sample.npz")
    chosen = first_of_each(sample["y_train"])  # of ten classes one each
    assert list(sample["y_train"][chosen]) == list(range(10))
    images = sample["x_train"][chosen] / 255
    figure = plot_samples(images, 1 - images, list(KNOWN["mnist"].classes), "title")
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert len(shown) == 20
    assert np.array_equal(shown[3], images[3])
    assert np.array_equal(shown[13], 1 - images[3])


@pytest.mark.parametrize("name", KNOWN)
def test_samples_have_the_names_of_their_classes(name):
    names = list(KNOWN[name].classes)
    images = np.random.default_rng(1).random((10, 28, 28))
    title = "Training images without noise and with noise of scale 0.5 (seed 4294967295)"
    figure = plot_samples(images, images, names, title)
    assert [axis.get_title() for axis in figure.axes[:10]] == names
    assert overlapping(figure) == []
    plt.close(figure)


def test_samples_of_few_classes():
    assert first_of_each(np.array([7, 7, 3], np.uint8)) == [2, 0, 1]
    assert first_of_each(np.array([1] * 9 + [0] * 9)) == [9, 10, 11, 12, 13, 0, 1, 2, 3, 4]
    assert len(first_of_each(np.arange(1000))) == 12
    figure = plot_samples(np.zeros((1, 28, 28)), np.zeros((1, 28, 28)), ["ankle boot"], "title")
    assert [axis.get_title() for axis in figure.axes] == ["ankle boot", ""]
    plt.close(figure)


@pytest.mark.parametrize("classes", [2, 12, 13, 30, 31, 100, 1000])
def test_figures_of_any_number_of_classes(classes, tmp_path):
    """Recall falls with the number of the class; of many classes the best and the worst are shown."""
    names = [f"{number} $50, a long name of a class" for number in range(classes)]
    rows = [
        {"draw": "fixed", "scale": scale, "seed": 1, "class": name, "predicted": predicted, "n": n}
        for scale in (0.0, 1.0)
        for number, name in enumerate(names)
        for predicted, n in ((name, 2 * classes - number), (names[number - 1], number + 1))
    ]
    sweep = with_confusion(sweep_of([0.0, 1.0]), make_table("confusion", rows, network="mlp", **SWEEP))
    curves = plot_classes(sweep)
    shown = shown_names(curves.axes[0])
    assert len(shown) == min(classes, 12)
    assert len(set(shown)) == len(shown)
    matrix = plot_confusion(sweep)
    image = np.asarray(matrix.axes[0].images[0].get_array())
    assert image.shape == (min(classes, 30),) * 2
    number = classes - 1  # the least recognised, and so the last one
    assert image[-1, -1] == pytest.approx((2 * classes - number) / (2 * classes + 1))
    assert bool(matrix.axes[0].texts) == (classes <= 12)
    for figure in (curves, matrix):
        figure.savefig(tmp_path / "figure.png")
        plt.close(figure)


def test_a_long_name_above_a_sample_is_cut():
    images = np.zeros((1, 8, 8, 3))
    figure = plot_samples(images, images, ["Tyrannosaurus_rex_$1$"], "title")
    assert figure.axes[0].get_title() == "Tyrannosaurus…"
    plt.close(figure)


def test_a_name_of_one_sign_is_a_marker_only_if_it_is_a_letter_or_a_digit(tmp_path):
    names = ["$", "_", "a", "7", "\\", "%"]
    sweep = sweep_of([0.0, 1.0])
    figure = plot_classes(with_confusion(sweep, confusion_of(runs_of([0.0, 1.0], [1], ["fixed"]), names)))
    figure.savefig(tmp_path / "figure.png")
    plt.close(figure)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["ann", "a" * 40, "Zoë"], {"ann", "Zoë"}),
        ([f"person {number}" for number in range(40)], {"40 people"}),
    ],
)
def test_people_are_named_beside_the_networks_and_counted_when_they_are_many(names, labels):
    people = [(name, scale, 0.6) for name in names for scale in (0.5, 4.0)]
    figure = plot_classifiers(sweep_of(SIX, people=people))
    assert labels <= set(shown_names(figure.axes[0]))
    assert len(shown_names(figure.axes[0])) == (len(names) if len(names) == 3 else 1) + 4
    assert "people" in figure.get_suptitle()
    assert overlapping(figure) == []
    plt.close(figure)


def test_what_people_recognise_above_the_largest_scale_is_not_drawn():
    """They may have played with another configuration."""
    drawn = plot_classifiers(sweep_of(SIX, people=[("ann", 0.5, 0.6), ("ann", 400.0, 0.6)]))
    assert "ann" in shown_names(drawn.axes[0])
    assert drawn.axes[0].get_xlim()[1] < 5
    without = plot_classifiers(sweep_of(SIX, people=[("ann", 400.0, 0.6)]))
    assert "ann" not in shown_names(without.axes[0])
    assert "people" not in without.get_suptitle()
    for figure in (drawn, without):
        plt.close(figure)
