"""A configuration gets its defaults and its one form, or is refused in one line that names key and remedy."""

import copy
import itertools
import os
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml

from control.configuration import (
    check_config,
    check_file,
    check_occlusion,
    convert,
    describe,
    existing_path,
    find_not_finite,
    own_file,
    read_text,
)
from control.images import find_images, say_images
from control.networks import say_taken_away
from experiment.filters import FILTER_NAMES
from experiment.network import KINDS as KINDS_OF_NETWORKS
from experiment.noise import KINDS
from experiment.outputs import MEANINGS
from experiment.preprocessing import LAYOUTS

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "schemas/config.schema.yaml").read_text())
MAX_SCALES = dict.fromkeys(KINDS, 1000) | {"salt_and_pepper": 1, "gaussian_blur": 100, "occlusion": 1}
TEXTS = ("classes", "code", "name", "output")  # keys of which any text is a value
NAN, INFINITE = float("nan"), float("inf")

BAD = [
    ({"noise": {"scale": [1]}}, ["noise.scale ", "did you mean scales?"]),
    (
        {"sedes": [1]},
        [
            "sedes ",
            "did you mean seeds?",
            "images, noise, networks, training, ceiling, evaluation, filters, figures, seeds",
        ],
    ),
    ({"noise": {"scales": [0.1, -1]}}, ["noise.scales[1]", "-1", "from 0 to 1000"]),
    ({"noise": {"scales": [0.1, float("nan")]}}, ["noise.scales[1]", "nan", "finite"]),
    ({"noise": {"scales": [float("inf")]}}, ["noise.scales[0]", "Infinity", "from 0 to 1000"]),
    ({"noise": {"scales": ["high"]}}, ["noise.scales[0]", '"high"', "a number"]),
    ({"noise": {"scales": [True]}}, ["noise.scales[0]", "true", "a number"]),
    ({"noise": {"scales": [None]}}, ["noise.scales[0]", "null", "a number"]),
    ({"noise": {"scales": [1, 1.0]}}, ["noise.scales", "[1, 1.0]", "each different"]),
    ({"noise": {"scales": []}}, ["noise.scales", "[]", "one or more"]),
    ({"noise": {"scales": 0.5}}, ["noise.scales", "0.5", "a list"]),
    ({"noise": {"draws": ["new"]}}, ["noise.draws[0]", '"new"', "fixed"]),
    ({"filters": ["blur"]}, ["filters[0]", '"blur"', "median or gaussian"]),
    (
        {"filters": ["posterior_mean"], "noise": {"kind": "shot"}},
        ["filters has posterior_mean", "noise.kind gaussian alone", "shot"],
    ),
    ({"noise": {"keep": 1}}, ["noise.keep", "1", "true or false"]),
    ({"noise": None}, ["noise ", "null", "a section"]),
    ({"seeds": []}, ["seeds", "[]", "one or more"]),
    ({"seeds": [1, 1]}, ["seeds", "[1, 1]", "each different"]),
    ({"seeds": [-1]}, ["seeds[0]", "-1", "from 0"]),
    ({"training": {"epochs": 2.5}}, ["training.epochs", "2.5", "a whole number"]),
    ({"training": {"epochs": 0}}, ["training.epochs", "0", "from 1"]),
    ({"networks": {"deep": {"kind": "resnet"}}}, ["networks.deep.kind", '"resnet"', "mlp or cnn"]),
    ({"networks": {"mlp": {"dropout": 1}}}, ["networks.mlp.dropout", "1", "below 1"]),
    ({"networks": {"mlp": {"dropout": float("nan")}}}, ["networks.mlp.dropout", "nan", "finite"]),
    ({"networks": {"mlp": {"hidden_units": []}}}, ["networks.mlp.hidden_units", "[]", "one or more"]),
    (
        {"networks": {"mine": {"path": "no/such.py"}}},
        ["networks.mine.path", "no/such.py", "does not exist", "a Python file"],
    ),
    ({"networks": {"mlp": []}}, ["networks.mlp is []", "a section of keys or null"]),
    (
        {"networks": {"mlp": {"training": {"epoch": 3}}}},
        ["networks.mlp.training.epoch", "did you mean epochs"],
    ),
    ({"networks": {"mlp": {"training": {"epochs": 0}}}}, ["networks.mlp.training.epochs is 0", "from 1 to"]),
    ({"networks": {}}, ["networks has no network"]),
    ({"networks": {"mlp": None}}, ["networks has no network", "such as {mlp: {kind: mlp}}"]),
    ({"networks": {"mine": {}}}, ["networks.mine does not say what it is", "kind (mlp or cnn)", "path"]),
    (
        {"networks": {"mine": {"kind": "cnn", "path": "config.yaml"}}},
        ["networks.mine has kind and path", "another name"],
    ),
    ({"networks": {"cnn": {"hidden_units": [8]}}}, ["networks.cnn.hidden_units has no effect", "kind cnn"]),
    (
        {"networks": {"mine": {"path": "config.yaml", "dropout": 0.1}}},
        ["networks.mine.dropout has no effect", "an own network"],
    ),
    ({"networks": {"a/b": {"kind": "mlp"}}}, ["networks.a/b is not a name"]),
    ({"networks": {"..": {"kind": "mlp"}}}, ["networks... is not a name"]),
    ({"networks": {3: {"kind": "mlp"}}}, ["networks.3 is not a name"]),
    ({"networks": {"a" * 41: {"kind": "mlp"}}}, ["is not a name", "at most 40"]),
    ({"networks": {"mlp": {}, "MLP": {"kind": "mlp"}}}, ["networks.mlp and networks.MLP are one name"]),
    (
        {"network": {"name": "cnn", "dropout": 0.1, "path": None}},
        ['network is now networks, with a name for each. Write networks: {"cnn": {"dropout": 0.1}}'],
    ),
    ({"network": {"path": "my.py"}}, ['Write networks: {"my_network": {"path": "my.py"}}']),
    ({"network": {"hidden_units": [32]}}, ['Write networks: {"mlp": {"hidden_units": [32]}}']),
    ({"network": 3}, ['Write networks: {"mlp": {}}']),
    (
        {"training": {"hidden_units": [32]}},
        ["training.hidden_units is not a known key", "epochs, batch_size, learning_rate"],
    ),
    (
        {"training": {"precision": "bfloat16"}},
        ['training.precision is "bfloat16"; allowed: float32 or mixed_bfloat16'],
    ),
    (
        {"training": {"early_stopping": {"patience": 0}}},
        ["training.early_stopping.patience is 0", "a whole number from 1 to 10000"],
    ),
    (
        {"networks": {"mlp": {"training": {"early_stopping": {"share": 0.2}}}}},
        ["networks.mlp.training.early_stopping.patience is missing"],
    ),
    (
        {"training": {"early_stopping": True}},
        ["training.early_stopping is true", "a section of keys or null"],
    ),
    (
        {"training": {"early_stopping": {"patience": 3, "share": 0.6}}},
        ["training.early_stopping.share is 0.6", "above 0 to 0.5"],
    ),
    (
        {"training": {"early_stopping": {"patience": 3, "restore_best_weights": True}}},
        ["training.early_stopping.restore_best_weights is not a known key", "patience, share"],
    ),
    ({"training": {"dropout": 0.1}}, ["training.dropout is not a known key"]),
    ({"training": {"learning_rate": 0}}, ["training.learning_rate", "0", "above 0"]),
    ({"training": {"learning_rate": {}}}, ["training.learning_rate.name is missing"]),
    ({"training": {"learning_rate": {"name": "A", "a": {}}}}, ["training.learning_rate.a is {}"]),
    ({"training": {"optimizer": 3}}, ["training.optimizer is 3", "a string that is not empty or a section"]),
    ({"training": {"optimizer": {"momentum": 0.9}}}, ["training.optimizer.name is missing"]),
    (
        {"training": {"optimizer": {"name": "sgd", "momentum": "much"}}},
        ['training.optimizer.momentum is "much"', "a number or true or false"],
    ),
    (
        {"training": {"optimizer": {"name": "sgd", "learning_rate": -1}}},
        ["training.optimizer.learning_rate is -1", "above 0"],
    ),
    ({"training": {"weight_decay": -0.1}}, ["training.weight_decay is -0.1", "from 0 to 1"]),
    ({"training": {"clipnorm": 0}}, ["training.clipnorm is 0", "above 0"]),
    ({"training": {"label_smoothing": 1}}, ["training.label_smoothing is 1", "from 0 to below 1"]),
    ({"images": {"train": 0}}, ["images.train", "0", "from 1"]),
    (
        {"images": {"name": "cifar10"}},
        ["images.name", '"cifar10"', "fashion_mnist, digits, or a name"],
    ),
    ({"images": {"name": "mnits"}}, ["images.name", "did you mean mnist?", "images.path"]),
    ({"images": {"name": "NA"}}, ["images.name is NA, which programs that read the tables would not take"]),
    ({"images": {"name": "1e5"}}, ["images.name is 1e5, which programs", "Choose another"]),
    ({"images": {"name": "a/b"}}, ["images.name", '"a/b"', "a name of letters"]),
    ({"images": {"name": "a\n"}}, ["images.name", "a name of letters"]),
    ({"images": {"path": "no/such/file.npz"}}, ["images.path", "no/such/file.npz", "does not exist"]),
    ({"seeds": ["010"]}, ["YAML reads 010 as 8. Write the number without the leading 0"]),
    ({"noise": {"scales": ["1:30"]}}, ["YAML reads 1:30 as 90. Write a list with commas, such as [1, 30]"]),
    ({"training": {"epochs": "0_17"}}, ["YAML reads 0_17 as 15"]),
    ({"images": {"name": date(2024, 1, 2)}}, ["images.name is a date (2024-01-02)", "Put it in quotes"]),
    ({"images": {"name": False}}, ["images.name is false, as YAML reads yes and no", "Put it in quotes"]),
    ({"images": {"range": [0]}}, ["images.range", "[0]", "a list of 2 or null, each a number"]),
    ({"images": {"range": [0, 1e300]}}, ["images.range[1]", "1e+300", "to 1000000000"]),
    ({"images": {"range": [0, INFINITE]}}, ["images.range[1]", "Infinity", "to 1000000000"]),
    (
        {"images": {"range": [1, 0], "name": "mine"}},
        ["images.range is [1, 0]; allowed: the value of black, then"],
    ),
    (
        {"images": {"range": [0, 255]}},
        ["images.range is for images of your own; the pixels of mnist are known"],
    ),
]


