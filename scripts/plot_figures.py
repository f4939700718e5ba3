"""Draw the figures of the comparison.

In:  the tables of compare_scales and their card; the card of the images; the axis of noise scales.
Out: figures/*.png, *.svg and *.pdf of every figure in analysis/figures.py; a card.
"""

import matplotlib.pyplot as plt

from analysis import curves, matrices
from analysis.drawing import Sweep
from analysis.figures import FIGURES
from analysis.tables import TABLES, read_table
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing

# No date in a file, so that the same numbers give the same bytes.
METADATA = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
FUNCTIONS = vars(curves) | vars(matrices)


def save_figure(figure: plt.Figure, paths: list[str]) -> None:
    """Save a figure in the format of each path, and close it."""
    for _ in range(2):  # lay it out once for all formats; the first layout is not yet the last one
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for path in paths:
        suffix = path.rpartition(".")[2]
        with replacing(path) as part:
            figure.savefig(part, metadata=METADATA[suffix])
    plt.close(figure)


def main() -> None:
    inputs = start_job(snakemake)
    tables = {name: read_table(name, snakemake.input[name]) for name in TABLES if snakemake.input.get(name)}
    noun = read_card(snakemake.input.images_card)["noun"]
    sweep = Sweep(tables, noun, snakemake.params.settings["axis"])
    for name in FIGURES:
        if snakemake.output.get(name):
            save_figure(FUNCTIONS[f"plot_{name}"](sweep), snakemake.output[name])
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
