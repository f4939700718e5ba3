"""Training that survives being stopped: one file with the state after an epoch, and a watch for signals."""

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from plumbing.job import replacing

SECONDS_BETWEEN = 3.0  # the least time between two checkpoints: an epoch of a small network takes less
SIGNALS = {signal.SIGINT, signal.SIGTERM}


class Checkpoint:
    """The state of a training after its last whole epoch: the arrays of all variables, and the history.

    `keep` holds it in memory after every epoch and writes it to `path` every SECONDS_BETWEEN; `write` may be
    called from another thread. The file is whole or not there, and `load` takes it only for the same
    fingerprint.
    """

    def __init__(self, path: str | Path, fingerprint: str) -> None:
        self.path = Path(path)
        self.fingerprint = fingerprint
        self.state: tuple[list[np.ndarray], list[dict]] | None = None
        self.written = time.monotonic()
        self.lock = threading.Lock()

    def load(self) -> tuple[list[np.ndarray], list[dict]] | None:
        """Arrays and history of this very run; None, after a line in the log, if the file is of no use."""
        if not self.path.exists():
            return None
        try:
            with np.load(self.path) as file:
                about = json.loads(str(file["about"]))
                arrays = [file[f"array_{number}"] for number in range(about["arrays"])]
        except Exception as error:  # whatever a damaged file raises
            logging.warning("the checkpoint is damaged and ignored: %s", error)
            return None
        if about["fingerprint"] != self.fingerprint:
            logging.warning("the checkpoint is of other settings, data or code, and ignored")
            return None
        logging.info("going on from the checkpoint after epoch %d", len(about["history"]))
        return arrays, about["history"]

    def keep(self, arrays: list[np.ndarray], history: list[dict]) -> None:
        """Hold the state after an epoch, and write it if the last time is long enough ago."""
        self.state = (arrays, list(history))
        if time.monotonic() - self.written >= SECONDS_BETWEEN:
            self.write()

    def write(self) -> None:
        """Write the state that is held, if any."""
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
        """The run has succeeded."""
        with self.lock:
            self.state = None
            self.path.unlink(missing_ok=True)


def stop_when_told(before: Callable[[], None]) -> None:
    """End this process within a second of SIGINT or SIGTERM, which comes too when its Snakemake is killed.

    `before` is called first. The exit status is 128 + the signal's number. Call it before any other thread
    is started: the signals are blocked in all of them, and taken by a thread of their own, because Python's
    handlers wait for the end of an epoch.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def watch() -> None:
        number = signal.sigwait(SIGNALS)
        logging.error("stopped: %s", signal.strsignal(number))
        try:
            before()
        except OSError as error:  # a full disk must not keep the process from ending
            logging.error("no checkpoint: %s", error)
        finally:
            os._exit(128 + number)

    threading.Thread(target=watch, daemon=True, name="watch for signals").start()
