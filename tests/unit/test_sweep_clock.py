"""What is left of a sweep while it runs."""

import os

import pytest

from control.estimates import AFTER_EPOCHS, BEFORE_EPOCHS
from control.sweep import Job, Sweep, makespan

LINE = "12:00:00 epoch {}/20  loss 0.5  accuracy 0.8  val_loss 0.4  val_accuracy 0.{}00  {:.2f} s\n"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def training(log="", seconds=50.0, epochs=20):
    return Job("train_model", seconds, 1, epochs, str(log), retries=1)


def test_makespan_is_that_of_the_longest_first():
    assert makespan([], 3) == 0
    assert makespan([(5, 1)], 4) == 5
    assert makespan([(3, 1)] * 3, 2) == 6
    assert makespan([(1, 1)] * 10, 5) == 2


def test_a_job_with_several_threads_takes_as_many_slots():
    assert makespan([(3, 2)] * 3, 2) == 9
    assert makespan([(3, 2)] * 3, 4) == 6
    assert makespan([(3, 8)], 2) == 3  # no more than there are
    assert makespan([(3, 2), (2, 1), (2, 1), (1, 1)], 3) == 4


def test_jobs_of_a_stage_run_beside_each_other_and_stages_one_after_another(clock):
    jobs = {number: training() for number in range(4)} | {
        4: Job("evaluate_models", 10.0),
        5: Job("make_lab", 6.0),
        6: Job("plot_figures", 4.0),
        7: Job("all", 0.0),
    }
    assert Sweep(jobs, 2, clock).left() == 100 + 10 + 6
    assert Sweep(jobs, 8, clock).left() == 50 + 10 + 6


@pytest.fixture
def log(tmp_path):
    """Of a training whose epochs took two seconds each."""
    path = tmp_path / "log"
    path.write_text("".join(LINE.format(number, 5, 2.0) for number in range(1, 21)))
    return path


def test_finished_jobs_teach_what_the_others_take(clock, log):
    sweep = Sweep({number: training(log) for number in range(3)} | {3: Job("add_noise", 2.0)}, 1, clock)
    sweep.start(0)
    clock.now = 20
    assert sweep.left() == 30 + 50 + 50 + 2
    clock.now = 75
    assert sweep.left() == 0 + 50 + 50 + 2  # late, nobody knows how much
    clock.now = 100
    sweep.finish(0)
    assert sweep.left() == 100 + 100 + 4  # everything takes twice as long here
    sweep.start(3)
    clock.now = 103
    sweep.finish(3)
    assert sweep.left() == 200


def test_a_training_that_runs_says_by_its_epochs_what_is_left(clock, tmp_path):
    log = tmp_path / "log"
    sweep = Sweep({0: training(log), 1: training(tmp_path / "other")}, 1, clock)
    sweep.start(0)
    log.write_text(LINE.format(1, 5, 9.0))  # which also compiled
    assert sweep.left() == 100
    log.write_text("".join(LINE.format(number, 5, 9.0 if number == 1 else 4.0) for number in (1, 2, 3)))
    whole = BEFORE_EPOCHS + 20 * 4 + AFTER_EPOCHS
    assert sweep.left() == pytest.approx(17 * 4 + AFTER_EPOCHS + whole)
    assert [epochs[-1].number for epochs in sweep.trainings().values()] == [3]


def test_a_network_teaches_first_what_its_own_jobs_take_and_then_what_others_take(clock, log, tmp_path):
    small, large = training(log)._replace(network="small"), training(seconds=200.0)._replace(network="large")
    running = large._replace(log=str(tmp_path / "other"))
    sweep = Sweep({0: small, 1: small, 2: large, 3: running}, 1, clock)
    sweep.start(0)
    clock.now = 100
    sweep.finish(0)
    assert sweep.left() == 2 * (50 + 200 + 200)
    sweep.start(3)
    (tmp_path / "other").write_text("".join(LINE.format(number, 5, 29.65) for number in (1, 2, 3)))
    whole = BEFORE_EPOCHS + 20 * 29.65 + AFTER_EPOCHS
    assert sweep.left() == pytest.approx(2 * 50 + whole + 17 * 29.65 + AFTER_EPOCHS)