def refusal(config):
    """The one line with which a configuration is refused, after its start."""
    with pytest.raises(SystemExit) as stopped:
        check_config(config, ROOT)
    line = str(stopped.value)
    assert line.startswith("ERROR in the configuration: ")
    assert "\n" not in line
    assert len(line) < 600
    return line.removeprefix("ERROR in the configuration: ")


def accepted(**sections):
    config = copy.deepcopy(sections)
    check_config(config, ROOT)
    return config


def test_networks_that_are_null_are_taken_away_and_named(capsys):
    config = {"networks": {"mlp": None, "cnn": {}, "mine": "null"}}
    say_taken_away(check_config(config, ROOT))
    assert list(config["networks"]) == ["cnn"]
    said = "networks.{} is null, so it is not trained. To train it, give it a kind or a path."
    assert capsys.readouterr().err.splitlines() == [said.format("mlp"), said.format("mine")]
    say_taken_away(check_config({"networks": {"cnn": {}}}, ROOT))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("sections", "words"), BAD, ids=[str(bad) for bad, _ in BAD])
def test_bad_value_is_refused_in_one_line(sections, words):
    line = refusal(copy.deepcopy(sections))
    for word in words:
        assert word in line


def test_missing_sections_have_the_defaults_which_are_those_of_config_yaml():
    assert accepted() == accepted(**yaml.safe_load((ROOT / "config.yaml").read_text()))


