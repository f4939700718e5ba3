"""The runs of a configuration, and their names."""

import pytest

from experiment.draws import DRAWS
from experiment.runs import Run, all_runs, scale_label, trained_as


@pytest.mark.parametrize(
    ("scale", "label"),
    [(0, "0.0"), (-0.0, "0.0"), (1, "1.0"), (0.1, "0.1"), (1e-5, "1e-05"), (1000, "1000.0")],
)
def test_label_of_a_scale_reads_back_as_the_same_number(scale, label):
    assert scale_label(scale) == label
    assert float(scale_label(scale)) == scale


def test_path_of_a_run_holds_its_network_draw_scale_and_seed():
    assert Run("mlp", "fresh", 1, 7).path == "mlp/fresh/scale_1.0/seed_7"
    assert Run("mlp", "fixed", -0.0, 0).path == "mlp/fixed/scale_0.0/seed_0"


def test_a_run_of_all_scales_says_so_in_its_path():
    assert Run("mlp", "fresh", None, 7).path == "mlp/fresh/scale_all/seed_7"
    assert scale_label(None) == "all"


@pytest.mark.parametrize("draw", DRAWS)
def test_the_network_without_noise_counts_for_every_draw_of_one_scale(draw):
    assert trained_as(draw, 0.0) == ("fixed" if DRAWS[draw].one_scale else draw)
    assert trained_as(draw, 0.1) == draw


@pytest.mark.parametrize("draws", [["fixed"], ["fresh"], ["fixed", "fresh"], ["fresh", "fixed"]])
def test_every_run_is_there_once_in_one_order_and_the_clean_one_only_as_fixed(draws):
    runs = all_runs(["mlp"], draws, [0.0, 0.5, 2.0], [3, 9])
    clean = [Run("mlp", "fixed", 0.0, 3), Run("mlp", "fixed", 0.0, 9)]
    noisy = {
        draw: [Run("mlp", draw, scale, seed) for scale in (0.5, 2.0) for seed in (3, 9)]
        if draw in draws
        else []
        for draw in ("fixed", "fresh")
    }
    assert runs == clean + noisy["fixed"] + noisy["fresh"]
    assert len({run.path for run in runs}) == len(runs) == 2 + 4 * len(draws)


@pytest.mark.parametrize("draws", [["mixed"], ["mixed", "fixed"], ["fixed", "fresh", "mixed"]])
def test_one_network_of_all_scales_is_trained_per_network_and_seed_beside_the_clean_one(draws):
    runs = all_runs(["mlp", "cnn"], draws, [0.0, 0.5, 2.0], [3, 9])
    of_all = [Run(network, "mixed", None, seed) for network in ("mlp", "cnn") for seed in (3, 9)]
    assert [run for run in runs if run.draw == "mixed"] == of_all
    assert len(runs) == 4 * (2 + 2 * (len(draws) - 1))
    assert Run("cnn", "fixed", 0.0, 9) in runs


def test_runs_of_iterators_are_all_there():
    runs = all_runs(iter(["mlp", "cnn"]), iter(["fixed", "fresh"]), iter([0.0, 1.0]), iter([1, 2]))
    assert len(runs) == 12
    assert [run._replace(network="mlp") for run in runs[6:]] == runs[:6]
