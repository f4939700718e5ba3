"""Every stream of random numbers is a function of its seed, purpose and numbers, and no two are the same."""

import itertools

import numpy as np
import pytest

from experiment.streams import (
    PURPOSES,
    dropout_key,
    epoch_order,
    fresh_generator,
    mixed_generator,
    noise_generator,
    seed_sequence,
    weight_seeds,
)


def state(*key):
    return tuple(seed_sequence(*key).generate_state(4))


def test_streams_of_another_seed_purpose_or_number_are_others():
    keys = [
        (seed, purpose, *numbers)
        for seed in (0, 1, 2**32 - 1)
        for purpose in PURPOSES
        for numbers in [(), (0.5,), (1.0,), (0.5, 0), (0.5, 1), (1.0, 0.5)]
    ]
    assert len({state(*key) for key in keys}) == len(keys)
    assert [state(*key) for key in keys] == [state(*key) for key in keys]


def test_numbers_enter_by_their_value():
    assert state(1, "noise", 2) == state(1, "noise", 2.0) == state(1, "noise", np.float64(2))
    assert state(1, "noise", 0.1) != state(1, "noise", 0.1 + 2**-56)


def test_unknown_purpose_is_refused():
    with pytest.raises(ValueError, match="not in tuple"):
        seed_sequence(1, "nothing")
    with pytest.raises(ValueError, match="not in tuple"):
        noise_generator(1, 0.5, "validation")


def test_streams_stay_what_they_were():
    """Where one changes, stored results are of another experiment: then change this test too, and say so."""
    assert PURPOSES == ("noise", "weights", "order", "dropout", "fresh", "build", "mixed")
    draws = [noise_generator(1, 0.5, "train"), noise_generator(1, 0.5, "test"), fresh_generator(1, 0.5, 1)]
    draws.append(mixed_generator(1, 0.5, 1))
    first = [float(generator.standard_normal(dtype=np.float32)) for generator in draws]
    assert (first, weight_seeds(1, 3), epoch_order(1, 1, 8).tolist(), int(dropout_key(1, 1))) == (
        [-2.0338833332061768, 1.4839417934417725, 0.9786850214004517, -0.48680171370506287],
        [1189033389, 18114953, 1526455747],
        [0, 1, 7, 6, 2, 4, 3, 5],
        2115108807,
    )


def test_generators_of_splits_scales_seeds_and_epochs_differ():
    stored = itertools.product((1, 2), (0.5, 1.0), ("train", "test"))
    fresh = itertools.product((1, 2), (0.5, 1.0), (0, 1, 2))
    generators = [noise_generator(*key) for key in stored] + [fresh_generator(*key) for key in fresh]
    draws = np.array([generator.standard_normal(10_000) for generator in generators])
    # The largest of 190 correlations of 10 000 independent numbers: 6 standard errors are never reached.
    assert np.abs(np.corrcoef(draws) - np.eye(len(draws))).max() < 6 / np.sqrt(10_000)


def test_weight_seeds_are_one_for_each_layer_and_follow_the_seed():
    seeds = weight_seeds(1, 4)
    assert len(set(seeds)) == 4
    assert all(type(number) is int and number >= 0 for number in seeds)
    assert weight_seeds(1, 2) == seeds[:2]
    assert not set(weight_seeds(2, 4)) & set(seeds)


def test_order_is_another_permutation_in_every_epoch_and_seed():
    orders = [epoch_order(1, 1, 600), epoch_order(1, 2, 600), epoch_order(2, 1, 600)]
    for order in orders:
        assert sorted(order) == list(range(600))
        assert order.dtype == np.int32
    # Two random permutations agree in one place on average.
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        assert np.sum(orders[a] == orders[b]) < 10
    assert np.array_equal(epoch_order(1, 1, 600), orders[0])


def test_dropout_key_is_a_positive_int32_of_its_own_for_every_seed_and_epoch():
    keys = [dropout_key(seed, epoch) for seed in range(20) for epoch in range(1, 21)]
    assert all(isinstance(key, np.int32) and key >= 0 for key in keys)
    assert len(set(keys)) == 400  # that two of them are equal by chance has a probability of 4e-5
