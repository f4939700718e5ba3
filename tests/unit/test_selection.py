"""Which scales, and which images, are taken of many."""

import numpy as np
import pytest

from experiment.selection import chosen_scales, spread_images


def test_chosen_scales_are_few_and_keep_both_ends():
    chosen = chosen_scales(range(100), 8)
    assert len(set(chosen)) == 8
    assert (chosen[0], chosen[-1]) == (0, 99)
    assert chosen_scales([0.0, 1.0], 8) == [0.0, 1.0]
    assert chosen_scales(range(8), 8) == list(range(8))


@pytest.mark.parametrize("images", [1, 7, 1000])
@pytest.mark.parametrize("chosen", [0, 1, 3, 7, 2000])
def test_chosen_images_are_spread_over_all(images, chosen):
    indices = spread_images(images, chosen)
    assert len(set(indices)) == len(indices) == min(images, chosen)
    for part, index in enumerate(indices):
        assert part * images // len(indices) <= index < (part + 1) * images // len(indices)


@pytest.mark.parametrize("in_turn", [2, 3, 10, 25])
@pytest.mark.parametrize(
    ("images", "chosen"), [(10_000, 1000), (50_000, 10_000), (50_000, 5000), (6000, 3000)]
)
def test_images_of_classes_in_turn_are_chosen_of_all(images, chosen, in_turn):
    of_class = np.bincount(spread_images(images, chosen) % in_turn, minlength=in_turn)
    assert np.abs(of_class / (chosen / in_turn) - 1).max() < 0.1
