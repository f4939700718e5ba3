"""Ways to run Snakemake: to its end, in the background to be stopped or killed, or with little memory."""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

# To import Snakemake takes most of a dry run. Each call is a fork of one process that has done it.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli"])

HISTORY = "results/histories/mlp/fixed/scale_0.5/seed_1.csv"
CHECKPOINT = "results/checkpoints/mlp/fixed/scale_0.5/seed_1.npz"
PATIENCE = 180  # seconds to wait for something that comes much sooner


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def control_group(controller, old, new):
    """A control group inside one with a limit. old: its files in version 1; new: those in version 2."""
    root = Path("/sys/fs/cgroup")
    is_old = (root / controller).is_dir()
    group = (root / controller if is_old else root) / f"test-{os.getpid()}"
    try:
        group.mkdir()
        for name, value in (old if is_old else new).items():
            (group / name).write_text(value)
        (group / "inner").mkdir()
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group can be made here: {error}")
    try:
        yield group / "inner"
    finally:
        (group / "inner").rmdir()
        group.rmdir()


def become_snakemake(folder, arguments, variables, said):
    """What `.venv/bin/python -m snakemake` does in a folder, in this process; its output goes to files."""
    for descriptor, name in enumerate(("stdout", "stderr"), start=1):
        os.dup2(os.open(Path(said, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["snakemake", *arguments]
    sys.executable = str(folder / ".venv/bin/python")
    # As a new Python there has it: without the folders of the tests.
    packages = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [str(folder), *packages]
    from snakemake.cli import main

    main()


def run_snakemake(folder, *arguments):
    """Run Snakemake in a folder to its end, as subprocess.run would."""
    words = ["--cores", "2", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as said:
        process = FORKS.Process(target=become_snakemake, args=(folder, words, dict(os.environ), said))
        process.start()
        process.join()
        output = [Path(said, name).read_text() for name in ("stdout", "stderr")]
    return subprocess.CompletedProcess(words, process.exitcode, *output)


class Run:
    """A running Snakemake, in a process group of its own as if started from a shell, and its training."""

    def __init__(self, workflow, target=HISTORY, *arguments):
        self.folder = workflow.folder
        command = [self.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "1", target, *arguments]
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
