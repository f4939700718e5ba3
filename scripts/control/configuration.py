"""The configuration: read, checked, given its defaults and one form, while Snakemake reads its rules."""

import contextlib
import datetime
import difflib
import json
import math
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from snakemake.utils import validate
from yaml.constructor import ConstructorError

from control.images import check_braces, check_name, check_test
from control.networks import complete_networks, say_new_form
from control.test_sets import complete_sets
from control.training_options import complete_training
from experiment.ceiling import KNOWN_KINDS
from experiment.draws import CLEAN, DRAWS
from experiment.filters import POSTERIOR_MEAN
from experiment.noise import KINDS
from inputs.formats import SUPPORTED
from inputs.people import find_people

SCHEMA = "schemas/config.schema.yaml"
SIMPLE = (bool, int, float, type(None))

IMAGES_PATH = f"{SUPPORTED}, or null to download"

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
    """YAML with every key once. Of one that appears twice PyYAML silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        once = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in once:
                raise ConstructorError(problem=f"{name} appears twice", problem_mark=key.start_mark)
            once.add(name)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.Node) -> Any:
        value = super().construct_scalar(node)
        if node.tag.endswith((":int", ":float")) and (other := misread(value)):
            raise ConstructorError(problem=other, problem_mark=node.start_mark)
        return value


def misread(text: str) -> str | None:
    """What YAML 1.1 makes of numbers like 010 and 1:30, in words, as people mean another one.

    >>> misread("010"), misread("0.10")
    ('YAML reads 010 as 8. Write the number without the leading 0', None)
    """
    text = text.strip()
    if not re.fullmatch(r"[-+]?(0[0-7_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)", text):
        return None
    said = f"YAML reads {text} as {yaml.safe_load(text)}"
    if ":" in text:
        return f"{said}. Write a list with commas, such as [1, 30], or the number itself"
    return f"{said}. Write the number without the leading 0"


def convert(value: Any, schema: dict[str, Any], scalar: Callable[[Any, set[str]], Any]) -> Any:
    """The value with `scalar(item, types)` for every item that the schema wants to be of simple types."""
    if isinstance(value, dict):
        inner, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {key: convert(item, inner.get(key, others), scalar) for key, item in value.items()}
    if isinstance(value, list):
        return [convert(item, schema.get("items", {}), scalar) for item in value]
    types = schema.get("type", [])
    return scalar(value, {types} if isinstance(types, str) else set(types))


def read_text(value: Any, types: set[str]) -> Any:
    """Read text where the schema wants something else: --config gives text, and so does YAML 1.1 for 1e-3.

    >>> read_text("1e-3", {"number"}), read_text("2024", {"string"}), read_text("null", {"string", "null"})
    (0.001, '2024', None)
    """
    if not isinstance(value, str) or types <= {"string"}:
        return value
    if "null" in types and value.strip().lower() == "null":
        return None
    if not types <= {"string", "null"} and (other := misread(value)):
        raise ValueError(other)
    for parse in (yaml.safe_load, json.loads):
        with contextlib.suppress(yaml.YAMLError, ValueError, RecursionError):
            read = parse(value)
            if "string" not in types and isinstance(read, SIMPLE):
                return read
    return value


def one_form(value: Any, types: set[str]) -> Any:
    """The one form of a number, so that `1` written for `1.0` changes nothing."""
    if value is None or isinstance(value, str):
        return value
    if "boolean" in types and "number" in types:  # a key of Keras's: only Keras knows what it takes
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if "integer" in types:
        return int(value)
    return float(value) + 0.0 if "number" in types else value  # + 0.0 turns -0.0 into 0.0


def find_not_finite(value: Any, key: str = "") -> str | None:
    """Key of the first number that is nan or infinite, which JSON schema cannot refuse."""
    if isinstance(value, dict):
        inner = {f"{key}.{name}".lstrip("."): item for name, item in value.items()}
    elif isinstance(value, list):
        inner = {f"{key}[{index}]": item for index, item in enumerate(value)}
    else:
        return key if isinstance(value, float) and not math.isfinite(value) else None
    return next(filter(None, (find_not_finite(item, name) for name, item in inner.items())), None)


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
        sys.exit(f"ERROR in the configuration: {path} has __use_yte__. Remove it: values are not code here")


def own_file(folder: Path, given: Iterable[Path]) -> Path:
    """The configuration of the working folder; where it has none, and none is given, the workflow's own."""
    path = Path("config.yaml")
    return path if path.exists() or any(given) else folder / path


