"""How long a sweep takes: the rule of thumb, earlier trainings, and what is left while it runs."""

import json
import os
from dataclasses import replace

import pytest

from control.duration import (
    AFTER_EPOCHS,
    BEFORE_EPOCHS,
    STAGES,
    Job,
    Sweep,
    earlier_epochs,
    epoch_seconds,
    makespan,
    read_epochs,
    rule_seconds,
    say_duration,
)
from experiment.network import network_size
from inputs.datasets import KNOWN

DATA = KNOWN["mnist"]
SIZE = network_size(DATA.shape, 10, {"name": "mlp", "hidden_units": [512, 512]})
NETWORK = {"name": "mlp", "hidden_units": [512, 512], "dropout": 0.2}
TRAINING = {"epochs": 20, "batch_size": 128}
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


def test_every_rule_has_a_stage_and_all_but_trainings_a_time():
    in_stages = {rule for stage in STAGES for rule in stage}
    assert set(rule_seconds(DATA, SIZE, "gaussian", 1000, 6, 6)) == in_stages - {"train_model"}


def test_the_rule_of_thumb_grows_with_images_pixels_network_and_tests():
    few = rule_seconds(DATA, SIZE, "gaussian", 1000, 6, 6)
    more = rule_seconds(replace(DATA, shape=(56, 56)), SIZE, "gaussian", 1000, 6, 6)
    for rule in ("fetch_images", "add_noise", "fit_baselines", "estimate_ceiling"):
        assert more[rule] > few[rule]
    assert rule_seconds(DATA, SIZE, "gaussian", 1000, 20, 20)["evaluate_models"] > few["evaluate_models"]
    assert rule_seconds(DATA, SIZE, "shot", 1000, 6, 6)["add_noise"] > 5 * few["add_noise"]
    usual = epoch_seconds(DATA, SIZE, "fixed", 1)
    assert epoch_seconds(DATA, SIZE, "fresh", 1) > usual
    assert epoch_seconds(DATA, SIZE, "fixed", 2) < usual
    assert epoch_seconds(replace(DATA, train=30_000), SIZE, "fixed", 1) == usual / 2


def card(**other):
    run = {"draw": "fixed", "scale": 0.5, "seed": 1}
    settings = {"run": run, "network": NETWORK, "training": TRAINING}
    settings |= {name: other.pop(name) for name in ("network", "training") if name in other}
    inputs = {"a/y_train.npy": "the sum"}
    values = {"settings": settings, "inputs": inputs, "cpu": "this one", "threads": 1, "seconds": 80.0}
    return json.dumps(values | other)


@pytest.fixture
def results(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/card.json").write_text(
        json.dumps({"sha256": {"a/y_train.npy": "the sum"}, "shape": [28, 28]})
    )
    (tmp_path / "models/fixed/scale_0.5").mkdir(parents=True)
    return tmp_path


def test_earlier_trainings_of_the_same_kind_say_how_long_an_epoch_takes(results):
    folder = results / "models/fixed/scale_0.5"
    (folder / "seed_1.json").write_text(card())
    (folder / "seed_2.json").write_text(card(seconds=100.0, training=TRAINING | {"epochs": 10}))
    (folder / "seed_3.json").write_text(card(seconds=120.0))
    assert earlier_epochs(results, DATA, NETWORK, TRAINING, 1, "this one") == {"fixed": 6.0}


@pytest.mark.parametrize(
    "text",
    [
        card(cpu="another"),
        card(threads=2),
        card(training=TRAINING | {"batch_size": 64}),
        card(training={"epochs": 20}),
        card(network=NETWORK | {"hidden_units": [32]}),
        card(network={"path": "my_network.py", "sha256": "of another version"}),
        card(inputs={"a/y_train.npy": "of other images"}),
        "damaged",
        "[1]",
    ],
)
def test_other_trainings_say_nothing(results, text):
    (results / "models/fixed/scale_0.5/seed_1.json").write_text(text)
    assert earlier_epochs(results, DATA, NETWORK, TRAINING, 1, "this one") == {}


def test_trainings_on_images_of_another_shape_say_nothing(results):
    (results / "models/fixed/scale_0.5/seed_1.json").write_text(card())
    larger = replace(DATA, shape=(56, 56))
    assert earlier_epochs(results, larger, NETWORK, TRAINING, 1, "this one") == {}


def test_without_images_there_are_no_earlier_trainings(tmp_path):
    assert earlier_epochs(tmp_path, DATA, NETWORK, TRAINING, 1, "this one") == {}


def test_epochs_are_read_from_the_end_of_a_log(tmp_path):
    log = tmp_path / "log"
    assert read_epochs(str(log)) == []
    log.write_text("".join(LINE.format(number, 7, 1.5) for number in range(1, 1001)))
    epochs = read_epochs(str(log))
    assert (epochs[-1].number, epochs[-1].val_accuracy, epochs[-1].seconds) == (1000, 0.7, 1.5)
    assert 20 < len(epochs) < 60
    log.write_text("12:00:00 epoch 1/20  loss 0.5  accu")  # it is being written
    assert read_epochs(str(log)) == []


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
    assert sweep.took["train_model"] == [BEFORE_EPOCHS + 20 * 2 + AFTER_EPOCHS]


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
    assert sweep.took["train_model"] == [50]
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


def test_the_line_without_trainings():
    jobs = {0: Job("plot_figures", 4.0), 1: Job("all", 0.0)}
    assert say_duration(Sweep(jobs, 2), True, 2) == "2 jobs: about 10 s on 2 cores."
