"""What jobs ask for: it grows with the work, and covers what was measured of the assignment's jobs."""

from dataclasses import replace
from itertools import pairwise

import pytest
import yaml

from conftest import ROOT
from control.resources import (
    ADDRESS_SPACE,
    baseline_memory,
    baseline_minutes,
    ceiling_memory,
    ceiling_minutes,
    evaluation_memory,
    evaluation_minutes,
    noise_memory,
    noise_minutes,
    say_memory,
    training_memory,
    training_minutes,
)
from experiment.network import Size, network_size
from inputs.datasets import KNOWN

DATA, BATCH = KNOWN["mnist"], 128  # of the assignment, and its network
SIZE = network_size(DATA.shape, 10, {"kind": "mlp", "hidden_units": [512, 512]})
CNN = network_size(DATA.shape, 10, {"kind": "cnn"})
# Each is larger in one respect, and none so large that dense layers do not hold all images.
LARGER = [
    replace(DATA, shape=(30, 30)),
    replace(DATA, train=70_000),
    replace(DATA, test=20_000),
    replace(DATA, classes=tuple(map(str, range(1000)))),
]


def larger(factor):
    *numbers, dense = SIZE
    return Size(*(factor * number for number in numbers), dense)


# In MB; docs/cluster.md says how they were measured.
MEASURED = {"noise": 314, "baselines": 401, "fixed": 1397, "fresh": 1705, "evaluation": 1126, "ceiling": 767}


def test_the_assignments_jobs_ask_for_what_was_measured_and_no_more_than_half_as_much_again():
    asked = {draw: training_memory(DATA, SIZE, draw, BATCH) for draw in ("fixed", "fresh")}
    asked["noise"] = noise_memory(DATA)
    asked["baselines"] = baseline_memory(DATA)
    asked["evaluation"] = evaluation_memory(DATA, SIZE)
    asked["ceiling"] = ceiling_memory(DATA, 10_000, 1)
    print(asked)
    for job, measured in MEASURED.items():
        assert measured <= asked[job] <= 1.5 * measured
    assert training_minutes(DATA, SIZE, 20) == 15
    assert evaluation_minutes(DATA, SIZE, 6, 6) == 10
    assert baseline_minutes(DATA) == 10


@pytest.mark.parametrize("draw", ["fixed", "fresh"])
def test_memory_of_a_training_grows_with_network_images_pixels_classes_and_batch(draw):
    for more in LARGER:
        assert training_memory(more, SIZE, draw, BATCH) > training_memory(DATA, SIZE, draw, BATCH)
    sizes = [(SIZE, BATCH), (larger(10), BATCH), (larger(10), 60_000)]
    growing = [training_memory(DATA, size, draw, batch) for size, batch in sizes]
    assert all(less < more for less, more in pairwise(growing))


def test_fresh_noise_needs_room_for_more_than_one_further_copy():
    copy = 4 * DATA.train * 28 * 28 / 2**20
    fixed, fresh = (training_memory(DATA, SIZE, draw, BATCH) for draw in ("fixed", "fresh"))
    assert fresh - fixed > copy


def test_memory_of_an_evaluation_grows_with_the_network_by_at_least_its_weights_and_moments():
    large, none = Size(100_000_000, 0, 0, True), Size(0, 0, 0, True)
    more = evaluation_memory(DATA, large) - evaluation_memory(DATA, none)
    assert more >= 3 * 4 * 100_000_000 / 2**20


def test_networks_of_dense_layers_hold_what_these_give_for_all_test_images():
    wide = network_size(DATA.shape, 10, {"kind": "mlp", "hidden_units": [4096, 4096]})
    given = 4 * 60_000 * (2 * 4096 + 10) / 2**20
    many = replace(DATA, test=60_000)
    for memory in (evaluation_memory, lambda data, size: training_memory(data, size, "fixed", BATCH)):
        few, all_of_them = (
            memory(many, size) - memory(many, size._replace(outputs=0))
            for size in (wide._replace(dense=dense) for dense in (False, True))
        )
        assert given * 0.9 < all_of_them - few < given
    # In blocks, where the images are large.
    large = replace(many, shape=(224, 224))
    assert training_memory(large, wide, "fixed", BATCH) < training_memory(many, wide, "fixed", BATCH)


