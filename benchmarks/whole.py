"""Compare the notebook with the whole workflow, from the fetched images to the table.

    python benchmarks/whole.py [--epochs 20] [--repeats 1] [--cores 2]

Both run in turn, in one session. The notebook is benchmarks/notebook.py. The workflow is
`snakemake --cores 2` in a copy of this folder that has the images but no other results. It makes the noise,
samples, six trainings, baselines, evaluations, comparison, figures and tables.
"""

import argparse
import csv
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import ROOT, print_machine, print_table, run_command

PARTS = ["Snakefile", "config.yaml", "rules", "scripts", "schemas", "profiles", "report"]


def copy_workflow(folder: Path, *results: str) -> None:
    """Copy the workflow, then `results`. As they are newer than the code, they are not made again."""
    for part in [*PARTS, *results]:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, target)


def run_workflow(folder: Path, cores: int, epochs: int, *arguments: str) -> float:
    """Run the sweep in `folder`. Gives its seconds."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    return run_command([*command, *arguments, "--config", f"training={{epochs: {epochs}}}"], folder)[0]


def benchmark_files(folder: Path, rule: str) -> list[dict[str, float]]:
    """What Snakemake measured for each job of a rule: s (seconds), max_rss (MB), ..."""
    rows = []
    for path in sorted(folder.glob(f"logs/{rule}/**/*.benchmark.tsv")):
        with open(path) as file:
            rows += csv.DictReader(file, delimiter="\t")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    print_machine()
    notebook, workflow, notebook_memory, job_memory = [], [], [], []
    for _ in range(options.repeats):
        command = [sys.executable, "benchmarks/notebook.py", "--epochs", str(options.epochs)]
        seconds, memory, _ = run_command(command)
        notebook.append(seconds)
        notebook_memory.append(memory)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            copy_workflow(folder, "results/images")
            workflow.append(run_workflow(folder, options.cores, options.epochs))
            job_memory += [float(row["max_rss"]) for row in benchmark_files(folder, "train_model")]
    ours, theirs = statistics.median(workflow), statistics.median(notebook)
    print_table(
        f"The whole assignment, {options.epochs} epochs, {options.cores} cores, median of {options.repeats}",
        ["", "seconds", "peak memory of a process, MB"],
        [
            ["notebook: 7 trainings by Keras's fit", theirs, f"{max(notebook_memory):.0f}"],
            [f"workflow: snakemake --cores {options.cores}", ours, f"{max(job_memory):.0f}"],
            ["ratio", theirs / ours, f"{max(notebook_memory) / max(job_memory):.1f}"],
        ],
    )


if __name__ == "__main__":
    main()
