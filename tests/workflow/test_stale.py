"""What is on the disk was made with this configuration, whatever times and records of earlier runs say."""

import os
import random
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from analysis.classifiers import networks_at_own_scale
from conftest import EVALUATION, MERGE, ROOT
from plumbing.cards import read_card

TRAININGS = {"train_model": 3} | EVALUATION
EVERYTHING = {
    "fetch_images": 1,
    **dict.fromkeys(("add_noise", "plot_samples", "fit_baselines", "estimate_ceiling", "train_model"), 3),
    **EVALUATION,
}
LONG = pytest.mark.long


def forget(workflow):
    """Take away all that Snakemake knows of earlier runs, and give every file a time by chance."""
    shutil.rmtree(workflow.folder / ".snakemake")
    chance = random.Random(1)
    for path in workflow.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            time = chance.randrange(10**9)
            os.utime(path, (time, time))


def test_copied_results_with_any_times_are_as_good_as_ones_own(workflow):
    forget(workflow)
    assert "metadata" not in workflow.start("--dry-run").stderr
    assert workflow.planned() == {}
    workflow.configure(noise={"scales": [2.0]})
    assert workflow.planned() == EVALUATION


@pytest.mark.parametrize(
    ("change", "jobs", "said"),
    [
        (
            {"training": {"learning_rate": 0.01}},
            TRAININGS,
            "3 results of train_model (mlp) were made with training.learning_rate 0.001, not 0.01.",
        ),
        (
            {"networks": {"mlp": {"hidden_units": [8]}}},
            TRAININGS,
            "made with network.hidden_units [32], not [8].",
        ),
        pytest.param(
            {"networks": {"mlp": {"kind": "cnn"}}},
            TRAININGS,
            'made with network.kind "mlp", not "cnn".',
            marks=LONG,
        ),
        pytest.param(
            {"noise": {"clip": False, "scales": [0.5, 2.0]}},
            {rule: count for rule, count in EVERYTHING.items() if rule != "fetch_images"},
            "3 results of add_noise were made with noise.clip true, not false.",
            marks=LONG,
        ),
        ({"images": {"test": 169}}, EVERYTHING, "A result of fetch_images was made with test 200, not 169."),
        pytest.param(
            {"ceiling": {"images": 100}},
            {"estimate_ceiling": 3, "fit_baselines": 3} | EVALUATION,
            "3 results of estimate_ceiling were made with images 200, not 100.",
            marks=LONG,
        ),
    ],
)
def test_copied_results_of_another_configuration_are_made_again(workflow, change, jobs, said):
    """Without Snakemake's records, and whatever the times: nothing of the two is put into one table."""
    forget(workflow)
    workflow.configure(**change)
    assert workflow.planned() == jobs
    assert said in workflow.start("--dry-run").stderr


def test_a_comparison_that_is_replaced_is_named_once_with_the_way_to_keep_both(workflow):
    change = ("--config", "noise={scales: [0.5]}", "seeds=[1]")
    said = workflow.start("--dry-run", *change).stderr
    assert "compare_scales was made with" not in said
    line = "results/ has the comparison of scales 0.0, 0.5 and 2.0; this run replaces it with that of scales "
    assert said.count(f"{line}0.0 and 0.5. To keep both, add --directory runs/<name>.\n") == 1
    assert "results/ has" not in workflow.start("--dry-run", *change, "--until", "train_model").stderr
    assert workflow.planned("--directory", "runs/both", *change)["train_model"] == 2


def test_results_of_another_version_of_the_code_are_made_again(workflow):
    forget(workflow)
    path = workflow.folder / "scripts/fit_baselines.py"
    path.write_text(path.read_text() + "# edited\n")
    assert workflow.planned() == {"fit_baselines": 3} | MERGE
    assert "3 results of fit_baselines were made with other code." in workflow.start("--dry-run").stderr


