"""The examples in docstrings say what happens."""

import doctest
import importlib
from pathlib import Path

import pytest

MODULES = [
    *("analysis.answer", "analysis.losses", "control.configuration", "control.duration", "control.replaced"),
    "control.stale",
    "control.sweep",
    *("experiment.ceiling", "experiment.network", "experiment.runs", "inputs.own_images", "lab.page"),
    *("lab.words", "plumbing.environment"),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_every_module_with_examples_is_among_them():
    scripts = Path("scripts")
    found = [path for path in scripts.rglob("*.py") if ">>>" in path.read_text(encoding="utf-8")]
    assert sorted(".".join(path.relative_to(scripts).with_suffix("").parts) for path in found) == MODULES
