"""What the docs repeat of the code is made from it, and is not stale."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import generate  # noqa: E402


@pytest.mark.parametrize("page", generate.PAGES)
def test_what_is_made_from_the_code_is_as_the_code_says(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text == generate.updated(text), "stale: run `make docs`"


def test_a_stale_table_is_made_again_and_the_rest_stays():
    text = "Before.\n<!-- made by docs/generate.py: keys -->\nstale row\n<!-- end -->\nAfter.\n"
    again = generate.updated(text)
    assert again.startswith(
        "Before.\n<!-- made by docs/generate.py: keys -->\n\n| key | allowed | default | meaning |"
    )
    assert again.endswith("\n<!-- end -->\nAfter.\n")
    assert "| `training.epochs` | whole number from 1 to 10 000 | `20` |" in again
    assert "stale row" not in again


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 10000}, "whole number from 1 to 10 000"),
        ({"type": ["number", "null"], "exclusiveMinimum": 0}, "number above 0 or null"),
        ({"type": "array", "items": {"type": "number", "minimum": 0}}, "list, each a number from 0"),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}, "list of `a`, `b`"),
        ({"type": "boolean"}, "true or false"),
    ],
)
def test_what_a_key_allows_is_said_in_words(schema, text):
    assert generate.allowed(schema) == text
