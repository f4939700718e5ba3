"""Figures at any number of scales."""

import itertools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from analysis.robustness import class_recall

from analysis.figures import (
    plot_accuracy,
    plot_baselines,
    plot_classes,
    plot_confusion,
    plot_epochs,
    plot_evaluations,
)
from analysis.summaries import compare_scales
from plot_samples import first_of_each, plot_samples

MANY = [
    0.0,
    0.08,
    0.1,
    0.12,
    0.18,
    0.26,
    0.38,
    0.5,
    0.7,
    0.9,
    1.0,
    1.2,
    1.5,
    1.7,
    2.0,
    2.5,
    3.0,
    3.5,
    4.0,
    8.0,
]


def tables(scales, seeds=1, draws=("fixed",)):
    """Histories, evaluations, baselines, confusion: what the stages store, with plausible numbers."""
    histories, evaluations, baselines, confusion = [], [], [], []
    for seed, scale in itertools.product(range(1, seeds + 1), scales):
        accuracy = 0.1 + 0.88 / (1 + scale**2) + seed / 1000
        for method in ("chance", "nearest_mean", "ridge"):
            row = {"scale": scale, "seed": seed, "method": method, "accuracy": 0.9 * accuracy, "n": 1000}
            baselines.append(row)
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
            evaluations += [pair | {"test_scale": test, "accuracy": 0.9 / (1 + test)} for test in scales]
            for digit, predicted in itertools.product(range(10), range(10)):
                n = 90 if digit == predicted else 1
                confusion.append(run | {"class": digit, "predicted": predicted, "n": n})
    return (pd.DataFrame(rows) for rows in (histories, evaluations, baselines, confusion))


def all_figures(scales, seeds, draws):
    histories, evaluations, baselines, confusion = tables(scales, seeds, draws)
    comparison = compare_scales(histories, 1000, list(draws))
    yield plot_accuracy(comparison, baselines)
    yield plot_baselines(comparison, baselines)
    yield plot_epochs(histories, list(draws))
    yield plot_evaluations(evaluations, list(draws))
    yield plot_confusion(confusion, list(draws))
    yield plot_classes(class_recall(confusion, list(draws)))


def is_shown(text):
    return text.get_visible() and text.get_text().strip()


def extent(text):
    """Where the text is, without the line that leads to it."""
    return matplotlib.text.Text.get_window_extent(text)


UNEVEN = [0.0, *np.random.default_rng(1).uniform(0, 4, 19).round(4)]
HUNDRED = np.linspace(0, 4, 100).round(4)


@pytest.mark.parametrize(
    "scales",
    [[0.0], [0.0, 1000.0], [0.0, 0.1, 0.5, 1.0, 2.0, 4.0], MANY, sorted(UNEVEN), HUNDRED],
    ids=["1", "2", "6", "20", "20 uneven", "100"],
)
@pytest.mark.parametrize(("seeds", "draws"), [(1, ("fixed",)), (10, ("fixed", "fresh"))])
def test_no_text_lies_over_another(scales, seeds, draws):
    for figure in all_figures(scales, seeds, draws):
        figure.canvas.draw()
        boxes = {text: extent(text) for text in figure.findobj(matplotlib.text.Text) if is_shown(text)}
        x0, y0, x1, y1 = np.array([box.extents for box in boxes.values()]).T
        assert len(boxes) > 5
        width = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)
        height = np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0)
        names = [text.get_text() for text in boxes]
        for one, other in np.argwhere(np.triu(np.minimum(width, height) > 1, k=1)):
            # Axes that share their ticks have them twice in one place.
            assert (names[one], x0[one], y0[one]) == (names[other], x0[other], y0[other])
        plt.close(figure)


def test_epochs_figure_has_a_curve_per_scale_and_a_mean_over_seeds():
    histories, *_ = tables([0.0, 1.0], seeds=3)
    figure = plot_epochs(histories, ["fixed"])
    curves = [line for line in figure.axes[1].lines if line.get_marker() != "None"]
    assert len(curves) == 2
    assert list(curves[0].get_ydata()) == pytest.approx([0.882, 0.932])  # seeds add 0.001, 0.002 and 0.003


def test_accuracy_figure_shows_means_and_intervals_of_both_draws():
    histories, _, baselines, _ = tables([0.0, 1.0], seeds=3, draws=("fixed", "fresh"))
    comparison = compare_scales(histories, 1000, ["fixed", "fresh"])
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


def test_samples_show_one_of_every_digit():
    sample = np.load("tests/data/mnist_sample.npz")
    chosen = first_of_each(sample["y_train"])
    assert list(sample["y_train"][chosen]) == list(range(10))
    images = sample["x_train"][chosen] / 255
    figure = plot_samples(images, 1 - images, sample["y_train"][chosen], "title")
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert len(shown) == 20
    assert np.array_equal(shown[3], images[3])
    assert np.array_equal(shown[13], 1 - images[3])
