"""The reader's own images, network and noise, through the whole workflow."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_sample_images

from conftest import MERGE, Workflow, copy_workflow, run_section
from plumbing.cards import read_card, weights_sha256
from running import HISTORY, Run

NETWORK = """
import keras
from keras import layers


def build(shape, classes):
    images = keras.Input(shape)
    x = layers.Conv2D(8, 3, padding="same")(images)
    x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.5)(x))
    x = layers.Dropout(0.1)(layers.Add()([x, layers.Conv2D(8, 3, padding="same")(x)]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(x))
"""
LONG = pytest.mark.long
AFTER_TRAINING = {"evaluate_models": 1} | MERGE


def photos():
    """Patches of two real photographs, 40 + 20 of 16 x 16 pixels in colour: of a temple twice as many."""
    cut = [photo[:80, :128].reshape(5, 16, 8, 16, 3).swapaxes(1, 2) for photo in load_sample_images().images]
    temple, flower = np.reshape(cut, (2, 40, 16, 16, 3))
    x = np.concatenate([temple, flower[:20]])
    y = np.repeat(["temple", "flower"], [40, 20])
    order = np.random.default_rng(1).permutation(60)
    return x[order], y[order]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A finished sweep on images, network and noise of the user's own, with names that need care."""
    workflow = Workflow(tmp_path_factory.mktemp("own") / "a folder")
    copy_workflow(workflow.folder)
    x, y = photos()
    arrays = {"x_train": x[:40], "y_train": y[:40], "x_test": x[40:], "y_test": y[40:], "noun": "photo"}
    np.savez(workflow.folder / "my cells.npz", **arrays)
    (workflow.folder / "my network.py").write_text(NETWORK)
    config = {
        "images": {"name": "photos", "path": "my cells.npz"},
        "noise": {"scales": [0.5], "draws": ["fixed", "fresh"]},
        "networks": {"mine": {"path": "my network.py"}},
        "training": {"epochs": 2, "batch_size": 16},
        "evaluation": {"kinds": {"occlusion": [0.5]}},
    }
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(config))
    workflow.first_jobs = workflow.run()
    return workflow


@pytest.fixture
def workflow(own, tmp_path):
    workflow = own.copy(tmp_path / "a copy")
    workflow.first_jobs = own.first_jobs
    return workflow


def test_colour_images_go_from_file_to_answer(own):
    results = own.folder / "results"
    x, _ = photos()
    assert np.array_equal(np.load(results / "images/x_train.npy"), x[:40])
    card = read_card(results / "images/card.json")
    assert (card["name"], card["noun"], card["classes"]) == ("photos", "photo", ["flower", "temple"])
    assert card["shape"] == [16, 16, 3]
    noisy = np.load(results / "noisy/scale_0.5/seed_1/x_test.npy")
    assert noisy.shape == (20, 16, 16, 3)
    assert own.first_jobs["train_model"] == 3
    accuracies = pd.read_csv(results / "accuracies.csv")
    classifiers = accuracies.groupby("classifier")
    assert set(classifiers.get_group("mine")["kind"]) == {"gaussian", "occlusion"}
    for name in ("chance", "nearest_centroid", "ridge_regression", "ceiling_lower", "ceiling_upper"):
        assert classifiers.get_group(name)["scale"].tolist() == [0.0, 0.5]
    assert set(accuracies["images"]) == {"photos"}
    assert "flower" in (results / "answer.txt").read_text()


def test_chance_is_the_share_of_the_class_most_frequent_in_training(own):
    accuracies = pd.read_csv(own.folder / "results/accuracies.csv").set_index("classifier")
    share = np.mean(photos()[1][40:] == "temple")
    assert (accuracies.loc["chance", "accuracy"] == share).all()
    assert (accuracies.loc["chance", "accuracy_low"] < share).all()


def test_a_second_run_has_nothing_to_do(workflow):
    for path in workflow.folder.glob("my *"):
        path.touch()
    assert workflow.run() == Counter()


def test_an_edit_of_the_networks_file_trains_again(workflow):
    path = workflow.folder / "my network.py"
    path.write_text(path.read_text().replace("Dropout(0.1)", "Dropout(0.2)"))
    assert workflow.planned() == {"train_model": 3} | AFTER_TRAINING


def test_an_edit_of_the_images_runs_all_again(workflow):
    path = workflow.folder / "my cells.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays["x_test"] = 255 - arrays["x_test"]
    np.savez(path, **arrays)
    os.utime(path, (0, 0))  # as a copy keeps an older time
    assert workflow.planned() == workflow.first_jobs


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("images", {"train": 41}, "images.train is 41, but photos has 40; allowed"),
        ("networks", {"mine": {"path": "config.yaml"}}, "config.yaml is no Python file"),
        pytest.param("images", {"path": None}, 'images.name is "photos"; allowed: mnist', marks=LONG),
        pytest.param(
            "images", {"path": "config.yaml"}, "config.yaml: its format is not supported. Save", marks=LONG
        ),
        pytest.param("images", {"path": "a {b}"}, "the path a {b} has { or }, which mark wild", marks=LONG),
        pytest.param("networks", {"mine": {"path": "a {b}"}}, "the path a {b} has { or }", marks=LONG),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line_before_the_first_job(workflow, section, values, message):
    path = workflow.folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    shutil.copy(workflow.folder / "my cells.npz", workflow.folder / "a {b}")
    config[section].update(values)
    path.write_text(yaml.safe_dump(config))
    done = workflow.start()
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]
    assert len(lines) == 1
    assert lines[0].startswith("ERROR in the ")
    assert message in lines[0]


