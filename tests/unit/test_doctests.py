"""The examples in docstrings say what happens."""

import doctest
import importlib
from pathlib import Path

import pytest

SCRIPTS = Path("scripts")
MODULES = sorted(
    ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)
    for path in SCRIPTS.rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_modules_of_every_sort_have_examples():
    assert {name.split(".")[0] for name in MODULES} >= {"analysis", "control", "experiment", "inputs"}
