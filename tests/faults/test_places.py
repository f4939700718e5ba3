"""Odd places and circumstances: the same bits everywhere, or a line that says what is missing."""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from running import HISTORY, control_group


def clear(workflow):
    for part in ("results", "logs", ".snakemake"):
        shutil.rmtree(workflow.folder / part)


def unshare(*options):
    """A command that starts others apart from this machine, by the kernel's namespaces."""
    command = ["unshare", *options]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip(f"needs `{' '.join(command)}`, which is not allowed here")
    return command


@pytest.mark.long
def test_nobody_without_home_network_terminal_or_locale_gets_the_same_bits(
    finished_sweep, tmp_path, faults, expected
):
    """No rights, a home that cannot be written to, no network device at all, one core, another clock."""
    faults.injected(8)
    workflow = finished_sweep.copy(tmp_path / 'it\'s "a" földér $HOME;')
    clear(workflow)
    variables = {
        "PATH": "/usr/bin:/bin",  # without npm
        "HOME": "/proc",  # in which even root can make nothing
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "LANG": "C",
        "LC_ALL": "C",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "4242",
    }
    apart = [*unshare("--net"), *unshare("--user", "--map-user=65534")]
    command = [*apart, workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "1"]
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    done = faults.started(subprocess.run(command, cwd=workflow.folder, env=variables, **quiet))
    assert done.returncode == 0, done.stderr
    faults.assert_none_wrong(workflow.folder, expected, all_there=True)


def test_make_finds_a_cache_where_the_home_folder_cannot_be_written_to(tmp_path, faults):
    faults.injected()
    shutil.copy("Makefile", tmp_path)
    shutil.copytree("studies", tmp_path / "studies")
    command = ["make", "--no-print-directory", "--eval", "show: ; @echo $(XDG_CACHE_HOME)", "show"]

    def cache(**variables):
        variables = {"PATH": os.environ["PATH"], **variables}
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True
        ).stdout.strip()

    assert cache(HOME="/proc") == f"{tmp_path}/.snakemake/cache"
    assert cache(HOME=str(tmp_path)) == f"{tmp_path}/.cache"
    assert cache(HOME="/proc", XDG_CACHE_HOME="/mine") == "/mine"


@pytest.mark.long
@pytest.mark.parametrize("megabytes", [1000, 2000])
def test_training_without_its_memory_says_how_much_it_needs(workflow, faults, expected, megabytes):
    """1 000 MB of addresses are too few to load TensorFlow, 2 000 to run it: it ends in native code."""
    faults.injected()
    (workflow.folder / HISTORY).unlink()
    command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "1", HISTORY]
    limit = (megabytes * 1_000_000,) * 2
    done = subprocess.run(
        command,
        cwd=workflow.folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit),
    )
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    # How much that is follows from images and network, and is tested in test_resources.py.
    here = limit[0] // 2**20
    need = r"it needs (3[89]|4[0-9])\d\d MB of address space"
    assert re.search(rf"ERROR: the job ran out of memory: {need}, and may use {here} MB\.", said), said
    faults.assert_made_again(workflow, expected, HISTORY)


@pytest.mark.long
def test_no_more_trainings_run_at_a_time_than_have_memory(workflow, faults, expected):
    """A training asks for 1.3 GB: two at a time have room in 3 GB, and there are cores for three."""
    shutil.rmtree(workflow.folder / "results/models")
    command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "3"]
    limit = "3000000000"
    with control_group("memory", {"memory.limit_in_bytes": limit}, {"memory.max": limit}) as group:
        faults.injected()
        process = psutil.Popen(
            command,
            cwd=workflow.folder,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())),
        )
        most = 0
        while process.poll() is None:
            running = 0
            for child in process.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    running += any(word.endswith("train_model.py") for word in child.cmdline()[1:])
            most = max(most, running)
            time.sleep(0.05)
    assert (process.returncode, most) == (0, 2)
    faults.assert_made_again(workflow, expected, HISTORY)


@pytest.mark.long
def test_same_command_with_other_seeds_of_hashes_has_nothing_to_do(workflow, faults):
    """What Snakemake compares is not in the order of a set."""
    command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "1"]
    for seed in ("0", "1", "77"):
        faults.injected()
        variables = os.environ | {"PYTHONHASHSEED": seed}
        done = faults.started(
            subprocess.run(command, cwd=workflow.folder, env=variables, capture_output=True, text=True)
        )
        assert done.returncode == 0
        assert "Nothing to be done" in done.stderr


def test_few_variables_of_the_environment_are_read():
    """XLA's flags, to which one is added; Keras's files and backend; where packages are."""
    read = set()
    for path in [*Path("scripts").rglob("*.py"), *Path("rules").glob("*.smk"), Path("Snakefile")]:
        read |= set(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", path.read_text()))
    assert read == {"XLA_FLAGS", "KERAS_BACKEND", "KERAS_HOME", "PYTHONPATH"}
