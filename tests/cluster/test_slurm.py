"""The workflow through a real Slurm: the same bits, only what is new, and jobs that are killed."""

import json
import re
import shutil
import subprocess
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from real_slurm import running_slurm, wait_until
from sklearn.datasets import load_sample_images
from submitted_sweep import SubmittedSweep, bits, training_processes

from conftest import NEW_NOISE, ROOT, Workflow
from plumbing.cards import weights_sha256

pytestmark = pytest.mark.long  # Slurm itself takes a minute to start and to notice things

PROFILE = ("--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "1")
CELL = "mlp/fixed/scale_0.5/seed_1"
HISTORY = f"results/histories/{CELL}.csv"
RESUMING = "resuming from the checkpoint after epoch"


@pytest.fixture(scope="session", autouse=True)
def slurm(tmp_path_factory):
    with running_slurm(tmp_path_factory.mktemp("slurm")) as slurm:
        yield slurm


class Submission(SubmittedSweep):
    """Through Slurm."""

    def __init__(self, workflow, *arguments, profile=PROFILE):
        super().__init__(workflow, profile, *arguments)

    def jobs(self):
        """Rule of every job that was submitted, by Slurm's number."""
        found = re.findall(r"SLURM jobid (\d+) \(log: .*?rule_(\w+)/", self.said())
        return {int(number): rule for number, rule in found}

    def finish(self):
        """Wait for a good end; how many jobs of each rule were submitted. Prints why one was tried again."""
        self.wait()
        print(self.said())
        for log in self.said_in.parent.glob("logs/slurm/**/*.log"):  # of jobs that failed
            print(log, log.read_text(), sep="\n")
        return Counter(self.jobs().values())


def show_job(number):
    """What Slurm knows of a job."""
    said = subprocess.run(
        ["scontrol", "show", "job", str(number)], capture_output=True, text=True, check=True
    )
    return dict(re.findall(r"(\w+)=(\S+)", said.stdout))


@pytest.fixture(scope="module")
def submitted(finished_sweep, tmp_path_factory):
    """The tiny sweep from nothing, through Slurm. Not to be changed."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("submitted") / "a copy")
    for part in ("results", "logs", ".snakemake"):
        shutil.rmtree(workflow.folder / part)
    submission = Submission(workflow)
    workflow.jobs, workflow.said = submission.finish(), submission.said()
    return workflow


def test_all_but_the_quick_ends_is_submitted(submitted):
    assert submitted.jobs == {rule: 3 for rule in NEW_NOISE} | {"evaluate_models": 1, "make_lab": 1}


def test_the_time_is_said_though_the_nodes_are_not_known(submitted):
    assert re.search(
        r"^3 trainings and \d+ other jobs: about .* if they run one after another",
        submitted.said,
        re.MULTILINE,
    )
    lines = re.findall(
        r"^\d+ of \d+ jobs done: train_model .*, about [\w. ]+ left$", submitted.said, re.MULTILINE
    )
    assert len(lines) == 3


def test_same_bits_as_on_one_machine(submitted, finished_sweep):
    assert bits(submitted) == bits(finished_sweep)


def test_colour_images_and_a_convolutional_network(finished_sweep, tmp_path):
    """Images of the user's own, so that what jobs ask for follows from these."""
    workflow = finished_sweep.copy(tmp_path / "a copy")
    for part in ("results", "logs", ".snakemake"):
        shutil.rmtree(workflow.folder / part)
    patches = [
        photo[:128, :160].reshape(4, 32, 5, 32, 3).swapaxes(1, 2) for photo in load_sample_images().images
    ]
    x, y = np.reshape(patches, (-1, 32, 32, 3)), np.repeat(["temple", "flower"], 20)
    np.savez(workflow.folder / "own.npz", x_train=x[::2], y_train=y[::2], x_test=x[1::2], y_test=y[1::2])
    workflow.configure(
        images={"name": "photos", "path": "own.npz", "train": None, "test": None},
        networks={"mlp": {"kind": "cnn"}},
        noise={"scales": [0.5], "kind": "shot"},
    )
    targets = ("results/measured/networks/mlp/seed_1.csv", "results/measured/baselines/scale_0.5/seed_1.csv")
    assert Submission(workflow, *targets).finish() == {
        **{"add_noise": 2, "train_model": 2},
        **{"fit_baselines": 1, "evaluate_models": 1},
    }
    local = workflow.copy(tmp_path / "local")
    shutil.rmtree(local.folder / "results")
    model = f"results/models/{CELL}.keras"
    assert local.run(model)["train_model"] == 1
    assert weights_sha256(local.folder / model) == weights_sha256(workflow.folder / model)


def test_a_network_and_scales_more_submit_what_is_new_and_one_job_each_when_grouped(submitted, tmp_path):
    workflow = submitted.copy(tmp_path / "a copy")
    small = {"kind": "mlp", "hidden_units": [8]}
    shutil.copy2(ROOT / "tests/data/trained.onnx", workflow.folder / "theirs.onnx")
    theirs = {"trained": "theirs.onnx", "pixels": {"mean": 0.1307, "std": 0.3081}}
    workflow.configure(networks={"mlp": {"hidden_units": [32]}, "small": small, "theirs": theirs})
    counts = [f"results/measured/{place}/seed_1.csv" for place in ("networks/small", "trained/theirs")]
    submission = Submission(workflow, *counts)
    assert submission.finish() == {
        **{"train_model": 3, "evaluate_models": 1},
        **{"check_trained": 1, "evaluate_trained": 1},
    }
    named = re.findall(r"jobs done: \w+ network=(\w+)", submission.said())
    assert sorted(named) == ["small"] * 4 + ["theirs"] * 2
    workflow.configure(noise={"scales": [0.5, 2.0, 0.25, 0.75]})
    groups = [f"{rule}=run" for rule in NEW_NOISE]
    submission = Submission(workflow, "--groups", *groups)
    submission.finish()
    assert submission.said().count("has been submitted") == 4  # two new scales, the evaluation and the lab
    assert len(pd.read_csv(workflow.folder / "results/comparison.csv")) == 5
    assert Submission(workflow).finish() == {}


def test_cancelled_training_goes_on_from_its_checkpoint(workflow):
    """And asks for a GPU, each time, which is one line. It goes on from a training of one epoch."""
    for epochs in (1, 700):
        training = {"epochs": epochs, "batch_size": 64}
        workflow.configure(networks={"mlp": {"hidden_units": [256]}}, training=training)
        if epochs == 1:
            assert workflow.run(HISTORY) == {"train_model": 1}
    submission = Submission(workflow, HISTORY, "--set-resources", "train_model:gres=gpu:1")
    checkpoint = workflow.folder / f"results/checkpoints/{CELL}.npz"
    wait_until(checkpoint.exists, "a checkpoint")
    (number,) = submission.jobs()
    subprocess.run(["scancel", str(number)], check=True)
    assert submission.finish() == {"train_model": 2}
    assert [show_job(number)["TresPerNode"] for number in submission.jobs()] == ["gres:gpu:1"] * 2
    log = (workflow.folder / f"logs/train_model/{CELL}.log").read_text()
    assert "1 training goes on after epoch 1." in submission.said()
    assert "ERROR: the job was cancelled. " in submission.said()
    assert RESUMING in log and "epoch 1/700" not in log
    assert list(pd.read_csv(workflow.folder / HISTORY)["epoch"]) == list(range(1, 701))


def test_the_same_command_waits_for_a_job_that_outlived_its_snakemake(workflow):
    workflow.configure(networks={"mlp": {"hidden_units": [256]}}, training={"epochs": 2000, "batch_size": 64})
    first = Submission(workflow, HISTORY)
    wait_until((workflow.folder / f"results/checkpoints/{CELL}.npz").exists, "a checkpoint")
    (number,) = first.jobs()
    first.snakemake.kill()
    first.snakemake.wait()
    second = Submission(workflow, HISTORY)
    assert second.finish() == {"train_model": 1}
    assert show_job(number)["JobState"] == "COMPLETED"
    log = (workflow.folder / f"logs/train_model/{CELL}.log").read_text()
    assert "going on after epoch 2000" in log and "epoch 1/2000 " not in log
    assert list(pd.read_csv(workflow.folder / HISTORY)["epoch"]) == list(range(1, 2001))
    assert not [path for path in workflow.folder.glob("results/checkpoints/**/*") if path.is_file()]


def test_training_on_a_node_that_dies_goes_on_from_its_checkpoint(workflow, slurm):
    workflow.configure(networks={"mlp": {"hidden_units": [256]}}, training={"epochs": 700, "batch_size": 64})
    submission = Submission(workflow, HISTORY)
    checkpoint = workflow.folder / f"results/checkpoints/{CELL}.npz"
    wait_until(checkpoint.exists, "a checkpoint")
    (number,) = submission.jobs()
    slurm.kill_node()
    slurm.start_node()  # which puts it into service again (ReturnToService=2)
    slurm.start_job(number)
    assert submission.finish() == {"train_model": 1}
    assert show_job(number)["Restarts"] == "1"  # by Slurm itself, which puts it into the queue again
    assert RESUMING in (workflow.folder / f"logs/train_model/{CELL}.log").read_text()
    assert list(pd.read_csv(workflow.folder / HISTORY)["epoch"]) == list(range(1, 701))


def test_job_with_too_little_memory_is_tried_again_with_more(workflow):
    workflow.configure(training={"epochs": 300})
    resources = workflow.folder / "scripts/control/resources.py"
    assert "1310 + (images" in resources.read_text()
    resources.write_text(resources.read_text().replace("1310 + (images", "396 + (images"))
    submission = Submission(workflow, HISTORY)
    tries = submission.finish()["train_model"]
    assert tries > 1
    assert [show_job(number)["MinMemoryNode"] for number in submission.jobs()] == [
        f"{402 * (1 + attempt)}M" for attempt in range(tries)
    ]


def test_training_that_hangs_is_killed_for_time_and_tried_again_with_more(workflow):
    workflow.configure(networks={"mlp": {"hidden_units": [256]}}, training={"epochs": 700, "batch_size": 64})
    resources = workflow.folder / "scripts/control/resources.py"
    minutes = "round(10 + epochs * minutes *"
    assert minutes in resources.read_text()
    resources.write_text(resources.read_text().replace(minutes, "round(1 + epochs * minutes * 0.04 *"))
    submission = Submission(workflow, HISTORY)
    checkpoint = workflow.folder / f"results/checkpoints/{CELL}.npz"
    wait_until(checkpoint.exists, "a checkpoint")
    (training,) = training_processes(workflow)
    training.suspend()
    tries = submission.finish()["train_model"]
    assert tries > 1
    jobs = [show_job(number) for number in submission.jobs()]
    assert [job["TimeLimit"] for job in jobs] == [f"00:0{attempt}:00" for attempt in range(1, tries + 1)]
    assert "ERROR: the job ran out of time: it asked for 1 minutes. " in submission.said()
    assert [job["JobState"] for job in jobs] == ["TIMEOUT"] * (tries - 1) + ["COMPLETED"]
    assert RESUMING in (workflow.folder / f"logs/train_model/{CELL}.log").read_text()
    assert list(pd.read_csv(workflow.folder / HISTORY)["epoch"]) == list(range(1, 701))


def test_another_engine_needs_no_other_code(submitted, tmp_path):
    """By the generic plugin, which knows no scheduler: only the commands of its profile do."""
    workflow = submitted.copy(tmp_path / "a copy")
    before = bits(workflow)
    profile = ("--workflow-profile", "profiles/generic")
    Submission(
        workflow, "results/measured/networks/mlp/seed_1.csv", "--forcerun", HISTORY, profile=profile
    ).finish()
    names = subprocess.run(
        ["squeue", "--states=all", "--noheader", "--format=%j"], capture_output=True, text=True, check=True
    )
    assert {"train_model", "evaluate_models"} <= set(names.stdout.split())
    assert bits(workflow) == before
    card = json.loads((workflow.folder / f"results/models/{CELL}.json").read_text())
    assert card["threads"] == 1


@pytest.mark.parametrize("prefix", [True, False])
def test_a_whole_sweep_through_a_storage_has_the_same_bits(finished_sweep, slurm, tmp_path, prefix):
    """With a prefix, on a node that sees a folder of its own at the path of the working folder."""
    workflow, shared = finished_sweep.copy(tmp_path / "a copy"), tmp_path / "shared"
    for part in ("results", "logs", ".snakemake"):
        shutil.rmtree(workflow.folder / part)
    workflow.copy(tmp_path / "node")
    shared.mkdir()
    storage = ("--default-storage-provider", "fs", "--local-storage-prefix", tmp_path / "submits")
    storage += ("--remote-job-local-storage-prefix", tmp_path / "scratch/$SLURM_JOB_ID")
    if prefix:
        storage += ("--default-storage-prefix", shared, "--slurm-logdir", shared / "logs/slurm")
        storage += ("--shared-fs-usage", "software-deployment", "sources")
        with slurm.node_with_its_own(tmp_path / "node", workflow.folder):
            jobs = Submission(workflow, *storage).finish()
        assert not (tmp_path / "node/results").exists()
    else:
        storage += ("--shared-fs-usage", "persistence", "software-deployment", "sources", "source-cache")
        jobs = Submission(workflow, *storage).finish()
        assert workflow.run() == {}  # without the storage, nothing is missing or damaged
    assert jobs["train_model"] == 3
    assert bits(Workflow(shared) if prefix else workflow) == bits(finished_sweep)


def test_training_on_a_node_that_shares_nothing_but_a_storage_is_the_same_and_goes_on(
    finished_sweep, slurm, tmp_path
):
    """The node sees a folder of its own at the path of the working folder, with the same code."""
    workflow, shared = finished_sweep.copy(tmp_path / "a copy"), tmp_path / "shared"
    for part in ("results", "logs", ".snakemake"):
        shutil.rmtree(workflow.folder / part)
    workflow.copy(tmp_path / "node")
    shared.mkdir()
    storage = ("--default-storage-provider", "fs", "--default-storage-prefix", shared)
    storage += ("--shared-fs-usage", "software-deployment", "sources")
    storage += ("--local-storage-prefix", tmp_path / "submits", "--slurm-logdir", shared / "logs/slurm")
    storage += ("--remote-job-local-storage-prefix", tmp_path / "scratch/$SLURM_JOB_ID")
    with slurm.node_with_its_own(tmp_path / "node", workflow.folder):
        assert Submission(workflow, HISTORY, *storage).finish() == {"add_noise": 1, "train_model": 1}
        model = f"results/models/{CELL}.keras"
        assert weights_sha256(shared / model) == weights_sha256(finished_sweep.folder / model)
        for folder in (workflow.folder, tmp_path / "node"):
            Workflow(folder).configure(training={"epochs": 2000})
        submission = Submission(workflow, HISTORY, *storage)
        checkpoint = shared / f"results/checkpoints/{CELL}.npz"
        wait_until(checkpoint.exists, "a checkpoint")
        (number,) = submission.jobs()
        subprocess.run(["scancel", str(number)], check=True)
        assert submission.finish() == {"train_model": 2}
    assert "1 training goes on after epoch 2." in submission.said()
    log = (shared / f"logs/train_model/{CELL}.log").read_text()
    assert RESUMING in log and "epoch 2/2000" not in log
    assert list(pd.read_csv(shared / HISTORY)["epoch"]) == list(range(1, 2001))
    assert not checkpoint.exists() and not (tmp_path / "node/results").exists()
