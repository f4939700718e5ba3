"""Noise drawn anew in every epoch, of one scale and of all scales, beside the stored one."""

import json

import numpy as np
import pandas as pd
import pytest

from conftest import EVALUATION, MERGE, NEW_NOISE, same_bits_with_threads
from plumbing.cards import weights_sha256

pytestmark = pytest.mark.long

BOTH = {"draws": ["fixed", "fresh"]}
ALL = {"draws": ["fixed", "fresh", "mixed"]}


@pytest.fixture(scope="module")
def every(finished_sweep, tmp_path_factory):
    """The finished sweep with the other draws added to it. Not to be changed."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("draws") / "a copy")
    workflow.configure(noise=ALL)
    workflow.added_jobs = workflow.run()
    return workflow


def test_fresh_noise_is_trained_at_every_scale_but_the_clean_one_and_mixed_noise_once(every):
    assert every.added_jobs == {"train_model": 3} | EVALUATION
    models = every.folder / "results/models/mlp"
    assert {path.name for path in (models / "fresh").iterdir()} == {"scale_0.5", "scale_2.0"}
    assert [path.name for path in (models / "mixed").iterdir()] == ["scale_all"]
    assert every.planned() == {}


def test_fresh_networks_differ_and_are_validated_on_the_same_stored_images(every):
    cards, x_test = {}, "results/noisy/scale_0.5/seed_1/x_test.npy"
    x_train = "results/images/x_train.npy"  # without noise, which is drawn in the training
    for draw in ("fixed", "fresh"):
        path = every.folder / f"results/models/mlp/{draw}/scale_0.5/seed_1.json"
        cards[draw] = json.loads(path.read_text())
    assert cards["fixed"]["weights_sha256"] != cards["fresh"]["weights_sha256"]
    assert cards["fixed"]["inputs"][x_test] == cards["fresh"]["inputs"][x_test]
    images = json.loads((every.folder / "results/images/card.json").read_text())
    assert cards["fresh"]["inputs"][x_train] == images["sha256"][x_train]


def test_a_network_of_all_scales_is_validated_on_each_after_every_epoch(every):
    results = every.folder / "results"
    history = pd.read_csv(results / "histories/mlp/mixed/scale_all/seed_1.csv")
    assert history[["epoch", "scale"]].apply(tuple, axis=1).tolist() == [
        (epoch, scale) for epoch in (1, 2) for scale in (0.0, 0.5, 2.0)
    ]
    card = json.loads((results / "models/mlp/mixed/scale_all/seed_1.json").read_text())
    assert card["settings"]["run"]["scale"] is None
    assert card["seconds"] == pytest.approx(history["seconds"].sum(), abs=0.01)
    log = (every.folder / "logs/train_model/mlp/mixed/scale_all/seed_1.log").read_text()
    assert [log.count(f"epoch {epoch}/2 ") for epoch in (1, 2)] == [1, 1]
    accuracies = pd.read_csv(results / "accuracies.csv")
    tests = accuracies[accuracies["draw"] == "mixed"]
    assert tests["train_scale"].isna().all()
    assert tests["accuracy"].tolist() == pytest.approx(history["val_accuracy"].tolist()[-3:])
    assert "Where the scale is not known, " in (results / "answer.txt").read_text()


def test_a_network_of_all_scales_is_trained_again_when_the_scales_change(every, tmp_path):
    workflow = every.copy(tmp_path / "scales")
    for scales, trained in (([0.5, 1.0, 2.0], 3), ([2.0], 1)):
        workflow.configure(noise=ALL | {"scales": scales})
        assert workflow.planned()["train_model"] == trained
    workflow.configure(noise={"draws": ["mixed"]})
    assert workflow.planned() == EVALUATION


def test_tables_have_both_draws_with_the_clean_run_in_each(every):
    results = every.folder / "results"
    table = pd.read_csv(results / "comparison.csv").set_index(["draw", "scale"])
    assert list(table.index) == [(draw, scale) for draw in ALL["draws"] for scale in (0.0, 0.5, 2.0)]
    assert table.loc[("fixed", 0.0), "val_accuracy"] == table.loc[("fresh", 0.0), "val_accuracy"]
    gain = table.loc["fresh", "val_accuracy"] - table.loc["fixed", "val_accuracy"]
    assert table.loc["fresh", "change_from_fixed"].to_numpy() == pytest.approx(gain.to_numpy())
    histories = pd.read_csv(results / "histories.csv")
    assert len(histories) == 2 * (
        3 + 2 + 3
    )  # epochs, of the runs there are, and of each scale of mixed noise
    accuracies = pd.read_csv(results / "accuracies.csv")
    assert np.sum(accuracies["classifier"] == "mlp") == 3 * (3 + 2 + 1)
    losses = pd.read_csv(results / "losses.csv")
    parts = ["memorised", "unread", "open", "gone"]
    assert losses[["scale", "part"]].apply(tuple, axis=1).tolist() == [
        (scale, part) for scale in (0.0, 0.5, 2.0) for part in parts
    ]
    # All 200 test images are the ceiling's, so what was memorised is the change of the comparison.
    memorised = losses[losses["part"] == "memorised"].set_index("scale")["lost"]
    assert memorised.to_numpy() == pytest.approx(gain.to_numpy())


@same_bits_with_threads
def test_same_bits_again_with_other_threads_and_beside_others(every, tmp_path):
    workflow = every.copy(tmp_path / "again")
    models = workflow.folder / "results/models/mlp"
    paths = sorted(path for draw in ("fresh", "mixed") for path in (models / draw).rglob("*.keras"))
    before = [weights_sha256(path) for path in paths]
    models = [str(path.relative_to(workflow.folder)) for path in paths]
    again = workflow.run(*models, "--set-threads", "train_model=2", "--forcerun", "train_model")
    assert again == {"train_model": 3}
    assert [weights_sha256(path) for path in paths] == before


@pytest.mark.parametrize("run", ["fresh/scale_2.0", "mixed/scale_all"])
def test_reproduce_makes_a_run_again_whose_noise_is_not_stored(run, every):
    import subprocess

    command = [every.folder / ".venv/bin/python", "scripts/reproduce.py"]
    model = f"results/models/mlp/{run}/seed_1.keras"
    done = subprocess.run([*command, model], cwd=every.folder, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "equal: noise, weights and history, bit for bit", done.stderr


def test_only_fresh_noise_still_has_the_clean_baseline(every, finished_sweep, tmp_path):
    for sweep, trained in ((finished_sweep, {"train_model": 2}), (every, {})):
        workflow = sweep.copy(tmp_path / f"copy of {sweep.folder.parent.name}")
        workflow.configure(noise={"draws": ["fresh"]})
        assert workflow.planned() == trained | EVALUATION
    workflow.run()
    table = pd.read_csv(workflow.folder / "results/comparison.csv")
    assert list(zip(table["draw"], table["scale"], strict=True)) == [("fresh", s) for s in (0.0, 0.5, 2.0)]
    assert np.isnan(table["change_from_fixed"].iloc[1])


def test_fresh_noise_of_scale_0_is_refused(every):
    done = every.start("results/models/mlp/fresh/scale_0.0/seed_1.keras")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == "ERROR: draw fresh is not trained at scale 0.0, which has: fixed"


def test_two_seeds_give_intervals_over_seeds(every, tmp_path):
    workflow = every.copy(tmp_path / "seeds")
    workflow.configure(noise=BOTH | {"scales": [2.0], "keep": False}, seeds=[1, 2])
    new = {rule: 2 for rule in [*NEW_NOISE, "evaluate_models"]} | {"train_model": 3}
    assert workflow.run() == MERGE | new
    assert not list(workflow.folder.glob("results/noisy/*/seed_2/x_train.npy"))  # they went after use
    table = pd.read_csv(workflow.folder / "results/comparison.csv").set_index(["draw", "scale"])
    assert set(table["seeds"]) == {2}
    last = pd.read_csv(workflow.folder / "results/histories.csv").query("epoch == 2")
    runs = last.set_index(["draw", "scale", "seed"])["val_accuracy"]
    gains = [runs["fresh", 2.0, seed] - runs["fixed", 2.0, seed] for seed in (1, 2)]
    row = table.loc[("fresh", 2.0)]
    assert row["change_from_fixed"] == pytest.approx(np.mean(gains))
    half = 12.7062 * abs(gains[0] - gains[1]) / 2  # Student's t, one degree of freedom
    assert row["change_from_fixed_high"] - row["change_from_fixed"] == pytest.approx(half, rel=1e-4)