@pytest.mark.parametrize(
    ("noise", "line"),
    [
        (
            {"kind": "salt_and_pepper", "scales": [0.5, 1.5]},
            "noise.scales[1] is 1.5; allowed: a number from 0 to 1",
        ),
        (
            {"kind": "gaussian_blur", "scales": [101]},
            "noise.scales[0] is 101; allowed: a number from 0 to 100",
        ),
        ({"kind": "salt_and_pepper", "scales": [1], "clip": False}, "noise.clip is false; allowed: true"),
        ({"kind": "salt_and_pepper"}, "noise.scales is missing, and has no default here; allowed: a list"),
        ({"kind": "gauss", "scales": [1]}, 'noise.kind is "gauss"; allowed: gaussian or uniform'),
        ({"kind": "shot", "scales": [1001]}, "noise.scales[0] is 1001; allowed: a number from 0 to 1000"),
    ],
)
def test_scales_and_clipping_are_checked_by_the_kind_of_noise(noise, line):
    assert refusal({"noise": noise}).startswith(line)


def test_every_kind_of_noise_is_in_the_schema_and_noise_that_is_not_random_is_drawn_once():
    assert SCHEMA["properties"]["noise"]["properties"]["kind"]["enum"] == list(KINDS)
    for kind, about in KINDS.items():
        for draws, without_random in (
            (["fixed", "fresh"], ["fixed"]),
            (["mixed", "fresh"], ["mixed", "fixed"]),
            (["mixed"], ["mixed"]),
        ):
            noise = {"kind": kind, "scales": [0.5], "draws": draws}
            assert accepted(noise=noise)["noise"]["draws"] == (draws if about.random else without_random)
        if about.bounded:
            assert refusal({"noise": noise | {"clip": False}}).startswith("noise.clip is false")
        else:
            assert accepted(noise=noise | {"clip": False})["noise"]["clip"] is False


