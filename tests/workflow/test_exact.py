"""The same run gives the same bits: alone, beside others, with any number of threads, and by `reproduce`."""

import json
import re
import shutil
import subprocess

import pandas as pd
import pytest

from conftest import same_bits_with_threads
from plumbing.cards import sha256_of, weights_sha256

WIDE = {"hidden_units": [512, 512]}  # wide enough for threads to share work


HISTORIES = [f"results/histories/mlp/fixed/scale_{scale}/seed_1.csv" for scale in (0.5, 2.0)]


def bits(workflow):
    """All that has to be equal: SHA-256 of the weights, and the histories without their seconds."""
    models = sorted(workflow.folder.glob("results/models/*/*/*/*.keras"))
    histories = [pd.read_csv(workflow.folder / path).drop(columns="seconds") for path in HISTORIES]
    return [weights_sha256(model) for model in models], [history.to_csv() for history in histories]


@pytest.mark.long
def test_bits_do_not_depend_on_other_trainings(workflow):
    workflow.configure(networks={"mlp": WIDE}, training={"epochs": 2, "batch_size": 128})
    assert workflow.run(*HISTORIES, "--cores", "2") == {"train_model": 2}  # two at a time
    together = bits(workflow)
    assert len(set(together[0])) == 3  # of two trainings, and of the clean one that was there
    workflow.run(*HISTORIES, "--cores", "1", "--forcerun", "train_model")
    assert bits(workflow) == together


@pytest.mark.long
@same_bits_with_threads
def test_bits_do_not_depend_on_threads(workflow):
    workflow.configure(networks={"mlp": WIDE}, training={"epochs": 2, "batch_size": 128})
    assert workflow.run(*HISTORIES) == {"train_model": 2}  # a thread each
    first = bits(workflow)
    workflow.run(*HISTORIES, "--set-threads", "train_model=2", "--forcerun", "train_model")
    log = workflow.folder / "results/models/mlp/fixed/scale_0.5/seed_1.json"
    assert json.loads(log.read_text())["threads"] == 2
    assert bits(workflow) == first


def planned(workflow, *arguments):
    """By rule, what Snakemake says of each of its jobs before it would run them all."""
    # Without the profile Snakemake uses its own logger, which lists the threads and priorities of jobs.
    done = workflow.start(*arguments, "--dry-run", "--forceall", "--workflow-profile", "none")
    jobs = {}
    for rule, job in re.findall(
        r"^(?:local)?rule (\w+):\n((?: .*\n)+)", done.stdout + done.stderr, re.MULTILINE
    ):
        jobs.setdefault(rule, []).append(
            dict(re.findall(r"^ +(threads|priority): (\d+)$", job, re.MULTILINE))
        )
    return jobs


@pytest.mark.parametrize(("cores", "training", "evaluation"), [("3", 1, 1), ("16", 5, 8)])
def test_trainings_take_the_cores_that_would_idle(workflow, cores, training, evaluation):
    """And an evaluation leaves half of them to the ceilings."""
    jobs = planned(workflow, "--cores", cores)
    assert [int(job.get("threads", 1)) for job in jobs["train_model"]] == [training] * 3
    assert [int(job.get("threads", 1)) for job in jobs["evaluate_models"]] == [evaluation]


@pytest.mark.parametrize(
    ("network", "threads"),
    [
        ({"kind": "cnn"}, 8),
        ({"kind": "mlp"}, 5),
        ({"kind": "cnn", "training": {"optimizer": "muon"}}, 5),
        ({"kind": "cnn", "training": {"optimizer": {"name": "muon"}}}, 5),
    ],
)
def test_trainings_take_the_cores_that_would_idle_for_want_of_memory(workflow, network, threads):
    """Two trainings have room in 3 GB. With mlp or muon, threads may decide the bits; memory must not."""
    workflow.configure(networks={"mlp": None, "other": network})
    jobs = planned(workflow, "--cores", "16", "--resources", "mem_mb=3000")
    assert [int(job.get("threads", 1)) for job in jobs["train_model"]] == [threads] * 3


