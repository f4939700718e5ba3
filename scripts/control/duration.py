"""How long a sweep takes: said before its first job, and how much of that is left while it runs.

What a job takes is at first a rule of thumb, measured on an Intel Xeon (docs/performance.md), or what earlier
trainings on this processor took. Then it is what the jobs of this sweep have taken so far.
"""

import heapq
import json
import os
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from control.resources import PIXELS, cost, pixels
from experiment.network import Size
from inputs.datasets import DataSet

# Rules by when their jobs can run: all of one stage before the first of the next.
STAGES = (
    ("fetch_images",),
    ("add_noise", "plot_samples", "fit_baselines", "estimate_ceiling", "train_model"),
    ("evaluate_models", "read_person"),
    ("compare_scales",),
    ("make_lab", "plot_figures", "write_tables"),
)
BEFORE_EPOCHS = 6.0  # seconds of a training: imports, compiling, reading
AFTER_EPOCHS = 1.0  # seconds: storing
EPOCH = re.compile(r"epoch (\d+)/\d+ .*val_accuracy ([\d.]+)  ([\d.]+) s$", re.MULTILINE)
END_OF_LOG = 4096  # bytes
LEAST_EPOCHS = 3  # that say how long one takes
CARDS = 50  # of earlier trainings, at most


class Job(NamedTuple):
    """A job of a sweep: its rule, expected seconds and threads; for a training its epochs and its log.

    needs: the numbers of jobs that it waits for. retries: how often it is tried again when it has failed.
    """

    rule: str
    seconds: float
    threads: int = 1
    epochs: int = 0
    log: str = ""
    needs: frozenset[int] = frozenset()
    retries: int = 0


class Running(NamedTuple):
    """A job that runs, or that waits in the queue of a cluster: since when, and how its log was then."""

    job: Job
    started: float
    stamp: int | None


class Epoch(NamedTuple):
    """An epoch that a training has logged."""

    number: int
    val_accuracy: float
    seconds: float


def epoch_seconds(data: DataSet, size: Size, draw: str, threads: int) -> float:
    """Seconds of an epoch with its validation, by the rule of thumb."""
    factor = 1.3 if draw == "fresh" else 1.0
    factor *= 0.6 if threads > 1 else 1.0
    return 2.2 * data.train / 60_000 * max(cost(size), 0.1) * factor


def rule_seconds(
    data: DataSet, size: Size, kind: str, ceiling: int, networks: int, tests: int
) -> dict[str, float]:
    """Seconds of a job of every rule but train_model, by the rule of thumb.

    kind: of noise. ceiling: its test images. networks and tests: of an evaluation.
    """
    share = pixels(data, data.train + data.test) / PIXELS
    pairs = networks * tests * data.test / 10_000
    return {
        "fetch_images": 3 + 2 * share,
        "add_noise": 0.5 + (15 if kind == "shot" else 1.5) * share,
        "plot_samples": 1.1,
        "fit_baselines": 1.3 + 1.2 * share,
        "estimate_ceiling": 0.7 + 25 * ceiling / 10_000 * share,
        "evaluate_models": 4.5 + 0.07 * pairs * max(cost(size), 0.1),
        "read_person": 0.5,
        "compare_scales": 0.7,
        "make_lab": 6,
        "plot_figures": 4.5,
        "write_tables": 0.6,
    }


