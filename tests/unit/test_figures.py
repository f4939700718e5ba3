"""Figures at any number of scales, draws, seeds and classes."""

import itertools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from analysis.figures import (
    COLOURS,
    chance_of,
    label_ends,
    plot_accuracy,
    plot_baselines,
    plot_classes,
    plot_confusion,
    plot_epochs,
    plot_evaluations,
    plot_losses,
)
from analysis.losses import accuracies_of_readers, losses
from analysis.summaries import class_recall, compare_scales
from experiment.runs import DRAWS
from inputs.datasets import KNOWN
from plot_samples import first_of_each, plot_samples

SIX = [0.0, 0.1, 0.5, 1.0, 2.0, 4.0]
MANY = [
    *(0.0, 0.08, 0.1, 0.12, 0.18, 0.26, 0.38, 0.5, 0.7, 0.9),
    *(1.0, 1.2, 1.5, 1.7, 2.0, 2.5, 3.0, 3.5, 4.0, 8.0),
]
UNEVEN = [0.0, *sorted(np.random.default_rng(1).uniform(0, 4, 19).round(4))]
HUNDRED = np.linspace(0, 4, 100).round(4)


def tables(scales, seeds=1, draws=("fixed",), names=KNOWN["mnist"].classes):
    """Histories, evaluations, baselines, confusion: what the stages store, with plausible numbers."""
    histories, evaluations, baselines, confusion = [], [], [], []
    for seed, scale in itertools.product(range(1, seeds + 1), scales):
        accuracy = 0.1 + 0.88 / (1 + scale**2) + seed / 1000
        baselines.append({"scale": scale, "seed": seed, "method": "chance", "accuracy": 0.1, "n": 1000})
        for method, part in (("nearest_class_mean", 0.9), ("ridge_regression", 0.85)):
            row = {"scale": scale, "seed": seed, "method": method, "accuracy": part * accuracy, "n": 1000}
            ends = {"accuracy_low": row["accuracy"] - 0.03, "accuracy_high": row["accuracy"] + 0.02}
            baselines.append(row | ends)
        for draw in draws if scale else ["fixed"]:
            run = {"draw": draw, "scale": scale, "seed": seed}
            for epoch in (1, 2):
                values = {
                    "accuracy": 0.9,
                    "loss": 0.1,
                    "val_accuracy": accuracy - 0.1 / epoch,
                    "val_loss": 0.2,
                }
                histories.append(run | {"epoch": epoch} | values)
            pair = {"draw": draw, "train_scale": scale, "seed": seed, "n": 1000}
            for test in scales:
                paired = accuracy - 0.05 * (draw == "fixed" and scale > 0)
                right = {"accuracy": 0.9 / (1 + test), "paired_accuracy": paired}
                evaluations.append(pair | {"kind": "gaussian", "test_scale": test} | right)
            for name, predicted in itertools.product(names, names):
                n = 90 if name == predicted else 1
                confusion.append(run | {"class": name, "predicted": predicted, "n": n})
    return (pd.DataFrame(rows) for rows in (histories, evaluations, baselines, confusion))


def ceilings_of(scales, seeds):
    """Ceilings of plausible numbers."""
    rows = []
    for seed, scale, end in itertools.product(range(1, seeds + 1), scales, ("lower", "upper")):
        accuracy = 0.1 + (0.86 if end == "lower" else 0.88) / (1 + scale**2 / 2) + seed / 1000
        row = {"scale": scale, "seed": seed, "end": end, "accuracy": accuracy, "n": 500, "log_loss": 1.0}
        rows.append(row | {"accuracy_low": accuracy - 0.02, "accuracy_high": accuracy + 0.01})
    return pd.DataFrame(rows)


def losses_of(evaluations, ceilings, draws):
    return losses(accuracies_of_readers(evaluations, ceilings, list(draws)), list(draws), 10_000)


def all_figures(scales, seeds, draws, data_set):
    draws = list(draws)
    histories, evaluations, baselines, confusion = tables(scales, seeds, draws, data_set.classes)
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, draws)
    ceilings = ceilings_of(scales, seeds)
    yield plot_accuracy(comparison, baselines)
    yield plot_accuracy(comparison, baselines, ceilings)
    yield plot_losses(losses_of(evaluations, ceilings, draws))
    yield plot_baselines(comparison, baselines)
    yield plot_epochs(histories, 0.1, draws)
    yield plot_evaluations(evaluations, draws)
    yield from figures_of_classes(confusion, draws, data_set.noun)


