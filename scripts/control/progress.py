"""What a sweep prints beside Snakemake's own words: lines of progress, reasons of failure, the results."""

import contextlib
import logging
import re
import sys
from pathlib import Path

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent


class ProgressLines(logging.Handler):
    """One line per finished job, for when the output is a file and the progress bars are not drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.started: dict[int, str] = {}
        self.finished = ""

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            wildcards = (f"{name}={value}" for name, value in record.wildcards.items())
            self.started[record.jobid] = " ".join([record.rule_name, *wildcards])
        elif event == LogEvent.JOB_FINISHED:
            self.finished = self.started.get(record.job_id, "")
        elif event == LogEvent.PROGRESS:
            print(f"{record.done} of {record.total} jobs done: {self.finished}", file=sys.stderr)


class MissingReasons(logging.Handler):
    """Ends the log of a failed job with the reason that the job could not write itself.

    A job that the kernel kills, or that has too little memory to begin, leaves a log without a reason.
    Snakemake shows the log of a failed job, so the reason belongs at its end.
    """

    # What Python, the C++ library, the loader and TensorFlow say when memory runs out.
    MEMORY = ("MemoryError", "bad_alloc", "failed to map segment", "ResourceExhausted", "allocate memory")
    REASON = re.compile(r"^([\d:]+ )?(ERROR|Traceback|stopped:)", re.MULTILINE)

    def __init__(self) -> None:
        super().__init__()
        self.started: dict[int, logging.LogRecord] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            self.started[record.jobid] = record
        elif event == LogEvent.JOB_ERROR and record.jobid in self.started:
            with contextlib.suppress(OSError):  # as on a full disk
                self.explain(self.started[record.jobid])

    def explain(self, job: logging.LogRecord) -> None:
        for path in map(Path, job.log or []):
            said = path.read_text(errors="replace") if path.exists() else ""
            if any(word in said for word in self.MEMORY) or not self.REASON.search(said):
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(path, "a") as log:
                    log.write(
                        "ERROR: the job was killed, could not start, or ran out of memory: it needs "
                        f"{job.resources.get('mem_mb', 1000)} MB. Close other programs or use --cores 1, "
                        "and give the same command again.\n"
                    )


def follow_progress() -> None:
    """Add our handlers to Snakemake's logger."""
    # The first of the handlers: it writes to a log before another one shows it.
    logger.handlers.insert(0, MissingReasons())
    if not sys.stderr.isatty():  # a person looks at the bars
        logger.addHandler(ProgressLines())


def print_results() -> None:
    """The end of a successful sweep: where the results are, the table, and the answer."""
    import pandas as pd  # half a second that only the end of a run needs

    table = pd.read_csv("results/comparison.csv").dropna(axis="columns", how="all")
    # No losses and fewer intervals: it fits a terminal.
    table = table.rename(columns={"val_accuracy_low": "low", "val_accuracy_high": "high"})
    table = table.drop(columns=table.filter(regex="_loss|_low|_high").columns)
    results = Path("results").resolve()
    print(f"\nTable  {results / 'comparison.csv'}\nPlot   {results / 'figures/accuracy.png'}\n")
    print(table.to_string(index=False, float_format="{:.4f}".format, na_rep="-"))
    print(f"\n{Path('results/answer.txt').read_text(encoding='utf-8')}")
