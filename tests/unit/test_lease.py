"""One job at a time trains a network, whatever became of the others."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from plumbing import lease as module
from plumbing.lease import Lease

# Holds a lease; appends to a file when it has taken it, and as it ends.
JOB = """
import os, sys, time
from plumbing import lease as module
module.RENEWED_EVERY, module.EXPIRES_AFTER, module.SETTLED_AFTER = 0.1, float(sys.argv[5]), 0.2
lease = module.Lease(sys.argv[1])
lease.mine["machine"] += sys.argv[3]
lease.take()
with open(sys.argv[2], "a", buffering=1) as file:
    print("took", os.getpid(), file=file)
    time.sleep(float(sys.argv[4]))
    print("ended", os.getpid(), file=file)
"""


@pytest.fixture
def start(tmp_path):
    """Start a job on a machine, which works for some seconds."""
    jobs = []

    def start_job(machine="", seconds=1.0, expires=1.5):
        words = [tmp_path / "a.lease", tmp_path / "order", machine, str(seconds), str(expires)]
        command = [sys.executable, "-c", JOB, *words]
        variables = os.environ | {"PYTHONPATH": "scripts"}
        jobs.append(subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True))
        return jobs[-1]

    yield start_job
    for job in jobs:
        job.kill()
        job.wait()


def order(tmp_path):
    path = tmp_path / "order"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(tmp_path, lines):
    end = time.monotonic() + 30
    while len(order(tmp_path)) < lines:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("machines", [("", ""), ("", "another")])
def test_jobs_take_turns_and_name_the_one_that_they_wait_for(tmp_path, start, machines):
    jobs = [start(machine, expires=30) for machine in machines * 2]
    said = [job.communicate(timeout=60)[1] for job in jobs]
    assert [job.returncode for job in jobs] == [0] * 4
    lines = order(tmp_path)
    assert [word for word, _ in lines] == ["took", "ended"] * 4
    assert all(took[1] == ended[1] for took, ended in zip(lines[::2], lines[1::2], strict=True))
    first = lines[0][1]
    assert sum(f"Process {first} on " in text for text in said) == 3
    assert not list(tmp_path.glob("*.lease"))


@pytest.mark.parametrize(("machine", "least", "most"), [("", 0, 1.4), ("another", 1.4, 20)])
def test_a_dead_job_is_followed_at_once_or_when_its_lease_expires(tmp_path, start, machine, least, most):
    first = start(machine, seconds=60)
    wait_for(tmp_path, 1)
    first.kill()
    first.wait()
    begin = time.monotonic()
    lease = Lease(tmp_path / "a.lease")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EXPIRES_AFTER", 1.5)
        patch.setattr(module, "SETTLED_AFTER", 0.1)
        lease.take()
    assert least < time.monotonic() - begin < most
    assert lease.holds()


def test_a_suspended_job_ends_when_another_has_taken_its_lease(tmp_path, start):
    first = start("elsewhere", seconds=60)
    wait_for(tmp_path, 1)
    first.send_signal(signal.SIGSTOP)
    second = start(seconds=3)
    wait_for(tmp_path, 2)
    first.send_signal(signal.SIGCONT)
    assert first.wait(timeout=30) == 1
    assert f"stopped: Process {second.pid} on " in first.stderr.read()
    assert second.wait(timeout=30) == 0


@pytest.mark.parametrize("content", ["", "{", "[1]", "7"])
def test_a_damaged_lease_expires(tmp_path, monkeypatch, capsys, content):
    monkeypatch.setattr(module, "EXPIRES_AFTER", 0.6)
    monkeypatch.setattr(module, "SETTLED_AFTER", 0.0)
    (tmp_path / "a.lease").write_text(content)
    lease = Lease(tmp_path / "a.lease")
    lease.take()
    assert lease.holds()
    assert capsys.readouterr().err == "Another job trains this network. Waiting until it has ended.\n"


def test_a_job_of_a_cluster_is_named_by_its_number(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    Lease(tmp_path / "a.lease").take()
    assert json.loads((tmp_path / "a.lease").read_text())["job"].startswith("Job 17 on ")


def test_where_nothing_can_be_written_there_is_no_lease(tmp_path, monkeypatch):
    def full(lease):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Lease, "write", full)
    assert Lease(tmp_path / "a.lease").take() is False
    assert not (tmp_path / "a.lease").exists()
