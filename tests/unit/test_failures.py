"""The reason of a failure that a job could not write itself."""

import logging
import os
import subprocess
import sys

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from control.failures import MEMORY_SIGNS, MissingReasons
from control.schedulers import slurm_forgets


def record(event, **values):
    return logging.makeLogRecord({"event": event, **values})


def log_after(path, event, jobid=1, text=None, executor="local", number=None, removed=False):
    """The log at `path`, after job 1 with this log has started, has written `text`, and `event` has come.

    number: of the scheduler. removed: an earlier log, by Snakemake, before the job begins.
    """
    handler = MissingReasons(lambda: executor)
    resources = {"mem_mb": 700, "runtime": 15}
    handler.emit(
        record(
            LogEvent.JOB_INFO, jobid=1, log=[str(path)], resources=resources, rule_name="train", local=False
        )
    )
    if removed:
        path.unlink()
    if text is not None:
        path.write_text(text)
    aux = {"external_jobid": number} if number else {}
    handler.emit(record(event, jobid=jobid, job_id=jobid, aux=aux))
    return path.read_text() if path.exists() else None


SAID = (
    "ERROR: the job was killed, could not start, or ran out of memory: it needs 700 MB. "
    "Close other programs or use --cores 1, and run the same command again.\n"
)


@pytest.mark.parametrize("text", ["", "12:00:00 epoch 1/20\n", "12:00:00 no ERROR\n"])
def test_failed_job_without_a_reason_gets_one(tmp_path, text):
    path = tmp_path / "job.log"
    path.write_text(text)
    assert log_after(path, LogEvent.JOB_ERROR) == text + SAID


def test_failed_job_without_a_log_gets_one(tmp_path):
    assert log_after(tmp_path / "new" / "job.log", LogEvent.JOB_ERROR) == SAID


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: x.npy is damaged\n",
        "12:00:00 ERROR: no source works\n",
        "12:00:00 epoch 1\nTraceback (most recent call last):\nValueError\n",
        "12:00:00 stopped: Terminated\n",
    ],
)
def test_failed_job_with_a_reason_keeps_its_log(tmp_path, text):
    assert log_after(tmp_path / "job.log", LogEvent.JOB_ERROR, text=text) == text


