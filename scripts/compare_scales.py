"""Merge what was measured in every run, compare the scales, and say the answer.

In:  per run its history; per scale and seed its floors; per seed its transfer and confusion; the draws.
Out: all of these as one CSV each; comparison.csv (one row per draw and scale), robustness.csv (one row per
     network), digits.csv (one row per draw, scale and digit), answer.txt (sentences).
"""

import logging

import pandas as pd
from _answer import answer
from _comparison import RUN, add_wilson_intervals, compare_scales
from _job import replacing, start_log
from _robustness import digit_recall, robustness


def merge(paths: list[str], keys: list[str]) -> pd.DataFrame:
    """All files in one table, sorted by the keys, whatever their order."""
    table = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    return table.sort_values(keys, ignore_index=True)


def main() -> None:
    start_log(snakemake.log[0])
    inputs, draws = snakemake.input, snakemake.params.about["draws"]
    histories = merge(inputs.histories, [*RUN, "epoch"])
    floors = merge(inputs.floors, ["scale", "seed", "method"])
    transfer = merge(inputs.transfer, ["draw", "train_scale", "test_scale", "seed"])
    confusion = merge(inputs.confusion, [*RUN, "digit", "predicted"])
    floors = add_wilson_intervals(floors)
    # A guess is right in one of ten cases: nothing is measured.
    floors.loc[floors["method"] == "chance", ["accuracy_low", "accuracy_high"]] = None
    tables = {
        "histories": histories,
        "floors": floors,
        "transfer": add_wilson_intervals(transfer),
        "confusion": confusion,
        "comparison": compare_scales(histories, snakemake.params.about["test_images"], draws),
        "robustness": robustness(transfer, draws),
        "digits": digit_recall(confusion, draws),
    }
    sentences = answer(tables["comparison"], floors, tables["digits"])
    logging.info(sentences)
    for name, table in tables.items():
        with replacing(snakemake.output[name]) as part:
            table.to_csv(part, index=False)
    with replacing(snakemake.output.answer) as part:
        part.write_text(sentences + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
