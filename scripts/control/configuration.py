"""The configuration's checks and labels: plain functions, used while Snakemake reads its rules."""

import contextlib
import difflib
import json
import math
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml
from jsonschema import ValidationError
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate
from yaml.constructor import ConstructorError

SCHEMA = "schemas/config.schema.yaml"

# How a JSON-schema type is called in a message.
TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a section of keys",
    "string": "a string",
}


class UniqueKeys(yaml.SafeLoader):
    """YAML with every key once. Of one that is there twice PyYAML silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        once = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in once:
                raise ConstructorError(problem=f"{name} is there twice", problem_mark=key.start_mark)
            once.add(name)
        return super().construct_mapping(node, deep)


def read_scalars(value: Any) -> Any:
    """Read the numbers, booleans and nulls that are text: in --config, and 1e-3, which YAML 1.1 takes for it.

    >>> read_scalars({"scales": ["0.5", "1e-3", "x"]})
    {'scales': [0.5, 0.001, 'x']}
    """
    if isinstance(value, dict):
        return {key: read_scalars(item) for key, item in value.items()}
    if isinstance(value, list):
        return [read_scalars(item) for item in value]
    for parse in (yaml.safe_load, json.loads):
        with contextlib.suppress(yaml.YAMLError, ValueError, RecursionError):
            read = parse(value) if isinstance(value, str) else value
            if read is None or isinstance(read, bool | int | float):
                return read
    return value


def check_file(path: Path) -> None:
    """End the process with one line when the file is there and is not YAML with keys at its top."""
    if not path.exists() or path.is_fifo():  # a pipe gives what it has once, to Snakemake
        return
    try:
        with path.open(encoding="utf-8") as file:
            config = yaml.load(file, UniqueKeys)
        json.dumps(config, default=str, skipkeys=True)  # which a section that holds itself cannot be
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        sys.exit(f"ERROR in the configuration: {path} cannot be read: {' '.join(str(error).split())}")
    if not isinstance(config, dict):
        sys.exit(f"ERROR in the configuration: {path} has no keys at its top, such as seeds: [1]")
    if "__use_yte__" in config:  # by which Snakemake would execute what stands in the values
        sys.exit(f"ERROR in the configuration: {path} has __use_yte__: take it out, values are not code here")


def check_config(config: dict[str, Any], folder: Path) -> None:
    """Check a configuration, set its defaults and give its numbers one form, in place.

    `folder` is the workflow's, with the schema. Ends the process with one line that names the key, the value
    and what is allowed.
    """
    try:
        # Twice: setting defaults needs sections that are sections.
        validate(config, folder / SCHEMA, set_default=False)
        validate(config, folder / SCHEMA)
        find_images(config["images"], folder)
        check_values(config)
    except WorkflowError as error:
        sys.exit(f"ERROR in the configuration: {explain(error.__context__)}")
    except ValueError as error:
        sys.exit(f"ERROR in the configuration: {error}")
    normalise(config)


def explain(error: ValidationError) -> str:
    """One line for a value that the schema refuses: the key, the value, and what is allowed."""
    key = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
    ).lstrip(".")
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        unknown = next(name for name in error.instance if name not in allowed)
        close = difflib.get_close_matches(str(unknown), allowed, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        name = str(unknown) if str(unknown).isidentifier() else json.dumps(str(unknown))
        path = f"{key}.{name}".lstrip(".")
        return f"{path} is not a known key{hint}; allowed here: {', '.join(allowed)}"
    value = textwrap.shorten(json.dumps(error.instance, default=str), 200, placeholder=" ...")
    return f"{key or 'the configuration'} is {value}; allowed: {describe(error.schema)}"


def describe(schema: dict[str, Any]) -> str:
    """What a schema allows, in words: 'a whole number from 1 to 60000'."""
    if "enum" in schema:
        return " or ".join(schema["enum"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    text = " or ".join(TYPES[name] for name in types)
    if "items" in schema:
        text += " of one or more" + (", each different" if schema.get("uniqueItems") else "")
        if "maxItems" in schema:
            text += f", at most {schema['maxItems']}"
        return f"{text}, each {describe(schema['items'])}"
    for bound, words in [
        ("minimum", " from {}"),
        ("exclusiveMinimum", " above {}"),
        ("maximum", " to {}"),
        ("exclusiveMaximum", " to below {}"),
    ]:
        if bound in schema:
            text += words.format(schema[bound])
    return text


def check_values(config: dict[str, Any]) -> None:
    """What a JSON schema cannot say. Raises ValueError with one line for a user."""
    numbers = {f"noise.scales[{i}]": scale for i, scale in enumerate(config["noise"]["scales"])}
    numbers |= {f"training.{key}": config["training"][key] for key in ("dropout", "learning_rate")}
    for key, value in numbers.items():
        if not math.isfinite(value):
            raise ValueError(f"{key} is {value}; allowed: a finite number")
    path = config["images"]["path"]
    if path is not None and not Path(path).expanduser().exists():
        raise ValueError(
            f"images.path is {json.dumps(path)}, which does not exist; allowed: an .npz file, "
            "a folder with the four IDX files, or null to download"
        )


def find_images(images: dict[str, Any], folder: Path) -> None:
    """Let a relative images.path that is not in the working folder be one in the workflow's, in place."""
    path = images["path"]
    if path and not Path(path).expanduser().exists() and (folder / path).exists():
        images["path"] = os.path.relpath(folder / path)


def normalise(config: dict[str, Any]) -> None:
    """Give every number its one form, in place, so that `1` written for `1.0` changes nothing."""
    noise, training = config["noise"], config["training"]
    noise["scales"] = sorted({0.0, *(float(scale) + 0.0 for scale in noise["scales"])})
    for key in ("dropout", "learning_rate"):
        training[key] = float(training[key])
    for key in ("epochs", "batch_size"):
        training[key] = int(training[key])
    training["hidden_units"] = [int(units) for units in training["hidden_units"]]
    for key in ("train", "test"):
        config["images"][key] = int(config["images"][key])
    config["seeds"] = sorted(int(seed) for seed in config["seeds"])
