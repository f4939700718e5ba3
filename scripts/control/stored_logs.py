"""Where the logs of jobs are that work on copies of what is in a storage."""

import logging
from collections.abc import Callable
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from plumbing.storage import copy_of

STORED = " (send to storage)"


class StoredLogs(logging.Handler):
    """Tells the handlers after it where they can read the log of a job.

    Snakemake says '/shared/logs/a.log (send to storage)'. A job on this machine has its log in the copy.
    That of a job on a node comes when the job has ended, and in the storage.
    """

    def __init__(self, all_here: Callable[[], Any]) -> None:
        """all_here: tells whether all jobs run on this machine, once Snakemake has read the workflow."""
        super().__init__()
        self.all_here = all_here
        self.here: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO and (record.local or self.all_here()):
            self.here.add(record.jobid)
        if event in (LogEvent.JOB_INFO, LogEvent.JOB_ERROR):
            originals = [path.removesuffix(STORED) for path in record.log or []]
            record.log = [copy_of(path) for path in originals] if record.jobid in self.here else originals
