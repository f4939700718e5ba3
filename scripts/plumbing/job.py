"""What every job does: it logs, checks its inputs, explains its errors, and ends when it is told to."""

import contextlib
import ctypes
import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from plumbing.cards import check_files, write_card

PR_SET_PDEATHSIG = 1  # linux/prctl.h
SIGNALS = (signal.SIGINT, signal.SIGTERM)
CODE = (".py", ".js", ".css", ".html")  # inputs that are on no card

# Faults of the machine, each told in one line.
MACHINE = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "your quota of the disk is used up: make room",
    errno.EROFS: "the disk is read-only: make it writable",
    errno.EACCES: "you may not write or read there: change the permissions",
    errno.EPERM: "you may not write or read there: change the permissions",
    errno.EIO: "the disk reported an error: look at the system's log",
    errno.ENOMEM: "there is not enough memory: close other programs, or use fewer cores",
}


def start_job(job: Any) -> dict[str, str]:
    """Begin a job of Snakemake: its log, and a check of its inputs against their cards.

    job: the object `snakemake` of a script. Gives the SHA-256 of every checked input, by its path. Inputs are
    code, cards (.json) and files that are on one of these cards.
    """
    start_log(job.log[0])
    cards = [path for path in job.input if path.endswith(".json")]
    return check_files((path for path in job.input if not path.endswith((".json", *CODE))), cards)


def finish_job(job: Any, inputs: dict[str, str], **facts: Any) -> None:
    """End a job of Snakemake: write the card of its outputs.

    inputs: the SHA-256 of every checked input, as start_job gives it. facts: what else the card says. With
    the settings and the inputs, the workflow knows later whether it would make the same files again.
    """
    files = [path for path in job.output if path != job.output.card]
    write_card({**facts, "settings": job.params.settings, "inputs": inputs}, job.output.card, files)


def start_log(path: str) -> None:
    """Send all that this process prints to the file `path`, and let it end when its Snakemake is killed.

    The descriptors themselves are redirected, so that native code (TensorFlow) is caught too: call it before
    such a library is imported.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    sys.excepthook = explain_error
    with contextlib.suppress(AttributeError):  # Linux alone has it; elsewhere an orphan trains to its end
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def log_epoch(row: dict, epochs: int) -> None:
    """A line for a row of the history, as by train: of how many epochs, and what it measured."""
    logging.info(
        "epoch %d/%d  loss %.4f  accuracy %.4f  val_loss %.4f  val_accuracy %.4f  %.2f s",
        *(row["epoch"], epochs, row["loss"], row["accuracy"]),
        *(row["val_loss"], row["val_accuracy"], row["seconds"]),
    )


def explain_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The end of a job that has failed: one line for a fault of the machine, else the traceback."""
    if issubclass(kind, MemoryError):
        error = OSError(errno.ENOMEM, "")
    if isinstance(error, OSError) and error.errno in MACHINE:
        name = f" ({error.filename})" if error.filename else ""
        print(f"ERROR: {MACHINE[error.errno]}, and give the same command again.{name}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def stop_when_told(before: Callable[[], None]) -> None:
    """End this process within a second of SIGINT or SIGTERM, which also comes when its Snakemake is killed.

    `before` is called first. The exit status is 128 + the signal's number. Python's handlers wait for the end
    of an epoch. So the handler in C, in whatever thread the signal comes, writes its number to a pipe, from
    which a thread of its own takes it.
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
            before()
        except OSError as error:  # a full disk must not keep the process from ending
            logging.error("could not write the checkpoint: %s", error)
        finally:
            os._exit(128 + number)

    threading.Thread(target=watch, daemon=True, name="watch for signals").start()
