"""Draw the figures of the comparison.

In:  the tables of compare_scales; the draws.
Out: figures/*.png and *.svg: accuracy, floors, epochs, transfer, confusion, digits.
"""

import matplotlib.pyplot as plt
import pandas as pd
from analysis.figures import (
    plot_accuracy,
    plot_confusion,
    plot_digits,
    plot_epochs,
    plot_floors,
    plot_transfer,
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
    names = ("comparison", "floors", "histories", "transfer", "confusion", "digits")
    tables = {name: pd.read_csv(checked(snakemake.input[name])) for name in names}
    draws, out = snakemake.params.draws, snakemake.output
    save_figure(plot_accuracy(tables["comparison"], tables["floors"]), out.accuracy)
    save_figure(plot_floors(tables["comparison"], tables["floors"]), out.floors)
    save_figure(plot_epochs(tables["histories"], draws), out.epochs)
    save_figure(plot_transfer(tables["transfer"], draws), out.transfer)
    save_figure(plot_confusion(tables["confusion"], draws), out.confusion)
    save_figure(plot_digits(tables["digits"]), out.digits)


if __name__ == "__main__":
    main()
