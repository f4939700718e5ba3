"""What a sweep prints beside Snakemake's own words: lines and bars of progress."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from control.duration import in_words
from control.sweep import Sweep

MAX_BARS = 8  # of trainings that run at a time
SILENT = {"sge"}  # executor plugins that do not report which job starts (0.6.31)


class Progress(logging.Handler):
    """Follows the jobs. `sweep` is set before the first one; it says how much time is left."""

    sweep: Sweep | None = None

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            wildcards = (f"{name}={value}" for name, value in record.wildcards.items())
            self.names[record.jobid] = " ".join([record.rule_name, *wildcards])
            if self.sweep:
                self.sweep.start(record.jobid)
        elif event == LogEvent.JOB_FINISHED and self.sweep:
            self.sweep.finish(record.job_id)
        elif event == LogEvent.JOB_ERROR and self.sweep:
            self.sweep.fail(record.jobid)

    def time_left(self) -> str:
        """', about 2 min left', or nothing where that is not known."""
        left = self.sweep.left() if self.sweep else 0
        return f", about {in_words(left)} left" if left else ""


class ProgressLines(Progress):
    """One line per finished job, for when the output is a file and the progress bars are not drawn."""

    finished = ""
    planned = 0  # jobs

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self.planned = record.stats["total"]
        elif event == LogEvent.JOB_FINISHED:
            self.finished = self.names.get(record.job_id, "")
        elif event == LogEvent.PROGRESS:
            # Not record.total: it counts jobs that --until leaves out. A checkpoint adds jobs to the plan.
            total = max(self.planned, record.done)
            done = f"{record.done} of {total} jobs done: {self.finished}"
            print(done + self.time_left(), file=sys.stderr)


class ProgressBars(Progress):
    """Adds to the progress bars: the time left, and a bar for every training that runs."""

    def __init__(self, display: Any) -> None:
        """display: the handler of the logger plugin rich, which draws a bar per rule in a panel."""
        super().__init__()
        self.display = display
        self.bars: dict[int, Any] = {}  # of rich, by job
        threading.Thread(target=self.follow, daemon=True, name="follow trainings").start()

    def follow(self) -> None:
        """Bring the bars up to date every second, until the process ends."""
        while True:
            time.sleep(1)
            with self.lock:  # under which the logger calls emit
                if self.sweep:
                    self.update()

    def update(self) -> None:
        bars, logged = self.display.progress, dict(list(self.sweep.trainings().items())[:MAX_BARS])
        self.display.live_display.get_renderable().title = f"Workflow Progress{self.time_left()}"
        for number in set(self.bars) - set(logged):
            bars.remove_task(self.bars.pop(number))
        for number, epochs in logged.items():
            job = self.sweep.running[number].job
            if number not in self.bars:
                self.bars[number] = bars.add_task("", total=job.epochs, active="")
            last = epochs[-1]
            said = f"epoch {last.number}/{job.epochs}, val_accuracy {last.val_accuracy:.4f}"
            name = self.names[number].removeprefix(f"{job.rule} ")
            bars.update(self.bars[number], completed=last.number, description=f"{name}: {said}")


class Starts(logging.Handler):
    """Reports the jobs that start, with their names and logs, where the executor does not."""

    def __init__(self, executor: Callable[[], str], jobs: Callable[[], dict[int, Any]]) -> None:
        """executor: gives the name of the plugin that runs the jobs, once Snakemake knows it. jobs: gives
        Snakemake's jobs by their numbers.
        """
        super().__init__()
        self.executor, self.jobs = executor, jobs
        self.known: dict[int, Any] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == LogEvent.JOB_STARTED and self.executor() in SILENT:
            if not self.known.keys() >= set(record.jobs):  # a checkpoint adds jobs to the plan
                self.known = self.jobs()
            for number in record.jobs:
                self.known[number].log_info()


class Moments(logging.Handler):
    """Calls functions at two moments for which Snakemake has no hook.

    known: when the plan is known, also in a dry run. idle: at the end of a command with nothing to do.
    """

    def __init__(self, known: Callable[[], None], idle: Callable[[], None]) -> None:
        super().__init__()
        self.known, self.idle = known, idle
        self.was_known = self.was_idle = False

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == LogEvent.RUN_INFO and not self.was_known:
            self.was_known = True  # a dry run says its plan twice
            self.known()
        elif record.msg == NOTHING_TO_BE_DONE_MSG:
            self.was_idle = True

    def close(self) -> None:
        """As Snakemake ends, when the plugins have shown its last words."""
        if self.was_idle:
            self.was_idle = False
            self.idle()
        super().close()


def follow_progress(plugins: list[logging.Handler]) -> Progress:
    """Add our handlers to Snakemake's logger. Gives the one that waits for its `sweep`.

    plugins: the handlers of Snakemake's logger plugins.
    """
    if not sys.stderr.isatty():
        progress = ProgressLines()
    elif displays := [one for one in plugins if hasattr(one, "live_display") and hasattr(one, "progress")]:
        progress = ProgressBars(displays[0])  # a person looks at them
    else:
        progress = Progress()
    logger.addHandler(progress)
    return progress


def report_starts(executor: Callable[[], str], jobs: Callable[[], dict[int, Any]]) -> None:
    logger.addHandler(Starts(executor, jobs))


def call_at_moments(known: Callable[[], None], idle: Callable[[], None]) -> None:
    """Call functions when the plan of this process is known, and when there was nothing to do."""
    logger.addHandler(Moments(known, idle))