def test_other_kinds_are_checked_by_their_own_bounds_and_are_others():
    assert list(SCHEMA["properties"]["evaluation"]["properties"]["kinds"]["properties"]) == list(KINDS)
    noise = {"kind": "speckle", "scales": [1]}
    assert accepted(evaluation={"kinds": {"occlusion": [1, "0.5"]}})["evaluation"]["kinds"] == {
        "occlusion": [0.5, 1.0]
    }
    for kinds, line in [
        (
            {"speckle": [1]},
            "evaluation.kinds has speckle, which is noise.kind. Add its scales to noise.scales",
        ),
        ({"shot": [0]}, "evaluation.kinds.shot[0] is 0; allowed: a number above 0 to 1000"),
        ({"occlusion": [1.1]}, "evaluation.kinds.occlusion[0] is 1.1; allowed: a number above 0 to 1"),
        ({"blur": [1]}, "evaluation.kinds.blur is not a known key"),
    ]:
        assert refusal({"noise": noise, "evaluation": {"kinds": kinds}}).startswith(line)


def test_equal_configurations_get_one_form():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    other = copy.deepcopy(config)
    other["noise"]["scales"] = [4, 2, 1, 0.5, 0.1, -0.0]
    other["training"] |= {"epochs": 20.0, "learning_rate": "1.0e-3"}
    other["networks"]["mlp"] |= {"hidden_units": [512.0, "512"]}
    other["seeds"] = ["1"]
    assert repr(accepted(**config)) == repr(accepted(**other))
    assert accepted(**other)["noise"]["scales"] == [0.0, 0.1, 0.5, 1.0, 2.0, 4.0]
    assert accepted(seeds=[7, 0, 3])["seeds"] == [0, 3, 7]
    assert "-" not in repr(accepted(networks={"mlp": {"dropout": -0.0}})["networks"])


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("0.5", ("number",), 0.5),
        ("3", ("integer",), 3),
        ("1e-3", ("number",), 0.001),
        ("true", ("boolean",), True),
        ("no", ("boolean",), False),
        ("null", ("string", "null"), None),
        ("2024", ("string", "null"), "2024"),
        ("true", ("string", "null"), "true"),
        ("", ("string", "null"), ""),
        ("# a", ("string", "null"), "# a"),
        ("null", ("string",), "null"),
        ("2024", ("string",), "2024"),
        ("high", ("number",), "high"),
        ("a: b", ("number",), "a: b"),
        ("[1]", ("number",), "[1]"),
        ("[", ("number",), "["),
        ("[" * 10_000, ("number",), "[" * 10_000),
        ("2026-99-99", ("number",), "2026-99-99"),
        ("2026-01-01", ("number",), "2026-01-01"),
        ("null", ("object",), None),
        ("null", (), "null"),  # of a key that the schema does not know
        (5, ("string",), 5),
        (None, ("number",), None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_text_is_read_where_the_schema_wants_something_else(text, types, value):
    read = read_text(text, set(types))
    assert read == value
    assert type(read) is type(value)


def test_every_value_is_converted_by_the_types_of_its_own_key():
    config = {
        "images": {"path": "2024", "more": "1"},
        "noise": {"scales": ["0.5", 1]},
        "seeds": "2",
        "x": [{}],
    }
    found = []
    same = convert(config, SCHEMA, lambda value, types: found.append((value, types)) or value)
    assert same == config
    assert found == [
        *(("2024", {"string", "null"}), ("1", set())),
        *(("0.5", {"number"}), (1, {"number"}), ("2", {"array"})),
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_path_stays_the_text_that_it_is(folder):
    (folder / "2024").mkdir()
    assert accepted(images={"path": "2024"})["images"]["path"] == "2024"
    assert "images.path is 2024; allowed: a string that is not empty or null" in refusal(
        {"images": {"path": 2024}}
    )
    assert 'images.path is ""; allowed: a string that is not empty or null' in refusal(
        {"images": {"path": ""}}
    )
    assert accepted(images={"path": "null"})["images"]["path"] is None
    assert accepted(images={"path": None})["images"]["path"] is None


@pytest.mark.parametrize(
    "kinds",
    [
        {"noise": {"kind": "occlusion", "scales": [0.05, 0.5]}},
        {"evaluation": {"kinds": {"occlusion": [0.05]}}},
    ],
)
def test_occlusion_that_hides_nothing_is_refused(kinds):
    config = accepted(**kinds)
    check_occlusion(config, (28, 28))
    refused = r"^ERROR .* occlusion of scale 0\.05 hides no pixel of images with 8 x 9;"
    with pytest.raises(SystemExit, match=refused) as said:
        check_occlusion(config, (8, 9))
    assert "allowed: scales above 0.0625" in str(said.value)


def test_images_of_ones_own_under_a_known_name_are_refused(tmp_path):
    """They would not be used: another source would be tried."""
    path = tmp_path / "mine.npz"
    x, y = np.zeros((6, 16, 16), np.uint8), np.array([0, 1, 2, 0, 1, 2])
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    images = {"name": "mnist", "path": str(path), "train": None, "test": None}
    with pytest.raises(SystemExit) as stopped:
        find_images(images)
    assert str(stopped.value) == (
        f"ERROR in the images: {path}: x_train has the shape (6, 16, 16), so these are not mnist. "
        "Give your own images another images.name"
    )
    path.write_bytes(b"damaged")
    assert find_images(images).train == 60_000  # from another source, which is said


@pytest.mark.parametrize("kind", ["other images", "damaged"])
def test_a_path_that_is_no_copy_of_a_known_set_is_told_before_the_first_job(folder, capsys, kind):
    """Images of one's own whose name was forgotten: the known ones would be used without a word."""
    x, y = np.zeros((6, 28, 28), np.uint8), np.arange(6, dtype=np.uint8)
    np.savez("mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    if kind == "damaged":
        Path("mine.npz").write_text("hello")
    images = accepted(images={"path": "mine.npz"})["images"]
    say_images(images, find_images(images))
    said = capsys.readouterr().err
    assert said.startswith("WARNING: images.path (mine.npz) is no copy of mnist (")
    assert "Give images of your own another images.name." in said
    images = accepted(images={"path": str(ROOT / "tests/data/mnist_sample.npz")})["images"]
    say_images(images, find_images(images))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("name", "most"), [("mnist", 60_000), ("digits", 1437)])
def test_no_more_images_than_there_are(capsys, name, most):
    images = accepted(images={"name": name})["images"]
    assert images["train"] is None
    assert find_images(images).train == images["train"] == most
    assert find_images(images | {"train": 5}).train == 5
    with pytest.raises(SystemExit) as stopped:
        find_images(images | {"train": most + 1})
    assert f"images.train is {most + 1}, but {name} has {most}; allowed: a whole" in str(stopped.value)


def test_path_is_looked_for_in_the_working_folder_and_then_in_the_others(folder, monkeypatch):
    given, workflow = folder / "given", folder / "workflow"
    given.mkdir()
    (workflow / "data").mkdir(parents=True)

    def found(path):
        return existing_path(path, [given, workflow], "images.path", "a file")

    assert found("data") == "workflow/data"
    (given / "data").mkdir()
    assert found("data") == "given/data"
    assert found(str(workflow)) == str(workflow)
    (folder / "data").mkdir()
    assert found("data") == "data"
    monkeypatch.setenv("HOME", str(folder))
    assert found("~/data") == str(folder / "data")
    assert found(None) is None
    with pytest.raises(ValueError, match=r'images\.path is "no", which does not exist; allowed: a file'):
        found("no")


@pytest.mark.parametrize(
    "path", ["none.npz", "", "# a", "~nobody_of_this_name/a", "a" * 5000, "\0", "\ud800", "a\nb"]
)
def test_path_of_no_file_is_refused(folder, path):
    assert refusal({"images": {"path": path}}).startswith("images.path is ")


@pytest.mark.parametrize("name", ["chance", "ceiling_upper", "true", "NA", "nan", "clean", "fresh"])
def test_a_network_whose_name_means_something_else_in_the_tables_is_refused(name):
    assert refusal({"networks": {name: {"kind": "cnn"}}}) == (
        f"networks.{name} means something else in the tables. Choose another name, such as my_network"
    )


def test_networks_have_the_values_of_their_kind_and_of_the_training_unless_they_say_others(folder):
    (folder / "my.py").touch()
    networks = {
        "mlp": None,
        "small": {"kind": "mlp", "hidden_units": [32]},
        "cnn": {"training": {"epochs": "6"}},
        "mine": {"path": "my.py", "training": {"learning_rate": 0.01}},
    }
    training = {
        "epochs": 20,
        "batch_size": 128,
        "learning_rate": 0.001,
        "optimizer": {"name": "adam"},
        "label_smoothing": 0.0,
    }
    assert accepted(networks=networks)["networks"] == {
        "small": {"kind": "mlp", "hidden_units": [32], "dropout": 0.2, "training": training},
        "cnn": {"kind": "cnn", "dropout": 0.2, "training": training | {"epochs": 6}},
        "mine": {"path": "my.py", "training": training | {"learning_rate": 0.01}},
    }


def test_what_an_optimizer_says_goes_before_the_section_and_a_network_before_both():
    sgd = {"name": "SGD", "learning_rate": "5e-2", "weight_decay": 0, "nesterov": "yes", "momentum": 1.0}
    adam = {"optimizer": {"name": "adam"}, "learning_rate": 0.001}
    expected = {
        "same": {"learning_rate": 0.05, "weight_decay": 0.0},
        "own_rate": {"learning_rate": 0.2, "weight_decay": 0.0},
        "own_optimizer": adam,
    }
    networks = {
        "same": {"kind": "cnn"},
        "own_rate": {"kind": "cnn", "training": {"learning_rate": 0.2}},
        "own_optimizer": {"kind": "cnn", "training": {"optimizer": "Adam"}},
    }
    config = accepted(training={"optimizer": sgd}, networks=networks)
    for name in ("same", "own_rate"):
        expected[name]["optimizer"] = {"name": "sgd", "momentum": 1, "nesterov": True}
    for name, values in expected.items():
        training = config["networks"][name]["training"]
        assert {key: training.get(key) for key in values} == values
        assert ("weight_decay" in training) == ("weight_decay" in values)
    assert config["training"] == config["networks"]["same"]["training"]


def test_numbers_of_keras_have_one_form():
    def form(rate, momentum):
        schedule = {"name": "PiecewiseConstantDecay", "boundaries": [rate], "values": ["a", rate]}
        config = accepted(
            training={"learning_rate": schedule, "optimizer": {"name": "sgd", "momentum": momentum}}
        )
        return repr(config["training"])

    assert form(1, 1) == form(1.0, 1.0)
    assert form(1, 1) != form(1, 0.5)


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("no", False), ("true", True), ("Off", False)])
def test_yamls_words_for_true_and_false_are_read(text, value):
    assert accepted(noise={"keep": text})["noise"]["keep"] is value


