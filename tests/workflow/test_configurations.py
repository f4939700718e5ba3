"""A bad configuration stops before any job, with one line that names the key, the value and the remedy."""

import re
from pathlib import Path

import pytest

from control.configuration import check_config

BAD = [
    ({"noise": {"scale": [1]}}, ["noise.scale ", "did you mean scales?"]),
    ({"sedes": [1]}, ["sedes ", "did you mean seeds?", "images, noise, training, seeds"]),
    ({"noise": {"scales": [0.1, -1]}}, ["noise.scales[1]", "-1", "from 0 to 1000"]),
    ({"noise": {"scales": [0.1, float("nan")]}}, ["noise.scales[1]", "nan", "finite"]),
    ({"noise": {"scales": [float("inf")]}}, ["noise.scales[0]", "Infinity", "from 0 to 1000"]),
    ({"noise": {"scales": ["high"]}}, ["noise.scales[0]", '"high"', "a number"]),
    ({"noise": {"scales": [True]}}, ["noise.scales[0]", "true", "a number"]),
    ({"noise": {"scales": [None]}}, ["noise.scales[0]", "null", "a number"]),
    ({"noise": {"scales": [1, 1.0]}}, ["noise.scales", "[1, 1.0]", "each different"]),
    ({"noise": {"scales": []}}, ["noise.scales", "[]", "one or more"]),
    ({"noise": {"scales": 0.5}}, ["noise.scales", "0.5", "a list"]),
    ({"noise": {"draws": ["new"]}}, ["noise.draws[0]", '"new"', "fixed"]),
    ({"noise": {"keep": 1}}, ["noise.keep", "1", "true or false"]),
    ({"noise": None}, ["noise ", "null", "a section"]),
    ({"seeds": []}, ["seeds", "[]", "one or more"]),
    ({"seeds": [1, 1]}, ["seeds", "[1, 1]", "each different"]),
    ({"seeds": [-1]}, ["seeds[0]", "-1", "from 0"]),
    ({"training": {"epochs": 2.5}}, ["training.epochs", "2.5", "a whole number"]),
    ({"training": {"epochs": 0}}, ["training.epochs", "0", "from 1"]),
    ({"training": {"dropout": 1}}, ["training.dropout", "1", "below 1"]),
    ({"training": {"dropout": float("nan")}}, ["training.dropout", "nan", "finite"]),
    ({"training": {"learning_rate": 0}}, ["training.learning_rate", "0", "above 0"]),
    ({"training": {"hidden_units": []}}, ["training.hidden_units", "[]", "one or more"]),
    ({"images": {"train": 60001}}, ["images.train", "60001", "to 60000"]),
    ({"images": {"test": 10001}}, ["images.test", "10001", "to 10000"]),
    ({"images": {"name": "cifar10"}}, ["images.name", '"cifar10"', "mnist or fashion_mnist"]),
    ({"images": {"path": "no/such/file.npz"}}, ["images.path", "no/such/file.npz", "does not exist"]),
]


@pytest.fixture(scope="module")
def workflow(finished_sweep):
    """The finished sweep itself: nothing here gets as far as a job."""
    yield finished_sweep
    finished_sweep.configure()


@pytest.mark.parametrize(("sections", "words"), BAD, ids=[str(bad) for bad, _ in BAD])
def test_bad_value_is_refused_in_one_line(sections, words):
    with pytest.raises(SystemExit) as stopped:
        check_config(sections, Path())
    line = str(stopped.value)
    assert line.startswith("ERROR in the configuration: ")
    assert "\n" not in line
    for word in words:
        assert word in line


@pytest.mark.parametrize(("sections", "words"), BAD[::9])
def test_bad_value_stops_snakemake_with_this_line_alone(workflow, sections, words):
    workflow.configure(**sections)
    done = workflow.start()
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow specific")]
    assert line.startswith("ERROR in the configuration: ")
    for word in words:
        assert word in line


def test_missing_sections_have_defaults(workflow):
    (workflow.folder / "config.yaml").write_text("seeds: [7]\n")
    assert workflow.planned()["train_model"] == 6  # five scales and the clean one
    (workflow.folder / "config.yaml").write_text("{}\n")
    assert workflow.planned()["train_model"] == 6


def test_number_is_one_however_it_is_written(workflow):
    """YAML 1.1, which PyYAML reads, takes 1e-3 for text."""
    (workflow.folder / "config.yaml").write_text("noise: {scales: [5e-1]}\ntraining: {learning_rate: 1e-3}\n")
    assert workflow.planned("results/histories/fixed/scale_0.5/seed_1.csv")["train_model"] == 1


def test_overrides_on_the_command_line_work(workflow):
    workflow.configure()
    assert workflow.planned("--config", "noise={scales: [0.5, 2.0, 3.0]}")["train_model"] == 1
    other = workflow.folder / "other.yaml"
    other.write_text("noise: {scales: [0.5, 3.0, 4.0]}\n")
    assert workflow.planned("--configfile", "other.yaml")["train_model"] == 2
    other.write_text("seeds: [1]\nnoise: {}\nseeds: [2]\n")
    done = workflow.start("--configfile", "other.yaml")
    assert done.returncode != 0
    assert re.search(r"ERROR in .*other\.yaml cannot be read: seeds appears twice in .* line 3", done.stderr)


def test_overrides_on_the_command_line_are_checked(workflow):
    workflow.configure()
    done = workflow.start("--config", "noise={scales: [-1]}")
    assert done.returncode != 0
    assert "noise.scales[0] is -1; allowed: a number from 0 to 1000" in done.stderr


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("results/noisy/scale_9.9/seed_1/x_train.npy", ["9.9", "noise.scales: 0.0, 0.5, 2.0"]),
        ("results/noisy/scale_2/seed_1/x_train.npy", ["scale 2 ", "noise.scales: 0.0, 0.5, 2.0"]),
        ("results/noisy/scale_2.0/seed_8/x_train.npy", ["seed 8 ", "seeds: 1"]),
        ("results/models/fresh/scale_2.0/seed_1.keras", ["fresh", "scale 2.0, which has: fixed"]),
        ("results/models/fixed/scale_9.9/seed_1.keras", ["9.9", "noise.scales: 0.0, 0.5, 2.0"]),
    ],
)
def test_unknown_run_on_the_command_line_is_refused(workflow, target, words):
    workflow.configure()
    done = workflow.start(target)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert not (workflow.folder / target).exists()
