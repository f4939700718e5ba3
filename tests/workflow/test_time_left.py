"""What a person sees while a sweep runs, in a terminal and in a file."""

import os
import pty
import re
import subprocess

import pytest


def in_terminal(workflow, *arguments):
    """All that a run of Snakemake draws in a terminal of 120 columns, without colours and movements."""
    ours, theirs = pty.openpty()
    python = workflow.folder / ".venv/bin/python"
    run = subprocess.Popen(
        [python, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=workflow.folder,
        env=os.environ | {"COLUMNS": "120", "LINES": "40", "TERM": "xterm"},
        **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
    )
    os.close(theirs)
    drawn = b""
    try:
        while part := os.read(ours, 65536):
            drawn += part
    except OSError:  # the terminal has no other end any more
        pass
    os.close(ours)
    assert run.wait() == 0, drawn.decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())


@pytest.mark.long
def test_a_terminal_shows_the_trainings_that_run_and_the_time_left(workflow):
    workflow.configure(training={"epochs": 1000, "batch_size": 8})
    drawn = in_terminal(workflow, "results/histories/mlp/fixed/scale_0.5/seed_1.csv")
    assert "1 training: about " in drawn
    bars = re.findall(
        r"draw=fixed scale=0.5 seed=1: epoch (\d+)/1000, val_accuracy (0\.\d{4})[^%]* (\d+)%", drawn
    )
    assert len({epoch for epoch, _, _ in bars}) > 2
    assert all(abs(int(percent) - int(epoch) / 10) <= 1 for epoch, _, percent in bars)
    assert re.search(r"Workflow Progress, about \d+ (s|min) .*left", drawn)


def test_a_file_gets_the_expectation_and_the_time_left_with_every_job(finished_sweep):
    said = finished_sweep.said
    assert re.search(
        r"^3 trainings and \d+ other jobs: about \d+ to \d+ (s|min) on 2 cores, by a rule of thumb",
        said,
        re.MULTILINE,
    )
    lines = re.findall(r"^\d+ of (\d+) jobs done: .*?(, about [\w. ]+ left)?$", said, re.MULTILINE)
    assert len(lines) == int(lines[0][0])
    assert [bool(left) for _, left in lines[:-4]] == [True] * (len(lines) - 4)
    assert not lines[-1][1]