def test_no_training_waits_for_a_ceiling(workflow):
    """Nor the evaluation: only the comparison needs the ceilings, which can run beside all before it."""
    jobs = planned(workflow, "--cores", "2")
    later = max(int(job.get("priority", 0)) for job in jobs["estimate_ceiling"])
    for rule in ("add_noise", "train_model", "evaluate_models"):
        assert min(int(job.get("priority", 0)) for job in jobs[rule]) > later


def test_cards_say_what_the_files_are(finished_sweep):
    results = finished_sweep.folder / "results"
    card = json.loads((results / "models/mlp/fixed/scale_0.5/seed_1.json").read_text())
    assert card["settings"]["run"]["scale"] == 0.5
    assert card["settings"]["training"]["epochs"] == 2
    for path in ("results/noisy/scale_0.5/seed_1/x_train.npy", "results/images/y_test.npy"):
        assert card["inputs"][path] == sha256_of(finished_sweep.folder / path)
    assert len(card["inputs"]) == 4
    assert card["weights_sha256"] == weights_sha256(results / "models/mlp/fixed/scale_0.5/seed_1.keras")
    assert set(card["versions"]) == {"python", "numpy", "tensorflow", "keras"}
    assert card["cpu"]
    assert card["seconds"] > 0
    noise = json.loads((results / "noisy/scale_0.5/seed_1/card.json").read_text())
    x_train = "results/noisy/scale_0.5/seed_1/x_train.npy"
    assert noise["sha256"][x_train] == card["inputs"][x_train]
    assert noise["train"]["images"] == 600
    assert noise["train"]["noise_std"] == pytest.approx(0.5, rel=0.01)


def reproduce(workflow, *arguments):
    python = workflow.folder / ".venv/bin/python"
    command = [python, "scripts/reproduce.py", *arguments]
    return subprocess.run(command, cwd=workflow.folder, capture_output=True, text=True)


@pytest.mark.long
def test_reproduce_finds_a_cell_equal_or_says_what_differs(workflow):
    study = workflow.folder / "runs/mine"
    study.mkdir(parents=True)
    shutil.move(workflow.folder / "results", study / "results")  # as of a study
    done = reproduce(workflow, "runs/mine/results/models/mlp/fixed/scale_0.5/seed_1.keras")
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.move(study / "results", workflow.folder / "results")
    assert done.stdout.splitlines()[-1] == "equal: noise, weights and history, bit for bit"
    models = workflow.folder / "results/models/mlp/fixed"
    shutil.copy(models / "scale_2.0/seed_1.keras", models / "scale_0.5/seed_1.keras")
    history = workflow.folder / "results/histories/mlp/fixed/scale_0.5/seed_1.csv"
    history.write_text(history.read_text().replace("fixed,0.5,1,2,0.", "fixed,0.5,1,2,0.9"))
    done = reproduce(workflow, "results/models/mlp/fixed/scale_0.5/seed_1.keras")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-3:] == [
        "different:",
        "the weights",
        "the column accuracy of the history",
    ]


def test_reproduce_without_results_says_what_to_do(workflow):
    shutil.rmtree(workflow.folder / "results")
    done = reproduce(workflow)
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR: there is no model in results/models")


SUBMIT = """#!/bin/sh
echo "$1" >> asked
sh "$2" > /dev/null 2>&1 &
echo $!
"""


@pytest.mark.long
def test_a_job_on_a_cluster_asks_for_the_threads_that_it_uses(workflow):
    """Also where nobody has named a profile, and that of one machine counts the cores of the login node."""
    submit = workflow.folder / "submit"
    submit.write_text(SUBMIT)
    submit.chmod(0o755)
    workflow.configure(training={"epochs": 1})
    cluster = ("--executor", "cluster-generic", "--cluster-generic-submit-cmd", "./submit {threads}")
    assert workflow.run(HISTORIES[0], *cluster, "--jobs", "2", "--cores", "9") == {"train_model": 1}
    assert (workflow.folder / "asked").read_text().split() == ["1"]
    card = workflow.folder / "results/models/mlp/fixed/scale_0.5/seed_1.json"
    assert json.loads(card.read_text())["threads"] == 1
