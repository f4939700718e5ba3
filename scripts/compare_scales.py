"""Merge what was measured in every run, compare the scales, and say the answer.

In:  per run its history; per scale and seed its baselines, and its ceiling if one was estimated; per seed
     its evaluations and confusion; the cards of all these and of the images; the draws and the kind of noise.
Out: all of these as one CSV each; comparison.csv, robustness.csv, classes.csv, losses.csv where there is a
     ceiling, and kinds.csv where other kinds of noise are tested (see analysis/tables.py); answer.txt
     (sentences); card.json.
"""

import logging
import sys

from analysis.answer import answer
from analysis.losses import accuracies_of_readers, equivalent_scales, losses
from analysis.summaries import class_recall, compare_kinds, compare_scales, robustness
from analysis.tables import MEASURED, merge_tables
from plumbing.agreement import find_disagreement
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_csv, write_text


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    draws = settings["draws"]
    images = read_card(snakemake.input.images_card)
    tables = {name: merge_tables(name, snakemake.input[name]) for name in MEASURED if snakemake.input[name]}
    evaluations = tables["evaluations"]
    if difference := find_disagreement(tables["histories"], evaluations, settings["kind"]):
        sys.exit(f"ERROR: {difference}.")
    own_kind = evaluations[evaluations["kind"] == settings["kind"]]
    equivalents = None
    if "ceilings" in tables:
        ceilings = tables["ceilings"]
        readers = accuracies_of_readers(own_kind, ceilings, draws)
        tables["losses"] = losses(readers, draws, ceilings["n"].iloc[0])
        equivalents = equivalent_scales(readers, draws)
    baselines = tables["baselines"]
    chance = baselines.loc[baselines["method"] == "chance", "accuracy"].iloc[0]
    tables |= {
        "comparison": compare_scales(tables["histories"], images["test"], draws, equivalents),
        "robustness": robustness(own_kind, chance, draws),
        "classes": class_recall(tables["confusion"], draws),
    }
    if len(own_kind) < len(evaluations):
        tables["kinds"] = compare_kinds(evaluations, draws)
    sentences = answer(tables, images["noun"], settings["kind"])
    logging.info(sentences)
    for name, table in tables.items():
        write_csv(table, snakemake.output[name])
    write_text(sentences + "\n", snakemake.output.answer)
    finish_job(snakemake, inputs, runs=len(snakemake.input.histories))


if __name__ == "__main__":
    main()
