"""One training of a network at a time, also where jobs outlive their Snakemake.

On a cluster, a job goes on when its Snakemake is killed, and the same command submits it again. So a job
holds a lease while it trains: a file that it renews. Not every shared file system has locks that reach other
nodes.
"""

import atexit
import json
import logging
import os
import socket
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

RENEWED_EVERY = 10.0  # seconds
EXPIRES_AFTER = 60.0  # seconds without a renewal, by the clock of the job that waits
SETTLED_AFTER = 1.0  # seconds; of two jobs that take over an expired lease, the last one to write has it
JOB_IDS = ("SLURM_JOB_ID", "JOB_ID", "PBS_JOBID", "LSB_JOBID")


def this_machine() -> str:
    """Where a process number has one meaning: the container in this boot of the kernel."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        return uuid.uuid4().hex


def this_job() -> str:
    """What people call this job."""
    number = next((os.environ[name] for name in JOB_IDS if os.environ.get(name)), None)
    return f"{f'Job {number}' if number else f'Process {os.getpid()}'} on {socket.gethostname()}"


class Lease:
    """The right to train a network, held in the file `path`. `take` waits for it, a thread renews it, and it
    is released when the process ends.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.token = uuid.uuid4().hex
        self.mine = {
            "token": self.token,
            "job": this_job(),
            "machine": this_machine(),
            "process": os.getpid(),
        }
        self.renewals = 0

    def take(self) -> bool:
        """Take the lease. If another job holds it, say so on standard error, and wait until it has ended.

        Gives whether there was one to wait for. Where nothing can be written, as on a full disk, it takes
        none: the job is about to say so itself, in its log.
        """
        try:
            return self.wait_and_take()
        except OSError:
            self.path.unlink(missing_ok=True)
            return False

    def wait_and_take(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        waited_for: set[str] = set()
        while not self.create():
            other = self.read()
            if other is None:  # released meanwhile
                continue
            job = other.get("job", "Another job")
            if self.may_live(other) and job not in waited_for:
                waited_for.add(job)
                print(f"{job} trains this network. Waiting until it has ended.", file=sys.stderr, flush=True)
            if self.has_expired(other):
                self.write()
                time.sleep(SETTLED_AFTER)
                if self.holds():
                    break
        atexit.register(self.release)
        threading.Thread(target=self.keep_renewing, daemon=True, name="renew the lease").start()
        return bool(waited_for)

    def create(self) -> bool:
        """Write the file if there is none."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            return False
        self.write()
        return True

    def read(self) -> dict[str, Any] | None:
        """What the file says: None if there is none, empty while it is being written."""
        try:
            return dict(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            return {}

    def write(self) -> None:
        # In place: what opens a file over NFS sees its last bytes, but may not see a new file of that name.
        with open(self.path, "r+") as file:
            file.write(json.dumps({**self.mine, "renewals": self.renewals}))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def holds(self) -> bool:
        return (self.read() or {}).get("token") == self.token

    def may_live(self, other: dict[str, Any]) -> bool:
        """Whether the job that holds the lease is not known to have died."""
        if other.get("machine") != self.mine["machine"]:
            return True
        try:
            status = Path(f"/proc/{other.get('process')}/stat").read_text()
        except OSError:
            return False
        return status.rpartition(")")[2].split()[0] not in ("Z", "X")  # proc(5): dead, but still listed

    def has_expired(self, other: dict[str, Any]) -> bool:
        """Whether its job has died, or does not renew it. Waits until that is known."""
        since = time.monotonic()
        while self.may_live(other):
            if time.monotonic() - since > EXPIRES_AFTER:
                return True
            time.sleep(0.5)
            if self.read() != other:
                return False
        return True

    def keep_renewing(self) -> None:
        """Renew the lease for as long as the process lives. End it if another job has taken the lease, which
        happens after this one was suspended.
        """
        while True:
            time.sleep(RENEWED_EVERY)
            if (other := self.read()) and other.get("token") != self.token:
                logging.error("stopped: %s trains this network now", other.get("job"))
                os._exit(1)
            self.renewals += 1
            try:
                self.write()
            except OSError as error:  # a full disk, or the file was deleted: the training itself can go on
                logging.warning("could not renew the lease: %s", error)

    def release(self) -> None:
        if self.holds():
            self.path.unlink(missing_ok=True)
