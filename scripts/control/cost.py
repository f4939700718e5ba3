"""What every stage has cost: written after a run, from what Snakemake has measured of all jobs so far.

No job writes it: that would read files of other jobs which are none of its inputs, and miss those of the jobs
that end after it.
"""

import csv
from collections import defaultdict
from pathlib import Path

from plumbing.outputs import replacing

COST = "results/cost.csv"
COLUMNS = ("rule", "jobs", "mean_seconds", "total_seconds", "max_memory_mb")


def write_cost(logs: Path, path: str) -> None:
    """Write one row per rule, the oldest measurement first. Its columns are those in analysis/tables.py.

    logs: the folder with a folder of benchmark files for every rule.
    """
    seconds, memory, started = defaultdict(list), defaultdict(list), {}
    for measured in logs.glob("*/**/*.benchmark.tsv"):
        rule, made = measured.relative_to(logs).parts[0], measured.stat().st_mtime
        started[rule] = min(made, started.get(rule, made))
        with open(measured, encoding="utf-8") as file:
            for job in csv.DictReader(file, delimiter="\t"):
                seconds[rule].append(float(job["s"]))
                if job["max_rss"] != "-":  # of a job that was too short to look at
                    memory[rule].append(float(job["max_rss"]))
    with replacing(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for rule in sorted(seconds, key=started.get):
            total, count = sum(seconds[rule]), len(seconds[rule])
            largest = round(max(memory[rule]), 1) if memory[rule] else ""
            table.writerow([rule, count, round(total / count, 1), round(total, 1), largest])
