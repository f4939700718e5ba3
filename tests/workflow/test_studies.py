"""The ready configurations: all planned, the small ones run."""

import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import ROOT
from control.configuration import check_config
from experiment.runs import all_runs
from inputs.own_images import SETTINGS

RUNS = {
    "assignment": 6,
    "quick": 6,
    "severities": 11,
    "believable": 55,
    "kinds": 55,
    "networks": 108,
    "remedies": 175,
    "filters": 60,
    "data_1000": 55,
    "data_6000": 55,
    "fashion": 6,
    "digits": 2,
}


@pytest.fixture
def workflow(workflow):
    """The workflow as it is cloned, with the default configuration and no results."""
    shutil.rmtree(workflow.folder / "results")
    for part in ("config.yaml", "studies", "tests/data"):
        source, target = ROOT / part, workflow.folder / part
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return workflow


def study(name):
    return ("--configfile", f"studies/{name}.yaml", "--directory", f"runs/{name}")


def test_every_study_is_known_here():
    assert {path.stem for path in (ROOT / "studies").iterdir()} == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_number_of_runs(name):
    config = yaml.safe_load((ROOT / f"studies/{name}.yaml").read_text())
    check_config(config, ROOT)
    noise = config["noise"]
    runs = all_runs(config["networks"], noise["draws"], noise["scales"], config["seeds"])
    assert len(runs) == RUNS[name]


@pytest.mark.parametrize(
    "name",
    [name if name == "believable" else pytest.param(name, marks=pytest.mark.long) for name in RUNS],
)
def test_plan(workflow, name):
    assert workflow.planned(*study(name))["train_model"] == RUNS[name]


def test_assignment_is_the_default(workflow):
    default = yaml.safe_load((ROOT / "config.yaml").read_text())
    for key in {"path", *SETTINGS} - {"train", "test"}:  # of people's own images
        default["images"].pop(key)
    default["evaluation"].pop("sets")
    default["networks"]["mlp"].pop("kind")
    default["noise"].pop("keep")
    assert yaml.safe_load((ROOT / "studies/assignment.yaml").read_text()) == default


@pytest.mark.long
def test_quick_runs_from_nothing_in_a_folder_of_its_own(workflow):
    """With one of its scales. All of them are planned above."""
    jobs = workflow.run(*study("quick"), "--config", "noise={scales: [0.5]}")
    assert jobs["train_model"] == 2
    assert not (workflow.folder / "results").exists()
    results = workflow.folder / "runs/quick/results"
    assert len(pd.read_csv(results / "comparison.csv")) == 2
    assert len(np.load(results / "images/x_train.npy")) == 600
    assert "make STUDY=quick" in (results / "lab.html").read_text()
