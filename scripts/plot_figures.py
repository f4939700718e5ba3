"""Draw the figures of the comparison.

In:  the tables of compare_scales and their card; the card of the images; the draws and the kind of noise.
Out: figures/*.png and *.svg: accuracy, baselines, epochs, evaluations, confusion, classes; losses where there
     is a ceiling. A card.
"""

import matplotlib.pyplot as plt

from analysis import figures
from analysis.tables import TABLES, read_table
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing


def save_figure(figure: plt.Figure, paths: list[str]) -> None:
    for path in paths:
        with replacing(path) as part:
            # No date in it, so that the same numbers give the same bytes.
            figure.savefig(part, metadata={"Date": None} if path.endswith(".svg") else {})
    plt.close(figure)


def main() -> None:
    inputs = start_job(snakemake)
    tables = {name: read_table(name, snakemake.input[name]) for name in TABLES if snakemake.input.get(name)}
    draws, kind = snakemake.params.settings["draws"], snakemake.params.settings["kind"]
    noun = read_card(snakemake.input.images_card)["noun"]
    chance = figures.chance_of(tables["baselines"])
    drawn = {
        "accuracy": figures.plot_accuracy(
            tables["comparison"], tables["baselines"], tables.get("ceilings"), kind
        ),
        "baselines": figures.plot_baselines(
            tables["comparison"], tables["baselines"], kind, tables.get("people")
        ),
        "epochs": figures.plot_epochs(tables["histories"], chance, draws),
        "evaluations": figures.plot_evaluations(tables["evaluations"], draws, kind),
        "confusion": figures.plot_confusion(tables["confusion"], noun, draws),
        "classes": figures.plot_classes(tables["classes"], noun, kind),
    }
    if "losses" in tables:
        drawn["losses"] = figures.plot_losses(tables["losses"], kind)
    for name, figure in drawn.items():
        save_figure(figure, snakemake.output[name])
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
