"""What every job does: write a log, check its inputs, explain its errors, and stop when it is told to."""

import contextlib
import ctypes
import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from plumbing.cards import check_files, write_card

PR_SET_PDEATHSIG = 1  # linux/prctl.h
SIGNALS = (signal.SIGINT, signal.SIGTERM)
CODE = (".py", ".js", ".css", ".html")  # inputs that are on no card

# Faults of the machine, which are explained in one line.
MACHINE = {
    errno.ENOSPC: "the disk is full. Free some space",
    errno.EDQUOT: "your disk quota is used up. Free some space",
    errno.EROFS: "the disk is read-only. Make it writable",
    errno.EACCES: "you have no permission to read or write here. Change the permissions",
    errno.EPERM: "you have no permission to read or write here. Change the permissions",
    errno.EIO: "the disk reported an error. Look at the system's log",
    errno.ENOMEM: "there is not enough memory. Free some or ask for more",
}


def start_job(job: Any, own: Iterable[str] = ()) -> dict[str, str]:
    """Start a job of Snakemake: open its log, and check its inputs against their cards.

    job: the object `snakemake` of a script. Its inputs are code, cards (.json), files that are on one of
    these cards, and people's own files, which are on none (`own`). Returns the SHA-256 of every checked
    input, by its name.
    """
    start_log(job.log[0])
    cards = [path for path in job.input if path.endswith(".json")]
    files = [path for path in job.input if not path.endswith((".json", *CODE)) and path not in set(own)]
    return check_files(files, cards)


def finish_job(job: Any, inputs: dict[str, str], **facts: Any) -> None:
    """Finish a job of Snakemake: write the card of its outputs.

    inputs: the SHA-256 of every checked input, from start_job. facts: what else the card says. The settings
    and the inputs on the card tell the workflow later whether the outputs are out of date.
    """
    files = [path for path in job.output if path != job.output.card]
    write_card({**facts, "settings": job.params.settings, "inputs": inputs}, job.output.card, files)


def start_log(path: str) -> None:
    """Send everything that this process prints to the file `path`, and end the process with its Snakemake.

    This redirects the file descriptors, which native code (TensorFlow) uses too. Call it before importing
    such a library.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    sys.excepthook = explain_error
    end_with_snakemake()


def end_with_snakemake() -> None:
    """End this process if its Snakemake dies."""
    with contextlib.suppress(AttributeError):  # only Linux has it; elsewhere, an orphan runs to its end
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def explain_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Explain why a job has failed: in one line for a fault of the machine, otherwise by the traceback."""
    if issubclass(kind, MemoryError):
        error = OSError(errno.ENOMEM, "")
    if isinstance(error, OSError) and error.errno in MACHINE:
        name = f"{error.filename}: " if error.filename else ""
        print(f"ERROR: {name}{MACHINE[error.errno]}, then run the same command again.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def stop_when_told(*before: Callable[[], None]) -> None:
    """End this process within a second of SIGINT or SIGTERM, which it also gets when its Snakemake is killed.

    `before` is called first. The exit status is 128 + the signal's number. A handler in Python would have to
    wait for the end of an epoch. So Python's handler in C writes the signal's number to a pipe, and a thread
    that waits there ends the process.
    """
    source, target = os.pipe()
    os.set_blocking(target, False)
    signal.set_wakeup_fd(target)
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)

    def watch() -> None:
        number = os.read(source, 1)[0]
        logging.error("stopped: %s", signal.strsignal(number))
        try:
            for call in before:
                call()
        except OSError as error:  # a full disk must not keep the process from ending
            logging.error("could not write the checkpoint: %s", error)
        finally:
            os._exit(128 + number)

    threading.Thread(target=watch, daemon=True, name="watch for signals").start()
