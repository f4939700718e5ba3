"""Jobs per minute through a real Slurm on this machine, with a stand-in for the training that does nothing.

    python benchmarks/cluster.py [--scales 9] [--seeds 5] [--slots 8]

Slurm is started and ended as by the tests (needs their environment, root, Debian's slurm-wlm and munge). Some
of the stand-ins fail at their first try, to see that retries hold.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

from _measure import ROOT, print_machine, print_table, run_command
from whole import copy_workflow

sys.path.insert(0, str(ROOT / "tests/cluster"))
from real_slurm import running_slurm, why_not

STAND_IN = """
import sys
from pathlib import Path

tried = Path(snakemake.params.checkpoint)
if int(round(1000 * snakemake.params.run["scale"])) % 10 == 0 and not tried.exists():
    tried.parent.mkdir(parents=True, exist_ok=True)
    tried.touch()
    sys.exit("the first try fails")
for name in ("model", "card", "history"):
    Path(snakemake.output[name]).touch()
"""
WAYS = {
    "one by one": [],
    "as job arrays": ["--slurm-array-jobs", "add_noise,train_model"],
    "in groups of five pairs": [
        *("--groups", "add_noise=run", "train_model=run"),
        *("--group-components", "run=5"),
    ],
}


def measure(scales: int, seeds: int, *arguments: str) -> tuple[int, float]:
    """Submissions and seconds of all noisy copies and stand-ins, none of which may be missing."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        copy_workflow(folder)
        (folder / "scripts/train_model.py").write_text(STAND_IN)
        (folder / "config.yaml").write_text(
            f"images: {{path: {ROOT}/tests/data/mnist_sample.npz, train: 600, test: 200}}\n"
            f"noise: {{scales: {[round(4 * (k + 1) / scales, 3) for k in range(scales)]}}}\n"
            f"seeds: {list(range(1, seeds + 1))}\n"
        )
        profile = ["--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "5"]
        command = [sys.executable, "-m", "snakemake", *profile, "--until", "train_model", *arguments]
        command = ["bash", "-c", 'exec "$@" 2>&1', "run", *command]
        seconds, _, said = run_command(command, folder, COLUMNS="1000")
        made = len(list(folder.glob("results/models/*/*/*.keras")))
        if made != (scales + 1) * seeds:
            sys.exit(f"ERROR: {made} of {(scales + 1) * seeds} trainings were made")
        print(said.count("Trying to restart"), "jobs were tried again", file=sys.stderr, flush=True)
        return len(re.findall("has been submitted|Submitted array", said)), seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scales", type=int, default=9)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--slots", type=int, default=8)
    options = parser.parse_args()
    if reason := why_not():
        sys.exit(f"ERROR: {reason}")
    print_machine()
    rows = []
    jobs = 2 * (options.scales + 1) * options.seeds
    for way, arguments in WAYS.items():
        with tempfile.TemporaryDirectory() as logs, running_slurm(Path(logs), options.slots):
            submissions, seconds = measure(options.scales, options.seeds, *arguments)
        rows.append([way, submissions, seconds, 60 * jobs / seconds])
    print_table(
        f"{jobs} jobs, {options.slots} slots, {os.cpu_count()} cores",
        ["", "submissions", "seconds", "jobs per minute"],
        rows,
    )


if __name__ == "__main__":
    main()
