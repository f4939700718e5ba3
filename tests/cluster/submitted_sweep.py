"""A Snakemake that submits its jobs, for the tests of every scheduler."""

import contextlib
import os
import signal
import subprocess
from functools import partial

import pandas as pd
import psutil

from plumbing.cards import weights_sha256

TABLES = (
    "comparison",
    "robustness",
    "classes",
    "losses",
    "accuracies",
    "confusion",
)


class SubmittedSweep:
    """A Snakemake that submits its jobs, in the background, with what it says in a file."""

    def __init__(self, workflow, profile, *arguments):
        self.said_in = workflow.folder / "said.txt"
        command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", *profile, *arguments]
        wide = os.environ | {"COLUMNS": "1000"}  # a message on one line
        with open(self.said_in, "w") as file:
            # Where the tests run in the background of a shell, Ctrl-C would be ignored.
            listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
            self.snakemake = subprocess.Popen(
                command, cwd=workflow.folder, stdout=file, stderr=file, env=wide, preexec_fn=listen
            )

    def said(self):
        return self.said_in.read_text()

    def ended(self):
        return self.snakemake.poll() is not None

    def wait(self):
        """Wait for a good end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.snakemake.wait(timeout=900)  # it took 100 s with AVX-512, and over 300 s without
        assert self.snakemake.poll() == 0, self.said()


def bits(workflow):
    results = workflow.folder / "results"
    tables = {name: (results / f"{name}.csv").read_bytes() for name in TABLES}
    histories = pd.read_csv(results / "histories.csv").drop(columns="seconds").to_csv()
    models = {path.relative_to(results): weights_sha256(path) for path in results.rglob("*.keras")}
    return tables, histories, models


def training_processes(workflow):
    """The processes that train in this folder: Python and the path of a script, not the shells above it."""
    return [
        process
        for process in psutil.process_iter(["cwd", "cmdline"])
        if process.info["cwd"] == str(workflow.folder)
        and len(process.info["cmdline"] or []) == 2
        and process.info["cmdline"][1].endswith("train_model.py")
    ]
