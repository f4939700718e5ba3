"""Read a test set of people's own: images that they corrupted or collected.

In:  the files of the set; x_test and y_test as published, and their card; the values of black and white.
Out: x.npy (n, *shape), uint8 or float32 from 0 to 1; y.npy (n,), the numbers of the classes; a card with how
     many images there are, where the labels come from, and the correlation with the test images.
"""

import logging
import sys

import numpy as np

from experiment.rows import save_rows
from inputs.arrays import UNREADABLE
from inputs.datasets import DataSet
from inputs.test_sets import Originals, read_set
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing


def main() -> None:
    inputs, name = start_job(snakemake, snakemake.input.own), snakemake.wildcards.set
    settings = snakemake.params.settings
    # Not a setting: a set that was moved is the same.
    path = snakemake.config["evaluation"]["sets"][name]["path"]
    card = read_card(snakemake.input.images_card)
    data_set = DataSet(
        card["noun"], tuple(card["classes"]), tuple(card["shape"]), card["train"], card["test"]
    )
    test = np.load(snakemake.input.x_test, mmap_mode="r"), np.load(snakemake.input.y_test)
    originals = Originals(data_set, settings["all_test"], *test)
    try:
        x, y, facts = read_set(name, path, settings["sets"][name]["range"], originals, settings)
    except UNREADABLE as error:
        sys.exit(f"ERROR in evaluation.sets.{name}: {path}: {' '.join(str(error).split())}")
    logging.info("%s: %s", name, facts)
    for array, output in ((x, snakemake.output.x), (y, snakemake.output.y)):
        with replacing(output) as part:
            save_rows(part, array)
    finish_job(snakemake, inputs, **facts)


if __name__ == "__main__":
    main()
