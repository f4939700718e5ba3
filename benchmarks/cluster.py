"""Jobs per minute through a real Slurm on this machine: what a job costs whose script does nothing.

    python benchmarks/cluster.py [--scales 9] [--seeds 5] [--slots 16] [--pairs 5] [--ways singly arrays ...]

The noisy copies and the trainings are stand-ins that create empty files; those trainings with seed 1 whose
scale has one digit after the point fail at their first try, to see that retries hold. Slurm is started and
ended as by the tests (needs their environment, root, Debian's slurm-wlm and munge).
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

FAIL_AT_FIRST = (
    "case {wildcards.scale}_{wildcards.seed} in "
    "?.?_1) [ -e {output.card}.tried ] || {{ touch {output.card}.tried; exit 1; }} ;; "
    "esac; "
)
STAND_INS = {
    "data": ("add_noise", "touch {output}"),
    "train": ("train_model", FAIL_AT_FIRST + "touch {output}"),
}
WAYS = {
    "singly": [],
    "arrays": ["--slurm-array-jobs", "add_noise,train_model"],
    # So many stand-ins side by side would have to be given the memory of so many trainings.
    "groups": [
        *("--groups", "add_noise=run", "train_model=run"),
        *("--set-resources", "add_noise:mem_mb=100", "train_model:mem_mb=100"),
        *("--group-components", "run={pairs}"),
    ],
}


def measure(scales: int, seeds: int, *arguments: str) -> tuple[int, float]:
    """Submissions and seconds of all noisy copies and stand-ins, none of which may be missing."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        copy_workflow(folder)
        for file, (rule, command) in STAND_INS.items():
            rules = folder / f"rules/{file}.smk"
            script = f'script:\n        "../scripts/{rule}.py"'
            assert script in rules.read_text()
            rules.write_text(rules.read_text().replace(script, f'shell:\n        "{command}"'))
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
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=5, help="noisy copies, with their trainings, in a group")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    if reason := why_not():
        sys.exit(f"ERROR: {reason}")
    print_machine()
    rows = []
    jobs = 2 * (options.scales + 1) * options.seeds
    for way in options.ways:
        with tempfile.TemporaryDirectory() as logs, running_slurm(Path(logs), options.slots):
            arguments = [argument.format(pairs=options.pairs) for argument in WAYS[way]]
            submissions, seconds = measure(options.scales, options.seeds, *arguments)
        rows.append([way, submissions, seconds, 60 * jobs / seconds])
    print_table(
        f"{jobs} jobs, {options.slots} slots, {os.cpu_count()} cores",
        ["", "submissions", "seconds", "jobs per minute"],
        rows,
    )


if __name__ == "__main__":
    main()
