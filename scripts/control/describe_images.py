"""Read and check images of the user's own, and say what they are, for control/images.py."""

import logging
import resource
from dataclasses import asdict
from typing import Any

from control.apart import answer_apart
from control.machine import MB, memory_of_one
from inputs.arrays import UNREADABLE, one_line
from inputs.own_images import describe


def describe_apart(path: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The data set and the facts about it, or the error."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # A damaged file may make a library ask for more memory than there is.
    resource.setrlimit(resource.RLIMIT_AS, (memory_of_one() * MB, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        data_set, facts = describe(path, settings)
    except UNREADABLE as error:
        return {"error": f"{path}: {one_line(error)}"}
    return {"data_set": asdict(data_set), "facts": facts}


if __name__ == "__main__":
    answer_apart(describe_apart)
