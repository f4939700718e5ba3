"""What a run prints besides Snakemake's own words: lines of progress for a file, and the results."""

import logging
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


def print_progress_lines() -> None:
    """Add the lines to Snakemake's log, unless a person looks at the bars."""
    if not sys.stderr.isatty():
        logger.addHandler(ProgressLines())


def print_results() -> None:
    """The end of a successful run: where the results are, the table, and the answer."""
    import pandas as pd  # half a second that only the end of a run needs

    table = pd.read_csv("results/comparison.csv").dropna(axis="columns", how="all")
    # No losses and fewer intervals: it fits a terminal.
    table = table.rename(columns={"val_accuracy_low": "low", "val_accuracy_high": "high"})
    table = table.drop(columns=table.filter(regex="_loss|_low|_high").columns)
    print("\nTable  results/comparison.csv\nPlot   results/figures/accuracy.png\n")
    print(table.to_string(index=False, float_format="{:.4f}".format, na_rep="-"))
    print(f"\n{Path('results/answer.txt').read_text(encoding='utf-8')}")