def test_a_module_replaced_by_one_with_an_older_time_is_noticed(workflow):
    path = workflow.folder / "scripts/experiment/training.py"
    state = path.stat()
    path.write_text(path.read_text() + "# edited\n")
    os.utime(path, (0, 0))
    assert workflow.planned() == TRAININGS
    path.write_text(path.read_text().removesuffix("# edited\n"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert workflow.planned() == {}


@LONG
def test_results_that_are_half_of_another_run_are_not_mixed(workflow):
    """A noisy copy and a network from a sweep with other images, copied over these with their cards."""
    other = workflow.copy(workflow.folder.parent / "other")
    shutil.rmtree(other.folder / "results")
    other.configure(images={"train": 300})
    target = "results/histories/mlp/fixed/scale_0.5/seed_1.csv"
    other.run(target)
    for stage in ("noisy", "models/mlp/fixed", "histories/mlp/fixed"):
        folder = workflow.folder / "results" / stage / "scale_0.5"
        shutil.rmtree(folder)
        shutil.copytree(other.folder / "results" / stage / "scale_0.5", folder)
    plan = workflow.planned()
    assert plan == {
        "add_noise": 1,
        "plot_samples": 1,
        "fit_baselines": 1,
        "estimate_ceiling": 1,
        "train_model": 1,
    } | (EVALUATION)
    assert workflow.run() == plan
    assert workflow.run() == {}
    histories = pd.read_csv(workflow.folder / "results/histories.csv")
    assert len(histories) == 6


def test_a_table_that_is_asked_for_is_not_taken_from_networks_that_are_gone(workflow):
    """Snakemake alone would say that there is nothing to do: the table is there."""
    shutil.rmtree(workflow.folder / "results/models")
    workflow.configure(training={"learning_rate": 0.01})
    plan = workflow.planned("results/comparison.csv")
    assert plan == {"train_model": 3, "evaluate_models": 1, "compare_scales": 1}


@LONG
def test_a_run_that_was_stopped_between_a_training_and_its_evaluation_goes_on_there(workflow):
    """The new networks are there, and times say nothing: the evaluation is of the old ones."""
    workflow.configure(training={"learning_rate": 0.01})
    assert workflow.run("--until", "train_model") == {"train_model": 3}
    assert "3 of 3 jobs done" in workflow.said
    forget(workflow)
    assert workflow.run() == EVALUATION
    histories = pd.read_csv(workflow.folder / "results/histories.csv").groupby("scale").tail(1)
    own = networks_at_own_scale(pd.read_csv(workflow.folder / "results/accuracies.csv"))
    assert own["accuracy"].tolist() == histories["val_accuracy"].tolist()


NETWORK = """
import keras
from keras import layers, ops
import numpy as np


def build(shape, classes):
    image = keras.Input(shape)
    x = ops.take(layers.Flatten()(image), np.random.permutation(784), axis=1)
    x = layers.Dense(32, activation="relu")(x)
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))
"""


@pytest.fixture(scope="module")
def own(finished_sweep, tmp_path_factory):
    """A finished sweep with a network of one's own, in which each seed has its own order of the pixels."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("own") / "a folder")
    (workflow.folder / "my_network.py").write_text(NETWORK)
    networks = {"mlp": None, "my_network": {"path": "my_network.py"}}
    workflow.configure(networks=networks, training={"epochs": 5}, seeds=[3])
    workflow.run()
    return workflow


@LONG
def test_a_network_that_depends_on_its_seed_has_one_accuracy_everywhere(own):
    """Built for its evaluation and for the lab as it was for its training."""
    results = own.folder / "results"
    last = pd.read_csv(results / "histories.csv").groupby("scale").tail(1).set_index("scale")["val_accuracy"]
    own_scale = networks_at_own_scale(pd.read_csv(results / "accuracies.csv"))
    assert own_scale["accuracy"].tolist() == last.tolist()
    assert last[0.0] > 0.6
    confusion = pd.read_csv(results / "confusion.csv")
    recall = confusion[confusion["class"] == confusion["predicted"]].groupby("scale")["n"].sum() / 200
    assert recall.tolist() == pytest.approx(last.tolist())
    import keras

    stored = keras.models.load_model(results / "models/my_network/fixed/scale_0.5/seed_3.keras")
    x, y = np.load(results / "noisy/scale_0.5/seed_3/x_test.npy"), np.load(results / "images/y_test.npy")
    assert np.mean(stored.predict(x, verbose=0).argmax(axis=1) == y) == last[0.5]


@LONG
def test_a_network_with_a_layer_of_ones_own_is_loaded_as_the_readme_of_results_says(own):
    """Word for word, for the names of this test."""
    text = (ROOT / "results/README.md").read_text()
    (lines,) = [part for part in text.split("```") if "build_network" in part]
    said = lines.removeprefix("python\n").replace("seed=1", "seed=3").replace("seed_1.keras", "seed_3.keras")
    said += """
import numpy as np

x = np.load("results/noisy/scale_0.5/seed_3/x_test.npy")
print("accuracy", np.mean(model.predict(x, verbose=0).argmax(axis=1) == np.load("results/images/y_test.npy")))
"""
    command = [own.folder / ".venv/bin/python", "-c", said]
    done = subprocess.run(command, cwd=own.folder, capture_output=True, text=True, check=True)
    history = pd.read_csv(own.folder / "results/histories/my_network/fixed/scale_0.5/seed_3.csv")
    assert float(done.stdout.split("accuracy ")[1]) == history["val_accuracy"].iloc[-1]


@LONG
def test_the_networks_file_replaced_by_one_with_an_older_time_trains_again(own, tmp_path):
    workflow = own.copy(tmp_path / "a copy")
    forget(workflow)
    assert workflow.planned() == {}
    path = workflow.folder / "my_network.py"
    path.write_text(NETWORK.replace("relu", "sigmoid"))
    os.utime(path, (0, 0))
    assert workflow.planned() == TRAININGS
    assert "were made with another file of network." in workflow.start("--dry-run").stderr


@LONG
def test_a_network_with_two_accuracies_ends_before_any_table(workflow):
    """A history that was exchanged together with its card: two files that agree, and are not of this
    network.
    """
    results = workflow.folder / "results"
    import json

    from plumbing.cards import sha256_of

    path, card = (
        results / "histories/mlp/fixed/scale_0.5/seed_1.csv",
        results / "models/mlp/fixed/scale_0.5/seed_1.json",
    )
    table = pd.read_csv(path)
    n = round(table["val_accuracy"].iloc[-1] * 200)
    table.loc[table.index[-1], "val_accuracy"] = (n + 3) / 200
    table.to_csv(path, index=False)
    text = read_card(card)
    text["sha256"]["results/histories/mlp/fixed/scale_0.5/seed_1.csv"] = sha256_of(path)
    card.write_text(json.dumps(text))
    for name in ("measured/networks/mlp/seed_1.csv", "comparison.csv"):
        (results / name).unlink()
    done = workflow.start()
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert f"seed_1.keras recognises {n} of 200 test images" in said
    assert f"scale_0.5/seed_1.csv has {n + 3}" in said
    assert "Traceback" not in said
    assert not (results / "measured/networks/mlp/seed_1.csv").exists()
    assert not (results / "comparison.csv").exists()
    remedy = "rm 'results/models/mlp/fixed/scale_0.5/seed_1.keras'"
    assert remedy in said
    subprocess.run(remedy, shell=True, cwd=workflow.folder, check=True)
    assert workflow.run()["train_model"] == 1
    assert len(pd.read_csv(results / "comparison.csv")) == 3
