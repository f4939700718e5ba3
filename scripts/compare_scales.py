"""Merge what was measured in every run, compare the scales, and say the answer.

In:  per run its history; per scale and seed its baselines; per seed its evaluations and confusion; the draws.
Out: all of these as one CSV each; comparison.csv (one row per draw and scale), robustness.csv (one row per
     network), classes.csv (one row per draw, scale and digit), answer.txt (sentences), card.json.

What is read has exactly the rows that it should have, or nothing is written.
"""

import logging

from analysis.answer import answer
from analysis.robustness import class_recall, robustness
from analysis.summaries import add_wilson_intervals, compare_scales
from analysis.tables import read_all
from plumbing.cards import write_card
from plumbing.job import replacing, start_log


def main() -> None:
    start_log(snakemake.log[0])
    inputs, draws = snakemake.input, snakemake.params.about["draws"]
    histories, baselines, evaluations, confusion = read_all(inputs, snakemake.params.about).values()
    baselines = add_wilson_intervals(baselines)
    # A guess is right in one of ten cases: nothing is measured.
    baselines.loc[baselines["method"] == "chance", ["accuracy_low", "accuracy_high"]] = None
    tables = {
        "histories": histories,
        "baselines": baselines,
        "evaluations": add_wilson_intervals(evaluations),
        "confusion": confusion,
        "comparison": compare_scales(histories, snakemake.params.about["test_images"], draws),
        "robustness": robustness(evaluations, draws),
        "classes": class_recall(confusion, draws),
    }
    sentences = answer(tables["comparison"], baselines, tables["classes"])
    logging.info(sentences)
    for name, table in tables.items():
        with replacing(snakemake.output[name]) as part:
            table.to_csv(part, index=False)
    with replacing(snakemake.output.answer) as part:
        part.write_text(sentences + "\n", encoding="utf-8")
    files = [snakemake.output[name] for name in (*tables, "answer")]
    write_card({"runs": len(inputs.histories)}, snakemake.output.card, files)


if __name__ == "__main__":
    main()
