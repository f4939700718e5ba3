"""The workflow through a real Grid Engine: the same bits, and jobs that are deleted, killed or lost."""

import re
import shutil
import signal
import subprocess
from collections import Counter

import pandas as pd
import pytest
from real_gridengine import running_gridengine
from real_slurm import PATIENCE, wait_until
from submitted_sweep import SubmittedSweep, bits, training_processes

from conftest import NEW_NOISE, ROOT
from control.schedulers import DELETED, NODE, cause_of

pytestmark = pytest.mark.long

PROFILE = ("--workflow-profile", "profiles/gridengine", "--seconds-between-status-checks", "1")
CELL = "mlp/fixed/scale_0.5/seed_1"
HISTORY = f"results/histories/{CELL}.csv"
TRAINING = {"networks": {"mlp": {"hidden_units": [256]}}, "training": {"epochs": 2500, "batch_size": 64}}


@pytest.fixture(scope="module", autouse=True)
def grid_engine(tmp_path_factory):
    with running_gridengine(tmp_path_factory.mktemp("gridengine")) as grid_engine:
        yield grid_engine


def numbers(submission):
    """Grid Engine's numbers of the jobs that were submitted."""
    return re.findall(r"with external jobid '(\d+)'", submission.said())


def wait_for_checkpoint(workflow, written_after=0):
    path = workflow.folder / f"results/checkpoints/{CELL}.npz"
    wait_until(lambda: path.exists() and path.stat().st_mtime_ns > written_after, "a checkpoint")
    return path.stat().st_mtime_ns


@pytest.fixture(scope="module")
def hanging(finished_sweep, tmp_path_factory):
    """A training that hangs, with a minute to run. It waits beside the jobs of the first test.

    It hangs from its start: on a busy machine, the minute may end before the first checkpoint.
    """
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("hanging") / "a copy")
    workflow.configure(**TRAINING)
    minute = "--set-resources=train_model:runtime=1"
    submission = SubmittedSweep(workflow, PROFILE, HISTORY, minute, "--retries=0")
    wait_until(lambda: training_processes(workflow) or submission.ended(), "the training")
    for training in training_processes(workflow):
        training.suspend()
    return submission


def test_same_bits_as_on_one_machine(finished_sweep, hanging, grid_engine, tmp_path):
    workflow = finished_sweep.copy(tmp_path / "a copy")
    for part in ("results", "logs", ".snakemake"):
        shutil.rmtree(workflow.folder / part)
    submission = SubmittedSweep(workflow, PROFILE)
    submission.wait()
    records = [grid_engine.record(number) for number in numbers(submission)]
    jobs = Counter(record["jobname"] for record in records)
    assert jobs == {rule: 3 for rule in NEW_NOISE} | {"evaluate_models": 1, "make_lab": 1}
    assert bits(workflow) == bits(finished_sweep)


def test_training_that_is_deleted_killed_and_loses_its_node_goes_on_from_its_checkpoint(
    workflow, grid_engine
):
    workflow.configure(**TRAINING)
    submission = SubmittedSweep(workflow, PROFILE, HISTORY, "--retries=3", "--set-threads=train_model=2")
    written = wait_for_checkpoint(workflow)
    grid_engine.call("qdel", numbers(submission)[0])
    written = wait_for_checkpoint(workflow, written)
    (training,) = training_processes(workflow)
    training.kill()
    written = wait_for_checkpoint(workflow, written)
    grid_engine.kill_host()
    grid_engine.start_host()
    submission.wait()
    records = [grid_engine.record(number) for number in numbers(submission)]
    assert [record["slots"] for record in records] == ["2"] * 4
    assert (
        "resuming from the checkpoint after epoch"
        in (workflow.folder / f"logs/train_model/{CELL}.log").read_text()
    )
    assert list(pd.read_csv(workflow.folder / HISTORY)["epoch"]) == list(range(1, 2501))
    assert "ERROR: the job was deleted or killed. " in submission.said()


def test_training_that_hangs_is_killed_for_time(hanging):
    assert hanging.snakemake.wait(PATIENCE) != 0
    assert "ERROR: the job ran out of time: it asked for 1 minutes. " in hanging.said()


def test_state_and_cause_of_every_end(grid_engine, tmp_path):
    """Also of a job that cannot start, and of one that is removed from a host that is gone."""

    def submit(script, *options):
        path = tmp_path / "job.sh"
        path.write_text(script)
        command = ("qsub", "-terse", "-S", "/bin/bash", "-j", "y", "-o", "/dev/null", *options, str(path))
        return grid_engine.call(*command).strip()

    def state(number):
        done = subprocess.run(
            [ROOT / "profiles/gridengine/status.sh", number], capture_output=True, text=True
        )
        return done.stdout.strip()

    ends = {
        submit("seq 1000000 | wc"): ("success", None),
        submit("exit 3"): ("failed", None),
        submit("kill -9 $$"): ("failed", DELETED),
        submit("true", "-o", f"{tmp_path}/none/"): (
            "failed",
            "failed in Grid Engine (opening input/output file)",
        ),
        submit("sleep 100"): ("failed", NODE),
    }
    *_, stuck, last = ends
    wait_until(lambda: grid_engine.running() == {stuck: "Eqw", last: "r"}, "the jobs")
    assert state(last) == "running"
    grid_engine.kill_host()
    assert state(last) == "running"
    wait_until(lambda: not grid_engine.host_is_up(), "the master to miss the host")
    grid_engine.call("qdel", "-f", last)
    assert {number: (state(number), cause_of("cluster-generic", number)) for number in ends} == ends
    grid_engine.start_host()


def test_too_little_address_space_is_said_in_one_line(workflow, tmp_path):
    """Also in another folder, as of a study."""
    workflow.configure(**TRAINING)
    study = f"--directory={workflow.copy(tmp_path / 'a study').folder}"
    little = "--default-resources=address_space_mb=1"
    submission = SubmittedSweep(workflow, PROFILE, HISTORY, study, little, "--retries=0")
    assert submission.snakemake.wait(PATIENCE) != 0
    (line,) = re.findall("^ERROR: .*", submission.said(), re.MULTILINE)
    assert "there is not enough memory. " in line or "the job ran out of memory: it asked for 1" in line


def test_interrupted_snakemake_deletes_its_jobs_and_a_killed_one_leaves_them(workflow, grid_engine):
    workflow.configure(**TRAINING)
    submission = SubmittedSweep(workflow, PROFILE, HISTORY)
    wait_for_checkpoint(workflow)
    submission.snakemake.send_signal(signal.SIGINT)
    assert submission.snakemake.wait(PATIENCE) != 0
    wait_until(lambda: not grid_engine.running(), "the end of the jobs")
    assert not (workflow.folder / HISTORY).exists()
    submission = SubmittedSweep(workflow, PROFILE, HISTORY)
    wait_until(grid_engine.running, "a job")
    submission.snakemake.kill()
    submission.snakemake.wait()
    (number,) = grid_engine.running()
    wait_until(lambda: not grid_engine.running(), "the end of the job", 2 * PATIENCE)
    assert grid_engine.record(number)["failed"] == "0"
    assert list(pd.read_csv(workflow.folder / HISTORY)["epoch"]) == list(range(1, 2501))