def figures_of_classes(confusion, draws, noun):
    yield plot_confusion(confusion, noun, draws)
    yield plot_classes(class_recall(confusion, draws), noun)


def is_shown(text):
    return text.get_visible() and text.get_text().strip()


def extent(text):
    """Where the text is, without the line that leads to it."""
    return matplotlib.text.Text.get_window_extent(text)


def overlapping(figure):
    """Pairs of texts in a figure of which one lies over another by more than a pixel; and those outside."""
    for _ in range(2):  # as when it is saved: the layout of the first time is not yet the last one
        figure.draw_without_rendering()
    boxes = [(text, extent(text)) for text in figure.findobj(matplotlib.text.Text) if is_shown(text)]
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
ALL_DRAWS = pytest.mark.parametrize(("seeds", "draws"), [(1, ["fixed"]), (10, ["fixed", "fresh"])])


@ALL_SCALES
@ALL_DRAWS
def test_no_text_lies_over_another(scales, seeds, draws):
    for figure in all_figures(scales, seeds, draws, KNOWN["mnist"]):
        assert overlapping(figure) == []
        plt.close(figure)


@ALL_SCALES
@ALL_DRAWS
def test_no_text_lies_over_another_with_long_names_of_classes(scales, seeds, draws):
    known = KNOWN["fashion_mnist"]
    *_, confusion = tables(scales, 1, draws, known.classes)
    for figure in figures_of_classes(confusion, draws, known.noun):
        assert overlapping(figure) == []
        plt.close(figure)


def test_text_over_another_and_beyond_the_edge_is_found():
    figure, axis = plt.subplots()
    for x, text in [(0.5, "one"), (0.51, "two"), (0.2, "three"), (0.99, "a long text beyond the edge")]:
        axis.text(x, 0.5, text)
    assert overlapping(figure) == [("one", "two"), ("a long text beyond the edge", "the edge")]
    plt.close(figure)


def test_epochs_figure_has_a_curve_per_scale_and_a_mean_over_seeds():
    histories, *_ = tables([0.0, 1.0], seeds=3)
    figure = plot_epochs(histories, 0.1, ["fixed"])
    curves = [line for line in figure.axes[1].lines if line.get_marker() != "None"]
    assert len(curves) == 2
    assert list(curves[0].get_ydata()) == pytest.approx([0.882, 0.932])  # seeds add 0.001, 0.002 and 0.003


@pytest.mark.parametrize(
    ("epochs", "marked"),
    [(2, [1, 2]), (12, [2, 4, 6, 8, 10, 12]), (20, [5, 10, 15, 20]), (100, [20, 40, 60, 80, 100])],
)
def test_epochs_are_marked_at_round_numbers(epochs, marked):
    histories = next(tables([0.0], seeds=2))
    last = histories[histories["epoch"] == 2]
    histories = pd.concat(last.assign(epoch=epoch) for epoch in range(1, epochs + 1))
    figure = plot_epochs(histories, 0.1, ["fixed"])
    for axis in figure.axes:
        assert [tick for tick in axis.get_xticks() if 1 <= tick <= epochs] == marked


def test_accuracy_figure_shows_means_and_intervals_of_both_draws():
    histories, _, baselines, _ = tables([0.0, 1.0], seeds=3, draws=("fixed", "fresh"))
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, ["fixed", "fresh"])
    figure = plot_accuracy(comparison, baselines)
    assert [axis.get_title() for axis in figure.axes] == ["Fixed noise", "Fresh noise"]
    for axis, (_, rows) in zip(figure.axes, comparison.groupby("draw"), strict=True):
        bars = axis.containers[-1]
        assert list(bars.lines[0].get_ydata()) == pytest.approx(list(rows["val_accuracy"]))
        ends = np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])
        expected = rows[["val_accuracy_low", "val_accuracy_high"]].to_numpy()
        assert ends == pytest.approx(expected)


def test_heat_map_has_the_mean_over_seeds_in_every_cell():
    _, evaluations, _, _ = tables([0.0, 0.5, 1.0], seeds=2, draws=("fixed", "fresh"))
    figure = plot_evaluations(evaluations, ["fixed", "fresh"])
    for axis in figure.axes[:2]:
        np.testing.assert_allclose(axis.images[0].get_array(), np.tile([0.9, 0.6, 0.45], (3, 1)))
        assert [text.get_text() for text in axis.texts] == ["90", "60", "45"] * 3