def check_config(config: dict[str, Any], folder: Path, given: Iterable[Path] = ()) -> list[str]:
    """Check a configuration, set its defaults and give its numbers one form, in place. The names of the
    networks that it takes away: those that are null.

    `folder` is the workflow's, with the schema. `given`: files of the configuration that the command names.
    Ends the process with one line that names the key, the value and what is allowed.
    """
    folders = [*(path.parent for path in given), folder]
    try:
        schema = yaml.safe_load((folder / SCHEMA).read_text(encoding="utf-8"))
        if "network" in config:
            raise ValueError(say_new_form(config["network"]))
        config.update(convert(config, schema, read_text))
        # Setting defaults needs sections that are sections.
        Draft202012Validator(schema).validate(config)
        validate(config, folder / SCHEMA)
        if key := find_not_finite(config):
            raise ValueError(f"{key} is nan; allowed: a finite number")
        images = config["images"]
        images["path"] = existing_path(images["path"], folders, "images.path", IMAGES_PATH)
        check_name(images)
        check_test(images)
        given_sets = config["evaluation"]["sets"]
        config["evaluation"]["sets"] = complete_sets(given_sets)
        for name, test_set in config["evaluation"]["sets"].items():
            key = f"evaluation.sets.{name}" + ".path" * isinstance(given_sets[name], dict)
            test_set["path"] = existing_path(test_set["path"], folders, key, SUPPORTED)
        taken_away = [name for name, network in config["networks"].items() if network is None]
        networks = complete_networks(config["networks"], config["training"])
        config["training"] = complete_training(config["training"], {})
        for name, network in networks.items():
            if "path" in network:
                key = f"networks.{name}.path"
                network["path"] = existing_path(network["path"], folders, key, "a Python file")
                check_braces([network["path"]])
            for setting, allowed in (("trained", "a .keras or .onnx file"), ("code", "a Python file")):
                if network.get(setting):
                    key = f"networks.{name}.{setting}"
                    network[setting] = existing_path(network[setting], folders, key, allowed)
                    check_braces([network[setting]])
    except ValidationError as error:
        sys.exit(f"ERROR in the configuration: {explain(error)}")
    except ValueError as error:
        sys.exit(f"ERROR in the configuration: {error}")
    config.update(convert(config | {"networks": networks}, schema, one_form))
    test = config["images"]["test"]
    config["images"]["test"] = int(test) if test and test >= 1 else test  # else a share of the images
    noise = config["noise"]
    noise["scales"] = sorted({0.0, *noise["scales"]})
    kind = KINDS[noise["kind"]]
    if kind.bounded and not noise["clip"]:
        sys.exit(
            f"ERROR in the configuration: noise.clip is false; allowed: true. Pixels with {noise['kind']} "
            "never leave the range from 0 to 1"
        )
    if not kind.random:  # drawn again at one scale, it would be the same
        draws = (CLEAN if DRAWS[draw].one_scale else draw for draw in noise["draws"])
        noise["draws"] = list(dict.fromkeys(draws))
    if noise["kind"] in config["evaluation"]["kinds"]:
        sys.exit(
            f"ERROR in the configuration: evaluation.kinds has {noise['kind']}, which is noise.kind. "
            "Add its scales to noise.scales"
        )
    if POSTERIOR_MEAN in config["filters"] and noise["kind"] not in KNOWN_KINDS:
        sys.exit(
            f"ERROR in the configuration: filters has {POSTERIOR_MEAN}, which is known for noise.kind "
            f"{', '.join(KNOWN_KINDS)} alone, and not for {noise['kind']}. Take it away"
        )
    for scales in config["evaluation"]["kinds"].values():
        scales.sort()
    config["seeds"].sort()
    return taken_away


def check_occlusion(config: dict[str, Any], shape: tuple[int, ...]) -> None:
    """End this process with one line where a square is too small to hide a pixel. shape: of an image."""
    kinds = {config["noise"]["kind"]: config["noise"]["scales"], **config["evaluation"]["kinds"]}
    side = min(shape[:2])
    for scale in kinds.get("occlusion", []):
        if scale > 0 and round(scale * side) == 0:
            sys.exit(
                f"ERROR in the configuration: occlusion of scale {scale:g} hides no pixel of images with "
                f"{shape[0]} x {shape[1]}; allowed: scales above {0.5 / side:g}"
            )


def check_people() -> dict[str, str]:
    """The files in people/, by the name of the person. Ends this process with one line for a wrong one."""
    try:
        return find_people()
    except (OSError, ValueError) as error:
        sys.exit(f"ERROR: {' '.join(str(error).split())}. Fix the file, or move it out of the folder")


def existing_path(path: str | None, folders: Iterable[Path], key: str, allowed: str) -> str | None:
    """A path, in the working folder or else in the first of `folders` that has it; None stays None. Raises
    ValueError when none has.

    key: of the configuration; allowed: what its file may be, for the message.
    """
    with contextlib.suppress(OSError, RuntimeError):  # a name that is too long, the home of no user
        if path is None or Path(path).expanduser().exists():
            return path and os.path.expanduser(path)
        for folder in folders:
            if (folder / path).exists():
                return os.path.relpath(folder / path)
    shown = textwrap.shorten(json.dumps(path), 200, placeholder=" ...")
    raise ValueError(f"{key} is {shown}, which does not exist; allowed: {allowed}")


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
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        allowed = describe(error.schema["properties"][missing])
        return f"{key}.{missing} is missing, and has no default here; allowed: {allowed}"
    value = textwrap.shorten(json.dumps(error.instance, default=str), 200, placeholder=" ...")
    if isinstance(error.instance, datetime.date):
        return f"{key} is a date ({error.instance}), as YAML reads it. Put it in quotes, if it is a name"
    if isinstance(error.instance, bool) and "string" in str(error.schema.get("type")):
        value = f"{value}, as YAML reads yes and no, on and off. Put it in quotes, if it is a name"
    return f"{key or 'the configuration'} is {value}; allowed: {describe(error.schema)}"


def describe(schema: dict[str, Any]) -> str:
    """What a schema allows, in words: 'a whole number from 1 to 60000'."""
    if "enum" in schema:
        return " or ".join(schema["enum"])
    if "pattern" in schema:
        return "a name of letters, digits, spaces, '-', '_' and '.', at most 60"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    text = " or ".join(TYPES[name] for name in types)
    if "minLength" in schema:
        text = text.replace(TYPES["string"], f"{TYPES['string']} that is not empty")
    if "items" in schema:
        if schema.get("minItems", 0) == schema.get("maxItems"):
            several = text.replace("a list", f"a list of {schema['minItems']}")
            return f"{several}, each {describe(schema['items'])}"
        if schema.get("minItems", 0) > 1:
            several = text.replace("a list", f"a list of {schema['minItems']} to {schema['maxItems']}")
            return f"{several}, each {describe(schema['items'])}"
        text += " of one or more" * (schema.get("minItems", 1) > 0) + (
            ", each different" if schema.get("uniqueItems") else ""
        )
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
