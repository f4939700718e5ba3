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
MODEL = "results/models/mlp/fixed/scale_0.5/seed_1.keras"
LOG = "logs/train_model/mlp/fixed/scale_0.5/seed_1.log"


def of_fresh(path):
    return path.replace("fixed", "fresh")


def bits(workflow, of_draw=str, epochs=EPOCHS):
    history = pd.read_csv(workflow.folder / of_draw(HISTORY))
    assert list(history["epoch"]) == list(range(1, epochs + 1))
    return weights_sha256(workflow.folder / of_draw(MODEL)), history.drop(columns="seconds").to_csv()


@pytest.fixture(scope="module")
def reference(finished_sweep, tmp_path_factory):
    """The bits of a training that was never stopped."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("reference") / "a copy")
    workflow.configure(networks={"mlp": WIDE}, training=LONG)
    assert workflow.run(HISTORY) == {"train_model": 1}
    assert not (workflow.folder / CHECKPOINT).exists()
    return bits(workflow)


@pytest.fixture
def workflow(workflow):
    workflow.configure(networks={"mlp": WIDE}, training=LONG)
    return workflow


def assert_goes_on_to_the_same_bits(workflow, reference):
    assert (workflow.folder / CHECKPOINT).exists()
    assert workflow.run(HISTORY) == {"train_model": 1}
    assert "resuming from the checkpoint after epoch" in (workflow.folder / LOG).read_text()
    assert bits(workflow) == reference
    assert not (workflow.folder / CHECKPOINT).exists()


VICTIMS = (["training"], ["snakemake"], ["snakemake", "training"])


def kill_at_random_moments(workflow, history, moments, seed):
    """kill -9 again and again. The seed is printed.

    A training that ends before its moment, on a machine that has become faster, starts again.
    """
    chance = random.Random(seed)
    print(f"seed of the moments: {seed}")
    for victims, longest in moments:
        run = Run(workflow, history)
        time.sleep(chance.uniform(0, longest))
        while not run.training.is_running():
            run.finish()
            (workflow.folder / history).unlink()
            longest /= 2
            run = Run(workflow, history)
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
def test_kill_9_again_and_again_with_fresh_noise(workflow):
    """As it imports, compiles, draws, trains, writes; and goes on from a training of 20 epochs."""
    epochs = 120  # which take longer
    workflow.configure(networks={"mlp": WIDE}, training=LONG | {"epochs": epochs}, noise={"draws": ["fresh"]})
    history = of_fresh(HISTORY)
    assert workflow.run(history) == {"train_model": 1}
    whole = bits(workflow, of_fresh, epochs)
    measured = pd.read_csv(workflow.folder / of_fresh(LOG).replace(".log", ".benchmark.tsv"), sep="\t")
    longest = 0.6 * measured["s"][0]  # so that the training is not done before the last kill
    (workflow.folder / history).unlink()
    values = {"networks": {"mlp": WIDE}, "noise": {"draws": ["fresh"]}}
    workflow.configure(training=LONG | {"epochs": 20}, **values)
    assert workflow.run(history) == {"train_model": 1}
    workflow.configure(training=LONG | {"epochs": epochs}, **values)
    kill_at_random_moments(workflow, history, [(victims, longest) for victims in VICTIMS * 2], seed=14)
    run = Run(workflow, history)
    wait_until((workflow.folder / of_fresh(CHECKPOINT)).exists, "a checkpoint")
    os.killpg(run.snakemake.pid, signal.SIGKILL)
    run.finish()
    assert workflow.run(history) == {"train_model": 1}
    assert "resuming from the checkpoint after epoch" in (workflow.folder / of_fresh(LOG)).read_text()
    assert bits(workflow, of_fresh, epochs) == whole


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
@pytest.mark.parametrize(
    ("values", "arguments"),
    [({"learning_rate": 0.002}, ()), ({}, (HISTORY, "--cores", "2", "--set-threads", "train_model=2"))],
    ids=["rate", "threads"],
)
def test_checkpoint_of_other_settings_or_threads_is_logged_and_ignored(workflow, values, arguments):
    run = Run(workflow)
    run.wait_for_checkpoint()
    os.killpg(run.snakemake.pid, signal.SIGKILL)
    run.finish()
    workflow.configure(networks={"mlp": WIDE}, training=LONG | values)
    run = Run(workflow, *arguments)
    log, first = workflow.folder / LOG, f"epoch 1/{EPOCHS} "
    wait_until(lambda: log.exists() and first in log.read_text(), "the first epoch, again")
    assert "ignoring the checkpoint: it has other settings" in log.read_text()
    run.training.terminate()
    run.finish()
