"""Two at once: in one folder, in two folders with one cache of images, and four trainings on two cores."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

TOGETHER = 4
MODEL = "results/models/mlp/fixed/scale_0.5/seed_1.keras"


def start(workflow, *arguments):
    command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "2", *arguments]
    return subprocess.Popen(
        command, cwd=workflow.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.long
def test_second_run_in_a_folder_says_that_the_first_is_running(workflow, faults, expected):
    faults.injected()
    run = faults.started(start(workflow, "--forcerun", "evaluate_models", "--until", "evaluate_models"))
    while not list((workflow.folder / ".snakemake").glob("locks/*")):
        assert run.poll() is None
        time.sleep(0.05)
    second = faults.start(workflow, "--forcerun", "train_model")
    assert second.returncode != 0
    assert (
        f"Another run is using this folder (process {run.pid}). Wait until it has finished." in second.stderr
    )
    said = run.communicate(timeout=300)[1]
    assert run.returncode == 0, said
    faults.assert_none_wrong(workflow.folder, expected, all_there=True)


def test_run_that_starts_beside_a_look_at_the_plan_stops(workflow, faults, expected):
    """A dry run has no lock of Snakemake's. A run that went on without ours would let a third one join it."""
    faults.injected()
    with open(workflow.folder / ".snakemake/running", "w") as look:
        fcntl.flock(look, fcntl.LOCK_EX)
        print(12, file=look, flush=True)
        run = faults.start(workflow, "--forcerun", "add_noise")
        assert run.returncode != 0
        assert (
            "ERROR: Another run is using this folder (process 12). Wait until it has finished." in run.stderr
        )
        assert "jobs done" not in run.stderr
        assert faults.start(workflow, "--dry-run", "--forcerun", "add_noise").returncode == 0
    faults.assert_made_again(workflow, expected)


@pytest.mark.long
def test_lock_of_a_killed_run_does_not_stand_in_the_way(workflow, faults, expected):
    faults.injected()
    run = faults.started(start(workflow, "--forcerun", "evaluate_models"))
    while not list((workflow.folder / ".snakemake").glob("locks/*")):
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert list((workflow.folder / ".snakemake").glob("locks/*"))
    faults.assert_made_again(workflow, expected)


@pytest.mark.long
def test_four_trainings_beside_each_other(finished_sweep, tmp_path, faults, expected):
    faults.injected()
    again = (MODEL, "--forcerun", "train_model")
    workflows = [finished_sweep.copy(tmp_path / f"copy {number}") for number in range(TOGETHER)]
    with ThreadPoolExecutor(TOGETHER) as pool:
        runs = list(pool.map(lambda workflow: faults.start(workflow, *again), workflows))
    for run, workflow in zip(runs, workflows, strict=True):
        assert run.returncode == 0, run.stderr
        assert "1 of 1 jobs done: train_model" in run.stderr
        faults.assert_none_wrong(workflow.folder, expected, all_there=True)


def test_two_runs_share_one_cache_of_downloads(tmp_path, faults):
    """The second waits until the first has let go of the folder that both download to."""
    faults.injected()
    code = """
import os, sys, time
from pathlib import Path
from fetch_images import download_lock
folder, order = map(Path, sys.argv[1:])
with download_lock(folder):
    for _ in range(20):
        with open(order, "a") as file:
            print(os.getpid(), file=file)
        time.sleep(0.02)
"""
    order = tmp_path / "order.txt"
    variables = os.environ | {"PYTHONPATH": "scripts"}
    command = [sys.executable, "-c", code, tmp_path / "datasets", order]
    runs = [subprocess.Popen(command, env=variables) for _ in range(3)]
    assert [run.wait(timeout=120) for run in runs] == [0, 0, 0]
    processes = order.read_text().splitlines()
    changes = sum(before != after for before, after in pairwise(processes))
    assert len(processes) == 60
    assert changes == 2


def test_two_makes_that_set_up_one_environment(tmp_path, faults):
    faults.injected()
    root = Path(__file__).parents[2]
    for name in ("Makefile", "requirements.txt", "studies"):
        (tmp_path / name).symlink_to(root / name)
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\ncase $1 in -c|--version) ;; *) echo setting up; sleep 5; exit 1 ;; esac\n")
    slow.chmod(0o755)
    command = ["make", ".venv/run.stamp", f"PYTHON={slow}"]
    first = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for line in first.stdout:
        if line.startswith("setting up"):
            break
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert second.returncode != 0
    assert "ERROR: another make is setting up .venv in this folder. Wait until" in second.stderr
    first.kill()
    first.communicate()
