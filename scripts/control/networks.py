"""The networks of a configuration: their names checked, their settings completed.

A network is of a kind that the workflow knows (`kind`), an own one in a Python file (`path`), or a
pretrained one, in a .keras or .onnx file (`trained`).
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from control.training_options import complete_training
from experiment.counts import OTHER_CLASSIFIERS
from experiment.draws import DRAWS
from experiment.network import KINDS
from experiment.trained import KEYS
from inputs.datasets import is_misread

NAME = re.compile(r"[^\W\d_][\w.-]{0,39}")
ANY = ("training",)  # keys that every network may have


def say_new_form(network: Any) -> str:
    """How to write a section `network`, which configurations once had.

    >>> say_new_form({"name": "cnn", "dropout": 0.1})
    'network is now networks, with a name for each. Write networks: {"cnn": {"dropout": 0.1}}'
    """
    settings = dict(network) if isinstance(network, Mapping) else {}
    kind = settings.pop("name", "mlp")
    path = settings.get("path")
    settings = {key: value for key, value in settings.items() if value is not None}
    name, settings = ("my_network", {"path": path}) if path else (kind, settings)
    said = json.dumps({name: settings}, default=str)
    return f"network is now networks, with a name for each. Write networks: {said}"


def check_name(name: Any) -> None:
    """Raise ValueError for the name of a network that is none, or that means something else in the tables."""
    key = f"networks.{name}"
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(
            f"{key} is not a name; allowed: a letter, then letters, digits, '-', '_' and '.', at most 40"
        )
    # In the losses, draws and "clean" stand beside networks.
    if name in (*OTHER_CLASSIFIERS, *DRAWS, "clean") or is_misread(name):
        raise ValueError(f"{key} means something else in the tables. Choose another name, such as my_network")


def complete(name: str, network: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """The settings of a network, with the defaults of its kind and the training values of all.

    Raises ValueError for a network of no kind or of two, and for keys that its kind does not have.

    >>> complete("cnn", {"training": {"epochs": 6}}, {"epochs": 20, "optimizer": "sgd"})
    {'kind': 'cnn', 'dropout': 0.2, 'training': {'epochs': 6, 'optimizer': {'name': 'sgd'}}}
    """
    key = f"networks.{name}"
    if network.get("trained") is not None:
        return complete_trained(key, network)
    given = {setting: value for setting, value in network.items() if value is not None}
    own = {"training": complete_training(training, given.pop("training", {}))}
    sources = [source for source in ("kind", "path", "trained") if source in given]
    if len(sources) > 1:
        raise ValueError(
            f"{key} has {' and '.join(sources)}. Keep the one that is meant, or give the other network "
            "another name"
        )
    if "path" in given:
        about, defaults = "an own network, which its file decides", {"path": given["path"]}
    else:
        kind = given.setdefault("kind", name if name in KINDS else None)
        if kind is None:
            raise ValueError(
                f"{key} does not say what it is; give it kind ({' or '.join(KINDS)}), path (a Python "
                "file), or trained (a .keras or .onnx file)"
            )
        about, defaults = f"of kind {kind}", {"kind": kind, **KINDS[kind]}
    if unused := next((setting for setting in given if setting not in defaults), None):
        raise ValueError(
            f"{key}.{unused} has no effect: {name} is {about}. Remove the key, or choose "
            "another name for this network"
        )
    return defaults | given | own


def say_taken_away(names: list[str]) -> None:
    """Name the networks that are null, to standard error. YAML also reads a name with no value as null."""
    for name in names:
        print(
            f"networks.{name} is null, so it is not trained. To train it, give it a kind or a path.",
            file=sys.stderr,
        )


def complete_trained(key: str, network: dict[str, Any]) -> dict[str, Any]:
    """The settings of a pretrained network: KEYS of experiment/trained.py, None where none is given.

    key: of the configuration. Raises ValueError for keys that it does not have, and for pixels of another
    form.
    """
    given = {setting: value for setting, value in network.items() if value not in (None, "auto")}
    if unused := next((setting for setting in given if setting not in KEYS), None):
        raise ValueError(f"{key}.{unused} has no effect: the network is pretrained. Remove the key")
    check_pixels(f"{key}.pixels", given.get("pixels"))
    if "classes" in given:
        given["classes"] = list(map(str, given["classes"]))
    return dict.fromkeys(KEYS) | given


def check_pixels(key: str, pixels: Any) -> None:
    """Raise ValueError where it does not say which values pixels have."""
    if isinstance(pixels, dict):
        fits = set(pixels) == {"mean", "std"} and all(value > 0 for value in np.atleast_1d(pixels["std"]))
    elif isinstance(pixels, list):
        fits = len(pixels) == 2 and pixels[0] != pixels[1]
    else:
        fits = pixels in (None, "per_image")
    if not fits:
        raise ValueError(
            f"{key} is {json.dumps(pixels)}; allowed: the values of black and of white, such as [0, 255]; "
            "{mean: 0.1307, std: 0.3081}, each a number or one for each channel; or per_image"
        )


def complete_networks(
    networks: dict[str, dict[str, Any] | None], training: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """All networks of a configuration by name, but those that are null: taken away. Raises ValueError."""
    for name in networks:
        check_name(name)
    kept = {name: network for name, network in networks.items() if network is not None}
    if not kept:
        raise ValueError("networks has no network; give it one or more, such as {mlp: {kind: mlp}}")
    names: dict[str, str] = {}
    for name in kept:
        other = names.setdefault(name.casefold(), name)
        if other != name:
            raise ValueError(
                f"networks.{other} and networks.{name} are one name to some file systems. Rename one"
            )
    return {name: complete(name, network, training) for name, network in kept.items()}
