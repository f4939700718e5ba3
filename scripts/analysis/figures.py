"""The figures by name: where the report shows each, and what it is called there.

The function that draws a figure is `plot_<name>`, in curves.py or matrices.py, and its caption is
report/figure_<name>.rst. Snakemake reads this module before every run, so it does not load matplotlib.
"""

from typing import NamedTuple


class Figure(NamedTuple):
    """category, label: in the report; {noun} is what an image shows. needs: as in analysis/tables.py."""

    category: str
    label: str
    needs: str = ""


FIGURES = {
    "accuracy": Figure("Answer", "accuracy against noise scale"),
    "classes": Figure("Answer", "which {noun} fails first"),
    "confusion": Figure("Answer", "which {noun} is taken for which"),
    "epochs": Figure("Training", "accuracy per epoch", needs="trainings"),
    "evaluations": Figure("Classifiers", "networks at every other scale"),
    "classifiers": Figure("Classifiers", "networks beside other classifiers"),
    "filters": Figure("Classifiers", "filters before the network", needs="filters"),
    "ceiling": Figure("Ceiling", "networks and the ceiling", needs="ceiling"),
    "losses": Figure("Ceiling", "where the lost points go", needs="ceiling"),
}
