"""A sweep that runs in the background, to be stopped or killed."""

import contextlib
import subprocess
import time

import psutil

HISTORY = "results/histories/fixed/scale_0.5/seed_1.csv"
CHECKPOINT = "results/checkpoints/fixed/scale_0.5/seed_1.npz"
PATIENCE = 60  # seconds to wait for something that comes much sooner


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)


class Run:
    """A running Snakemake, in a process group of its own as if started from a shell, and its training."""

    def __init__(self, workflow, target=HISTORY):
        self.folder = workflow.folder
        command = [self.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "1", target]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.snakemake = subprocess.Popen(command, cwd=self.folder, start_new_session=True, **pipes)
        wait_until(self.find_training, "the training to start")
        self.training = self.find_training()

    def find_training(self):
        for child in psutil.Process(self.snakemake.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("train_model.py" in word for word in child.cmdline()[1:]):
                    return child

    def wait_for_checkpoint(self):
        wait_until((self.folder / CHECKPOINT).exists, "a checkpoint")

    def finish(self):
        """Wait for both processes; what Snakemake said."""
        said, _ = self.snakemake.communicate(timeout=PATIENCE)
        wait_until(lambda: not self.training.is_running(), "the end of the training")
        return said
