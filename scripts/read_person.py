"""Read what a person recognised, as the quiz of the lab saved it.

In:  people/<name>.csv: scale, right, n.
Out: the counts at every scale, as CSV; a card.
"""

import logging

import pandas as pd

from experiment.counts import COLUMNS
from inputs.people import read_scores
from plumbing.job import finish_job, start_log
from plumbing.outputs import write_csv


def person_counts(path: str, kind: str) -> pd.DataFrame:
    """The counts of a person, in COLUMNS, one row per scale. path: of their file. kind: of noise."""
    rows = []
    for scale, correct, n in read_scores(path):
        rows.append({"classifier": path, "kind": kind, "scale": scale, "correct": correct, "n": n})
        logging.info("scale %g: %d of %d", scale, correct, n)
    return pd.DataFrame(rows, columns=COLUMNS)


def main() -> None:
    start_log(snakemake.log[0])  # a file of the user's own has no card
    counts = person_counts(snakemake.input.scores, snakemake.params.settings["kind"])
    write_csv(counts, snakemake.output.table)
    finish_job(snakemake, inputs={})


if __name__ == "__main__":
    main()
