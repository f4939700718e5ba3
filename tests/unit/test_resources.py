"""What jobs ask for: it grows with the work, and covers what was measured of the assignment's jobs."""

from itertools import pairwise

import pytest

from control.resources import (
    ceiling_memory,
    ceiling_minutes,
    evaluation_memory,
    evaluation_minutes,
    training_memory,
    training_minutes,
)

PARAMETERS, IMAGES, SHAPE = 669_706, 60_000, (28, 28)  # of the assignment

# In MB; docs/cluster.md says how they were measured.
MEASURED = {"fixed": 1397, "fresh": 1705, "evaluation": 1126, "ceiling": 767}


def test_the_assignments_jobs_ask_for_what_was_measured_and_no_more_than_half_as_much_again():
    asked = {draw: training_memory(PARAMETERS, IMAGES, SHAPE, draw) for draw in ("fixed", "fresh")}
    asked["evaluation"] = evaluation_memory(PARAMETERS)
    asked["ceiling"] = ceiling_memory(SHAPE, 70_000, 10_000)
    print(asked)
    for job, most in MEASURED.items():
        assert most <= asked[job] <= 1.5 * most
    assert training_minutes(PARAMETERS, IMAGES, 20) == 15
    assert evaluation_minutes(6, 6) == 10


@pytest.mark.parametrize("draw", ["fixed", "fresh"])
def test_memory_of_a_training_grows_with_network_images_and_pixels(draw):
    growing = [
        training_memory(PARAMETERS, 600, (28, 28), draw),
        training_memory(PARAMETERS, 60_000, (28, 28), draw),
        training_memory(PARAMETERS, 60_000, (32, 32, 3), draw),
        training_memory(10 * PARAMETERS, 60_000, (32, 32, 3), draw),
    ]
    assert all(less < more for less, more in pairwise(growing))


def test_fresh_noise_needs_room_for_more_than_one_further_copy():
    copy = 4 * 60_000 * 28 * 28 / 2**20
    fixed, fresh = (training_memory(PARAMETERS, IMAGES, SHAPE, draw) for draw in ("fixed", "fresh"))
    assert fresh - fixed > copy


def test_memory_of_an_evaluation_grows_with_the_network_by_at_least_its_weights_and_moments():
    assert evaluation_memory(100_000_000) - evaluation_memory(0) >= 3 * 4 * 100_000_000 / 2**20


def test_a_ceiling_grows_with_pixels_originals_and_images():
    base = (SHAPE, 70_000, 10_000)
    for larger in (((56, 56), 70_000, 10_000), (SHAPE, 140_000, 10_000), (SHAPE, 70_000, 20_000)):
        assert ceiling_memory(*larger) > ceiling_memory(*base)
        assert ceiling_minutes(*larger) > ceiling_minutes(*base)


def test_minutes_grow_with_network_images_epochs_networks_and_tests():
    base = training_minutes(PARAMETERS, IMAGES, 100)
    assert training_minutes(2 * PARAMETERS, IMAGES, 100) > base
    assert training_minutes(PARAMETERS, IMAGES // 2, 100) < base
    assert training_minutes(PARAMETERS, IMAGES, 200) > base
    assert training_minutes(100, IMAGES, 10_000) > training_minutes(100, IMAGES, 1)  # a tiny network too
    assert evaluation_minutes(100, 20) > evaluation_minutes(50, 20) > evaluation_minutes(50, 10)
