"""Read what a person recognised, as the quiz of the lab saved it, and add intervals.

In:  people/<name>.csv: scale, right, n.
Out: CSV, one row per scale; a card.
"""

import logging

import pandas as pd

from analysis.intervals import wilson_interval
from inputs.people import Score, read_scores
from plumbing.job import finish_job, start_log
from plumbing.outputs import write_csv


def person_rows(person: str, scores: list[Score]) -> list[dict[str, object]]:
    """Person, scale, accuracy, n and its interval for every score."""
    rows = []
    for scale, right, n in scores:
        low, high = wilson_interval(right, n)
        row = {"person": person, "scale": scale, "accuracy": right / n, "n": n}
        rows.append(row | {"accuracy_low": low, "accuracy_high": high})
        logging.info("scale %g: %d of %d", scale, right, n)
    return rows


def main() -> None:
    start_log(snakemake.log[0])  # a file of the user's own has no card
    person = snakemake.params.settings["person"]
    rows = person_rows(person, read_scores(snakemake.input.scores))
    write_csv(pd.DataFrame(rows), snakemake.output.table)
    finish_job(snakemake, inputs={})


if __name__ == "__main__":
    main()
