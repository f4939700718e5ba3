"""Optimizers and learning rates, tried with Keras before the first job, in a process of its own."""

import math
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from control.apart import answer_apart, ask_apart
from control.code import code_checksum
from control.remember import remembered
from experiment.optimizer import ADAM, make_optimizer, make_rate

# Keys of an optimizer that the section training has too.
BELONGS_TO_OPTIMIZER = ("learning_rate", "weight_decay", "clipnorm")
SHARE = 0.1  # of the training images that early stopping holds out


def complete_training(training: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The training values of a network, in one form: the optimizer as a mapping, without the keys that the
    training has too. These count where they belong to the optimizer. What is off (null) is left out, so that
    a key that is not used changes no settings.

    training: the values of all networks. own: those of this one, which go before.

    >>> complete_training({"optimizer": {"name": "SGD", "learning_rate": 0.1}, "learning_rate": 0.001}, {})
    {'optimizer': {'name': 'sgd'}, 'learning_rate': 0.1}
    """
    values = training | own
    optimizer = values.get("optimizer", ADAM)
    optimizer = {"name": optimizer} if isinstance(optimizer, str) else dict(optimizer)
    for key in BELONGS_TO_OPTIMIZER:
        if key in optimizer:
            value = optimizer.pop(key)
            if "optimizer" in own or key not in own:
                values[key] = value
    keys = {key: optimizer[key] for key in sorted(optimizer) if key != "name"}
    values = {key: value for key, value in values.items() if value is not None}
    if values.get("precision") == "float32":
        del values["precision"]
    if "early_stopping" in values:
        values["early_stopping"] = {"share": SHARE} | values["early_stopping"]
    return values | {"optimizer": {"name": optimizer["name"].lower(), **keys}}


def check_training(trainings: dict[str, dict[str, Any]]) -> None:
    """End this process with one line where Keras refuses an optimizer or a learning rate.

    trainings: complete training values, by the key of the configuration that has them.
    """
    unusual: list[tuple[str, dict[str, Any]]] = []
    for key, training in trainings.items():
        options = {option: training.get(option) for option in ("optimizer", *BELONGS_TO_OPTIMIZER)}
        # Adam at a constant rate needs no check, and Keras takes seconds to import.
        usual = options["optimizer"] == ADAM and not isinstance(options["learning_rate"], dict)
        if not usual and options not in (other for _, other in unusual):
            unusual.append((key, options))
    if unusual:
        about = [code_checksum(Path(__file__), ()), version("keras"), unusual]
        remembered(
            "training", about, lambda: ask_apart(__file__, "training", unusual, where="the configuration")
        )


def check_held_out(trainings: dict[str, dict[str, Any]], images: int, classes: int) -> None:
    """End this process with one line where early stopping may have no image to hold out.

    trainings: as for check_training. images: for training.
    """
    if images > classes:  # so a class has two
        return
    for key, training in trainings.items():
        if "early_stopping" in training:
            sys.exit(
                f"ERROR in the configuration: {key}.early_stopping holds out one image or more of each class "
                f"that has two, but there are {images} training images of {classes} classes. Set it to null, "
                "or add images"
            )


def find_fault(options: dict[str, Any]) -> str | None:
    """The key and the reason where Keras refuses these options, if it does."""
    import numpy as np

    from experiment.libraries import keras

    try:
        rate = make_rate(options["learning_rate"])
        if isinstance(options["learning_rate"], dict) and not 0 <= (first := float(rate(0))) < math.inf:
            return f"learning_rate: {options['learning_rate']['name']} starts at {first:g}; allowed: from 0"
    except Exception as error:  # whatever Keras raises
        return f"learning_rate: {explain(error)}"
    try:
        optimizer = make_optimizer(**options)
        variables = [keras.Variable(np.ones(shape, np.float32)) for shape in ((3, 2), (2,))]
        optimizer.build(variables)
        optimizer.apply([keras.ops.ones_like(variable) for variable in variables])
    except Exception as error:
        return f"optimizer: {explain(error)}"
    return None


def explain(error: Exception) -> str:
    """What Keras says, in one line, with the kind of error where that is not about a value."""
    said = " ".join(re.sub(r"\{\{function_node \S+\}\}", "", str(error)).split())[:400]  # TensorFlow's own
    return said if isinstance(error, ValueError) else f"{type(error).__name__}: {said}"


def answer_for(_: str, trainings: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The `error` of the first options that Keras refuses, if any."""
    for key, options in trainings:
        if fault := find_fault(options):
            return {"error": f"{key}.{fault}"}
    return {}


if __name__ == "__main__":
    answer_apart(answer_for)