def test_the_reason_of_an_earlier_try_is_none_of_this_one(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("12:00:00 stopped: Terminated\n")
    assert log_after(path, LogEvent.JOB_ERROR) == "12:00:00 stopped: Terminated\n" + SAID
    assert log_after(path, LogEvent.JOB_ERROR, removed=True) == SAID


@pytest.mark.parametrize("word", MEMORY_SIGNS)
def test_reason_that_is_too_little_memory_is_explained(tmp_path, word):
    path = tmp_path / "job.log"
    path.write_text(text := f"Traceback (most recent call last):\n{word}\n")
    assert log_after(path, LogEvent.JOB_ERROR) == text + SAID


def test_log_of_a_job_that_did_not_fail_is_left_alone(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("12:00:00 epoch 1\n")
    assert log_after(path, LogEvent.JOB_FINISHED) == "12:00:00 epoch 1\n"
    assert log_after(path, LogEvent.JOB_ERROR, jobid=2) == "12:00:00 epoch 1\n"


def test_log_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").touch()
    assert log_after(tmp_path / "file" / "job.log", LogEvent.JOB_ERROR) is None


def test_limit_of_address_space_is_named(tmp_path):
    """In a process of its own, which has the limit."""
    code = (
        "import sys, resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
        "from pathlib import Path; from test_failures import LogEvent, log_after\n"
        "print(log_after(Path(sys.argv[1]), LogEvent.JOB_ERROR, text='bad_alloc'))"
    )
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", code, tmp_path / "job.log"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert done.stdout.splitlines()[1:2] == [
        "ERROR: the job ran out of memory: it needs 3200 MB of address space, and may use 3072 MB. "
        "Give the command ulimit -v unlimited, and run the same command again."
    ], done.stderr


@pytest.fixture
def schedulers(tmp_path, monkeypatch):
    """A folder of programs in place of the schedulers'. Each prints what a real one printed."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin:/bin")

    def install(name, text, status=0):
        (folder / name).write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {status}\n")
        (folder / name).chmod(0o755)

    for name in ("sacct", "scontrol", "qacct"):  # as without a scheduler
        install(name, "", status=1)
    return install


TIME = (
    "ran out of time: it asked for 15 minutes. Each further try asks for more. To give it more at once, add "
)
MEMORY = (
    "ran out of memory: it asked for 700 MB. Each further try asks for more. To give it more at once, add "
)
AGAIN = "If it is not tried again, run the same command again.\n"


@pytest.mark.parametrize(
    ("program", "text", "reason"),
    [
        ("sacct", "TIMEOUT", f"{TIME}--set-resources train:runtime=30.\n"),
        ("sacct", "CANCELLED by 1000", f"was cancelled. {AGAIN}"),
        ("scontrol", "JobId=7 JobName=x\n   JobState=OUT_OF_MEMORY Reason=OutOfMemory", MEMORY),
        ("scontrol", "JobId=7 JobName=x\n   JobState=NODE_FAIL Reason=NodeDown", f"lost its node. {AGAIN}"),
        (
            "qacct",
            "failed       37  : qmaster enforced h_rt, h_cpu, or h_vmem limit\n"
            "ru_wallclock 901s\ncategory     -l h_rt=900,h_vmem=3200M -pe smp 1",
            TIME,
        ),
        (
            "qacct",
            "failed       37  : qmaster enforced h_rt, h_cpu, or h_vmem limit\n"
            "ru_wallclock 12s\ncategory     -l h_rt=900,h_vmem=3200M -pe smp 1",
            MEMORY,
        ),
        ("qacct", "failed       100 : assumedly after job", f"was deleted or killed. {AGAIN}"),
        ("qacct", "failed       0    \nexit_status  0\nru_utime     0.000s", f"lost its node. {AGAIN}"),
        ("qacct", "failed       22  : reboot", f"failed in Grid Engine (reboot). {AGAIN}"),
    ],
)
def test_the_scheduler_says_why(tmp_path, schedulers, program, text, reason):
    schedulers(program, text)
    executor = "cluster-generic" if program == "qacct" else "slurm"
    stopped = "12:00:00 stopped: Terminated\n"
    for text in ("", stopped):  # also where the job says what happened, but not why
        log = log_after(tmp_path / "job.log", LogEvent.JOB_ERROR, text=text, executor=executor, number="7")
        assert log.startswith(f"{text}ERROR: the job {reason}")
        assert "Close other programs" not in log and log.count("ERROR") == 1


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("scontrol", "JobId=7 JobName=x\n   JobState=FAILED Reason=NonZeroExitCode"),
        ("qacct", "failed       0    \nexit_status  1"),
    ],
)
def test_without_a_cause_from_the_scheduler_a_silent_job_was_killed(tmp_path, schedulers, program, text):
    schedulers(program, text)
    job = {"executor": "cluster-generic" if program == "qacct" else "slurm", "number": "7"}
    log = log_after(tmp_path / "job.log", LogEvent.JOB_ERROR, text="", **job)
    assert log.startswith(
        "ERROR: the job was killed, could not start, or ran out of memory: it asked for 700 MB"
    )
    stopped = "12:00:00 stopped: Terminated\n"
    assert log_after(tmp_path / "job.log", LogEvent.JOB_ERROR, text=stopped, **job) == stopped


def test_memory_that_the_log_speaks_of_needs_no_scheduler(tmp_path, schedulers):
    text = "Traceback (most recent call last):\nSystemError: error return without exception set\n"
    log = log_after(tmp_path / "job.log", LogEvent.JOB_ERROR, text=text, executor="slurm", number="7")
    assert log.startswith(f"{text}ERROR: the job {MEMORY}")


def test_slurm_that_forgets_jobs_and_keeps_no_records_is_found(schedulers):
    assert slurm_forgets() is None  # without Slurm
    schedulers("scontrol", "MinJobAge               = 60 sec")
    assert slurm_forgets() == 60
    schedulers("scontrol", "MinJobAge               = 300 sec")
    assert slurm_forgets() is None
    schedulers("scontrol", "MinJobAge               = 60 sec")
    schedulers("sacct", "")
    assert slurm_forgets() is None
