"""What a job takes by the rule of thumb, and by earlier trainings."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from control.estimates import earlier_epochs, epoch_seconds, evaluation_seconds, filter_seconds, rule_seconds
from control.sweep import STAGES
from experiment.network import network_size
from inputs.datasets import KNOWN

DATA = KNOWN["mnist"]
SIZE = network_size(DATA.shape, 10, {"kind": "mlp", "hidden_units": [512, 512]})
NETWORK = {"kind": "mlp", "hidden_units": [512, 512], "dropout": 0.2}
TRAINING = {"epochs": 20, "batch_size": 128}


def test_every_rule_has_a_stage_and_all_without_a_network_a_time():
    in_stages = {rule for stage in STAGES for rule in stage}
    rules = re.findall(
        r"^rule (\w+):", "".join(map(Path.read_text, Path("rules").glob("*.smk"))), re.MULTILINE
    )
    assert in_stages == set(rules)
    of_networks = {"train_model", "evaluate_models", "check_trained", "evaluate_trained", "evaluate_filters"}
    assert set(rule_seconds(DATA, "gaussian", 1000)) == in_stages - of_networks


def test_filters_that_take_long_count_by_the_images():
    usual, slow = (filter_seconds(DATA, [name]) for name in ("median", "non_local_means"))
    assert slow > 3 * usual
    few = replace(DATA, train=DATA.train // 2)
    assert filter_seconds(few, ["posterior_mean"]) < filter_seconds(DATA, ["posterior_mean"])


def test_the_rule_of_thumb_grows_with_images_pixels_network_and_tests():
    few = rule_seconds(DATA, "gaussian", 1000)
    more = rule_seconds(replace(DATA, shape=(56, 56)), "gaussian", 1000)
    for rule in ("fetch_images", "add_noise", "fit_baselines", "estimate_ceiling"):
        assert more[rule] > few[rule]
    assert evaluation_seconds(DATA, SIZE, 20, 20) > evaluation_seconds(DATA, SIZE, 6, 6)
    assert rule_seconds(DATA, "shot", 1000)["add_noise"] > 5 * few["add_noise"]
    usual = epoch_seconds(DATA, SIZE, "fixed", 1)
    assert epoch_seconds(DATA, SIZE, "fresh", 1) > usual
    assert epoch_seconds(DATA, SIZE, "fixed", 2) < usual
    assert epoch_seconds(replace(DATA, train=30_000), SIZE, "fixed", 1) == usual / 2


def test_jobs_of_large_images_are_not_taken_for_short():
    """Measured: 880 s of a processor for baselines, and 1126 for a ceiling, without AVX-512."""
    large = replace(DATA, shape=(224, 224, 3), train=18_000, test=2_000)
    seconds = rule_seconds(large, "gaussian", 1_000)
    assert 440 < seconds["fit_baselines"] < 1760
    assert 380 < seconds["estimate_ceiling"] < 2250


def card(**other):
    run = {"draw": "fixed", "scale": 0.5, "seed": 1}
    settings = {"run": run, "network": NETWORK, "training": TRAINING}
    settings |= {name: other.pop(name) for name in ("network", "training") if name in other}
    inputs = {"a/y_train.npy": "the sum"}
    values = {"settings": settings, "inputs": inputs, "cpu": "this one", "threads": 1, "seconds": 80.0}
    values |= {"epochs": settings["training"]["epochs"]}
    return json.dumps(values | other)


@pytest.fixture
def results(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/card.json").write_text(
        json.dumps({"sha256": {"a/y_train.npy": "the sum"}, "shape": [28, 28]})
    )
    (tmp_path / "models/mlp/fixed/scale_0.5").mkdir(parents=True)
    return tmp_path


def test_earlier_trainings_of_the_same_kind_say_how_long_an_epoch_takes(results):
    folder = results / "models/mlp/fixed/scale_0.5"
    (folder / "seed_1.json").write_text(card())
    (folder / "seed_2.json").write_text(card(seconds=100.0, training=TRAINING | {"epochs": 10}))
    (folder / "seed_3.json").write_text(card(seconds=60.0, epochs=10))  # of 20, by early stopping
    assert earlier_epochs(results, DATA, "mlp", NETWORK, TRAINING, 1, "this one") == {"fixed": 6.0}


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
        card().replace('"epochs"', '"of older code"'),
        "damaged",
        "[1]",
    ],
)
def test_other_trainings_say_nothing(results, text):
    (results / "models/mlp/fixed/scale_0.5/seed_1.json").write_text(text)
    assert earlier_epochs(results, DATA, "mlp", NETWORK, TRAINING, 1, "this one") == {}


def test_trainings_on_images_of_another_shape_say_nothing(results):
    (results / "models/mlp/fixed/scale_0.5/seed_1.json").write_text(card())
    larger = replace(DATA, shape=(56, 56))
    assert earlier_epochs(results, larger, "mlp", NETWORK, TRAINING, 1, "this one") == {}


def test_without_images_there_are_no_earlier_trainings(tmp_path):
    assert earlier_epochs(tmp_path, DATA, "mlp", NETWORK, TRAINING, 1, "this one") == {}
