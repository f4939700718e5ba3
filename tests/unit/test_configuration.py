"""Labels of scales, the numbers' one form, and messages about values that are not allowed."""

import copy

import pytest
import yaml
from control.configuration import describe, normalise, read_scalars
from experiment.runs import chosen_scales, scale_label


@pytest.mark.parametrize(
    ("scale", "label"),
    [(0, "0.0"), (-0.0, "0.0"), (1, "1.0"), (0.1, "0.1"), (1e-5, "1e-05"), (1000, "1000.0")],
)
def test_scale_label(scale, label):
    assert scale_label(scale) == label
    assert float(scale_label(scale)) == scale


def test_chosen_scales_are_few_and_keep_both_ends():
    chosen = chosen_scales(range(100), 8)
    assert len(set(chosen)) == 8
    assert (chosen[0], chosen[-1]) == (0, 99)
    assert chosen_scales([0.0, 1.0], 8) == [0.0, 1.0]
    assert chosen_scales(range(8), 8) == list(range(8))


def test_normalise_gives_equal_configurations_one_form():
    config = yaml.safe_load(open("config.yaml"))
    other = copy.deepcopy(config)
    other["noise"]["scales"] = [4, 2, 1, 0.5, 0.1, 0]
    other["training"] |= {"epochs": 20.0, "learning_rate": 1.0e-3, "hidden_units": [512.0, 512]}
    normalise(config)
    normalise(other)
    assert repr(config) == repr(other)
    assert config["noise"]["scales"] == [0.0, 0.1, 0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("3", 3),
        ("null", None),
        ("true", True),
        ("mnist", "mnist"),
        ("a: b", "a: b"),
        ("1e-3", 0.001),
        ("[", "["),
        ("2026-99-99", "2026-99-99"),
    ],
)
def test_read_scalars(text, value):
    assert read_scalars({"key": [text]}) == {"key": [value]}
    assert type(read_scalars(text)) is type(value)


def test_describe_every_key_of_the_schema():
    def leaves(schema):
        for section in schema.get("properties", {}).values():
            yield from leaves(section)
        if "properties" not in schema:
            yield schema

    schema = yaml.safe_load(open("schemas/config.schema.yaml"))
    described = [describe(leaf) for leaf in leaves(schema)]
    assert len(described) == 13
    assert described[2] == "a whole number from 1 to 60000"
    assert "a number above 0 to 1" in described


def test_schema_says_all_of_every_key_and_its_defaults_are_config_yaml():
    def check(schema, value):
        assert schema["description"]
        assert "default" in schema
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False
            assert set(schema["properties"]) == set(value)
            for key, section in schema["properties"].items():
                check(section, value[key])
        else:
            assert schema["default"] == value

    schema = yaml.safe_load(open("schemas/config.schema.yaml"))
    schema |= {"description": schema["title"], "default": {}}
    check(schema, yaml.safe_load(open("config.yaml")))
