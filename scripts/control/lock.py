"""One run at a time in a folder, and no lock left behind by one that was killed."""

import fcntl
import os
import shutil
import sys
from io import TextIOWrapper
from pathlib import Path

FOLDER = Path(".snakemake")


def hold_folder() -> TextIOWrapper | None:
    """Remove Snakemake's lock of the working folder, unless the process that made it still lives.

    Snakemake's own lock is a file, and after `kill -9` it stands in the way of the next run. The lock that
    is taken here lies with the kernel and ends with the process: who gets it is alone. Keep the open file
    that is returned as long as the run lasts; None, and a line that says so, if another run goes on.
    """
    try:
        FOLDER.mkdir(exist_ok=True)
        held = open(FOLDER / "running", "a+")
    except OSError as error:
        sys.exit(f"ERROR: {Path.cwd()} cannot be written to ({error.strerror}): work in a copy elsewhere.")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.seek(0)
        process = held.read().strip()
        print(f"Another run goes on in this folder (process {process}): wait for its end.", file=sys.stderr)
        held.close()
        return None
    held.truncate(0)
    print(os.getpid(), file=held, flush=True)
    shutil.rmtree(FOLDER / "locks", ignore_errors=True)
    return held
