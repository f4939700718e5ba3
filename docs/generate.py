"""Make the tables in the docs that repeat the code: columns of the results, keys of the configuration.

    python docs/generate.py

It replaces what stands between `<!-- made by docs/generate.py: NAME -->` and `<!-- end -->`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from analysis.tables import TABLES, TYPES  # noqa: E402
from inputs.formats import FORMATS  # noqa: E402

PAGES = ("results/README.md", "docs/configuration.md")
NAMES = {"string": "text", "boolean": "true or false", "integer": "whole number", "object": "mapping"}
PART = re.compile(r"(<!-- made by docs/generate.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown; a | within a cell does not end it."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def columns() -> str:
    """A section for every table of the results: a row per column, the keys first."""
    sections = []
    for name, table in TABLES.items():
        rows = [
            [f"`{column}`{' (key)' if column in table.keys else ''}", TYPES[type][0], meaning]
            for column, (type, meaning) in table.columns.items()
        ]
        about = table.about[0].upper() + table.about[1:]
        sections.append(f"### {name}\n\n{about}.\n\n{markdown_table(['column', 'type', 'meaning'], rows)}\n")
    return "\n".join(sections)


def allowed(schema: dict[str, Any]) -> str:
    """What the schema of a key allows, in a few words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [
        ("minimum", "from"),
        ("exclusiveMinimum", "above"),
        ("maximum", "to"),
        ("exclusiveMaximum", "below"),
    ]
    limits = [f" {word} {schema[key]:,}".replace(",", " ") for key, word in bounds if key in schema]
    words = []
    for name in types:
        if name == "array":
            item = allowed(schema["items"])
            words.append(f"list of {item}" if "`" in item else f"list, each a {item}")
        else:
            words.append(NAMES.get(name, name) + "".join(limits) * (name in ("integer", "number")))
    return " or ".join(words)


def keys_of(schema: dict[str, Any], prefix: str = "") -> Iterator[list[str]]:
    """A row for every key of the schema, sections opened, also those of any name."""
    for name, value in schema["properties"].items():
        key, of_any_name = f"{prefix}{name}", value.get("additionalProperties") or {}
        if "properties" in value and not prefix:
            yield from keys_of(value, f"{key}.")
        else:
            default = f"`{json.dumps(value['default'])}`" if "default" in value else ""
            yield [f"`{key}`", allowed(value), default, " ".join(value["description"].split())]
            if "properties" in of_any_name:
                yield from keys_of(of_any_name, f"{key}.NAME.")


def keys() -> str:
    """The table of all keys of the configuration."""
    schema = yaml.safe_load((ROOT / "schemas/config.schema.yaml").read_text(encoding="utf-8"))
    return markdown_table(["key", "allowed", "default", "meaning"], list(keys_of(schema))) + "\n"


def formats() -> str:
    """The table of the formats of images."""
    rows = [[of.what, of.found, of.writers] for of in FORMATS.values()]
    return markdown_table(["what", "how it is found", "who writes it"], rows) + "\n"


MADE = {"columns": columns, "formats": formats, "keys": keys}


def updated(page: str) -> str:
    """The text of a page with its made parts made again."""
    return PART.sub(lambda part: f"{part[1]}\n{MADE[part[2]]()}\n{part[3]}", page)


def main() -> None:
    for name in PAGES:
        path = ROOT / name
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
