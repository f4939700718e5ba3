"""Where the core-seconds of the default study go, and how wrong the time left is that it says.

    python benchmarks/sweep.py [--repeats 10] [--cores 2]

Every run starts in a copy of this folder without results. The images come from results/images, as from an
.npz file, so that no download is timed. Imports are measured alone, each script in a process of its own.
"""

import argparse
import functools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import ROOT, print_machine, print_table, run_command
from whole import benchmark_files, copy_workflow

LEFT = re.compile(r"about (?:(\d+) min)? ?(?:(\d+) s)? left")
RULES = [
    *("fetch_images", "add_noise", "plot_samples", "fit_baselines", "estimate_ceiling", "train_model"),
    *("evaluate_models", "compare_scales", "make_lab", "plot_figures", "write_tables"),
]
WITH_TENSORFLOW = ("train_model", "evaluate_models", "make_lab")  # imported after the log has been started


@functools.cache
def import_seconds(rule: str) -> float:
    """Seconds until Python has started and imported what a job of the rule needs: the median of three."""
    modules = f"{rule}, experiment.training" if rule in WITH_TENSORFLOW else rule
    command = [sys.executable, "-c", f"import {modules}"]
    quiet = {"PYTHONPATH": str(ROOT / "scripts"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return statistics.median(run_command(command, **quiet)[0] for _ in range(3))


def run_sweep(folder: Path, cores: int) -> tuple[float, list[tuple[float, float]]]:
    """Run a sweep. Gives its seconds, and for each line of progress when it came and the seconds left."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    start, lines = time.perf_counter(), []
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if found := LEFT.search(line):
            minutes, seconds = (int(number or 0) for number in found.groups())
            lines.append((time.perf_counter() - start, 60 * minutes + seconds))
    if process.wait():
        sys.exit(f"ERROR: {' '.join(command)} ended with status {process.returncode}")
    return time.perf_counter() - start, lines


def core_seconds(folder: Path, whole: float, report: float, cores: int) -> dict[str, float]:
    """Core-seconds of a finished sweep by what they were spent on. whole and report: seconds of each."""
    jobs = {rule: [float(job["s"]) for job in benchmark_files(folder, rule)] for rule in RULES}
    histories = pd.read_csv(folder / "results/histories.csv").groupby(["draw", "scale", "seed"])["seconds"]
    epochs = (histories.median() * histories.size()).sum()
    compiling = (histories.first() - histories.median()).sum()
    parts = {"epochs, with validation": epochs, "compiling, in the first epoch": compiling}
    imports = {rule: len(jobs[rule]) * import_seconds(rule) for rule in jobs}
    parts["starting Python and importing, all jobs"] = sum(imports.values())
    rest = {rule: sum(jobs[rule]) - imports[rule] for rule in jobs}
    rest["train_model"] -= epochs + compiling
    parts["trainings: checking, reading, storing"] = rest.pop("train_model")
    parts |= {f"{rule}, without imports": seconds for rule, seconds in rest.items()}
    spent = sum(map(sum, jobs.values()))
    parts["the report, on one core"] = report
    parts["Snakemake, waiting, cores without work"] = cores * (whole + report) - spent - report
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    print_machine()
    found, rows, outside = [], [], []
    for number in range(1, options.repeats + 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            copy_workflow(folder)
            arrays = {path.stem: np.load(path) for path in (ROOT / "results/images").glob("*.npy")}
            np.savez(folder / "images.npz", **arrays)
            config = folder / "config.yaml"
            config.write_text(config.read_text().replace("path: null", "path: images.npz", 1))
            whole, lines = run_sweep(folder, options.cores)
            report = run_command(
                [sys.executable, "-m", "snakemake", "--report", "results/report.html"], folder
            )[0]
            found.append(core_seconds(folder, whole, report, options.cores))
            trainings = [float(job["s"]) for job in benchmark_files(folder, "train_model")]
            outside.append(statistics.mean(trainings) - found[-1]["epochs, with validation"] / len(trainings))
        quarters = []
        for share in (0.25, 0.5, 0.75):
            when, said = next(line for line in lines if line[0] >= share * whole)
            quarters += [f"{said} / {whole - when:.0f}", f"{said / (whole - when) - 1:+.0%}"]
        rows.append([number, whole, *quarters])
        print(f"run {number}: {rows[-1]}", file=sys.stderr, flush=True)
    shares = [f"{share}, {what}" for share in ("1/4", "1/2", "3/4") for what in ("said / was, s", "wrong by")]
    print_table("The time left, said after a part of the run", ["run", "seconds", *shares], rows)
    total = statistics.median(sum(parts.values()) for parts in found)
    print_table(
        f"Core-seconds of the default study and its report, {options.cores} cores, "
        f"medians of {options.repeats}",
        ["", "core-seconds", "share"],
        [
            [part, seconds, f"{seconds / total:.1%}"]
            for part in found[0]
            for seconds in [statistics.median(parts[part] for parts in found)]
        ],
    )
    print_table("A training outside its epochs", ["", "seconds"], [["median", statistics.median(outside)]])
    print(f"load average {os.getloadavg()}")


if __name__ == "__main__":
    main()
