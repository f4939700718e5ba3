"""Draw the figures of the comparison.

In:  the tables of compare_scales; the draws.
Out: figures/*.png and *.svg: accuracy, baselines, epochs, evaluations, confusion, digits.
"""

import matplotlib.pyplot as plt
import pandas as pd
from analysis.figures import (
    plot_accuracy,
    plot_baselines,
    plot_classes,
    plot_confusion,
    plot_epochs,
    plot_evaluations,
)
from plumbing.cards import checked
from plumbing.job import replacing, start_log


def save_figure(figure: plt.Figure, paths: list[str]) -> None:
    for path in paths:
        with replacing(path) as part:
            # No date in it, so that the same numbers give the same bytes.
            figure.savefig(part, metadata={"Date": None} if path.endswith(".svg") else {})
    plt.close(figure)


def main() -> None:
    start_log(snakemake.log[0])
    names = ("comparison", "baselines", "histories", "evaluations", "confusion", "classes")
    tables = {name: pd.read_csv(checked(snakemake.input[name])) for name in names}
    draws, out = snakemake.params.draws, snakemake.output
    save_figure(plot_accuracy(tables["comparison"], tables["baselines"]), out.accuracy)
    save_figure(plot_baselines(tables["comparison"], tables["baselines"]), out.baselines)
    save_figure(plot_epochs(tables["histories"], draws), out.epochs)
    save_figure(plot_evaluations(tables["evaluations"], draws), out.evaluations)
    save_figure(plot_confusion(tables["confusion"], draws), out.confusion)
    save_figure(plot_classes(tables["classes"]), out.classes)


if __name__ == "__main__":
    main()