def test_pixels_that_are_no_numbers_are_told_in_one_line_before_the_first_job(workflow):
    path = workflow.folder / "my cells.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays |= {name: arrays[name] / 255 for name in ("x_train", "x_test")}
    arrays["x_train"][7, 3] = np.nan
    np.savez(path, **arrays)
    done = workflow.start()
    assert done.returncode != 0
    said = (
        "ERROR in the images: my cells.npz: x_train has NaN, which is not a number, in image 7 "
        "(counted from 0)"
    )
    assert done.stderr.splitlines()[-1] == said
    assert "jobs done" not in done.stderr


DIVERGING = """
from keras import Input, Sequential, layers


def build(shape, classes):
    squares = [part for _ in range(3) for part in (layers.Dense(32), layers.Lambda(lambda x: x * x))]
    return Sequential([Input(shape), layers.Flatten(), *squares, layers.Dense(classes, activation="softmax")])
"""


@pytest.mark.long
def test_a_training_that_diverges_ends_in_one_line_and_the_rest_stays(workflow):
    (workflow.folder / "my network.py").write_text(DIVERGING)
    path = workflow.folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["training"] |= {"learning_rate": 0.3, "epochs": 9}
    path.write_text(yaml.safe_dump(config))
    done = workflow.start()
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert re.search(
        r"ERROR: the training mine/f\w+/scale_0\.\d/seed_1 ends here, because (val_)?loss is (nan|inf) in ep",
        said,
    )
    assert (
        "Set networks.mine.training.learning_rate below 0.3, or look in my network.py for a logarithm or a "
        "division of 0." in said
    )
    assert "Traceback" not in said
    assert "nan" not in (workflow.folder / "results/comparison.csv").read_text()  # of before
    assert (workflow.folder / "results/noisy/scale_0.5/seed_1/x_test.npy").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("network", "times"), [({"path": "my network.py"}, 3), ({"kind": "cnn"}, 1)], ids=["own", "cnn"]
)
def test_killed_trainings_on_colour_images_end_with_the_same_bits(own, tmp_path, network, times):
    """Batch normalisation, dropout and their generators have a state, which the checkpoint keeps.

    The training that is killed goes on from one of 100 epochs.
    """
    target, found = HISTORY, []
    for name, kills in (("whole", 0), ("killed", times)):
        workflow = own.copy(tmp_path / name)
        path = workflow.folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        epochs = 800 if "path" in network else 500  # some seconds
        config |= {"networks": {"mlp": network}, "training": {"epochs": epochs, "batch_size": 16}}
        if kills:
            path.write_text(yaml.safe_dump(config | {"training": {"epochs": 100, "batch_size": 16}}))
            assert workflow.run(target) == {"train_model": 1}
        path.write_text(yaml.safe_dump(config))
        for moment in range(kills):
            run = Run(workflow, target)
            run.wait_for_checkpoint()
            time.sleep(moment)  # the second and the third time, as the training starts or resumes
            os.killpg(run.snakemake.pid, signal.SIGKILL)
            run.finish()
        assert workflow.run(target) == {"train_model": 1}
        log = (workflow.folder / "logs/train_model/mlp/fixed/scale_0.5/seed_1.log").read_text()
        assert ("resuming from the checkpoint after epoch" in log) == bool(kills)
        assert "epoch 100/" not in log or not kills
        history = pd.read_csv(workflow.folder / target).drop(columns="seconds")
        assert len(history) == epochs
        model = target.replace("histories", "models").replace("csv", "keras")
        found.append((weights_sha256(workflow.folder / model), history.to_csv()))
    assert found[0] == found[1]


@pytest.mark.long
def test_a_training_that_is_made_again_has_the_same_bits(own):
    command = [own.folder / ".venv/bin/python", "scripts/reproduce.py"]
    model = "results/models/mine/fresh/scale_0.5/seed_1.keras"
    done = subprocess.run([*command, model], cwd=own.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_readme_word_for_word(tmp_path):
    """The commands of the section `Ask your own question`, as they stand."""
    folder = run_section(tmp_path / "a clone", "Ask your own question")
    results = folder / "runs/photos/results"
    assert (results / "report.html").exists()
    comparison = pd.read_csv(results / "comparison.csv")
    assert comparison["scale"].tolist() == [0.0, 0.1, 0.3]
    assert comparison["val_accuracy"][0] > 0.9  # the network has learnt to tell the photographs apart
    assert read_card(results / "images/card.json")["shape"] == [16, 16, 3]
    assert "salt-and-pepper noise" in (results / "answer.txt").read_text()
