"""The logs of jobs that have failed on another machine, where only a storage is shared."""

import contextlib
import logging
import shutil
from pathlib import Path

from snakemake_interface_logger_plugins.common import LogEvent

from control.sweep import last_change
from plumbing.storage import original_of


class StoredLogs(logging.Handler):
    """Fetches the log of a failed job from the storage to where Snakemake, and we, look for it.

    Without it, the log that an earlier try has left there would be shown, or none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, int | None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            for path in record.log or []:
                Path(path).unlink(missing_ok=True)
                self.before[path] = last_change(original_of(path))
        elif event == LogEvent.JOB_ERROR:
            for path in record.log or []:
                if last_change(original_of(path)) != self.before.get(path):
                    with contextlib.suppress(OSError):
                        Path(path).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(original_of(path), path)
