"""Training that is killed goes on from its checkpoint, and ends with the bits of one that was not."""

import contextlib
import os
import random
import signal
import time

import pandas as pd
import psutil
import pytest

from plumbing.cards import weights_sha256
from running import CHECKPOINT, HISTORY, Run, wait_until

EPOCHS = 300  # some seconds, with a checkpoint after the first epoch and every three seconds
LONG = {"epochs": EPOCHS, "batch_size": 64}
WIDE = {"hidden_units": [256]}
MODEL = "results/models/fixed/scale_0.5/seed_1.keras"
LOG = "logs/train_model/fixed/scale_0.5/seed_1.log"


def bits(workflow):
    history = pd.read_csv(workflow.folder / HISTORY)
    assert list(history["epoch"]) == list(range(1, EPOCHS + 1))
    return weights_sha256(workflow.folder / MODEL), history.drop(columns="seconds").to_csv()


@pytest.fixture(scope="module")
def never_stopped(finished_sweep, tmp_path_factory):
    """The bits of a training that was never stopped, and its seconds."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("reference") / "a copy")
    workflow.configure(network=WIDE, training=LONG)
    assert workflow.run(HISTORY) == {"train_model": 1}
    assert not (workflow.folder / CHECKPOINT).exists()
    measured = pd.read_csv(workflow.folder / LOG.replace(".log", ".benchmark.tsv"), sep="\t")
    return bits(workflow), measured["s"][0]


@pytest.fixture(scope="module")
def reference(never_stopped):
    return never_stopped[0]


@pytest.fixture
def workflow(workflow):
    workflow.configure(network=WIDE, training=LONG)
    return workflow


def assert_goes_on_to_the_same_bits(workflow, reference):
    assert (workflow.folder / CHECKPOINT).exists()
    assert workflow.run(HISTORY) == {"train_model": 1}
    assert "resuming from the checkpoint after epoch" in (workflow.folder / LOG).read_text()
    assert bits(workflow) == reference
    assert not (workflow.folder / CHECKPOINT).exists()


VICTIMS = (["training"], ["snakemake"], ["snakemake", "training"])


def kill_at_random_moments(workflow, moments, seed):
    """kill -9 again and again: as it imports, compiles, trains, writes. The seed is printed.

    A training that ends before its moment, on a machine that has become faster, starts again.
    """
    chance = random.Random(seed)
    print(f"seed of the moments: {seed}")
    for victims, longest in moments:
        run = Run(workflow)
        time.sleep(chance.uniform(0, longest))
        while not run.training.is_running():
            run.finish()
            (workflow.folder / HISTORY).unlink()
            longest /= 2
            run = Run(workflow)
            time.sleep(chance.uniform(0, longest))
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends as its Snakemake is killed
                psutil.Process(getattr(run, victim).pid).kill()
        run.finish()


def test_kill_9_and_the_same_command_again(workflow, reference):
    run = Run(workflow)
    run.wait_for_checkpoint()
    run.training.kill()
    run.finish()
    assert_goes_on_to_the_same_bits(workflow, reference)


@pytest.mark.long
def test_kill_9_again_and_again(workflow, never_stopped):
    reference, seconds = never_stopped
    longest = 0.6 * seconds  # so that the training is not done before the last kill
    kill_at_random_moments(workflow, [(victims, longest) for victims in VICTIMS * 2], seed=14)
    workflow.run(HISTORY)
    assert bits(workflow) == reference


@pytest.mark.long
def test_fresh_noise_goes_on_to_the_same_bits_too(workflow):
    epochs = 250  # which take longer
    workflow.configure(network=WIDE, training=LONG | {"epochs": epochs}, noise={"draws": ["fresh"]})
    history, model, checkpoint = (path.replace("fixed", "fresh") for path in (HISTORY, MODEL, CHECKPOINT))
    found = []
    for killed in (False, True):
        if killed:
            (workflow.folder / history).unlink()
            run = Run(workflow, history)
            wait_until((workflow.folder / checkpoint).exists, "a checkpoint")
            os.killpg(run.snakemake.pid, signal.SIGKILL)
            run.finish()
        assert workflow.run(history) == {"train_model": 1}
        log = (workflow.folder / LOG.replace("fixed", "fresh")).read_text()
        assert ("resuming from the checkpoint" in log) == killed
        table = pd.read_csv(workflow.folder / history).drop(columns="seconds")
        assert list(table["epoch"]) == list(range(1, epochs + 1))
        found.append((weights_sha256(workflow.folder / model), table.to_csv()))
    assert found[0] == found[1]


@pytest.mark.long
@pytest.mark.parametrize(("number", "whom"), [(signal.SIGTERM, "training"), (signal.SIGINT, "group")])
def test_told_to_stop_it_leaves_a_checkpoint_and_a_bad_status(workflow, reference, number, whom):
    run = Run(workflow)
    run.wait_for_checkpoint()
    if whom == "training":
        run.training.send_signal(number)
    else:
        os.killpg(run.snakemake.pid, number)
    run.finish()
    assert run.snakemake.returncode != 0
    assert f"stopped: {signal.strsignal(number)}" in (workflow.folder / LOG).read_text()
    assert_goes_on_to_the_same_bits(workflow, reference)


@pytest.mark.long
def test_checkpoint_of_other_settings_is_logged_and_ignored(workflow):
    run = Run(workflow)
    run.wait_for_checkpoint()
    os.killpg(run.snakemake.pid, signal.SIGKILL)
    run.finish()
    workflow.configure(network=WIDE, training=LONG | {"learning_rate": 0.002})
    workflow.run(HISTORY)
    assert "ignoring the checkpoint: it has other settings" in (workflow.folder / LOG).read_text()
