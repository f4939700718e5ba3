"""Lengths of time for people, and the line about them before the first job."""

from control.sweep import Sweep


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
    smallest, digits = 1.0, 0
    if high < 90:
        unit, one, smallest, digits = "s", 1, 10.0, -1
    elif high < 5400:
        unit, one = "min", 60
    else:
        unit, one, smallest, digits = ("hours", 3600, 0.1, 1) if high < 36_000 else ("hours", 3600, 1.0, 0)
    ends = [f"{max(smallest, round(end / one, digits)):.{max(digits, 0)}f}" for end in (low, high)]
    return f"{' to '.join(dict.fromkeys(ends))} {unit}"


def say_duration(sweep: Sweep, known: bool, cores: int | None, stopping: bool = False) -> str:
    """How many trainings and other jobs there are, and about how long they take, as a range.

    known: whether earlier trainings on this processor say so, or only the rule of thumb. cores: of this
    machine; None on a cluster, whose nodes are not known. stopping: whether any training may stop early.
    """
    trainings = sum(job.rule == "train_model" for job in sweep.waiting.values())
    others = len(sweep.waiting) - trainings
    counted = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in [(trainings, "training")] if count]
    counted += [f"{others} {'other ' * bool(trainings)}job{'s' * (others != 1)}"] if others else []
    low, high = (0.85, 1.25) if known or not trainings else (0.7, 3.0)
    middle = sweep.left()
    duration = range_in_words(middle * low, middle * high)
    if cores is None:
        where = "if they run one after another"
    else:
        where = f"on {cores} core{'s' * (cores != 1)}"
    reason = (
        ", as earlier trainings took here"
        if known and trainings
        else ", by a rule of thumb" * bool(trainings)
    )
    most = "at most about" if stopping else "about"
    end = ". Early stopping may end trainings before their last epoch" if stopping else ""
    return f"{' and '.join(counted)}: {most} {duration} {where}{reason}{end}."
