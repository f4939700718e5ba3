"""A real Grid Engine on this machine for the tests: its master, and one host that runs jobs."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from real_slurm import PATIENCE, wait_until

PROGRAMS = Path("/usr/lib/gridengine")
DEBIAN = Path("/usr/share/gridengine")

BOOTSTRAP = """Version: 6.2
admin_user none
default_domain none
ignore_fqdn true
spooling_method berkeleydb
spooling_lib libspoolb
spooling_params {folder}/database
binary_path /usr/sbin
qmaster_spool_dir {folder}/master
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
"""
# What differs from Debian's settings. Jobs of root may run. All processes of a job are killed with it. A
# record is written as a job ends, and a host that says nothing for a while is taken for dead.
CONFIGURATION = {
    "execd_spool_dir": "{folder}/host",
    "min_uid": "0",
    "min_gid": "0",
    "execd_params": "ENABLE_ADDGRP_KILL=true",
    "reporting_params": "accounting=true reporting=false flush_time=00:00:01 joblog=false sharelog=00:00:00",
    "load_report_time": "00:00:02",
    "max_unheard": "00:00:10",
    "reschedule_unknown": "00:00:00",
    "mailer": "/bin/true",
}
HOST = """hostname {host}
load_scaling NONE
complex_values slots={slots},h_vmem=16G
user_lists NONE
xuser_lists NONE
projects NONE
xprojects NONE
usage_scaling NONE
report_variables NONE
"""
# Memory is counted, per slot.
H_VMEM = """name h_vmem
shortcut h_vmem
type MEMORY
relop <=
requestable YES
consumable YES
default 2G
urgency 0
"""
SCHEDULER = {"schedule_interval": "0:0:1", "flush_submit_sec": "1", "flush_finish_sec": "1"}
QUEUE = {
    "qname": "all.q",
    "hostlist": "{host}",
    "slots": "{slots}",
    "pe_list": "smp",
    "shell": "/bin/bash",
    "shell_start_mode": "posix_compliant",
    "load_thresholds": "NONE",
    "tmpdir": "/tmp",
}


def why_not() -> str | None:
    """What Grid Engine lacks here."""
    missing = [name for name in ("sge_qmaster", "sge_execd", "qsub") if not (PROGRAMS / name).exists()]
    if missing:
        return f"needs Debian's gridengine-master, -exec and -client ({missing[0]} is missing)"
    if os.geteuid() != 0:
        return "needs root, to start Grid Engine"
    return None


def free_ports() -> list[str]:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("", 0))
        return [str(one.getsockname()[1]) for one in (first, second)]


class GridEngine:
    """A master and one host with so many slots, with all their files in a folder and ports of their own."""

    def __init__(self, folder: Path, slots: int) -> None:
        self.folder, self.slots = folder, slots
        self.host = socket.gethostname()
        self.services: list[psutil.Process] = []
        master, execd = free_ports()
        self.root = folder / "root"
        self.variables = {
            "SGE_ROOT": str(self.root),
            "SGE_CELL": "default",
            "SGE_QMASTER_PORT": master,
            "SGE_EXECD_PORT": execd,
            "SGE_ND": "1",  # services stay in the foreground
        }

    def fill(self, text: str) -> str:
        return text.format(folder=self.folder, host=self.host, slots=self.slots)

    def changed(self, text: str, values: dict[str, str]) -> str:
        """Settings as Grid Engine shows them, a name and a value in each line, with some other values."""
        lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
        return "".join(f"{name} {value}\n" for name, value in (dict(lines) | values).items())

    def call(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | self.variables, timeout=PATIENCE
        )
        assert done.returncode == 0 or not check, (command, done.stdout, done.stderr)
        return done.stdout

    def create(self) -> None:
        """The cell: its files and its database, as Debian's scripts/init_cluster makes it."""
        common = self.root / "default/common"
        for path in (common, *(self.folder / name for name in ("database", "master/job_scripts", "host"))):
            path.mkdir(parents=True)
        (self.root / "util").symlink_to(DEBIAN / "util")
        (common / "bootstrap").write_text(self.fill(BOOTSTRAP))
        (common / "act_qmaster").write_text(f"{self.host}\n")
        # Names that the address of this host has too, as localhost in a container, mean the same host.
        name, names, _ = socket.gethostbyaddr(socket.gethostbyname(self.host))
        (common / "host_aliases").write_text(" ".join(dict.fromkeys([self.host, name, *names])) + "\n")
        configuration = self.folder / "configuration"
        settings = (DEBIAN / "default-configuration").read_text()
        configuration.write_text(self.fill(self.changed(settings, CONFIGURATION)))
        complexes = self.folder / "complexes"
        shutil.copytree(DEBIAN / "util/resources/centry", complexes)
        (complexes / "h_vmem").write_text(H_VMEM)
        self.call(str(PROGRAMS / "spoolinit"), "berkeleydb", "libspoolb", f"{self.folder}/database", "init")
        defaults = str(PROGRAMS / "spooldefaults")
        self.call(defaults, "configuration", str(configuration))
        self.call(defaults, "complexes", str(complexes))
        self.call(defaults, "usersets", str(DEBIAN / "util/resources/usersets"))
        self.call(defaults, "managers", "root")

    def configure(self, option: str, text: str) -> None:
        path = self.folder / "settings"
        path.write_text(self.fill(text))
        self.call("qconf", option, str(path))

    def start(self) -> None:
        self.create()
        self.start_service("sge_qmaster")
        wait_until(lambda: self.call("qconf", "-sh", check=False), "the master")
        self.call("qconf", "-as", self.host)
        self.configure("-Ae", HOST)
        self.call("qconf", "-Ap", str(DEBIAN / "util/resources/pe/smp"))
        self.configure("-Msconf", self.changed(self.call("qconf", "-ssconf"), SCHEDULER))
        self.configure("-Aq", self.changed(self.call("qconf", "-sq"), QUEUE))
        self.start_host()

    def start_service(self, name: str) -> None:
        log = open(self.folder / f"{name}.out", "a")
        environment = os.environ | self.variables
        command = [PROGRAMS / name]
        service = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True, cwd=self.folder
        )
        self.services.append(psutil.Process(service.pid))

    def start_host(self) -> None:
        self.start_service("sge_execd")
        wait_until(self.host_is_up, "the host")

    def host_is_up(self) -> bool:
        """Whether the queue has a load of its host and no state, such as u for unheard."""
        lines = [line.split() for line in self.call("qstat", "-f").splitlines() if line.startswith("all.q")]
        return bool(lines) and len(lines[0]) == 5 and lines[0][3] != "-NA-"

    def running(self) -> dict[str, str]:
        """The state of every job that waits or runs, by its number."""
        lines = [line.split() for line in self.call("qstat").splitlines()[2:]]
        return {words[0]: words[4] for words in lines}

    def record(self, number: str) -> dict[str, str]:
        """The record of a job that has ended, once the master has written it."""
        wait_until(lambda: self.call("qacct", "-j", number, check=False), "the record of a job")
        lines = self.call("qacct", "-j", number).splitlines()[1:]
        return {line[:13].strip(): line[13:].strip() for line in lines}

    def kill_host(self) -> None:
        """The daemon and all jobs at once, as by a power cut."""
        host = self.services.pop()
        jobs = [shepherd for shepherd in host.children() if shepherd.name() == "sge_shepherd"]
        for process in [host, *jobs, *(child for job in jobs for child in job.children(recursive=True))]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        host.wait(timeout=PATIENCE)

    def end(self) -> None:
        for number in self.running():
            self.call("qdel", number, check=False)
        wait_until(lambda: not self.running(), "the end of all jobs")
        for service in reversed(self.services):
            service.kill()  # the master would take 10 s to end
            service.wait(timeout=PATIENCE)


@contextlib.contextmanager
def running_gridengine(folder: Path, slots: int = 4) -> Iterator[GridEngine]:
    """Grid Engine with so many slots on one host, its files in `folder`, for all commands of this process.
    Skips the tests where it cannot be.
    """
    if reason := why_not():
        pytest.skip(f"{reason}: no job is submitted")
    grid_engine = GridEngine(folder, slots)
    before = dict(os.environ)
    os.environ |= grid_engine.variables
    try:
        grid_engine.start()
        yield grid_engine
    finally:
        grid_engine.end()
        os.environ.clear()
        os.environ |= before
