"""Compare the whole workflow with the notebook, and with what users of PyTorch or joblib would write instead.

    python benchmarks/whole.py [--epochs 20] [--repeats 3] [--cores 2]

All run in turn, in one session, from the fetched images. Before each, its libraries are read from the disk,
so that none has to wait for them. The others end with the accuracies of seven trainings (scale 0.5 twice,
as in the notebook). The workflow is timed in two parts, in a copy of this folder that has the images but no
other results. The first is like theirs: noise, six trainings with their histories. The second is what the
others do not do: samples, baselines, ceilings, evaluations, tables, figures, the lab.
"""

import argparse
import csv
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import PEERS, ROOT, print_machine, print_table, run_command

LIKE = "workflow: noise and six trainings"
REST = "workflow: the rest of it"
PARTS = ["Snakefile", "config.yaml", "rules", "scripts", "schemas", "profiles", "report"]


def copy_workflow(folder: Path, *results: str) -> None:
    """Copy the workflow, then `results`. As they are newer than the code, they are not made again."""
    for part in [*PARTS, *results]:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, target)


def read_libraries(python: str | Path) -> None:
    """Read all files of the environment of this Python, so that they are in memory."""
    for path in Path(python).parents[1].rglob("*"):
        if path.is_file():
            path.read_bytes()


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
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    print_machine()
    peers = {
        "notebook: Keras's fit, seven trainings": [sys.executable, "benchmarks/notebook.py"],
        "the same, two at a time under joblib": [sys.executable, "benchmarks/notebook_joblib.py"],
    }
    if PEERS.exists():
        peers["PyTorch, a loop of seven trainings"] = [PEERS, "benchmarks/notebook_torch.py"]
    found = {name: [] for name in (*peers, LIKE, REST)}
    for _ in range(options.repeats):
        for name, command in peers.items():
            read_libraries(command[0])
            seconds, memory, _ = run_command([*command, "--epochs", str(options.epochs)])
            found[name].append((seconds, memory))
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            copy_workflow(folder, "results/images")
            for name, arguments in ((LIKE, ["--until", "train_model"]), (REST, [])):
                read_libraries(sys.executable)
                seconds = run_workflow(folder, options.cores, options.epochs, *arguments)
                rules = ["train_model", "evaluate_models"][: 1 if name == LIKE else 2]
                jobs = [job for rule in rules for job in benchmark_files(folder, rule)]
                found[name].append((seconds, max(float(job["max_rss"]) for job in jobs)))
        print(
            {name: [round(seconds) for seconds, _ in runs] for name, runs in found.items()}, file=sys.stderr
        )
    both = [like[0] + rest[0] for like, rest in zip(found[LIKE], found[REST], strict=True)]
    ours = statistics.median(seconds for seconds, _ in found[LIKE])
    rows = [
        [
            name,
            statistics.median(seconds for seconds, _ in runs),
            " to ".join(f"{end(seconds for seconds, _ in runs):.0f}" for end in (min, max)),
            statistics.median(seconds for seconds, _ in runs) / ours,
            statistics.median(seconds for seconds, _ in runs) / statistics.median(both),
            f"{max(memory for _, memory in runs):.0f}",
        ]
        for name, runs in found.items()
    ]
    print_table(
        f"The whole assignment, {options.epochs} epochs, {options.cores} cores, median of {options.repeats}",
        ["", "seconds", "all within", "/ trainings", "/ all of the workflow", "peak memory of a process, MB"],
        rows,
    )


if __name__ == "__main__":
    main()
