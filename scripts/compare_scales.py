"""Merge all histories, compare the scales, draw the plots and say the answer.

In:  the history of every run; the number of test images.
Out: histories.csv (all of them, one row per run and epoch), comparison.csv (one row per draw and scale),
     answer.txt (the sentence), figures/accuracy and figures/epochs as PNG and SVG.
"""

import logging

import matplotlib.pyplot as plt
import pandas as pd
from _comparison import RUN, answer, compare_scales
from _figures import plot_accuracy, plot_epochs
from _job import replacing, start_log


def merge_histories(paths: list[str]) -> pd.DataFrame:
    """All histories in one table, sorted by draw, scale, seed and epoch."""
    histories = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    return histories.sort_values([*RUN, "epoch"], ignore_index=True)


def save_figure(figure: plt.Figure, paths: list[str]) -> None:
    for path in paths:
        with replacing(path) as part:
            # No date in it, so that the same numbers give the same bytes.
            figure.savefig(part, metadata={"Date": None} if path.endswith(".svg") else {})


def main() -> None:
    start_log(snakemake.log[0])
    histories = merge_histories(snakemake.input.histories)
    comparison = compare_scales(histories, snakemake.params.test_images)
    sentence = answer(comparison)
    logging.info(sentence)
    with replacing(snakemake.output.histories) as part:
        histories.to_csv(part, index=False)
    with replacing(snakemake.output.comparison) as part:
        comparison.to_csv(part, index=False)
    with replacing(snakemake.output.answer) as part:
        part.write_text(sentence + "\n", encoding="utf-8")
    save_figure(plot_accuracy(comparison), snakemake.output.accuracy)
    save_figure(plot_epochs(histories), snakemake.output.epochs)


if __name__ == "__main__":
    main()
