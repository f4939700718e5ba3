"""The clock of a sweep: which jobs wait and run, what the finished ones took, how much time is left.

What a job takes is at first an estimate (estimates.py), then what the jobs of this sweep have taken so far.
"""

import heapq
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from control.estimates import AFTER_EPOCHS, training_seconds
from plumbing.log import Epoch, read_epochs

# Rules by when their jobs can run: all of one stage before the first of the next.
STAGES = (
    ("fetch_images",),
    (
        *("add_noise", "read_set", "plot_samples", "fit_baselines", "estimate_ceiling", "train_model"),
        "check_trained",
    ),
    ("evaluate_models", "evaluate_trained", "evaluate_filters", "read_person"),
    ("compare_scales",),
    ("make_lab", "plot_figures", "write_tables"),
)
MIN_EPOCHS = 3  # that say how long one takes


class Job(NamedTuple):
    """A job of a sweep: its rule, expected seconds and threads; for a training its epochs and its log.

    done: epochs of the finished training that a training goes on from.
    needs: the numbers of jobs that it waits for. retries: how often it is tried again when it has failed.
    network: its name, where a job has one.
    """

    rule: str
    seconds: float
    threads: int = 1
    epochs: int = 0
    log: str = ""
    needs: frozenset[int] = frozenset()
    retries: int = 0
    network: str = ""
    done: int = 0

    @property
    def new_epochs(self) -> int:
        return self.epochs - self.done


class Running(NamedTuple):
    """A job that runs, or that waits in the queue of a cluster: since when, and how its log was then."""

    job: Job
    started: float
    stamp: int | None


def usual_seconds(epochs: list[Epoch]) -> float:
    """Of an epoch, the median; 0 before the third, because the first one also compiles."""
    return statistics.median(epoch.seconds for epoch in epochs) if len(epochs) >= MIN_EPOCHS else 0.0


def last_change(path: str) -> int | None:
    """When a file was last written, in ns since 1970. None where there is no such file."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def makespan(jobs: Iterable[tuple[float, int]], slots: int) -> float:
    """Seconds until jobs are done that take so many seconds and slots each, the longest first.

    >>> makespan([(5, 1), (4, 1), (3, 1)], 2), makespan([(5, 2), (4, 1), (3, 1)], 2)
    (7.0, 9.0)
    """
    ends = [0.0] * slots
    for seconds, width in sorted(jobs, reverse=True):
        free = [heapq.heappop(ends) for _ in range(min(width, slots))]
        for _ in free:
            heapq.heappush(ends, free[-1] + seconds)
    return max(ends)


class Sweep:
    """The jobs of a sweep: which wait, which run since when, what the finished ones took.

    slots: how many run at a time; None where that is not known, as on a cluster.
    """

    def __init__(
        self, jobs: dict[int, Job], slots: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.waiting = dict(jobs)
        self.slots = slots
        self.clock = clock
        self.running: dict[int, Running] = {}
        # Seconds of the finished ones, and what was expected of these, by rule and network.
        self.took: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.expected: Counter[tuple[str, str]] = Counter()
        self.failures: Counter[int] = Counter()  # of a job
        self.max_running = 1  # trainings that have run at a time

    def start(self, number: int) -> None:
        if number in self.waiting:
            job = self.waiting.pop(number)
            self.running[number] = Running(job, self.clock(), last_change(job.log))

    def finish(self, number: int) -> None:
        """It teaches what others take: all but a download, and a training of which the log says too little.

        The time since it was started lacks the epochs before a training was resumed, and on a cluster it
        counts the queue.
        """
        if number not in self.running:
            return
        job, started, _ = self.running.pop(number)
        took = self.clock() - started if self.slots else 0.0
        if seconds := usual_seconds(read_epochs(job.log)):
            took = max(took, training_seconds(job.new_epochs, seconds))
        if took == 0 or job.rule == "fetch_images" or (job.new_epochs >= MIN_EPOCHS and not seconds):
            return
        self.took[job.rule, job.network].append(took)
        self.expected[job.rule, job.network] += job.seconds

    def fail(self, number: int) -> None:
        """It waits to be tried again; or neither it nor what needs it will run."""
        if number not in self.running:
            return
        job = self.running.pop(number).job
        self.failures[number] += 1
        if self.failures[number] <= job.retries:
            self.waiting[number] = job
            return
        lost = {number}
        while needing := {other for other, job in self.waiting.items() if job.needs & lost}:
            lost |= needing
            for other in needing:
                del self.waiting[other]

    def trainings(self) -> dict[int, list[Epoch]]:
        """What the trainings that run now have logged: those that have logged an epoch.

        The log of an earlier run stays until its job begins, which on a cluster can be long after its start.
        """
        logged = {}
        for number, (job, _, stamp) in self.running.items():
            if job.log and last_change(job.log) != stamp and (epochs := read_epochs(job.log)):
                logged[number] = epochs
        self.max_running = max(self.max_running, len(logged))
        return logged

    def factors(self, logged: dict[int, list[Epoch]]) -> dict[tuple[str, str] | str, float]:
        """How much longer jobs take than expected: by rule and network, by rule, and under "" that of all."""
        took, expected = Counter(), Counter()
        for (rule, network), seconds in self.took.items():
            for key in ((rule, network), rule, ""):
                took[key] += sum(seconds)
                expected[key] += self.expected[rule, network]
        finished = {"": 1.0} | {key: took[key] / expected[key] for key in took if expected[key]}
        ratios = defaultdict(list)
        for number, epochs in logged.items():
            job = self.running[number].job
            if seconds := usual_seconds(epochs):
                for key in ((job.rule, job.network), job.rule):
                    ratios[key].append(training_seconds(job.new_epochs, seconds) / job.seconds)
        return {key: statistics.mean(values) for key, values in ratios.items()} | finished

    def left(self) -> float:
        """About how many seconds the rest of the sweep takes."""
        logged = self.trainings()
        factors = self.factors(logged)

        def expected(job: Job) -> float:
            keys = ((job.rule, job.network), job.rule, "")
            return job.seconds * next(factors[key] for key in keys if key in factors)

        rest = defaultdict(list)
        for job in self.waiting.values():
            rest[job.rule].append((expected(job), job.threads))
        for number, (job, started, _) in self.running.items():
            epochs = logged.get(number, [])
            if seconds := usual_seconds(epochs):
                seconds = (job.epochs - epochs[-1].number) * seconds + AFTER_EPOCHS
            else:
                seconds = expected(job)
                if self.slots:  # else it may still be in the queue
                    seconds = max(seconds - (self.clock() - started), 0.0)
            rest[job.rule].append((seconds, job.threads))
        slots = self.slots or self.max_running
        return sum(makespan((job for rule in stage for job in rest.get(rule, [])), slots) for stage in STAGES)
