"""A real Slurm on this machine for the tests: one node, its controller and its daemon."""

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

# The plugin drops SLURM_* variables from the jobs' environment, so the place cannot be another one.
CONFIGURATION = Path("/etc/slurm/slurm.conf")
GPUS = Path("/etc/slurm/gres.conf")
OURS = "# Written by the tests of noise-sweep, which remove it again."
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
PATIENCE = 240  # seconds for what takes a few, while other tests use all cores

# No accounting database, as on a small cluster. A job that takes more memory than it asked for is killed.
SLURM_CONF = """{ours}
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
GresTypes=gpu
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,defer
MaxJobCount=20000
MessageTimeout=100
MinJobAge=300
KillWait=5
ReturnToService=2
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd.pid
SlurmdLogFile={folder}/slurmd.log
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=16000 Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str | None:
    """What Slurm lacks here."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"needs Debian's slurm-wlm and munge ({missing[0]} is missing): no job is submitted"
    if os.geteuid() != 0:
        return "needs root, to start Slurm: no job is submitted"
    if CONFIGURATION.exists() and OURS not in CONFIGURATION.read_text():
        return f"{CONFIGURATION} is not of these tests, and left alone: no job is submitted"
    return None


def wait_until(condition, what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited {patience} s for {what}"
        time.sleep(0.2)


def answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode == 0


def node_is_up() -> bool:
    done = subprocess.run(["sinfo", "--noheader", "--format=%T"], capture_output=True, text=True)
    return done.stdout.strip() in ("idle", "mixed", "allocated")


class Slurm:
    """Munge, the controller and the daemon of one node with so many slots, with their files in a folder."""

    def __init__(self, folder: Path, cpus: int) -> None:
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.services: list[subprocess.Popen] = []
        (folder / "spool").mkdir()
        (folder / "state").mkdir()
        CONFIGURATION.write_text(SLURM_CONF.format(ours=OURS, host=self.host, folder=folder, cpus=cpus))
        GPUS.write_text(f"{OURS}\nName=gpu File=/dev/zero\n")  # to be counted, not used

    def start(self) -> None:
        shutil.chown("/etc/munge/munge.key", "munge", "munge")
        for path in ("/run/munge", "/var/log/munge", "/var/lib/munge"):
            Path(path).mkdir(parents=True, exist_ok=True)
            shutil.chown(path, "munge", "munge")
        Path("/run/munge").chmod(0o755)
        if not answers("munge", "-n"):
            self.start_service("runuser", "-u", "munge", "--", "munged", "--foreground")
            wait_until(lambda: answers("munge", "-n"), "munge")
        self.start_service("slurmctld", "-D")
        wait_until(lambda: answers("scontrol", "ping"), "Slurm's controller")
        self.start_node()

    def start_service(self, *command: str) -> None:
        log = open(self.folder / f"{Path(command[-2]).name}.out", "a")
        self.services.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

    def start_node(self, *within: str) -> None:
        self.start_service(*within, "slurmd", "-D")
        wait_until(node_is_up, "Slurm's node")

    @contextlib.contextmanager
    def node_with_its_own(self, folder: Path, place: Path) -> Iterator[None]:
        """Meanwhile, the node sees this folder at a place where the other machines have another one."""
        self.stop_node()
        mounted = f"mount --bind {shlex.quote(str(folder))} {shlex.quote(str(place))}"
        self.start_node("unshare", "--mount", "sh", "-c", f'{mounted} && exec "$@"', "sh")
        try:
            yield
        finally:
            self.stop_node()
            self.start_node()

    def stop_node(self) -> None:
        node = self.services.pop()
        node.terminate()
        node.wait(timeout=PATIENCE)

    def kill_node(self) -> None:
        """The daemon and all jobs at once, as by a power cut; and what Slurm sees some minutes after it."""
        node = psutil.Process(self.services.pop().pid)
        steps = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "slurmstepd"]
        for process in [node, *steps, *(child for step in steps for child in step.children(recursive=True))]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        down = ["scontrol", "update", f"nodename={self.host}", "state=down", "reason=died"]
        subprocess.run(down, check=True)
        wait_until(lambda: not answers("pgrep", "--exact", "slurmd"), "the end of Slurm's node")

    def start_job(self, number: int) -> None:
        """Let a job start that was put into the queue again. Slurm itself would wait for two minutes.

        Not at once: Slurm tells the node to end what ran there before, and that would end this job too.
        """
        time.sleep(5)
        subprocess.run(["scontrol", "update", f"jobid={number}", "starttime=now"], check=True)

    def end(self) -> None:
        subprocess.run(["scancel", "--user=root"], check=False)
        for service in reversed(self.services):
            service.terminate()
            service.wait(timeout=PATIENCE)


@contextlib.contextmanager
def running_slurm(folder: Path, cpus: int = 8) -> Iterator[Slurm]:
    """Slurm with so many slots on one node, its files in `folder`. Skips the tests where it cannot be."""
    if reason := why_not():
        pytest.skip(reason)
    slurm = Slurm(folder, cpus)
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.end()
        for path in (CONFIGURATION, GPUS):
            path.unlink(missing_ok=True)
