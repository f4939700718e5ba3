"""Why a job failed, where the job itself could not write it."""

import contextlib
import logging
import re
import resource
from collections.abc import Callable
from pathlib import Path

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from control.resources import ADDRESS_SPACE, MB
from control.schedulers import MEMORY, TIME, cause_of
from control.sweep import last_change

# What Python, the C++ library, the loader and TensorFlow say when memory or address space runs out.
MEMORY_SIGNS = (
    *("MemoryError", "bad_alloc", "failed to map segment", "ResourceExhausted", "allocate memory"),
    *("error return without exception set", "pthread_create", "can't start new thread"),
)
REASON = re.compile(r"^([\d:]+ )?(ERROR|Traceback)", re.MULTILINE)
STOPPED = re.compile(r"^([\d:]+ )?stopped:", re.MULTILINE)


class MissingReasons(logging.Handler):
    """Ends the log of a failed job with the reason that the job could not write itself.

    A job that is killed, or that has too little memory to begin, leaves a log without a reason. Snakemake
    shows the log of a failed job, so the reason belongs at its end.
    """

    def __init__(self, executor: Callable[[], str]) -> None:
        """executor: gives the name of the plugin that runs the jobs, once Snakemake knows it."""
        super().__init__()
        self.executor = executor
        self.started: dict[int, tuple[logging.LogRecord, dict[str, int | None]]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            # Until the job writes to its log, that has the reason of an earlier try.
            self.started[record.jobid] = (record, {path: last_change(path) for path in record.log or []})
        elif event == LogEvent.JOB_ERROR and record.jobid in self.started:
            job, stamps = self.started[record.jobid]
            with contextlib.suppress(OSError):  # as on a full disk
                for name, stamp in stamps.items():
                    # Snakemake removes the log of an earlier run. A job that ends before it writes has none.
                    written = last_change(name) not in (stamp, None)
                    text = Path(name).read_text(errors="replace") if written else ""
                    self.explain(job, Path(name), text, record.aux.get("external_jobid"))

    def explain(self, job: logging.LogRecord, path: Path, text: str, number: str | None) -> None:
        """Add the reason to the log at `path`. text: what this try wrote. number: that of the scheduler."""
        out_of_memory = any(sign in text for sign in MEMORY_SIGNS)
        if REASON.search(text) and not out_of_memory:
            return
        here = self.executor() == "local" or job.local
        cause = MEMORY if out_of_memory else None
        if not (here or cause) and number:
            cause = cause_of(self.executor(), number)
        if STOPPED.search(text) and not cause:  # by a signal, of which the job knows no more than that
            return
        reason = reason_here(job) if here else reason_on_cluster(job, cause)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a") as log:
            log.write("\n" * (text[-1:] not in ("", "\n")) + f"ERROR: {reason}\n")


def memory_of(job: logging.LogRecord) -> int:
    """MB that a job asks for."""
    return job.resources.get("mem_mb", 1000)


def reason_here(job: logging.LogRecord) -> str:
    """Of a job on this machine."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    need = memory_of(job) + ADDRESS_SPACE
    if limit != resource.RLIM_INFINITY and limit < need * MB:
        return (
            f"the job ran out of memory: it needs {need} MB of address space, and may use {limit // MB} MB. "
            "Give the command ulimit -v unlimited, and run the same command again."
        )
    return (
        f"the job was killed, could not start, or ran out of memory: it needs {memory_of(job)} MB. "
        "Close other programs or use --cores 1, and run the same command again."
    )


def reason_on_cluster(job: logging.LogRecord, cause: str | None) -> str:
    """Of a job that was submitted. cause: of its scheduler, if known."""
    if cause not in (MEMORY, TIME, None):
        return f"the job {cause}. If it is not tried again, run the same command again."
    name, amount, asked = "mem_mb", memory_of(job), f"{memory_of(job)} MB"
    if cause == TIME:
        name, amount = "runtime", job.resources.get("runtime", 0)
        asked = f"{amount} minutes"
    elif space := job.resources.get("address_space_mb"):
        asked += f", and {space} MB more of address space"
    said = cause or "was killed, could not start, or ran out of memory"
    return (
        f"the job {said}: it asked for {asked}. Each further try asks for more. "
        f"To give it more at once, add --set-resources {job.rule_name}:{name}={2 * amount}."
    )


def explain_failures(executor: Callable[[], str]) -> None:
    """Explain failed jobs from now on."""
    # The first of the handlers: it writes to a log before another one shows it.
    logger.handlers.insert(0, MissingReasons(executor))