def earlier_epochs(
    results: Path, data: DataSet, network: dict, training: dict, threads: int, cpu: str
) -> dict[str, float]:
    """Seconds of an epoch, by draw, in trainings like these on this processor: the median of their cards.

    network: as on a card, with the SHA-256 of its file if it has one.
    """
    try:
        card = json.loads((results / "images/card.json").read_text())
        images, shape = card["sha256"], tuple(card["shape"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if shape != tuple(data.shape):
        return {}
    labels = next((digest for path, digest in images.items() if path.endswith("y_train.npy")), None)
    found = defaultdict(list)
    for path in islice(results.glob("models/*/*/*.json"), CARDS):
        try:
            card = json.loads(path.read_text())
            if (
                (card["cpu"], card["threads"]) == (cpu, threads)
                and labels in card["inputs"].values()
                and card["settings"]["network"] == network
                and card["settings"]["training"]["batch_size"] == training["batch_size"]
            ):
                epochs, draw = card["settings"]["training"]["epochs"], card["settings"]["run"]["draw"]
                found[draw].append(card["seconds"] / epochs)
        except (OSError, ValueError, KeyError, TypeError):  # of another form, or damaged
            continue
    return {draw: statistics.median(seconds) for draw, seconds in found.items()}


def read_epochs(log: str) -> list[Epoch]:
    """The last epochs that a training has logged."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - END_OF_LOG))
            said = file.read().decode(errors="replace")
    except OSError:
        return []
    return [Epoch(int(number), float(right), float(took)) for number, right, took in EPOCH.findall(said)]


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
        self.took: dict[str, list[float]] = defaultdict(list)  # of the finished ones, by rule
        self.expected: Counter[str] = Counter()  # seconds that were expected of these
        self.failures: Counter[int] = Counter()  # of a job
        self.most = 1  # trainings that have run at a time

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
            took = max(took, training_seconds(job.epochs, seconds))
        if took == 0 or job.rule == "fetch_images" or (job.epochs >= LEAST_EPOCHS and not seconds):
            return
        self.took[job.rule].append(took)
        self.expected[job.rule] += job.seconds

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
        while found := {other for other, job in self.waiting.items() if job.needs & lost}:
            lost |= found
            for other in found:
                del self.waiting[other]

    def trainings(self) -> dict[int, list[Epoch]]:
        """What the trainings that run now have logged: those that have logged an epoch.

        The log of an earlier run stays until its job begins, which on a cluster can be long after its start.
        """
        found = {}
        for number, (job, _, stamp) in self.running.items():
            if job.log and last_change(job.log) != stamp and (epochs := read_epochs(job.log)):
                found[number] = epochs
        self.most = max(self.most, len(found))
        return found

    def factors(self, logged: dict[int, list[Epoch]]) -> dict[str, float]:
        """By rule, how much longer its jobs take than expected. Under "" that of all jobs."""
        factors = {
            rule: sum(took) / self.expected[rule] for rule, took in self.took.items() if self.expected[rule]
        }
        expected = self.expected.total()
        factors[""] = sum(map(sum, self.took.values())) / expected if expected else 1.0
        if "train_model" not in factors:
            ratios = []
            for number, epochs in logged.items():
                job = self.running[number].job
                if seconds := usual_seconds(epochs):
                    ratios.append(training_seconds(job.epochs, seconds) / job.seconds)
            if ratios:
                factors["train_model"] = statistics.mean(ratios)
        return factors

    def left(self) -> float:
        """About how many seconds the rest of the sweep takes."""
        logged = self.trainings()
        factors = self.factors(logged)
        rest = defaultdict(list)
        for job in self.waiting.values():
            rest[job.rule].append((job.seconds * factors.get(job.rule, factors[""]), job.threads))
        for number, (job, started, _) in self.running.items():
            epochs = logged.get(number, [])
            if seconds := usual_seconds(epochs):
                seconds = (job.epochs - epochs[-1].number) * seconds + AFTER_EPOCHS
            else:
                seconds = job.seconds * factors.get(job.rule, factors[""])
                if self.slots:  # else it may still be in the queue
                    seconds = max(seconds - (self.clock() - started), 0.0)
            rest[job.rule].append((seconds, job.threads))
        slots = self.slots or self.most
        return sum(makespan((job for rule in stage for job in rest.get(rule, [])), slots) for stage in STAGES)


def training_seconds(epochs: int, seconds: float) -> float:
    """What a training takes whose epochs take so many seconds each."""
    return BEFORE_EPOCHS + epochs * seconds + AFTER_EPOCHS


def usual_seconds(epochs: list[Epoch]) -> float:
    """Of an epoch, the median; 0 before the third, because the first one also compiles."""
    return statistics.median(epoch.seconds for epoch in epochs) if len(epochs) >= LEAST_EPOCHS else 0.0


def in_words(seconds: float) -> str:
    """A length of time for people, not wrong by more than a tenth above a minute.

    >>> [in_words(seconds) for seconds in (7, 44, 139, 1000, 10_000, 200_000)]
    ['10 s', '40 s', '2 min 20 s', '17 min', '2.8 hours', '56 hours']
    """
    tens = max(1, round(seconds / 10))
    if tens < 9:
        return f"{tens}0 s"
    if seconds < 600:
        return f"{tens // 6} min {tens % 6}0 s".removesuffix(" 00 s")
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.{1 if seconds < 36_000 else 0}f} hours"


def range_in_words(low: float, high: float) -> str:
    """A range of seconds for people.

    >>> range_in_words(12, 44), range_in_words(84, 300), range_in_words(9000, 20_000), range_in_words(1, 2)
    ('10 to 40 s', '1 to 5 min', '2.5 to 5.6 hours', '10 s')
    """
    least, digits = 1.0, 0
    if high < 90:
        unit, one, least, digits = "s", 1, 10.0, -1
    elif high < 5400:
        unit, one = "min", 60
    else:
        unit, one, least, digits = ("hours", 3600, 0.1, 1) if high < 36_000 else ("hours", 3600, 1.0, 0)
    ends = [f"{max(least, round(end / one, digits)):.{max(digits, 0)}f}" for end in (low, high)]
    return f"{' to '.join(dict.fromkeys(ends))} {unit}"


def say_duration(sweep: Sweep, known: bool, cores: int | None) -> str:
    """How many trainings and other jobs there are, and about how long they take, as a range.

    known: whether earlier trainings on this processor say so, or only the rule of thumb. cores: of this
    machine; None on a cluster, whose nodes are not known.
    """
    trainings = sum(job.rule == "train_model" for job in sweep.waiting.values())
    others = len(sweep.waiting) - trainings
    counted = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in [(trainings, "training")] if count]
    counted += [f"{others} {'other ' * bool(trainings)}job{'s' * (others != 1)}"] if others else []
    low, high = (0.85, 1.25) if known or not trainings else (0.7, 3.0)
    middle = sweep.left()
    took = range_in_words(middle * low, middle * high)
    if cores is None:
        where = "if they run one after another"
    else:
        where = f"on {cores} core{'s' * (cores != 1)}"
    reason = (
        ", as earlier trainings took here"
        if known and trainings
        else ", by a rule of thumb" * bool(trainings)
    )
    return f"{' and '.join(counted)}: about {took} {where}{reason}."