def shown_names(axis):
    return [annotation.get_text() for annotation in axis.texts]


def test_baselines_figure_has_a_curve_for_every_method_and_draw():
    histories, _, baselines, _ = tables(SIX, seeds=2, draws=("fixed", "fresh"))
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, ["fixed", "fresh"])
    (axis,) = plot_baselines(comparison, baselines).axes
    assert sorted(shown_names(axis)) == [
        *("chance", "nearest class mean", "network, fixed noise", "network, fresh noise", "ridge regression")
    ]
    heights = [np.array(bars.lines[0].get_ydata(), float) for bars in axis.containers]
    means = baselines.groupby(["method", "scale"])["accuracy"].mean()
    np.testing.assert_allclose(heights[0], means["nearest_class_mean"])
    np.testing.assert_allclose(heights[1], means["ridge_regression"])
    for drawn, (_, rows) in zip(heights[2:], comparison.groupby("draw"), strict=True):
        np.testing.assert_allclose(drawn, rows["val_accuracy"])


def test_accuracy_figure_has_the_band_of_the_ceiling_in_every_panel():
    histories, _, baselines, _ = tables([0.0, 1.0], seeds=2, draws=DRAWS)
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, list(DRAWS))
    ceilings = ceilings_of([0.0, 1.0], 2)
    means = ceilings.groupby(["end", "scale"])["accuracy"].mean()
    figure = plot_accuracy(comparison, baselines, ceilings)
    for axis in figure.axes:
        assert "ceiling, both ends" in shown_names(axis)
        (band,) = (patch for patch in axis.collections if isinstance(patch, PolyCollection))
        corners = {(round(x, 6), round(y, 6)) for path in band.get_paths() for x, y in path.vertices}
        assert {(scale, round(mean, 6)) for (_, scale), mean in means.items()} <= corners
    plt.close(figure)


@pytest.mark.parametrize("draws", [DRAWS, ("fixed",), ("fresh",)])
def test_losses_figure_has_a_named_band_for_every_part(draws):
    _, evaluations, _, _ = tables(SIX, seeds=2, draws=draws)
    table = losses_of(evaluations, ceilings_of(SIX, 2), draws)
    (axis,) = plot_losses(table).axes
    parts = list(table["part"].unique())
    clean = table["better_accuracy"].iloc[-1]
    named = ["recognised", *parts, f"without noise {100 * clean:.1f} %"]
    assert sorted(shown_names(axis)) == sorted(named)
    assert len({patch.get_hatch() for patch in axis.collections}) == len(parts)
    assert len({matplotlib.colors.to_hex(patch.get_facecolor()[0]) for patch in axis.collections}) == len(
        parts
    )
    tops = np.array([line.get_ydata() for line in axis.lines[: len(parts)]])
    assert (np.diff(tops, axis=0) >= 0).all()  # one above the other
    np.testing.assert_allclose(tops[-1], table[table["part"] == "gone"]["better_accuracy"])
    plt.close(axis.figure)


@pytest.mark.parametrize("chance", [0.1, 0.5])
def test_chance_is_that_of_the_table(chance):
    histories, _, baselines, _ = tables(SIX)
    baselines.loc[baselines["method"] == "chance", "accuracy"] = chance
    assert chance_of(baselines) == chance
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, ["fixed"])
    for figure in (plot_accuracy(comparison, baselines), plot_epochs(histories, chance, ["fixed"])):
        for axis in figure.axes:
            assert any(np.all(np.asarray(line.get_ydata()) == chance) for line in axis.lines)
        plt.close(figure)


@pytest.mark.parametrize("name", KNOWN)
def test_matrices_have_the_classes_in_their_order_and_the_share_of_each(name):
    names = KNOWN[name].classes
    *_, confusion = tables([0.0, 1.0], seeds=2, names=names)
    first = (confusion["class"] == names[0]) & (confusion["predicted"] == names[1])
    confusion.loc[first, "n"] = 91  # half of them
    figure = plot_confusion(confusion, KNOWN[name].noun, ["fixed"])
    for axis in figure.axes[:2]:
        assert [label.get_text() for label in axis.get_xticklabels()] == list(names)
        shares = axis.images[0].get_array()
        np.testing.assert_allclose(shares[:2, :2], [[90 / 189, 91 / 189], [1 / 99, 90 / 99]])
        np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(names)
    assert figure.axes[0].get_ylabel() == KNOWN[name].noun
    plt.close(figure)


