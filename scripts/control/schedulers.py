"""Why a job ended, from its scheduler's own record."""

import re
import subprocess

TIME = "ran out of time"
MEMORY = "ran out of memory"
CANCELLED = "was cancelled"
DELETED = "was deleted or killed"
NODE = "lost its node"

PATIENCE = 20  # seconds for an answer
MAX_INTERVAL = 180  # seconds between two questions of the plugin slurm 2.8.0
# By the beginning of a state of Slurm. FAILED says nothing of the cause.
SLURM_CAUSES = {
    "TIMEOUT": TIME,
    "DEADLINE": TIME,
    "OUT_OF_MEMORY": MEMORY,
    "CANCELLED": CANCELLED,
    "PREEMPTED": "was preempted",
    "NODE_FAIL": NODE,
    "BOOT_FAIL": NODE,
}
# By `failed` in a record of Grid Engine. 19: a host that came back does not know how its job ended.
GRID_ENGINE_CAUSES = {"100": DELETED, "19": NODE}
LIMIT = "37"


def cause_of(executor: str, number: str) -> str | None:
    """Why the job `number` ended, as the end of a sentence about it. None if no record says.

    executor: Snakemake's plugin. The generic one submits to whichever scheduler its commands are of.
    """
    if executor == "slurm":
        return slurm_cause(number)
    return gridengine_cause(number) or slurm_cause(number)


def answer(*command: str) -> str | None:
    """What a command of a scheduler prints. None if it fails, does not answer, or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def slurm_cause(number: str) -> str | None:
    """By sacct, which needs an accounting database, or by the controller, which forgets jobs in minutes."""
    state = answer("sacct", "-nX", "--parsable2", "--format=State", f"--jobs={number}")
    if not state:
        shown = answer("scontrol", "show", "job", number) or ""
        state = next(iter(re.findall(r"JobState=(\w+)", shown)), "")
    return next((cause for name, cause in SLURM_CAUSES.items() if state.startswith(name)), None)


def gridengine_cause(number: str) -> str | None:
    """By qacct. The record of a job that hit a limit does not say which, but how long the job took."""
    record = dict(re.findall(r"^(\w+) +(.*?) *$", answer("qacct", "-j", number) or "", re.MULTILINE))
    code, _, words = record.get("failed", "0").partition(":")
    code = code.strip()
    if code == LIMIT:
        asked = re.search(r"h_rt=(\d+)", record.get("category", ""))
        used = float(record.get("ru_wallclock", "0").rstrip("s"))
        return TIME if asked and used >= int(asked[1]) else MEMORY
    if code == "0" and record.get("ru_utime", "").startswith("0.000"):  # qdel -f leaves such a record
        return NODE
    if code == "0":
        return None
    return GRID_ENGINE_CAUSES.get(code, f"failed in Grid Engine ({words.strip()})")


def slurm_forgets() -> int | None:
    """Seconds after which Slurm forgets a job that has ended, if Snakemake's plugin may then wait forever.

    The plugin asks squeue up to every 180 s. If a job is forgotten meanwhile, only sacct says how it ended,
    which needs an accounting database.
    """
    age = re.search(r"^MinJobAge\s*=\s*(\d+)", answer("scontrol", "show", "config") or "", re.MULTILINE)
    if age is None or int(age[1]) > MAX_INTERVAL or answer("sacct", "--noheader") is not None:
        return None
    return int(age[1])
