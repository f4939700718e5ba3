"""Remove the lock that a killed Snakemake has left behind."""

import fcntl
import shutil
from io import TextIOWrapper
from pathlib import Path

FOLDER = Path(".snakemake")


def hold_folder() -> TextIOWrapper | None:
    """Remove Snakemake's lock of the working folder, unless the process that made it still lives.

    Snakemake's own lock is a file, and after `kill -9` it stands in the way of the next run. The lock that
    is taken here lies with the kernel and ends with the process: who gets it is alone. Keep the open file
    that is returned as long as the run lasts; None if another run goes on, which Snakemake then says.
    """
    FOLDER.mkdir(exist_ok=True)
    held = open(FOLDER / "running", "w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        return None
    shutil.rmtree(FOLDER / "locks", ignore_errors=True)
    return held
