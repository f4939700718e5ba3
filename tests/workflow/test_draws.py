"""The control experiment: noise drawn anew in every epoch, beside the stored one."""

import json

import numpy as np
import pandas as pd
import pytest

from conftest import EVALUATION, MERGE, NEW_NOISE, same_bits_with_threads
from plumbing.cards import weights_sha256

pytestmark = pytest.mark.long

BOTH = {"draws": ["fixed", "fresh"]}


@pytest.fixture(scope="module")
def both(finished_sweep, tmp_path_factory):
    """The finished sweep with fresh noise added to it. Not to be changed."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("draws") / "a copy")
    workflow.configure(noise=BOTH)
    workflow.added_jobs = workflow.run()
    return workflow


def test_fresh_noise_is_trained_at_every_scale_but_the_clean_one(both):
    assert both.added_jobs == {"train_model": 2} | EVALUATION
    models = both.folder / "results/models"
    assert {path.name for path in (models / "fresh").iterdir()} == {"scale_0.5", "scale_2.0"}
    assert both.planned() == {}


def test_fresh_networks_differ_and_are_validated_on_the_same_stored_images(both):
    cards, x_test = {}, "results/noisy/scale_0.5/seed_1/x_test.npy"
    x_train = "results/images/x_train.npy"  # without noise, which is drawn in the training
    for draw in ("fixed", "fresh"):
        path = both.folder / f"results/models/mlp/{draw}/scale_0.5/seed_1.json"
        cards[draw] = json.loads(path.read_text())
    assert cards["fixed"]["weights_sha256"] != cards["fresh"]["weights_sha256"]
    assert cards["fixed"]["inputs"][x_test] == cards["fresh"]["inputs"][x_test]
    images = json.loads((both.folder / "results/images/card.json").read_text())
    assert cards["fresh"]["inputs"][x_train] == images["sha256"][x_train]


def test_tables_have_both_draws_with_the_clean_run_in_each(both):
    results = both.folder / "results"
    table = pd.read_csv(results / "comparison.csv").set_index(["draw", "scale"])
    assert list(table.index) == [(draw, scale) for draw in ("fixed", "fresh") for scale in (0.0, 0.5, 2.0)]
    assert table.loc[("fixed", 0.0), "val_accuracy"] == table.loc[("fresh", 0.0), "val_accuracy"]
    gain = table.loc["fresh", "val_accuracy"] - table.loc["fixed", "val_accuracy"]
    assert table.loc["fresh", "change_from_fixed"].to_numpy() == pytest.approx(gain.to_numpy())
    histories = pd.read_csv(results / "histories.csv")
    assert len(histories) == 2 * (3 + 2)  # epochs, of the runs there are
    accuracies = pd.read_csv(results / "accuracies.csv")
    assert np.sum(accuracies["classifier"] == "mlp") == 3 * (3 + 2)
    losses = pd.read_csv(results / "losses.csv")
    parts = ["memorised", "unread", "open", "gone"]
    assert losses[["scale", "part"]].apply(tuple, axis=1).tolist() == [
        (scale, part) for scale in (0.0, 0.5, 2.0) for part in parts
    ]
    # All 200 test images are the ceiling's, so what was memorised is the change of the comparison.
    memorised = losses[losses["part"] == "memorised"].set_index("scale")["lost"]
    assert memorised.to_numpy() == pytest.approx(gain.to_numpy())


@same_bits_with_threads
def test_same_bits_again_with_other_threads_and_beside_others(both, tmp_path):
    workflow = both.copy(tmp_path / "again")
    paths = sorted((workflow.folder / "results/models/mlp/fresh").rglob("*.keras"))
    before = [weights_sha256(path) for path in paths]
    models = [str(path.relative_to(workflow.folder)) for path in paths]
    again = workflow.run(*models, "--set-threads", "train_model=2", "--forcerun", "train_model")
    assert again == {"train_model": 2}
    assert [weights_sha256(path) for path in paths] == before


def test_reproduce_makes_a_fresh_cell_again(both):
    import subprocess

    command = [both.folder / ".venv/bin/python", "scripts/reproduce.py"]
    model = "results/models/mlp/fresh/scale_2.0/seed_1.keras"
    done = subprocess.run([*command, model], cwd=both.folder, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "equal: noise, weights and history, bit for bit", done.stderr


def test_only_fresh_noise_still_has_the_clean_baseline(both, finished_sweep, tmp_path):
    for sweep, trained in ((finished_sweep, {"train_model": 2}), (both, {})):
        workflow = sweep.copy(tmp_path / f"copy of {sweep.folder.parent.name}")
        workflow.configure(noise={"draws": ["fresh"]})
        assert workflow.planned() == trained | EVALUATION
    workflow.run()
    table = pd.read_csv(workflow.folder / "results/comparison.csv")
    assert list(zip(table["draw"], table["scale"], strict=True)) == [("fresh", s) for s in (0.0, 0.5, 2.0)]
    assert np.isnan(table["change_from_fixed"].iloc[1])


def test_fresh_noise_of_scale_0_is_refused(both):
    done = both.start("results/models/mlp/fresh/scale_0.0/seed_1.keras")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == "ERROR: draw fresh is not trained at scale 0.0, which has: fixed"


def test_two_seeds_give_intervals_over_seeds(both, tmp_path):
    workflow = both.copy(tmp_path / "seeds")
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