@pytest.mark.parametrize("text", ["1e-3", "1.0e-3", "0.001", ".001"])
def test_text_of_a_number_is_read(text):
    assert accepted(training={"learning_rate": text})["training"]["learning_rate"] == 0.001


REQUIRED = {
    "optimizer": {"name": "sgd"},
    "early_stopping": {"patience": 3},
}  # beside another key of a section


def leaves(schema=SCHEMA, key=()):
    """Every key of the schema that may be more than a section: its parts, and its schema."""
    sections = schema.get("properties") or {"mlp": schema["additionalProperties"]}  # a network
    for name, section in sections.items():
        opened = "properties" in section or isinstance(section.get("additionalProperties"), dict)
        if opened:
            yield from leaves(section, (*key, name))
        if not opened or "number" in section["type"]:  # a number may stand for a section
            yield (*key, name), section


@pytest.mark.parametrize("bad", [NAN, INFINITE, -INFINITE, "nan", "NaN", ".nan", ".inf"], ids=repr)
@pytest.mark.parametrize(
    ("key", "schema"), list(leaves()), ids=lambda key: ".".join(key) if isinstance(key, tuple) else ""
)
def test_a_number_that_is_not_finite_is_refused_at_every_key(folder, key, schema, bad):
    if key[-1] in TEXTS and isinstance(bad, str):
        bad = NAN
    config = [bad] if schema["type"] == "array" else bad
    for parent, name in reversed(list(itertools.pairwise(("", *key)))):
        config = REQUIRED.get(parent, {}) | {name: config}
    place = ".".join(key) + ("[0]" if schema["type"] == "array" else "")
    assert refusal(config).startswith(f"{place} is ")


