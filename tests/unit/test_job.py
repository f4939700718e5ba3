"""What every job does: it logs, checks its inputs, explains its errors, and ends when it is told to."""

import errno
import os
import re
import signal
import subprocess
import sys

import pytest

from plumbing.cards import sha256_of, write_card
from plumbing.job import MACHINE, explain_error


def python(code, *arguments):
    """A process that executes the code with scripts/ on its path."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": "scripts"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_log_catches_native_output(tmp_path):
    code = """
import os, sys
from plumbing.job import start_log
import logging
start_log(sys.argv[1])
print("printed")
os.write(2, b"native\\n")
logging.info("logged")
"""
    log = tmp_path / "job.log"
    log.write_text("of an earlier try\n" * 100)
    process = python(code, log)
    assert process.communicate() == ("", None)
    assert process.returncode == 0
    lines = log.read_text().splitlines()
    assert lines[:2] == ["printed", "native"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d logged", lines[2])
    assert len(lines) == 3


JOB = """
import sys
from types import SimpleNamespace
from plumbing.job import start_job
log, *files = sys.argv[1:]
print(start_job(SimpleNamespace(log=[log], input=files)))
"""


@pytest.fixture
def files(tmp_path):
    """The inputs of a job: code, two arrays, and the card of both."""
    paths = [tmp_path / name for name in ("code.py", "x.npy", "y.npy", "card.json")]
    for path in paths[:3]:
        path.write_text(path.name)
    write_card({}, paths[3], paths[1:3])
    return paths


def test_job_begins_with_the_sums_of_its_inputs(files, tmp_path):
    process = python(JOB, tmp_path / "job.log", *files)
    assert process.communicate() == ("", None)
    assert process.returncode == 0
    assert (tmp_path / "job.log").read_text() == f"{ {str(path): sha256_of(path) for path in files[1:3]} }\n"


def test_job_with_a_damaged_input_ends_with_a_line_in_its_log(files, tmp_path):
    files[2].write_text("other")
    process = python(JOB, tmp_path / "job.log", *files)
    process.communicate()
    assert process.returncode == 1
    (line,) = (tmp_path / "job.log").read_text().splitlines()
    assert line.startswith(f"ERROR: {files[2]} is damaged: ")


@pytest.mark.parametrize("number", MACHINE)
def test_fault_of_the_machine_is_one_line(capsys, number):
    error = OSError(number, os.strerror(number), "results/a.npy")
    explain_error(type(error), error, None)
    said = f"ERROR: results/a.npy: {MACHINE[number]}, then run the same command again.\n"
    assert capsys.readouterr() == ("", said)


def test_too_little_memory_is_one_line_however_it_is_said(capsys):
    class ArrayMemoryError(MemoryError):
        pass

    for error in (MemoryError(), ArrayMemoryError("1 GB"), OSError(errno.ENOMEM, "")):
        explain_error(type(error), error, None)
        said = f"ERROR: {MACHINE[errno.ENOMEM]}, then run the same command again.\n"
        assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    "error", [ValueError("wrong"), FileNotFoundError(errno.ENOENT, "none", "a.npy"), OSError()]
)
def test_other_error_keeps_its_traceback(capsys, error):
    try:
        raise error
    except type(error) as raised:
        explain_error(type(raised), raised, raised.__traceback__)
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert type(error).__name__ in said
    assert "ERROR" not in said


WATCHED = """
import sys, time
from plumbing.job import stop_when_told
def before():
    print("before", flush=True)
    if sys.argv[1] == "full": raise OSError(28, "No space left on device")
stop_when_told(before)
print("started", flush=True)
time.sleep(60)  # never returns to Python's own handlers
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("disk", ["free", "full"])
def test_told_to_stop_it_does_the_last_thing_and_ends_with_the_signals_status(number, disk):
    process = python(WATCHED, disk)
    assert process.stdout.readline() == "started\n"
    process.send_signal(number)
    try:
        said, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert f"stopped: {signal.strsignal(number)}\n" in said
    assert "before\n" in said
    assert ("could not write the checkpoint: [Errno 28]" in said) == (disk == "full")
