"""A finished training that goes on: what its .keras file has, and what that lacks."""

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from experiment.libraries import keras
from experiment.training import built_optimizer, count_gpus, restore, state_of


def counters_of(network: keras.Model) -> list[keras.Variable]:
    """The states of Keras's random number generators, which Keras does not store with a network."""
    return [variable for variable in network.variables if variable.name == "seed_generator_state"]


def state_facts(network: keras.Model) -> dict[str, Any]:
    """What the card of a training says of its last state, so that a longer one can go on from it.

    generators: states of the random number generators. state_sha256: SHA-256 of all that `state_of` copies.
    """
    checksum = hashlib.sha256()
    for array in state_of(network):
        checksum.update(f"{array.dtype} {array.shape}\n".encode() + array.tobytes())
    generators = [np.asarray(variable).tolist() for variable in counters_of(network)]
    return {"generators": generators, "state_sha256": checksum.hexdigest()}


def load_state(network: keras.Model, model: Path, card: dict[str, Any]) -> str | None:
    """Load the last state of a training from its .keras file and its card. Says why that is not possible.

    The state must be the stored one, bit for bit. Otherwise the network stays as it was.
    """
    if card.get("gpus") != count_gpus():
        return "it was trained with another number of GPUs"
    built_optimizer(network)
    before = state_of(network)
    try:
        with warnings.catch_warnings(action="ignore"):  # of what does not fit, which the checksum finds
            network.load_weights(model)
        for variable, state in zip(counters_of(network), card["generators"], strict=True):
            variable.assign(state)
        if state_facts(network)["state_sha256"] == card["state_sha256"]:
            return None
        reason = "its .keras file does not have the whole state of the network"
    except Exception as error:  # whatever Keras raises for a file of another network
        reason = " ".join(str(error).split())
    restore(network, before)
    return reason
