"""Jobs per minute through a real Slurm on this machine, with jobs that do nothing; or the assignment.

    python benchmarks/cluster.py [--scales 9] [--seeds 5] [--slots 16] [--size 5] [--ways singly groups]
    python benchmarks/cluster.py --assignment 5

With --assignment, the sweep of config.yaml runs with so many epochs: one by one, and in two kinds of groups.
Otherwise stand-ins replace the trainings and create empty files. The noisy copies are empty files that exist
from the start. To test retries, stand-ins with seed 1 fail at their first try if their scale has one digit
after the point.

The script starts and stops Slurm as the tests do. It needs the tests' environment, root, and Debian's
slurm-wlm and munge.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import psutil
from _measure import ROOT, print_machine, print_table, run_command
from whole import copy_workflow

sys.path.insert(0, str(ROOT / "tests/cluster"))
from real_slurm import running_slurm, why_not

STAND_IN = (
    "case {wildcards.scale}_{wildcards.seed} in "
    "?.?_1) [ -e {output.card}.tried ] || {{ touch {output.card}.tried; exit 1; }} ;; "
    "esac; touch {output}"
)
WAYS = {
    "singly": [],
    "arrays": ["--slurm-array-jobs", "train_model"],
    # Otherwise a group of n stand-ins would ask for the memory of n trainings.
    "groups": [
        *("--groups", "train_model=run", "--group-components", "run={size}"),
        *("--set-resources", "train_model:mem_mb=100"),
    ],
}

PROFILE = ["--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "5"]
SUBMITTED = re.compile("has been submitted|Submitted array")
SHORT = ["add_noise=run", "fit_baselines=run", "estimate_ceiling=run"]
# Slots of Slurm, and arguments. A group of all jobs of a noisy copy asks for three cores: three of its jobs
# can run at a time.
WAYS_OF_ASSIGNMENT = {
    "one by one": (2, []),
    "every training with its noisy copy": (2, ["--groups", "add_noise=run", "train_model=run"]),
    "all jobs of a noisy copy": (6, ["--groups", *SHORT, "train_model=run"]),
}


def busy_seconds() -> float:
    """Core-seconds that this machine has worked since its start."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait


def run_profile(folder: Path, *arguments: str) -> tuple[int, float, str]:
    """Run through Slurm. Gives the number of submissions, the seconds and what was said."""
    command = [sys.executable, "-m", "snakemake", *PROFILE, *arguments]
    command = ["bash", "-c", '"$@" 2>&1 | tee run.log; exit ${PIPESTATUS[0]}', "run", *command]
    seconds, _, said = run_command(command, folder, COLUMNS="1000")
    return len(SUBMITTED.findall(said)), seconds, said


def measure_assignment(epochs: int) -> None:
    rows = []
    for way, (slots, arguments) in WAYS_OF_ASSIGNMENT.items():
        with tempfile.TemporaryDirectory() as logs, running_slurm(Path(logs), slots):
            folder = Path(tempfile.mkdtemp(dir=ROOT, prefix="tmp"))  # kept if something fails
            copy_workflow(folder, "results/images")
            before = busy_seconds()
            training = ["--config", f"training={{epochs: {epochs}}}"]
            submissions, seconds, _ = run_profile(folder, *arguments, *training)
            rows.append([way, submissions, seconds, busy_seconds() - before])
            shutil.rmtree(folder)
        print(rows[-1], file=sys.stderr, flush=True)
    header = ["", "submissions", "seconds", "core-seconds of the machine"]
    print_table(f"The assignment with {epochs} epochs, {os.cpu_count()} cores", header, rows)


def measure(scales: list[float], seeds: range, *arguments: str) -> tuple[int, float]:
    """Number of submissions, and seconds for all stand-ins. Every stand-in must leave its result."""
    folder = Path(tempfile.mkdtemp(dir=ROOT, prefix="tmp"))  # kept if something fails
    copy_workflow(folder)
    rules = folder / "rules/train.smk"
    script = 'script:\n        "../scripts/train_model.py"'
    assert script in rules.read_text()
    rules.write_text(rules.read_text().replace(script, f"shell:\n        '{STAND_IN}'"))
    (folder / "config.yaml").write_text(
        f"images: {{path: {ROOT}/tests/data/mnist_sample.npz, train: 600, test: 200}}\n"
        f"noise: {{scales: {scales}}}\n"
        f"seeds: {list(seeds)}\n"
    )
    snakemake = [sys.executable, "-m", "snakemake"]
    run_command([*snakemake, "--cores", "1", "--quiet", "--until", "fetch_images"], folder)
    for scale in [0.0, *scales]:
        for seed in seeds:
            noisy = folder / f"results/noisy/scale_{scale}/seed_{seed}"
            noisy.mkdir(parents=True)
            for name in ("x_train.npy", "x_test.npy", "card.json"):
                (noisy / name).touch()
    submissions, seconds, said = run_profile(folder, "--until", "train_model", *arguments)
    made = len(list(folder.glob("results/models/*/*/*/*.keras")))
    if made != (len(scales) + 1) * len(seeds):
        sys.exit(f"ERROR: {made} of {(len(scales) + 1) * len(seeds)} trainings were made, see {folder}")
    shutil.rmtree(folder)
    print(said.count("Trying to restart"), "jobs were tried again", file=sys.stderr, flush=True)
    return submissions, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scales", type=int, default=9)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--size", type=int, default=5, help="trainings in a group")
    # Not arrays: when a task fails, results are missing at the end (docs/cluster.md).
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["singly", "groups"])
    parser.add_argument("--assignment", type=int, metavar="EPOCHS")
    options = parser.parse_args()
    if reason := why_not():
        sys.exit(f"ERROR: {reason}")
    print_machine()
    if options.assignment:
        return measure_assignment(options.assignment)
    rows = []
    scales = [round(4 * (k + 1) / options.scales, 3) for k in range(options.scales)]
    jobs = (options.scales + 1) * options.seeds
    for way in options.ways:
        with tempfile.TemporaryDirectory() as logs, running_slurm(Path(logs), options.slots):
            arguments = [argument.format(size=options.size) for argument in WAYS[way]]
            submissions, seconds = measure(scales, range(1, options.seeds + 1), *arguments)
        rows.append([way, submissions, seconds, 60 * jobs / seconds])
    print_table(
        f"{jobs} jobs, {options.slots} slots, {os.cpu_count()} cores",
        ["", "submissions", "seconds", "jobs per minute"],
        rows,
    )


if __name__ == "__main__":
    main()
