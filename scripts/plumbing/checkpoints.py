"""Checkpoints: the state of a training after an epoch, in one file. A stopped training resumes from it."""

import hashlib
import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from plumbing.outputs import replacing

FORMAT = 2  # of a checkpoint; raise it with every change that older code would misread
SECONDS_BETWEEN = 3.0  # at least, between two checkpoints: an epoch of a small network takes less


class Checkpoint:
    """The state of a training after its last complete epoch: the arrays of all variables, and the history.

    `about`: everything that decides the bits of every epoch. `keep` keeps the state in memory after every
    epoch, and writes it to `path` at most every SECONDS_BETWEEN. `write` may be called from another thread.
    The file is written atomically. `load` accepts it only if its `about` is equal.
    """

    def __init__(self, path: str | Path, about: dict[str, Any]) -> None:
        self.path = Path(path)
        about = {"format": FORMAT, **about}
        self.fingerprint = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        self.state: tuple[list[np.ndarray], list[dict]] | None = None
        self.written = time.monotonic()
        self.lock = threading.Lock()

    def load(self, epochs: int) -> tuple[list[np.ndarray], list[dict]]:
        """Arrays and history of this training, which has so many epochs. Both are empty if there is no usable
        file.
        """
        if not self.path.exists():
            return [], []
        try:
            with np.load(self.path) as file:
                about = json.loads(str(file["about"]))
                arrays = [file[f"array_{number}"] for number in range(about["arrays"])]
                history, fingerprint = about["history"], about["fingerprint"]
                last = history[-1]["epoch"]
        except Exception as error:  # whatever a damaged file raises
            logging.warning("ignoring a damaged checkpoint: %s", error)
            return [], []
        if fingerprint != self.fingerprint:
            logging.warning("ignoring the checkpoint: it has other settings, data, code, versions or threads")
            return [], []
        if last > epochs:
            logging.warning("ignoring the checkpoint: it is after epoch %d of now %d", last, epochs)
            return [], []
        logging.info("resuming from the checkpoint after epoch %d", last)
        return arrays, history

    def keep(self, arrays: list[np.ndarray], history: list[dict]) -> None:
        """Keep the state after an epoch in memory, and write it if the last one is old enough."""
        self.state = (arrays, list(history))
        if time.monotonic() - self.written >= SECONDS_BETWEEN:
            self.write()

    def write(self) -> None:
        """Write the state in memory, if there is one."""
        with self.lock:
            if self.state is None:
                return
            arrays, history = self.state
            about = {"fingerprint": self.fingerprint, "arrays": len(arrays), "history": history}
            named = {f"array_{number}": array for number, array in enumerate(arrays)}
            with replacing(self.path) as part:
                np.savez(part, about=json.dumps(about), **named)
            self.written = time.monotonic()

    def remove(self) -> None:
        """Delete the file: the training has succeeded."""
        with self.lock:
            self.state = None
            self.path.unlink(missing_ok=True)
