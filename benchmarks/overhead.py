"""What the workflow itself costs: a full sweep, a sweep with nothing to do, and one more scale.

python benchmarks/overhead.py [--epochs 20] [--cores 2]
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd
from _measure import print_machine, print_table
from whole import benchmark_files, copy_workflow, run_workflow


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_workflow(folder, "results/images")
        full = run_workflow(folder, options.cores, options.epochs)
        histories = pd.read_csv(folder / "results/histories.csv")
        training = histories["seconds"].sum() / options.cores
        rules = [
            "add_noise",
            "train_model",
            "fit_baselines",
            "estimate_ceiling",
            "evaluate_models",
            "compare_scales",
            "plot_figures",
        ]
        costs = [
            [rule, len(jobs), sum(float(job["s"]) for job in jobs) / len(jobs)]
            for rule in rules
            for jobs in [benchmark_files(folder, rule)]
        ]
        nothing = run_workflow(folder, options.cores, options.epochs)
        config = folder / "config.yaml"
        config.write_text(config.read_text().replace("scales: [", "scales: [0.25, "))
        added = run_workflow(folder, options.cores, options.epochs)
        wide = f"train_model={options.cores}"
        config.write_text(config.read_text().replace("scales: [", "scales: [0.75, "))
        threads = run_workflow(folder, options.cores, options.epochs, "--set-threads", wide)
    print_table(
        f"What the workflow itself costs, {options.epochs} epochs, {options.cores} cores",
        ["", "seconds"],
        [
            ["a full run", full],
            ["seconds of all epochs, over the cores", training],
            ["ratio", full / training],
            ["a run with nothing to do", nothing],
            ["one scale added", added],
            [f"one scale added, with --set-threads {wide}", threads],
        ],
    )
    print_table("Seconds of a job", ["rule", "jobs", "mean seconds"], costs)


if __name__ == "__main__":
    main()
