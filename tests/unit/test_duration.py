"""The line about the duration of a sweep."""

import pytest

from control.duration import say_duration
from control.sweep import Job, Sweep


def training():
    return Job("train_model", 50.0, epochs=20)


@pytest.mark.parametrize(
    ("known", "cores", "said"),
    [
        (
            True,
            2,
            "3 trainings and 1 other job: about 1 to 2 min on 2 cores, as earlier trainings took here.",
        ),
        (False, 1, "3 trainings and 1 other job: about 2 to 8 min on 1 core, by a rule of thumb."),
        (
            False,
            None,
            "3 trainings and 1 other job: about 2 to 8 min if they run one after another, "
            "by a rule of thumb.",
        ),
    ],
)
def test_the_line_before_the_first_job(known, cores, said):
    jobs = {number: training() for number in range(3)} | {3: Job("evaluate_models", 5.0)}
    assert say_duration(Sweep(jobs, cores), known, cores) == said


def test_early_stopping_makes_it_the_most_that_it_takes():
    line = say_duration(Sweep({0: training()}, 1), True, 1, stopping=True)
    assert line.startswith(
        "1 training: at most about 40 to 60 s on 1 core, as earlier trainings took here. Early"
    )


def test_the_line_without_trainings():
    jobs = {0: Job("plot_figures", 4.0), 1: Job("all", 0.0)}
    assert say_duration(Sweep(jobs, 2), True, 2) == "2 jobs: about 10 s on 2 cores."