@pytest.mark.parametrize("name", KNOWN)
def test_every_class_has_a_curve_with_its_name_at_its_end(name):
    *_, confusion = tables(SIX, names=KNOWN[name].classes)
    figure = plot_classes(class_recall(confusion, ["fixed"]), KNOWN[name].noun)
    (axis,) = figure.axes
    assert sorted(shown_names(axis)) == sorted(KNOWN[name].classes)
    assert len({line.get_color() for line in axis.lines}) == 10
    assert len({line.get_marker() for line in axis.lines}) == 10
    assert KNOWN[name].noun in figure.get_suptitle()
    plt.close(figure)


def test_every_draw_has_a_colour():
    assert set(COLOURS) == set(DRAWS)


def test_labels_lie_at_the_ends_of_their_curves_where_there_is_room():
    figure, axis = plt.subplots()
    axis.set_ylim(0, 1)
    heights = [0.1, 0.5, 0.5, 0.9]
    label_ends(axis, [(1, y, str(y), "black") for y in heights], gap=0.1)
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


@pytest.mark.parametrize("classes", [2, 30, 31, 100, 1000])
def test_figures_of_any_number_of_classes(classes, tmp_path):
    """Recall falls with the number of the class; of many classes the best and the worst are shown."""
    names = [f"{number} $50, a long name of a class" for number in range(classes)]
    confusion = pd.DataFrame(
        {"draw": "fixed", "scale": scale, "seed": 1, "class": name, "predicted": predicted, "n": n}
        for scale in (0.0, 1.0)
        for number, name in enumerate(names)
        for predicted, n in ((name, 2 * classes - number), (names[number - 1], number + 1))
    )
    curves = plot_classes(class_recall(confusion, ["fixed"]), "object")
    shown = [text.get_text() for text in curves.axes[0].texts]
    assert len(shown) == min(classes, 12)
    assert len(set(shown)) == len(shown)
    matrix = plot_confusion(confusion, "object", ["fixed"])
    image = np.asarray(matrix.axes[0].images[0].get_array())
    assert image.shape == (min(classes, 30),) * 2
    number = classes - 1  # the least recognised, and so the last one
    assert image[-1, -1] == pytest.approx((2 * classes - number) / (2 * classes + 1))
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
    confusion = pd.DataFrame(
        {"draw": "fixed", "scale": scale, "seed": 1, "class": name, "predicted": name, "n": 5}
        for scale in (0.0, 1.0)
        for name in names
    )
    figure = plot_classes(class_recall(confusion, ["fixed"]), "sign")
    figure.savefig(tmp_path / "figure.png")
    plt.close(figure)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["ann", "a" * 40, "Zoë"], {"ann", "Zoë"}),
        ([f"person {number}" for number in range(40)], {"40 people"}),
    ],
)
def test_people_are_named_beside_the_baselines_and_counted_when_they_are_many(names, labels):
    histories, _, baselines, _ = tables(SIX)
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, ["fixed"])
    people = pd.DataFrame(
        {"person": name, "scale": scale, "accuracy": 0.6, "accuracy_low": 0.3, "accuracy_high": 0.9}
        for name in names
        for scale in (0.5, 4.0)
    )
    figure = plot_baselines(comparison, baselines, people=people)
    assert labels <= set(shown_names(figure.axes[0]))
    assert len(shown_names(figure.axes[0])) == len(labels if len(names) > 3 else names) + 4
    assert "people" in figure.axes[0].get_title()
    assert overlapping(figure) == []


def test_what_people_read_beyond_the_largest_scale_is_not_drawn():
    """They may have played with another configuration."""
    histories, _, baselines, _ = tables(SIX)
    comparison = compare_scales(histories.assign(seconds=1.0), 1000, ["fixed"])
    score = {"accuracy": 0.6, "accuracy_low": 0.3, "accuracy_high": 0.9}
    people = pd.DataFrame({"person": "ann", "scale": scale} | score for scale in (0.5, 400.0))
    drawn = plot_baselines(comparison, baselines, people=people).axes[0]
    assert "ann" in shown_names(drawn)
    assert drawn.get_xlim()[1] < 5
    without = plot_baselines(comparison, baselines, people=people[people["scale"] > 5]).axes[0]
    assert "ann" not in shown_names(without)
    assert "people" not in without.get_title()