def test_the_first_number_that_is_not_finite_is_named():
    assert find_not_finite({"a": {"b": [1, 2.0, "x", None]}, "c": 1e308}) is None
    assert find_not_finite({"a": {"b": [1, NAN]}, "c": INFINITE}) == "a.b[1]"
    assert find_not_finite({"a": [[0.0], [1.0, -INFINITE]]}) == "a[1][1]"


RATE = "a section of keys or a number above 0 to 1"
CLIPNORM = "a number or null above 0 to 1000000"
NAME = "a string that is not empty"


def test_describe_every_key_of_the_schema():
    described = {".".join(key): describe(schema) for key, schema in leaves()}
    assert described == {
        "images.name": "a name of letters, digits, spaces, '-', '_' and '.', at most 60",
        "images.path": "a string that is not empty or null",
        "images.range": "a list of 2 or null, each a number from -1000000000 to 1000000000",
        "images.train": "a whole number or null from 1",
        "images.test": "a number or null above 0",
        "images.size": "a list of 2 or null, each a whole number from 4 to 224",
        "images.grey": "true or false",
        "images.transpose": "true or false",
        "images.shape": "a list of 2 to 3 or null, each a whole number from 1 to 224",
        "images.duplicates": "keep or drop",
        "images.group": "a string that is not empty or null",
        "filters": f"a list, each different, each {' or '.join(FILTER_NAMES)}",
        "noise.kind": " or ".join(KINDS),
        "noise.clip": "true or false",
        "noise.scales": "a list of one or more, each different, each a number from 0 to 1000",
        "noise.draws": "a list of one or more, each different, each fixed or fresh or mixed",
        "noise.keep": "true or false",
        "networks.mlp.kind": "mlp or cnn",
        "networks.mlp.hidden_units": "a list of one or more, at most 10, each a whole number from 1 to 8192",
        "networks.mlp.dropout": "a number from 0 to below 1",
        "networks.mlp.path": "a string that is not empty",
        "networks.mlp.trained": "a string that is not empty",
        "networks.mlp.pixels.mean": "a number or a list of one or more, each a number",
        "networks.mlp.pixels.std": "a number or a list of one or more, each a number",
        "networks.mlp.layout": " or ".join(["auto", *LAYOUTS]),
        "networks.mlp.channels": "rgb or bgr",
        "networks.mlp.classes": "a list of one or more, each different, each a string or a whole number",
        "networks.mlp.outputs": " or ".join(["auto", *MEANINGS]),
        "networks.mlp.output": "a string that is not empty",
        "networks.mlp.code": "a string that is not empty",
        **{
            f"{section}training.{key}": about
            for section in ("networks.mlp.", "")
            for key, about in (
                ("epochs", "a whole number from 1 to 10000"),
                ("batch_size", "a whole number from 1 to 60000"),
                *((f"{where}learning_rate", RATE) for where in ("", "optimizer.")),
                *((f"{where}weight_decay", "a number or null from 0 to 1") for where in ("", "optimizer.")),
                *((f"{where}clipnorm", CLIPNORM) for where in ("", "optimizer.")),
                *(
                    (f"{name}.name", NAME)
                    for name in ("learning_rate", "optimizer", "optimizer.learning_rate")
                ),
                ("label_smoothing", "a number from 0 to below 1"),
                ("precision", "float32 or mixed_bfloat16"),
                ("early_stopping.patience", "a whole number from 1 to 10000"),
                ("early_stopping.share", "a number above 0 to 0.5"),
            )
        },
        "ceiling.images": "a whole number from 0",
        **{
            f"evaluation.kinds.{kind}": "a list of one or more, each different, at most 20, each a number "
            f"above 0 to {most}"
            for kind, most in MAX_SCALES.items()
        },
        "evaluation.sets.mlp.path": "a string that is not empty",
        "evaluation.sets.mlp.range": "a list of 2 or null, each a number from -1000000000 to 1000000000",
        "figures.axis": "sqrt or linear or log",
        "seeds": "a list of one or more, each different, each a whole number from 0 to 4294967295",
    }


