"""What a process may use of a machine, where the kernel really limits it."""

import os
import subprocess
import sys
from pathlib import Path

from control import machine
from control.machine import cores_allowed, has_bfloat16, memory_here, say_cores, say_precision
from running import control_group

SAY = "from control.machine import *; print(cores_allowed(), memory_here(), memory_of_one())"


def inside(*before, group=None):
    """The cores, the MB that all processes and the MB that one may use.

    Said by a process that is started by the words before, and put into a control group.
    """
    enter = [] if group is None else ["sh", "-c", f'echo $$ > "{group}/cgroup.procs" && exec "$@"', "sh"]
    command = [*enter, *before, sys.executable, "-c", SAY]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": "scripts"}
    )
    return tuple(map(int, done.stdout.split()))


def test_an_affinity_is_a_limit():
    assert inside("taskset", "--cpu-list", "0")[0] == 1


def test_an_address_space_is_a_limit_of_one_process():
    assert inside("prlimit", f"--as={2**31}")[1:] == (memory_here(), 2048)


def test_memory_of_an_outer_control_group_is_a_limit():
    limit = str(3 * 2**30)
    with control_group("memory", {"memory.limit_in_bytes": limit}, {"memory.max": limit}) as group:
        assert inside(group=group)[1:] == (3072, 3072)
    assert memory_here() > 3072


def test_a_quota_of_cores_is_a_limit():
    old = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}
    with control_group("cpu", old, {"cpu.max": "50000 100000"}) as group:
        assert inside(group=group)[0] == 1


def test_too_many_cores_are_warned_of(capsys):
    cores = cores_allowed()
    say_cores(cores)
    say_cores(None)
    assert capsys.readouterr().err == ""
    say_cores(cores + 1)
    assert capsys.readouterr().err == (
        f"WARNING: --cores is {cores + 1}, but this process may use {cores}. Give --cores {cores}.\n"
    )


def test_bfloat16_is_warned_of_where_the_processor_has_none(capsys, monkeypatch):
    flags = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    assert has_bfloat16() == ("avx512_bf16" in flags or "amx_bf16" in flags)
    for present in (True, False):
        monkeypatch.setattr(machine, "has_bfloat16", lambda present=present: present)
        say_precision([])
        assert capsys.readouterr().err == ""
        say_precision(["cnn", "mine"])
    assert capsys.readouterr().err == (
        "WARNING: mixed_bfloat16 is slower than float32 on this processor, which has neither AVX512_BF16 nor "
        "AMX: an epoch of cnn took 2.3 times as long. Leave out training.precision of cnn, mine.\n"
    )
