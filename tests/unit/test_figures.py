"""Figures at any number of scales."""

import itertools

import numpy as np
import pandas as pd
import pytest
from _figures import MOST_CURVES, chosen_scales, plot_accuracy, plot_epochs
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


def comparison(scales):
    return pd.DataFrame(
        {
            "draw": "fixed",
            "scale": scales,
            "seeds": 1,
            "epochs": 20,
            "train_accuracy": 0.99,
            "val_accuracy": 0.9,
            "val_accuracy_low": 0.89,
            "val_accuracy_high": 0.91,
        }
    )


@pytest.mark.parametrize("scales", [[0.0], [0.0, 1000.0], [0.0, 0.1, 0.5, 1.0, 2.0, 4.0], MANY])
def test_ticks_of_the_scale_axis_do_not_overlap(scales):
    figure = plot_accuracy(comparison(scales))
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert boxes
    for left, right in itertools.pairwise(boxes):
        assert left.x1 < right.x0


def test_chosen_scales_are_few_and_keep_both_ends():
    chosen = chosen_scales(np.array(MANY))
    assert len(chosen) == MOST_CURVES
    assert (chosen[0], chosen[-1]) == (0.0, 8.0)
    assert list(chosen_scales(np.array([0.0, 1.0]))) == [0.0, 1.0]


def test_epochs_figure_has_a_curve_per_scale_and_a_mean_over_seeds():
    rows = [
        ("fixed", scale, seed, epoch, 0.9, 0.8 + seed / 10)
        for scale in (0.0, 1.0)
        for seed in (0, 1)
        for epoch in (1, 2)
    ]
    columns = ["draw", "scale", "seed", "epoch", "accuracy", "val_accuracy"]
    figure = plot_epochs(pd.DataFrame(rows, columns=columns))
    curves = [
        line for line in figure.axes[1].lines if len(line.get_xdata()) == 2 and line.get_marker() != "None"
    ]
    assert len(curves) == 2
    assert list(curves[0].get_ydata()) == pytest.approx([0.85, 0.85])


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