def test_schema_says_all_of_every_key_and_its_defaults_are_config_yaml():
    def check(schema, value):
        assert schema["description"]
        assert "default" in schema
        if (
            schema.get("additionalProperties") and schema["type"] == "object"
        ):  # a network, with the defaults of its kind
            assert {name: KINDS_OF_NETWORKS[network.pop("kind")] for name, network in value.items()} == value
        elif schema["type"] == "object" and value:  # without a value: kinds, of which each may be there
            assert schema["additionalProperties"] is False
            assert set(schema["properties"]) == set(value)
            for key, section in schema["properties"].items():
                check(section, value[key])
        else:
            assert schema["default"] == value

    schema = SCHEMA | {"description": SCHEMA["title"], "default": {}}
    check(schema, yaml.safe_load((ROOT / "config.yaml").read_text()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"noise: [1, 2", "cannot be read: .*line 1"),
        (b"\x00\xff", "cannot be read"),
        (b"- 1", "has no keys at its top"),
        (b"", "has no keys at its top"),
        (b"noise: &n {scales: [1], keep: *n}", "cannot be read: Circular reference"),
        (b"!!python/object/apply:os.mkdir ['hacked']", "cannot be read: could not determine a constructor"),
        (b"__use_yte__: true", "has __use_yte__"),
        (b"seeds: [1]\nnoise: {}\nseeds: [2]", "cannot be read: seeds appears twice .*line 3"),
        (b"noise: {scales: [1], scales: [2]}", "cannot be read: scales appears twice"),
        (b"[" * 10_000, "cannot be read"),
    ],
)
def test_file_that_is_no_configuration_is_refused_in_one_line(folder, data, words):
    (folder / "a.yaml").write_bytes(data)
    with pytest.raises(SystemExit) as stopped:
        check_file(folder / "a.yaml")
    assert re.fullmatch(f"ERROR in the configuration: {folder}/a.yaml {words}.*", str(stopped.value))
    assert not (folder / "hacked").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds: [010]", "YAML reads 010 as 8. Write the number without the leading 0"),
        ("noise: {scales: [1:30]}", "YAML reads 1:30 as 90. Write a list with commas"),
        ("noise: {scales: [190:20:30.15]}", "YAML reads 190:20:30.15 as 685230.15"),
        ("training: {epochs: -012}", "YAML reads -012 as -10"),
    ],
)
def test_numbers_that_yaml_reads_as_others_are_refused(folder, text, said):
    (folder / "a.yaml").write_text(text)
    with pytest.raises(SystemExit) as stopped:
        check_file(folder / "a.yaml")
    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_numbers_that_mean_what_they_look_like_are_taken(folder):
    (folder / "a.yaml").write_text("a: [0, 0.5, 0.10, 10, 1_000, 1e-3, -0, '010', \"1:30\", 0o17, 08]")
    check_file(folder / "a.yaml")


def test_file_that_is_right_or_not_there_or_a_pipe_is_left_to_snakemake(folder):
    check_file(ROOT / "config.yaml")
    check_file(folder / "none.yaml")
    os.mkfifo(folder / "pipe")
    check_file(folder / "pipe")  # it would wait here for ever


def test_configuration_of_the_working_folder_comes_before_the_workflows(folder):
    own, workflows = Path("config.yaml"), ROOT / "config.yaml"
    assert own_file(ROOT, []) == workflows
    assert own_file(ROOT, [Path("given.yaml")]) == own
    (folder / "config.yaml").touch()
    assert own_file(ROOT, []) == own
