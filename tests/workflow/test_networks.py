"""Two networks side by side: what runs when one comes, changes or goes, and that each has its own bits."""

import re
import subprocess

import pandas as pd
import pytest

from conftest import EVALUATION, MERGE
from plumbing.cards import weights_sha256

pytestmark = pytest.mark.long  # a network is trained first; test_reruns.py has a plan

ADDED = {"train_model": 3} | EVALUATION
CELL = "{}/{}/fixed/scale_0.5/seed_1.{}"
MINE = """
from keras import Input, Sequential, layers


def build(shape, classes):
    hidden = [layers.Flatten(), layers.Dense(16, activation="relu")]
    return Sequential([Input(shape), *hidden, layers.Dense(classes, activation="softmax")])
"""
# With so many steps, it memorises its images long before the last epoch.
TRAINING = {"epochs": 60, "early_stopping": {"patience": 2, "share": 0.2}}
TRAINING |= {"optimizer": {"name": "SGD", "momentum": 0.9, "learning_rate": 0.1}, "clipnorm": 1}
NETWORKS = {"mlp": {"hidden_units": [32]}, "mine": {"path": "mine.py", "training": TRAINING}}


@pytest.fixture(scope="module")
def two(finished_sweep, tmp_path_factory):
    """The tiny sweep, to which a network of one's own with more epochs has been added. Not to be changed."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("two") / "a folder")
    (workflow.folder / "mine.py").write_text(MINE)
    (workflow.folder / "Makefile").touch()  # so that its commands are named
    workflow.before = workflow.files()
    workflow.configure(networks=NETWORKS)
    workflow.jobs = workflow.run()
    workflow.said_first = workflow.said
    return workflow


@pytest.fixture
def workflow(two, tmp_path):
    return two.copy(tmp_path / "a copy")


def script(workflow, *command):
    python = workflow.folder / ".venv/bin/python"
    return subprocess.run([python, *command], cwd=workflow.folder, capture_output=True, text=True)


def test_a_network_added_trains_itself_and_keeps_every_other_file(two):
    assert two.jobs == ADDED
    after = two.files()
    merged = re.compile(r"[a-z]+\.\w+|(figures|tables)/.*")
    measured = {name for name in two.before if not merged.fullmatch(name)}
    assert len(measured) > 40
    assert {name for name in measured if two.before[name] != after[name]} == set()
    assert all("/mine/" in name for name in set(after) - set(two.before) if not merged.fullmatch(name))
    accuracies = pd.read_csv(two.folder / "results/accuracies.csv")
    assert (accuracies["classifier"] == "mine").sum() == (accuracies["classifier"] == "mlp").sum() == 9
    lines = re.findall(r"jobs done: (?:train|evaluate)_model\w* network=(\w+) ", two.said)
    assert lines == ["mine"] * 4
    assert two.run() == {}
    done = script(two, "scripts/check_results.py")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stdout


def test_the_epoch_of_early_stopping_is_in_all_tables(two):
    histories, comparison = (
        pd.read_csv(two.folder / f"results/{name}.csv").set_index("network")
        for name in ("histories", "comparison")
    )
    assert histories.loc["mlp", "epoch"].max() == 2
    assert histories.loc["mlp", "held_out_loss"].isna().all()
    assert list(comparison.loc["mlp", "epochs"]) == [2, 2, 2]
    for scale, history in histories.loc["mine"].groupby("scale"):
        (taken,) = history.loc[history["taken"] == 1, "epoch"]
        assert taken == history["epoch"].iloc[history["held_out_loss"].argmin()]
        assert history["epoch"].max() == taken + 2
        row = comparison.loc["mine"].set_index("scale").loc[scale]
        assert row["epochs"] == taken
        assert row["val_accuracy"] == history["val_accuracy"].iloc[taken - 1]
    assert "at most about" in two.said_first
    answer = (two.folder / "results/answer.txt").read_text()
    assert "mine was trained with early stopping: training images that were held out decided" in answer


def test_a_network_taken_away_compares_the_others_and_leaves_files_to_prune(workflow, monkeypatch):
    workflow.configure()
    assert workflow.run() == MERGE
    assert "networks.mine" in workflow.said  # of the comparison that is replaced
    assert re.search(r"no use for \d+ files .* of earlier ones. make prune deletes them", workflow.said)
    assert set(pd.read_csv(workflow.folder / "results/histories.csv")["network"]) == {"mlp"}
    monkeypatch.setenv("PRUNE_RESULTS", "yes")
    *deleted, _ = workflow.start("--dry-run", "--quiet", "all").stdout.splitlines()
    # Of a training model, history, card, log, benchmark; of the evaluation two tables, answers and the rest.
    assert len(deleted) == 3 * 5 + 6
    assert all("/mine/" in path for path in deleted)
    monkeypatch.delenv("PRUNE_RESULTS")
    assert workflow.planned() == {}
    assert not [path for path in workflow.folder.glob("*/**/mine/**/*") if path.is_file()]


@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        # mine has epochs and a learning rate of its own, and shares the rest.
        ({"training": {"epochs": 5}}, ADDED),
        ({"training": {"learning_rate": 0.01}}, ADDED),
        ({"training": {"weight_decay": 0.01}}, {"train_model": 6, "evaluate_models": 2} | MERGE),
        ({"networks": NETWORKS | {"mine": {"path": "mine.py", "training": {"epochs": 4}}}}, ADDED),
        ({"networks": NETWORKS | {"mlp": {"hidden_units": [33]}}}, ADDED),
        # Another name is another network.
        ({"networks": {"mlp": NETWORKS["mlp"], "other": NETWORKS["mine"]}}, ADDED),
    ],
    ids=[
        "epochs of all but one",
        "learning rate of all but one",
        "weight decay of all",
        "epochs of one",
        "layers of one",
        "name of one",
    ],
)
def test_a_change_trains_the_networks_that_it_is_about(workflow, change, jobs):
    workflow.configure(**{"networks": NETWORKS} | change)
    assert workflow.planned() == jobs


def test_an_edit_of_a_networks_file_trains_that_one(workflow):
    (workflow.folder / "mine.py").write_text(MINE.replace("relu", "tanh"))
    done = workflow.start("--dry-run")
    assert "3 results of train_model (mine) were made with another file of network." in done.stderr
    assert "(mlp)" not in done.stderr
    assert workflow.planned() == ADDED


def test_a_file_under_two_names_gives_two_networks_with_the_same_bits(workflow):
    workflow.configure(networks=NETWORKS | {"twin": NETWORKS["mine"]})
    assert workflow.run("results/" + CELL.format("histories", "twin", "csv")) == {"train_model": 1}
    models = [workflow.folder / "results" / CELL.format("models", name, "keras") for name in ("mine", "twin")]
    assert weights_sha256(models[0]) == weights_sha256(models[1])


def test_damage_of_one_network_is_named_and_trains_that_one(workflow, faults):
    faults.injected()
    name = "results/" + CELL.format("models", "mine", "keras")
    path = workflow.folder / name
    weights = weights_sha256(path)
    path.write_bytes(path.read_bytes()[:1000])
    (line,) = script(workflow, "scripts/check_results.py").stdout.splitlines()
    assert line.startswith(f"{name} is not the file on its card ")
    path.unlink()
    assert faults.started(workflow).run() == {"train_model": 1} | EVALUATION
    assert re.findall(r"(?:train|evaluate)_model\w* network=(\w+) ", workflow.said) == ["mine", "mine"]
    assert weights_sha256(path) == weights


def test_the_second_network_is_made_again_with_the_same_bits(two):
    done = script(two, "scripts/reproduce.py", "results/" + CELL.format("models", "mine", "keras"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "equal: noise, weights and history, bit for bit"