def test_the_log_of_an_earlier_run_says_nothing(clock, tmp_path):
    """It stays until the job begins, which a cluster may let wait."""
    log = tmp_path / "log"
    whole = "".join(LINE.format(number, 5, 4.0) for number in range(1, 21))
    log.write_text(whole)
    os.utime(log, (1000, 1000))
    sweep = Sweep({0: training(log)}, None, clock)
    sweep.start(0)
    clock.now = 3000
    assert sweep.trainings() == {}
    assert sweep.left() == 50
    log.write_text("".join(LINE.format(number, 5, 3.0) for number in (1, 2, 3)))
    assert sweep.left() == 17 * 3 + AFTER_EPOCHS


def test_the_queue_of_a_cluster_counts_for_no_job(clock, tmp_path):
    jobs = {number: training(tmp_path / str(number)) for number in range(3)} | {3: Job("add_noise", 2.0)}
    sweep = Sweep(jobs, None, clock)
    for number in jobs:
        sweep.start(number)
    clock.now = 3000  # all of them waited
    (tmp_path / "0").write_text("".join(LINE.format(number, 5, 4.0) for number in range(1, 21)))
    sweep.finish(0)
    sweep.finish(3)
    assert sweep.left() == pytest.approx(2 * (BEFORE_EPOCHS + 20 * 4 + AFTER_EPOCHS))


def test_a_training_that_was_resumed_teaches_what_a_whole_one_takes(clock, log, tmp_path):
    short = tmp_path / "short"
    short.write_text(LINE.format(20, 5, 2.0))
    sweep = Sweep({0: training(log), 1: training(short), 2: training()}, 1, clock)
    for number in (0, 1):
        sweep.start(number)
        clock.now += 8
        sweep.finish(number)
    assert sweep.took["train_model", ""] == [BEFORE_EPOCHS + 20 * 2 + AFTER_EPOCHS]


def test_a_training_that_goes_on_teaches_what_its_new_epochs_take(clock, log, tmp_path):
    longer = training(log, seconds=50.0, epochs=40)._replace(done=20)
    sweep = Sweep({0: longer, 1: longer._replace(log=str(tmp_path / "other"))}, 1, clock)
    sweep.start(0)
    clock.now = 20
    log.write_text("".join(LINE.format(number, 5, 2.0) for number in range(21, 41)))
    sweep.finish(0)
    whole = BEFORE_EPOCHS + 20 * 2 + AFTER_EPOCHS
    assert sweep.took["train_model", ""] == [whole]
    assert sweep.left() == pytest.approx(whole)


def test_a_download_teaches_nothing(clock):
    sweep = Sweep({0: Job("fetch_images", 5.0), 1: Job("make_lab", 6.0)}, 1, clock)
    sweep.start(0)
    clock.now = 50
    sweep.finish(0)
    assert sweep.left() == 6


def test_what_needs_a_job_that_failed_for_good_is_not_waited_for(clock):
    jobs = {
        0: training(),
        1: training(),
        2: Job("evaluate_models", 5.0, needs=frozenset([0, 1])),
        3: Job("compare_scales", 1.0, needs=frozenset([2])),
    }
    sweep = Sweep(jobs, 1, clock)
    for _ in range(2):
        sweep.start(0)
        sweep.fail(0)
    assert sweep.left() == 50
    assert set(sweep.waiting) == {1}


def test_a_job_that_failed_waits_again(clock, log):
    sweep = Sweep({0: training(log)}, 1, clock)
    sweep.start(0)
    clock.now = 20
    sweep.fail(0)
    assert sweep.left() == 50
    sweep.start(0)
    clock.now = 70
    sweep.finish(0)
    assert sweep.took["train_model", ""] == [50]
    sweep.start(7)  # of another sweep
    sweep.finish(7)
    assert sweep.left() == 0


def test_where_the_slots_are_not_known_as_many_run_as_have_been_seen(clock, tmp_path):
    jobs = {number: training(tmp_path / str(number)) for number in range(8)}
    sweep = Sweep(jobs, None, clock)
    assert sweep.left() == 8 * 50
    for number in range(4):
        sweep.start(number)
        (tmp_path / str(number)).write_text(LINE.format(1, 5, 2.0))
    assert sweep.left() == 100
