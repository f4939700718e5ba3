"""One sweep at a time in a folder, and no lock left behind by one that was killed."""

import fcntl
import os
import shutil
import sys
from io import TextIOWrapper
from pathlib import Path

FOLDER = Path(".snakemake")


def hold_folder() -> TextIOWrapper | None:
    """Remove Snakemake's lock of the working folder, unless the process that made it still lives.

    Snakemake's own lock is a file: after `kill -9` it stays, and stops the next start. The lock that is taken
    here is the kernel's and ends with its process, so whoever gets it is alone. Keep the open file that is
    returned as long as the process lives. Where the file system has no locks, Snakemake's own is left to do
    its work, and it gives None. Raises BlockingIOError, with a line for people, where another process has it.
    """
    try:
        FOLDER.mkdir(exist_ok=True)
        held = open(FOLDER / "running", "a+")
    except OSError as error:
        sys.exit(f"ERROR: {Path.cwd()} cannot be written to ({error.strerror}). Work in a copy elsewhere.")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if isinstance(error, BlockingIOError):
            held.seek(0)
            process = held.read().strip()
            held.close()
            raise BlockingIOError(
                f"Another run is using this folder (process {process}). Wait until it has finished."
            ) from None
        held.close()
        return None
    held.truncate(0)
    print(os.getpid(), file=held, flush=True)
    shutil.rmtree(FOLDER / "locks", ignore_errors=True)
    return held
