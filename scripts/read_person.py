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


def main() -> None:
    start_log(snakemake.log[0])  # a file of the user's own has no card
    settings = snakemake.params.settings
    rows = []
    for scale, correct, n in read_scores(snakemake.input.scores):
        row = {"classifier": snakemake.input.scores, "kind": settings["kind"], "scale": scale}
        rows.append(row | {"correct": correct, "n": n})
        logging.info("scale %g: %d of %d", scale, correct, n)
    write_csv(pd.DataFrame(rows, columns=COLUMNS), snakemake.output.table)
    finish_job(snakemake, inputs={})


if __name__ == "__main__":
    main()
