"""kill -9 at random moments: the same command again always ends with the same results, bit for bit."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter

import psutil
import pytest

from counting import results_of

ROUNDS = 15
SEED = 6
VICTIMS = ("snakemake", "job", "both")


def start(workflow):
    """Snakemake in a process group of its own, as if started from a shell."""
    command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "2"]
    with open(workflow.folder / "said.txt", "w") as said:
        return subprocess.Popen(
            command, cwd=workflow.folder, start_new_session=True, stdout=said, stderr=subprocess.STDOUT
        )


def kill(process, victim, chance):
    """Kill at once; whether there was something to be killed."""
    if victim == "both":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "snakemake":
        process.kill()
    else:
        try:
            jobs = psutil.Process(process.pid).children(recursive=True)
            chance.choice(sorted(jobs, key=lambda job: job.pid)).kill()
        except (psutil.NoSuchProcess, IndexError):
            return False
    return True


@pytest.mark.long
def test_killed_at_random_moments_of_a_full_run(workflow, faults):
    """In every round a kill, a look at every file that is there, and the same command again."""
    chance = random.Random(SEED)
    print(f"seed of the moments: {SEED}")
    small = {"kind": "mlp", "hidden_units": [8]}
    workflow.configure(noise={"scales": [0.5]}, networks={"mlp": {"hidden_units": [32]}, "small": small})
    parts = ("results", "logs", ".snakemake")

    def clear():
        for part in parts:
            shutil.rmtree(workflow.folder / part, ignore_errors=True)

    clear()
    begin = time.monotonic()
    assert faults.start(workflow).returncode == 0
    whole = time.monotonic() - begin
    expected = results_of(workflow.folder)
    rounds, ends = Counter(), 0
    print(f"a run takes {whole:.0f} s")
    clear()
    while sum(rounds.values()) < ROUNDS:
        victim = chance.choice(VICTIMS)
        process = faults.started(start(workflow))
        try:
            # Before Snakemake has read its files, as jobs run, and as it writes its own. What was done stays,
            # so that some kills in a row reach every stage.
            process.wait(timeout=chance.uniform(0, 0.4 * whole))
        except subprocess.TimeoutExpired:
            rounds[victim] += kill(process, victim, chance)
            process.wait(timeout=300)
        else:
            assert process.returncode == 0, (workflow.folder / "said.txt").read_text()
            faults.assert_none_wrong(workflow.folder, expected, all_there=True)
            ends += 1
            clear()
        if (workflow.folder / "results").exists():
            faults.assert_none_wrong(workflow.folder, expected)
    faults.injected(ROUNDS)
    faults.assert_made_again(workflow, expected)
    print(f"kills: {dict(rounds)}; runs that came to their end between them: {ends}")
