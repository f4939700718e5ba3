"""Lines and bars of progress."""

import logging
from types import SimpleNamespace

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.progress import Progress
from snakemake_interface_logger_plugins.common import LogEvent

from control.progress import ProgressBars, ProgressLines, Starts
from control.sweep import Job, Sweep


def record(event, **values):
    return logging.makeLogRecord({"event": event, **values})


def test_a_finished_job_is_one_line(capsys):
    lines = ProgressLines()
    lines.emit(record(LogEvent.RUN_INFO, stats={"add_noise": 3, "total": 3}))
    wildcards = {"scale": "0.5", "seed": "1"}
    lines.emit(record(LogEvent.JOB_INFO, jobid=4, rule_name="add_noise", wildcards=wildcards))
    lines.emit(record(LogEvent.JOB_FINISHED, job_id=4))
    lines.emit(record(LogEvent.PROGRESS, done=2, total=9))  # of which --until leaves out six
    assert capsys.readouterr().err == "2 of 3 jobs done: add_noise scale=0.5 seed=1\n"


def test_the_line_of_a_finished_job_says_how_much_time_is_left(capsys):
    lines = ProgressLines()
    lines.emit(record(LogEvent.RUN_INFO, stats={"add_noise": 1, "make_lab": 1, "total": 2}))
    lines.sweep = Sweep({4: Job("add_noise", 2.0, retries=1), 5: Job("make_lab", 70.0)}, 2)
    lines.emit(record(LogEvent.JOB_INFO, jobid=4, rule_name="add_noise", wildcards={}))
    lines.emit(record(LogEvent.JOB_ERROR, jobid=4))
    assert set(lines.sweep.waiting) == {4, 5}
    lines.sweep.clock = lambda: 100.0
    lines.emit(record(LogEvent.JOB_INFO, jobid=4, rule_name="add_noise", wildcards={}))
    lines.sweep.clock = lambda: 102.0
    lines.emit(record(LogEvent.JOB_FINISHED, job_id=4))
    lines.emit(record(LogEvent.PROGRESS, done=1, total=2))
    assert capsys.readouterr().err == "1 of 2 jobs done: add_noise, about 70 s left\n"


def test_bars_show_the_epoch_and_the_accuracy_of_trainings_that_run(tmp_path):
    """In the display of the logger plugin rich, as it is while Snakemake runs."""
    bars = Progress()
    display = SimpleNamespace(progress=bars, live_display=Live(Panel(bars), console=Console(quiet=True)))
    progress, log = ProgressBars(display), tmp_path / "log"
    progress.sweep = Sweep({1: Job("train_model", 100.0, 1, 20, str(log)), 2: Job("make_lab", 6.0)}, 2)
    wildcards = {"draw": "fixed", "scale": "0.5"}
    progress.handle(record(LogEvent.JOB_INFO, jobid=1, rule_name="train_model", wildcards=wildcards))
    with progress.lock:
        progress.update()
        assert bars.tasks == []
        log.write_text("12:00:00 epoch 5/20  loss 0.4  val_loss 0.5  val_accuracy 0.8250  2.00 s\n")
        progress.update()
    (bar,) = bars.tasks
    assert bar.description == "draw=fixed scale=0.5: epoch 5/20, val_accuracy 0.8250"
    assert (bar.completed, bar.total) == (5, 20)
    assert display.live_display.get_renderable().title == "Workflow Progress, about 1 min 50 s left"
    progress.handle(record(LogEvent.JOB_FINISHED, job_id=1))
    with progress.lock:
        progress.update()
    assert bars.tasks == []


def test_jobs_are_reported_where_the_executor_does_not():
    said = []
    jobs = {
        number: SimpleNamespace(log_info=lambda number=number: said.append(number)) for number in range(3)
    }
    for executor, expected in (("slurm", []), ("sge", [0, 2])):
        starts = Starts(lambda executor=executor: executor, lambda: jobs)
        starts.emit(record(LogEvent.JOB_STARTED, jobs=[0, 2]))
        starts.emit(record(LogEvent.JOB_FINISHED, job_id=0))
        assert said == expected
