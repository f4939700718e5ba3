"""A copy of the workflow to run for real, with a tiny experiment: 600 + 200 real images, one small layer."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from counting import COUNTS, Faults, results_of
from running import run_snakemake

STARTED = time.monotonic()  # of this process of the tests
ROOT = Path(__file__).parents[1]
PARTS = ["Snakefile", "config.yaml", "rules", "scripts", "schemas", "profiles", "report"]

# Jobs that follow a change.
MERGE = {"compare_scales": 1, "plot_figures": 1, "write_tables": 1, "make_lab": 1}
EVALUATION = {"evaluate_models": 1} | MERGE
NEW_NOISE = {"add_noise": 1, "fit_baselines": 1, "estimate_ceiling": 1, "train_model": 1}
ONE_SCALE = NEW_NOISE | {"plot_samples": 1}

# Not promised (docs/reliability.md), but measured for the shapes of these tests on processors with AVX-512.
same_bits_with_threads = pytest.mark.skipif(
    "avx512f" not in Path("/proc/cpuinfo").read_text(), reason="no AVX-512: threads may change bits"
)

TINY = {
    "images": {"path": "sample.npz", "train": 600, "test": 200},
    "noise": {"scales": [0.5, 2.0]},
    "networks": {"mlp": {"hidden_units": [32]}},
    "training": {"epochs": 2, "batch_size": 64},
}


def run_section(folder: Path, title: str) -> Path:
    """Run the commands of a section of the README, as they stand, in a copy of the workflow for `make`."""
    copy_workflow(folder)
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "studies", "tests/data"):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    # An environment that `make` takes for its own and newest, and could clear without a loss.
    (folder / ".venv").unlink()
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        (folder / ".venv" / path.name).symlink_to(path)
    (folder / ".venv/run.stamp").unlink(missing_ok=True)
    (folder / ".venv/run.stamp").touch()
    text = (ROOT / "README.md").read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    commands = "\n".join(line[4:] for line in re.findall("^    .*$", text, re.MULTILINE))
    assert len(commands.splitlines()) < 20
    done = subprocess.run(
        ["bash", "-e"], input=commands, cwd=folder, capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Workflow:
    """A folder with a copy of the workflow; every call runs Snakemake in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def configure(self, **sections: object) -> None:
        """Write a config.yaml: the tiny experiment, with keys of some sections replaced."""
        config = {**TINY}
        for name, section in sections.items():
            config[name] = {**config.get(name, {}), **section} if isinstance(section, dict) else section
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config))

    def copy(self, folder: Path) -> "Workflow":
        """A copy in another folder, with the bytes and times of all files."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workflow(folder)

    def start(self, *arguments: str) -> subprocess.CompletedProcess:
        return run_snakemake(self.folder, *arguments)

    def run(self, *arguments: str) -> Counter:
        """Run to a good end; how many jobs of each rule were run, as the finished jobs say."""
        done = self.start(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        self.said = done.stderr
        jobs = re.findall(r"^\d+ of \d+ jobs done: (\w+)", done.stderr, re.MULTILINE)
        return Counter(job for job in jobs if job != "all")

    def planned(self, *arguments: str) -> Counter:
        """How many jobs of each rule a dry run says would be run."""
        done = self.start("--dry-run", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        stats = re.findall(r"^ (\w[\w ]*?) +(\d+) *$", done.stderr, re.MULTILINE)
        jobs = {rule.replace(" ", "_"): int(count) for rule, count in stats}
        assert jobs or "Nothing to be done" in done.stderr, done.stderr
        return Counter({rule: count for rule, count in jobs.items() if rule not in ("all", "total")})

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Bytes and modification time of every result, by its path below results/."""
        results = self.folder / "results"
        return {
            str(path.relative_to(results)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in results.rglob("*")
            if path.is_file()
        }


def copy_workflow(folder: Path) -> None:
    """The workflow without results, with the sample of images."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    shutil.copy2(ROOT / "tests/data/mnist_sample.npz", folder / "sample.npz")
    # As a user has it: the interpreter is in this folder, with the space in its path.
    (folder / ".venv").symlink_to(sys.prefix)


@pytest.fixture(scope="session")
def finished_sweep(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Workflow:
    """A tiny sweep that has been run once, in a folder with a space in its name. Not to be changed.

    One process of the tests runs it, and every other one copies it.
    """
    mine = Workflow(tmp_path_factory.mktemp("sweep") / "a folder")
    shared = tmp_path_factory.getbasetemp() / "first"
    if worker_id != "master":
        shared = tmp_path_factory.getbasetemp().parent / "first"
    shared.mkdir(exist_ok=True)
    jobs, said = shared / "jobs.json", shared / "said.txt"
    with open(shared / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        first = Workflow(shared / "a folder")
        if not jobs.exists():
            copy_workflow(first.folder)
            first.configure()
            found = first.run()
            said.write_text(first.said)
            jobs.write_text(json.dumps(found))
    first.copy(mine.folder)
    mine.first_jobs, mine.said = Counter(json.loads(jobs.read_text())), said.read_text()
    return mine


@pytest.fixture
def workflow(finished_sweep: Workflow, tmp_path: Path) -> Workflow:
    """A copy of the finished sweep, with its bytes and times, for a test to change."""
    return finished_sweep.copy(tmp_path / "a copy")


@pytest.fixture(scope="session")
def faults() -> Faults:
    return Faults()


@pytest.fixture(scope="session")
def expected(finished_sweep) -> dict[str, object]:
    """The results of the tiny sweep that nothing has happened to."""
    return results_of(finished_sweep.folder)


def pytest_addoption(parser) -> None:
    parser.addoption("--minutes", type=float, default=float("inf"), help="start no long test after so many")


@pytest.hookimpl(tryfirst=True)  # before the fixtures of a test, which take most of its time
def pytest_runtest_setup(item) -> None:
    minutes = item.config.getoption("minutes")
    if time.monotonic() - STARTED > 60 * minutes and item.get_closest_marker("long"):
        pytest.skip(f"{item.nodeid}: no long test is started after {minutes:g} minutes")


def pytest_sessionfinish(session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes: the first adds them up
        session.config.workeroutput["counts"] = dict(COUNTS)


def pytest_testnodedown(node) -> None:
    COUNTS.update(getattr(node, "workeroutput", {}).get("counts", {}))


def pytest_terminal_summary(terminalreporter) -> None:
    if COUNTS["faults injected"]:
        said = ", ".join(f"{name}: {number}" for name, number in COUNTS.items())
        terminalreporter.write_line(f"Fault tests: {said}")