def test_memory_does_not_grow_with_the_images():
    """But for their labels, of 40 bytes, and what baselines and ceilings say of each."""
    large = replace(DATA, shape=(32, 32, 3), train=50_000)
    ten_times = replace(large, train=500_000, test=100_000)
    for size in (network_size(large.shape, 10, {"kind": "cnn"}), SIZE):
        for memory in (
            lambda data, size: training_memory(data, size, "fresh", BATCH),
            lambda data, size: evaluation_memory(data, size._replace(dense=False)),
        ):
            assert memory(ten_times, size) - memory(large, size) < 80 + size.dense * 600
    assert noise_memory(ten_times) == noise_memory(large)
    assert baseline_memory(ten_times) - baseline_memory(large) < 100
    assert ceiling_memory(ten_times, 10_000, 1) == ceiling_memory(large, 10_000, 1)


def test_what_the_images_of_a_training_take_is_bounded_at_224_pixels_too():
    huge = replace(DATA, shape=(224, 224, 3))
    none = Size(0, 0, 0, False)
    assert training_memory(huge, none, "mixed", BATCH) - training_memory(DATA, none, "mixed", BATCH) < 700
    assert noise_memory(huge) - noise_memory(DATA) < 10


def test_noise_and_baselines_and_ceilings_grow_with_pixels_and_images():
    assert baseline_memory(LARGER[0]) > baseline_memory(DATA)
    for more in LARGER[:2]:
        assert noise_minutes(more) > noise_minutes(DATA)
        assert ceiling_minutes(more, 10_000) > ceiling_minutes(DATA, 10_000)
    assert ceiling_memory(LARGER[3], 10_000, 1) > ceiling_memory(DATA, 10_000, 1)
    assert ceiling_memory(DATA, 20_000, 1) > ceiling_memory(DATA, 10_000, 1)
    assert ceiling_memory(DATA, 10_000, 4) > ceiling_memory(DATA, 10_000, 1)
    assert ceiling_minutes(DATA, 20_000) > ceiling_minutes(DATA, 10_000)
    large = replace(DATA, shape=(224, 224, 3), train=50_000)
    assert baseline_minutes(large) > baseline_minutes(DATA)


@pytest.mark.parametrize("machine", [None, 2048, 1024])
def test_the_memory_of_the_largest_job_is_said_and_warned_of(capsys, machine):
    say_memory("train_model (cnn)", 1536, machine)
    said = capsys.readouterr().err
    assert "The largest job, train_model (cnn), asks for 1.5 GB of memory" in said
    assert ("this process may use" in said) == (machine is not None)
    assert said.startswith("WARNING") == ("It may run out. Use smaller images" in said) == (machine == 1024)


def test_minutes_grow_with_network_images_epochs_networks_and_tests():
    base, little = training_minutes(DATA, SIZE, 100), Size(100, 10, 100, True)
    assert training_minutes(DATA, larger(2), 100) > base
    assert training_minutes(replace(DATA, train=30_000), SIZE, 100) < base
    assert training_minutes(DATA, SIZE, 200) > base
    assert training_minutes(DATA, little, 10_000) > training_minutes(DATA, little, 1)  # a tiny one too
    minutes = [evaluation_minutes(DATA, SIZE, *counts) for counts in ((100, 20), (50, 20), (50, 10))]
    assert minutes[0] > minutes[1] > minutes[2]
    assert evaluation_minutes(DATA, CNN, 50, 20) > minutes[1]
    assert evaluation_minutes(replace(DATA, test=20_000), SIZE, 100, 20) > minutes[0]


def test_profile_for_limits_of_address_space_asks_for_what_messages_say():
    profile = yaml.safe_load((ROOT / "profiles/gridengine/profile.yaml").read_text())
    assert f"address_space_mb={ADDRESS_SPACE}" in profile["default-resources"]
